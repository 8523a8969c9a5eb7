"""How the words of a command line are read, and what its help says."""
