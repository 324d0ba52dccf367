"""The desktop application of Pult: the only package that knows salons."""

__version__ = "0.1.0"
