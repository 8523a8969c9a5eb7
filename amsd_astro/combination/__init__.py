"""Several exposures of one field, combined to one image whose error they confirm."""
