"""One file per command of `pult`."""
