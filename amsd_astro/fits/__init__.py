"""FITS as bytes: headers and cards, HDUs, pixels, planes, units, files that appear whole. Knows no Frame."""
