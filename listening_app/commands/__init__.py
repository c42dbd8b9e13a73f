"""Commands of `sing-eval study`."""
