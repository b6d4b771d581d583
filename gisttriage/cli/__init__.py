"""The command line: one file for each command, loaded when it is used."""

from .main import main

__all__ = ["main"]
