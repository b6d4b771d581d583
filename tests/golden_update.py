"""Write the golden files anew: ``python -m tests.golden_update``. Read the difference before committing it."""

from __future__ import annotations

from gisttriage import load_rulebook
from gisttriage.render import html, markdown, svg, text

from .conftest import ROOT
from .test_render import GOLDEN, rendered, reported

if __name__ == "__main__":
    rulebook = load_rulebook()
    GOLDEN.mkdir(exist_ok=True)
    for name in ("d6-resistant-site", "d13-nf1", "open-pattern-not-stated", "emergency", "out-of-scope"):
        made = [rendered(f"{name}.yaml", rulebook)]
        for width in (60, 80, 200):
            (GOLDEN / f"{name}-{width}.txt").write_text(text.render(made, width=width), encoding="utf-8")
        if name == "open-pattern-not-stated":
            picture = svg.render([reported(f"{name}.yaml", rulebook)])
            (ROOT / "examples" / f"{name}.svg").write_text(picture, encoding="utf-8")
        if name in ("d13-nf1", "open-pattern-not-stated"):
            (GOLDEN / f"{name}.md").write_text(markdown.render(made), encoding="utf-8")
            (GOLDEN / f"{name}.html").write_text(html.render(made), encoding="utf-8")
