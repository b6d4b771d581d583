"""The entry point: finds the command, and turns every way of ending into an exit code.

0 ran; 1 ran and found something; 2 could not run; 3 ran, and what --fail-on names occurred; 130 interrupted.
"""

from __future__ import annotations

import errno
import gc
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress

import click

from .. import __version__
from ..diagnostics import GistTriageError, visible
from .common import print_problems, rulebook_of, rules_option, tell
from .lazy import LazyGroup

_COMMANDS = {
    "assess": "Assess case files.",
    "batch": "Assess all case files in folders, or a table.",
    "new": "Write a case file to fill in.",
    "rules": "Read, prove and export the rulebook.",
}


def _print_version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        stamp = rulebook_of(ctx.params.get("rules")).stamp
        for each in stamp.chain:
            click.echo(visible(f"gisttriage {__version__}, rulebook {each.id} {each.version}, sha256 {each.sha256}"))
        ctx.exit()


@click.group(
    cls=LazyGroup,
    commands_in=_COMMANDS,
    package=__package__,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Example: gisttriage assess case.yaml",
)
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    callback=_print_version,
    help="Name the version, the rulebook and its hash.",
)
@rules_option
def cli(rules: str | None) -> None:
    """What the documents say on surgery, drug and local therapy for one patient with GIST.

    Supports clinical review and does not replace it.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit."""
    gc.disable()  # a run is short, and everything it makes is needed to the end
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115 - or print() would put problems among the results
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    for number in (signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
        signal.signal(number, _stop)
    code = run(arguments)
    if not gc.isenabled():
        gc.freeze()  # nor is there any garbage worth looking for on the way out
    sys.exit(code)


class _Stopped(BaseException):
    """The process was told to end, and not by Ctrl-C."""


_signals: list[int] = []  # kept beside the exception: an engine that is interrupted tells that it was, and not by what


def _stop(number: int, _: object) -> None:
    _signals.append(number)
    raise _Stopped


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    try:
        code = cli.main(arguments, prog_name="gisttriage", standalone_mode=False)
        if sys.stdout is not None:
            sys.stdout.flush()
        return int(code or 0)
    except GistTriageError as error:
        print_problems(error.problems)
        return 2
    except click.ClickException as error:
        with suppress(OSError):
            error.show()
        return 2
    except (click.Abort, KeyboardInterrupt, _Stopped):
        tell(f"{'stopped' if _signals else 'interrupted'}: nothing more was written")
        return 128 + _signals[-1] if _signals else 130
    except OSError as error:
        # What reads our output may stop early (| head); that is its choice and no fault. A full disk is one.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if error.errno == errno.EPIPE:
            return 0
        tell(visible(f"error: {error.filename or 'cannot write the result'}: {error.strerror}"))
        return 2
