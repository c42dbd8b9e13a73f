"""Systems from outside: a folder of any audio files becomes a system folder (`systems/S/`)."""
