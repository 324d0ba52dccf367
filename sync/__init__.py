"""Sync with the hosted backend: manifest, wire format, client engine. Usable alone."""
