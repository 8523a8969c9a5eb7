"""HDUs of astropy in memory: their pixels, and the planes beside them, as the file would have them."""
