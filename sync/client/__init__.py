"""The device's side of the sync: the loop, and what it asks of the device and of the line."""
