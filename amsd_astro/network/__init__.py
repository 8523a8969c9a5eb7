"""The multiscale self-supervised network and its training. Knows arrays, nothing of FITS."""
