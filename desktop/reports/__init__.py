"""Reports over the rooms below."""
