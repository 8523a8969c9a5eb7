"""Exposures of one field that are each other's targets: their data, and the error that they tell."""
