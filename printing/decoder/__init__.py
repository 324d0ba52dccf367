"""A strict reader of ESC/POS: bytes to commands to paper. Written apart from the encoder and importing nothing of it.

Anything it does not know, anything out of place (a cut in the middle of a line, a picture wider than the paper, a letter while Kanji mode
is on) is an error: it judges what the encoder makes, and it is the mechanism inside the virtual printer.
"""
