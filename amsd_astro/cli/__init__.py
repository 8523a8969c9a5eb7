"""The command line, `amsd-astro`: the only place that prints, sets up logging and chooses an exit status."""

from amsd_astro.cli.program import main

__all__ = ["main"]
