"""The self-supervised networks and their training: what both share, a room for each, and their files."""
