"""Generation of notes by a trained run."""
