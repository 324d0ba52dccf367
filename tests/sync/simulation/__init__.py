"""Histories of a salon's desks and its backend in virtual time: one seed is one history."""
