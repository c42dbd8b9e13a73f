"""Training a run in the three phases of Section 4.3, on one process or many."""

PHASES = ("autoencoder", "lstm", "finetune")
"""The phases, in order."""
