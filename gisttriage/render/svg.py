"""SVG: the terminal panel as a picture, with nothing to load."""

from __future__ import annotations

from collections.abc import Iterable

from .parts import Report
from .text import console_for, show

# Rich's own frame loads a font from the network; this one takes the fixed-width font that is there.
_FRAME = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: {char_height}px; line-height: {line_height}px; font-variant-east-asian: full-width; }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal"><rect width="{terminal_width}" height="{terminal_height}"/></clipPath>
{lines}</defs>
<rect width="{width}" height="{height}" rx="8" fill="#1e1e1e"/>
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def render(reports: Iterable[Report], *, width: int = 80) -> str:
    """Return one picture of all panels, one below the other."""
    console = console_for(width, colour=True, record=True)
    for report in reports:
        show(report, console)
    return console.export_svg(title="", code_format=_FRAME)
