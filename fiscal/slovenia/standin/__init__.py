"""A stand-in for the tax authority: the real protocol on loopback, with certificates made on the spot.

It checks what it receives by the public specification and imports nothing of the signer, the encoder or the client, so
that a mistake there cannot hide here.
"""
