"""The planes beside an image: which ones there are, and what they say of its pixels."""
