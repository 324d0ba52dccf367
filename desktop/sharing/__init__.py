"""What the desks of a salon share: pairing with the backend, conflicts, the history of everything."""
