"""How the packaged weights are made: simulated fields of wide variety, and training against their truth."""
