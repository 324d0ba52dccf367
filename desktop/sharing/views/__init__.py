"""Views of what the desks share."""
