"""Receipts on paper, screen and in text: document, layout, encoders, transports, spool. Usable alone."""
