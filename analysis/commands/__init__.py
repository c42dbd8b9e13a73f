"""The commands of `sing-eval analyze`, each in a module of its name."""
