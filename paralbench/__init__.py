"""ParaLBench: which acoustic foundation model, with which light head, hears best *how* it is said."""

NO_NUMBERS = "the name and version of the package"

__version__ = "0.1.0"
