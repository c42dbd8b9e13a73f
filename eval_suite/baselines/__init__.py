"""Systems that need no model: they say what a number is worth."""
