"""People who work here: roles, PINs, working hours, absences."""
