"""ParaLBench: which acoustic foundation model, with which light head, hears best *how* it is said."""

__version__ = "0.1.0"
