"""Where an exposure lies on another."""
