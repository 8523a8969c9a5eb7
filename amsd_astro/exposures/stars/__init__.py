"""The stars of an exposure, measured by its own PSF."""
