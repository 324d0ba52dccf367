"""Qt widgets of the room, and nothing else."""
