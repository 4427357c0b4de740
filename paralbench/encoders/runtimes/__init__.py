"""One runtime a file. Each has ``build(module, example, placement, model) -> Forward``."""
