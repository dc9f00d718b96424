"""The gallery: every example script drawn, and one page that shows them all.

A script is short and ends with a variable `chart`; `plotkit gallery OUT` runs those that come with
plotkit, and another folder of scripts as well. The page needs no network and no program: pictures
are SVG files beside it, light or dark as the reader's system has it. Under a script that draws with
a fork stands what the fork changed.
"""

from __future__ import annotations

import hashlib
import runpy
import sys
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from html import escape
from pathlib import Path
from string import Template
from typing import NamedTuple

from plotkit import errors, settings, written
from plotkit.chart import Chart
from plotkit.resources import builtin_gallery

_THEMES = ("light", "dark")

_STYLE = """
:root {
  color-scheme: light dark;
  --paper: #ffffff; --ink: #16191d; --muted: #5b6570; --rule: #e1e5e9; --code: #f6f8f9;
  --link: #134e97;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171a; --ink: #e8ebee; --muted: #9aa4ae; --rule: #2c3238; --code: #1b1f23;
    --link: #7db4f0;
  }
}
*, *::before, *::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0 auto; max-width: 1320px; padding: 40px 24px 80px;
  background: var(--paper); color: var(--ink);
  font: 15px/1.5 'Inter Plotkit', Inter, 'Helvetica Neue', Arial, sans-serif;
}
h1 { margin: 0; font-size: 27px; line-height: 1.25; font-weight: 600; letter-spacing: -0.01em; }
header > p { margin: 6px 0 0; max-width: 62ch; color: var(--muted); }
nav { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 20px 0 0; font-size: 13.5px; }
a { color: var(--link); text-decoration: none; }
a:hover, a:focus-visible { text-decoration: underline; }
section { margin-top: 40px; padding-top: 32px; border-top: 1px solid var(--rule); }
h2 { margin: 0; font-size: 17px; line-height: 1.35; font-weight: 600; }
section > p { margin: 2px 0 0; color: var(--muted); font-size: 13.5px; }
.pair {
  display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
  gap: 20px 28px; align-items: start; margin-top: 18px;
}
figure { margin: 0; }
img { display: block; max-width: 100%; height: auto; }
figcaption { margin-top: 10px; color: var(--muted); font-size: 12.5px; }
figcaption p { margin: 3px 0 0; overflow-wrap: anywhere; }
pre {
  margin: 0; padding: 16px 18px; overflow-x: auto; border-radius: 6px; background: var(--code);
  font: 12px/1.6 ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace;
}
.diff { margin: 18px 0 8px; color: var(--muted); font-size: 12.5px; }
@media (max-width: 1080px) { .pair { grid-template-columns: minmax(0, 1fr); } }
@media (max-width: 700px) {
  body { padding: 24px 16px 56px; }
  pre { margin-inline: -16px; padding-inline: 16px; border-radius: 0; font-size: 12px; }
}
"""

_PAGE = Template("""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="$csp">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>plotkit gallery</title>
<style>$style</style>
</head>
<body>
<header>
<h1>plotkit gallery</h1>
<p>$count, each beside the script that draws it.</p>
<nav aria-label="Charts">
$links
</nav>
</header>
<main>
$sections
</main>
</body>
</html>
""")

_SECTION = Template("""\
<section id="$name">
<h2>$name</h2>
<p>$about</p>
<div class="pair">
<figure>
<a href="$name-light.svg"><picture>
<source srcset="$name-dark.svg" media="(prefers-color-scheme: dark)">
<img src="$name-light.svg" alt="$alt" width="$width" height="$height" loading="lazy">
</picture></a>
<figcaption>$caption</figcaption>
</figure>
<div>
<pre><code>$source</code></pre>
$diff</div>
</div>
</section>""")

_DIFF = Template("""\
<p class="diff">$about</p>
<pre><code>$changes</code></pre>
""")


class _Example(NamedTuple):
    """A script: its name, what it says of itself, its code and its chart."""

    name: str
    about: str
    source: str
    chart: Chart


def build_gallery(out: Path, scripts: Path | None = None) -> Path:
    """Draw every script of a folder, light and dark, and write a page that shows them.

    Args:
        out: folder to write to, made if it is not there; files of the same names are replaced.
        scripts: folder of the scripts; default: plotkit's own gallery.

    Returns:
        The page, `out/index.html`.

    Raises:
        OptionError: a folder without scripts, or a script that leaves no `chart` behind.
        SaveError: `out` cannot be made or written to.
        PlotkitError: whatever a script's chart raises; what has been written by then stays.
    """
    folder = builtin_gallery() if scripts is None else Path(scripts)
    paths = sorted(folder.glob("*.py"))
    if not paths:
        raise errors.OptionError.from_option("scripts", str(folder), "a folder of Python scripts")
    written.folder(out)
    sections, links = [], []
    drawn: list[tuple[_Example, dict[str, Future[str]]]] = []
    # A script's pictures are drawn by the engines while the next script runs.
    with ThreadPoolExecutor(settings.workers) as pool:
        for number, path in enumerate(paths, 1):
            print(f"[{number}/{len(paths)}] {path.stem}", file=sys.stderr, flush=True)
            example = _run(path)
            waiting = {theme: pool.submit(example.chart.to_svg, theme=theme) for theme in _THEMES}
            drawn.append((example, waiting))
        for example, waiting in drawn:
            pictures = {theme: future.result() for theme, future in waiting.items()}
            for theme, picture in pictures.items():
                written.whole(out / f"{example.name}-{theme}.svg", picture)
            sections.append(_section(example, pictures["light"]))
            links.append(f'<a href="#{escape(example.name)}">{escape(example.name)}</a>')
    page = out / "index.html"
    written.whole(page, _page(sections, links))
    return page


def _run(path: Path) -> _Example:
    """Run a script and take its chart."""
    try:
        left = runpy.run_path(str(path))
    except errors.PlotkitError as error:
        error.add_note(f"in the gallery script {path}")
        raise
    chart = left.get("chart")
    if not isinstance(chart, Chart):
        raise errors.OptionError.from_option(
            "scripts", str(path), "scripts that leave a variable named chart, made by plotkit"
        )
    said = str(left.get("__doc__") or "")
    # What the docstring says stands above the picture already.
    source = path.read_text(encoding="utf-8").replace(f'"""{said}"""', "", 1)
    return _Example(path.stem, said.strip().partition("\n")[0], source.strip(), chart)


def _section(example: _Example, picture: str) -> str:
    """A chart and its script, as HTML."""
    from plotkit.render import svg

    chart = example.chart
    width, height = svg.size(picture)
    title, subtitle = (chart.strings.get(name, "") for name in ("title", "subtitle"))
    said = (f"<p>{escape(part)}</p>" for part in _caption(chart))
    return _SECTION.substitute(
        name=escape(example.name),
        about=escape(example.about),
        alt=escape(". ".join(part for part in (title, subtitle) if part) or example.about),
        width=round(width),
        height=round(height),
        caption="".join(said),
        source=escape(example.source),
        diff=_diff(chart),
    )


def _diff(chart: Chart) -> str:
    """What a fork changed of the preset it was made from, as HTML; nothing for other presets."""
    from plotkit import presets  # only forks need it

    preset = presets.get(chart.preset)
    parent = preset.parent
    if parent is None:
        return ""
    try:
        changes = [str(change) for change in preset.diff()]
    except errors.PresetError:  # what it was forked from is not here
        changes = []
    if not changes:
        return ""
    return _DIFF.substitute(
        about=f"What {escape(preset.id)} changed of {escape(parent['id'])}:",
        changes=escape("\n".join(changes)),
    )


def _caption(chart: Chart) -> Iterator[str]:
    """The preset, then what was dropped, aggregated or reduced."""
    yield f"Preset {chart.preset.id}"
    for note in chart.notes:
        yield f"Note: {note}"


def _page(sections: list[str], links: list[str]) -> str:
    """The whole page; its policy allows the one style sheet and the pictures beside it."""
    from plotkit.render import fonts

    style = _STYLE + fonts.css(texts=sections)
    digest = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    # A page opened from disk has no origin of its own: "file:" names its neighbours there.
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src 'self' file:; "
        "font-src data:; base-uri 'none'; form-action 'none'"
    )
    count = f"{len(sections)} chart{'' if len(sections) == 1 else 's'}"
    return _PAGE.substitute(
        csp=policy, style=style, count=count, links="\n".join(links), sections="\n".join(sections)
    )
