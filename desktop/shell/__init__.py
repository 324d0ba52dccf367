"""The main window and what composes it."""
