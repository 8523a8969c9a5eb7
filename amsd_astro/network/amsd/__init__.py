"""The aggregated multiscale network: its layers, its training, and what a frame teaches it."""
