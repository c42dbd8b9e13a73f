"""Screening: which raters count, by rules that are written down and hashed before unblinding."""
