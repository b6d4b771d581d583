"""``python -m gisttriage``."""

from .cli import main

main()
