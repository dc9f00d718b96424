"""`python -m plotkit` is the command line."""

import sys

from plotkit.cli import app

sys.exit(app())
