"""Qt widgets that know no room."""
