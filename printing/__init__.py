"""Receipts on paper, screen and in text: document, layout, encoders, transports, spool. Usable alone.

The way of a print: blocks (`document`) are laid out on the cells of one printer's paper (`layout` gives a `grid`), and the same grid
becomes printer bytes (`escpos_encoder`), plain text (`text`), a picture (`png`) or a widget (`preview`). `rendering.render` does the
first two steps at once. `spool` keeps what is to be printed, `spooler` sends it through a transport and never prints twice in silence.

Importing the package loads none of this; Qt, Pillow, zxing-cpp and SQLAlchemy load where they are used.
"""
