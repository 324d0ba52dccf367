"""Ways to a printer: blocking, with bounded waits, used from the printer's one worker thread. `address.open_transport` opens them."""
