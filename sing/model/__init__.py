"""The networks of Section 4."""
