"""Listening tests (MOS, ABX and others) for real raters, as a Flask app."""
