"""Many files on one command line."""
