"""`python -m amsd_astro` is the command `amsd-astro`."""

import sys

from amsd_astro.cli import main

if __name__ == "__main__":
    sys.exit(main())
