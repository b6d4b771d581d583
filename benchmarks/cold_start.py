"""A cold `assess`, against the same interpreter importing the libraries that the answer is made with."""

from __future__ import annotations

import sys
from pathlib import Path

from .timing import paired

CASE = str(Path(__file__).parent.parent / "examples" / "d6-resistant-site.yaml")


def main() -> None:
    """Print both ratios."""
    python = sys.executable
    assess = [str(Path(python).with_name("gisttriage")), "assess", CASE]
    # `import rich` alone loads next to nothing: what a Rich program needs is its console.
    paired(
        "panel : import click, yaml, rich.console", assess, [python, "-c", "import click, yaml, rich.console"], 1.5, 25
    )
    paired("JSON : import click, yaml", [*assess, "--format", "json"], [python, "-c", "import click, yaml"], 1.5, 25)


if __name__ == "__main__":
    main()
