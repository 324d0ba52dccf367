"""The desktop application of Pult: the only package that knows salons."""
