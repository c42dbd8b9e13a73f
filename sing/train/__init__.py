"""The three training phases of Section 4.3."""
