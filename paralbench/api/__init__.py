"""The public Python API, one concept a file; ``paralbench`` re-exports its names lazily."""
