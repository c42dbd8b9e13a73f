"""Rehearsals: synthetic raters take a whole study before real ones do."""
