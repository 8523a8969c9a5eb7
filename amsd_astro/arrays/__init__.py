"""What is done to large arrays: row blocks, tiles, scratch files, filling. Knows nothing of FITS or noise."""
