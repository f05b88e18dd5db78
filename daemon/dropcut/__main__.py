"""`python -m dropcut` is the same as `dropcut`."""

import sys

from dropcut.cli import main

if __name__ == "__main__":
    sys.exit(main())
