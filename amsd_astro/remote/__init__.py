"""Files that are elsewhere, named by addresses (URLs): fetched to scratch before they are read, uploaded when whole."""
