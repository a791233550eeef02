"""The program: wiring, storage, time and output around collectors and analyzers."""

__version__ = "0.1.0"
