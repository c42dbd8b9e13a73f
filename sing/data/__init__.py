"""Datasets of notes: NSynth's release, the embedded demo set, splits, vocabularies, batches."""
