"""A small classifier of pitch and instrument family, trained in the project, that judges notes."""
