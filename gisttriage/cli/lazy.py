"""Groups that import a command's file when that command is run, so that none pays for the others."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import click


class LazyGroup(click.Group):
    """Each command is a function of its own name, in a file of its own name, in `package`."""

    def __init__(self, *, commands_in: Mapping[str, str], package: str, **rest: Any) -> None:
        super().__init__(**rest)
        self._told, self._package = commands_in, package

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands."""
        return list(self._told)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        if cmd_name not in self._told:
            return None
        command = getattr(importlib.import_module(f".{cmd_name}", self._package), cmd_name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands with what they do, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(self._told.items()))
