"""The command line: one file for each command, loaded when it is used."""


def main() -> None:
    """Run the command line and exit; an interrupt ends it quietly even while it is still loading."""
    import sys  # noqa: PLC0415

    try:
        from .main import main as run  # noqa: PLC0415

        run()
    except KeyboardInterrupt:
        sys.exit(130)
