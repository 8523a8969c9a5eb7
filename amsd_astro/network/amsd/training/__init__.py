"""Training of the aggregated multiscale network: its pairs, its losses, and what judges its weights."""
