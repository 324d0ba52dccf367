"""What the desks share: conflicts between them and the history of every record."""
