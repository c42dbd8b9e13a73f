"""Evaluation of note synthesizers: metrics, baselines, tables and the command `sing-eval`."""
