"""Result files: written, found, read."""
