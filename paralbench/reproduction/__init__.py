"""A result made again from what it recorded, and where the second departs from the first."""
