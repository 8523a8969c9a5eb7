"""How missions and pipelines lay out the planes beside an image: the table, and who looks things up in it."""
