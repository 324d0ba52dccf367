"""The people who come: contact data, notes, alerts, search."""
