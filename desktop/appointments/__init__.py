"""Visits: who is booked with whom, where and when."""
