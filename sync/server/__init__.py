"""The hosted backend."""
