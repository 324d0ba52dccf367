"""Stock by movements."""
