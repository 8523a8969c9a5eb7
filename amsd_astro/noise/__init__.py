"""What pixels, planes and cards say of an image's noise, and the transform to noise units. Knows no Frame."""
