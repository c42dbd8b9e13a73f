"""The sub-commands of `sing-eval`; each module imports its workers when it is called."""
