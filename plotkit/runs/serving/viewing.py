"""The pages that are served: of a run, of several beside each other, and of all that there are.

They are written by the report's own writer; only charts and files stand at addresses of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from plotkit import errors
from plotkit.chart import Chart
from plotkit.report import draw, markdown, web
from plotkit.report.blocks import Block, Figure, Fold, Panel, Row, Still, Text
from plotkit.runs import finding, listing, overview, panels, wording
from plotkit.runs.folders import MEDIA
from plotkit.runs.record import Record
from plotkit.runs.report import report
from plotkit.table import Table

_ASSETS = Path(__file__).parent / "page"


@cache
def _asset(name: str) -> str:
    return (_ASSETS / name).read_text("utf-8")


class _Part(Panel):
    """Markup of ours, in a page that is served."""

    script = ""
    style = ""
    pictures: Sequence[Still] = ()

    def __init__(self, name: str, markup: str) -> None:
        self.name = name
        self._markup = markup

    def carried(self, language: str, limit: int | None, held: set[str]) -> str:
        return self._markup

    def marked(self, language: str) -> str:
        return ""


class _Media(_Part):
    """A panel of a run, whose files stand at addresses of their own."""

    script = panels.SCRIPT
    style = panels.STYLE


class View:
    """The page of one run, or of several that are compared.

    Attributes:
        records: the runs.
        figures: the charts that stand in it, by their numbers, and how many stand side by side.
    """

    def __init__(self, records: Sequence[Record], version: str) -> None:
        self.records = tuple(records)
        self._report = report(self.records if len(self.records) > 1 else self.records[0])
        self._version = version
        self.figures: list[tuple[Figure, int]] = []
        self._blocks = [self._placed(block) for block in self._report.blocks]

    def html(self) -> str:
        """The whole document."""
        title, described = self._report.title, self._report.description
        live = any(record.state == "running" for record in self.records)
        return _document(title, described, self._blocks, live=live, above=_BACK)

    def chart(self, number: int) -> tuple[Chart, dict[str, Any]]:
        """A chart of the page, and how it is to look there.

        Raises `PlotkitError` where it cannot be made.
        """
        figure, beside = self.figures[number]
        made = draw.chart_of(figure)
        options = {"alt": figure.alt, **figure.options}
        if beside > 1 and not {"width", "height", "size"} & options.keys():
            options |= draw.narrow(made)
        return made, {name: value for name, value in options.items() if value is not None}

    def _placed(self, block: Any, beside: int = 1) -> Any:
        if isinstance(block, Row):
            return Row(tuple(self._placed(cell, len(block.cells)) for cell in block.cells))
        if isinstance(block, Fold):
            return Fold(block.title, tuple(self._placed(one) for one in block.blocks))
        if isinstance(block, panels.Panel):
            at = _address(self.records, f"{MEDIA}/")
            return _Media(block.name, block.addressed(lambda file: at + _file_name(file)).html)
        if isinstance(block, Figure) and not isinstance(block.content, Table):
            self.figures.append((block, beside))
            return _Part(block.name, self._picture(block, len(self.figures) - 1))
        return block

    def _picture(self, figure: Figure, number: int) -> str:
        """A chart's place: its picture in the reader's own theme, which leads to the live chart."""
        known: list[tuple[str, str]] = [("v", self._version)]
        page = _address(self.records, f"figure/{number}.html")
        light, dark = (
            escape(_address(self.records, f"figure/{number}.svg", [*known, ("theme", theme)]))
            for theme in ("light", "dark")
        )
        told = web.inline(markdown.inline(figure.caption))
        caption = f'<figcaption class="above">{told}</figcaption>' if told else ""
        alt = escape(figure.name or "Chart")
        return (
            f'<figure class="served">{caption}<a href="{escape(page)}" target="_blank" '
            f'title="Open with tooltips and zoom"><picture>'
            f'<source media="(prefers-color-scheme:dark)" srcset="{dark}">'
            f'<img loading="lazy" src="{light}" alt="{alt}"></picture></a></figure>'
        )


def _file_name(file: str) -> str:
    return quote(file.removeprefix(f"{MEDIA}/"), safe="")


def _address(records: Sequence[Record], rest: str, query: Sequence[tuple[str, str]] = ()) -> str:
    """Where a part of a page lies."""
    if len(records) == 1:
        base, asked = f"/{quote(records[0].project, safe='')}/{quote(records[0].id, safe='')}/", []
    else:
        base, asked = "/compare/", [("run", f"{one.project}/{one.id}") for one in records]
    pairs = [*asked, *query]
    return f"{base}{rest}{'?' * bool(pairs)}{urlencode(pairs)}"


_BACK = '<nav class="served-back"><a href="/">All runs</a></nav>'


def _document(
    title: str, description: str, blocks: Sequence[Block], *, live: bool, above: str = ""
) -> str:
    setting = draw.Setting(title, description, "en", {}, lambda chart, options: {}, progress=False)
    script = _asset("live.js")
    return web.html(
        draw.page(blocks, setting),
        web.inlined,
        more_style=_asset("live.css"),
        scripts=f"<script>{script}</script>",
        running=[script],
        served=True,
        above=f'<div class="served-state" data-live="{"yes" if live else "no"}">{above}'
        '<p role="status"></p></div>\n',
    )


# --- the list ------------------------------------------------------------------------------------


def listed(root: Path, opened: Callable[[finding.Place], Record]) -> str:
    """The page of all runs, those that began last first."""
    rows: list[tuple[float, str, Record]] = []
    torn: list[str] = []
    live = False
    for place in finding.places(root):
        try:
            record = opened(place)
            facts = overview.facts(record)
        except (errors.PlotkitError, OSError) as reason:
            torn.append(f"- **{place}**: {reason}")
            continue
        live = live or facts.state == "running"
        rows.append((facts.created or 0.0, _row(facts), record))
    rows.sort(key=lambda row: (-row[0], row[1]))
    count = f"{wording.count(len(rows), 'run')} in `{root}`"
    if not rows:
        blocks: list[Block] = [Text("No runs yet: `pk.init(project=...)` begins one here.")]
    else:
        blocks = [_Part("runs", _table(rows))]
    if torn:
        blocks.append(Text("## Cannot be read\n\n" + "\n".join(torn)))
    return _document("Runs", count, blocks, live=True)


def _row(facts: overview.Facts) -> str:
    path = f"{facts.project}/{facts.id}"
    address = f"/{quote(facts.project, safe='')}/{quote(facts.id, safe='')}/"
    name = "" if facts.name == facts.id else f'<span class="name">{escape(facts.name)}</span>'
    began = wording.MISSING if facts.created is None else wording.moment(facts.created)
    took = wording.MISSING if facts.seconds is None else wording.duration(facts.seconds)
    return (
        f'<td><input type="checkbox" name="run" value="{escape(path)}" '
        f'aria-label="Compare {escape(path)}"></td>'
        f'<td dir="auto"><a href="{escape(address)}">{escape(path)}</a>{name}</td>'
        f'<td><span class="state {facts.state}">{facts.state}</span></td>'
        f'<td>{escape(began)}</td><td class="number">{escape(took)}</td>'
        f'<td class="number">{facts.steps:,}</td>'
    )


def _table(rows: Sequence[tuple[float, str, Record]]) -> str:
    """A line for each run, with the columns that the list of the command line has."""
    records = [record for _, _, record in rows]
    summaries = [listing.plain(record) for record in records]
    names = listing.chosen(records, summaries)
    heads = ["", "Run", "State", "Began"]
    head = "".join(f"<th>{one}</th>" for one in heads) + "".join(
        f'<th class="number">{escape(one)}</th>' for one in ("Took", "Steps", *names)
    )
    lines = "\n".join(
        f"<tr>{row}"
        + "".join(
            f'<td class="number">{escape(wording.value(summary[n]) if n in summary else "")}</td>'
            for n in names
        )
        + "</tr>"
        for (_, row, _), summary in zip(rows, summaries, strict=True)
    )
    return (
        '<form action="/compare/" class="served-list"><div class="scroll"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>\n{lines}\n</tbody></table></div>"
        "<p><button>Compare</button> the runs that are ticked.</p></form>"
    )
