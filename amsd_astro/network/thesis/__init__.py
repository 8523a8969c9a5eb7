"""The network of the thesis: its layers, its targets and its training."""
