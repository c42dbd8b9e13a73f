"""Metrics: distances of an estimate to a reference, note by note or of whole systems."""
