"""What released programs left behind, and that this program takes it up."""
