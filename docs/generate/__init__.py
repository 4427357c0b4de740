"""The pages and tables under docs/ that are written from code and cards."""
