"""Slovenia (FURS): messages, protection code, certificates, submission."""
