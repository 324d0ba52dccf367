"""What an admin sets up."""
