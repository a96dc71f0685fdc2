"""`python -m ingot`: the `ingot` command of this very environment."""

import sys

from ingot.cli import main

sys.exit(main())
