"""Several exposures of one field: placed on one grid, brought to one scale, and made one image."""
