"""Alt text: what a chart shows, in a few plain sentences made from its data.

`describe` reads the finished spec and its rows, nothing else: no engine and no theme. What it
says depends on the statistic that made the rows, or on the mark that draws them, by two tables
at the end of this file; the sentences themselves stand in `plotkit/words`. Whatever it says is
exact for all rows: reduced lines keep their ends and extremes, counts and areas are those that
the statistic took of everything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from plotkit import words
from plotkit.alt.bars import bars, bars_of_mark
from plotkit.alt.confusion import confusion
from plotkit.alt.curves import curves
from plotkit.alt.general import general
from plotkit.alt.histogram import histogram
from plotkit.alt.lines import lines, lines_of_mark
from plotkit.alt.points import points
from plotkit.alt.reading import Chart, keeps_rows, marks, text_of
from plotkit.preset import Preset

__all__ = ["describe"]

LIMIT = 1000  # characters
_TITLE, _SUBTITLE = 160, 200


def describe(
    spec: Mapping[str, Any],
    *,
    preset: Preset,
    strings: Mapping[str, str],
    notes: Sequence[str] = (),
    language: str = "en",
    rows: Sequence[Mapping[str, Any]] | None = None,
    total: int | None = None,
) -> str:
    """Alt text of a chart: plain sentences, at most 1,000 characters.

    They say the kind of the chart and its titles, the axes with their ranges, the series by name,
    and then what there is to see: where lines start, end, are highest and lowest, and their trend
    (defined in `trends.trend`); the largest and smallest bars; the tallest bin; areas under
    curves; the share on the diagonal of a confusion matrix and its most frequent error; the
    direction and strength of a relation between points (Spearman's rank correlation: strong from
    0.8, moderate from 0.5, weak from 0.3 on). A trend is that of the points that are drawn; every
    other number is of all rows. Where there are notes, their number is said.

    Args:
        spec: the finished spec with its rows, whose keys are role names; without theme.
        preset: the preset that it was made of.
        strings: the texts in the chart by name; "title" and "subtitle" are used.
        notes: what was dropped, aggregated or reduced.
        language: a language tag; see `words.words` for what happens with unknown ones.
        rows: rows that hold the ends of all columns, where the spec has no rows.
        total: how many rows there are then.
    """
    chart = Chart.of(spec, preset, words.voice(language))
    if rows is not None and total is not None:
        chart = chart._replace(rows=list(rows), total=total)
    sentences = [_headline(chart, strings)]
    if not chart.rows:
        sentences.append(chart.voice.say("nothing"))
    else:
        tell = _BY_STATISTIC.get(preset.statistic or "") or _teller_of_mark(chart)
        sentences += tell(chart)
    if notes:
        sentences.append(chart.voice.say("notes", len(notes)))
    return _fitted(chart.voice, sentences)


def _fitted(voice: words.Voice, sentences: Sequence[str]) -> str:
    """As many of the sentences as fit; the first one always, and cut if need be."""
    kept = list(sentences)
    while len(kept) > 1 and len(voice.together(kept)) > LIMIT:
        kept.pop()
    return voice.name(voice.together(kept), LIMIT)


def _headline(chart: Chart, strings: Mapping[str, str]) -> str:
    voice = chart.voice
    kind = str(voice.file["kinds"][_kind(chart)])
    own = chart.spec.get("title")
    own = own if isinstance(own, Mapping) else {"text": own}
    title, subtitle = (
        text_of(strings.get(name) or own.get(key), voice, limit)
        for name, key, limit in (("title", "text", _TITLE), ("subtitle", "subtitle", _SUBTITLE))
    )
    told = voice.say("kind", kind=kind)
    if title and title.casefold() not in (kind.casefold(), chart.preset.title.casefold()):
        told = voice.say("kind_titled", kind=kind, title=title)
    return voice.together([told, voice.ended(subtitle)]) if subtitle else told


def _kind(chart: Chart) -> str:
    """The name of the kind of chart: that of the statistic, else of the first mark that has one."""
    kinds = chart.voice.file["kinds"]
    if chart.preset.statistic in kinds:
        return str(chart.preset.statistic)
    found = [KIND_OF_MARK.get(mark, mark) for mark in marks(chart.spec)]
    # A line says more than the area under it.
    preferred = ["line"] if "line" in found else found
    return next((mark for mark in preferred if mark in kinds), "chart")


def _teller_of_mark(chart: Chart) -> Callable[[Chart], list[str]]:
    """How to tell of a chart without a statistic: by its mark, where it draws rows as they are."""
    if chart.total is not None:
        return general
    if any(key in chart.spec for key in ("facet", "repeat", "hconcat", "vconcat", "concat")):
        return general
    drawn = {"x", "y"} & set(chart.encoding)
    if not drawn or not keeps_rows(chart.spec) or not chart.draws_rows():
        return general
    if {"row", "column", "facet"} & set(chart.encoding):
        return general
    found = [KIND_OF_MARK.get(mark, mark) for mark in marks(chart.spec)]
    tell = next((tell for kind, tell in _BY_KIND.items() if kind in found), general)
    return tell if len(drawn) == 2 or tell is points else general  # points may lie on a line


KIND_OF_MARK = {
    "trail": "line",
    "point": "scatter",
    "circle": "scatter",
    "square": "scatter",
}

_BY_STATISTIC: dict[str, Callable[[Chart], list[str]]] = {
    "bar": bars,
    "confusion_matrix": confusion,
    "histogram": histogram,
    "line": lines,
    "pr_curve": curves,
    "roc_curve": curves,
    "scatter": points,
}

# The first whose mark is drawn tells.
_BY_KIND: dict[str, Callable[[Chart], list[str]]] = {
    "line": lines_of_mark,
    "area": lines_of_mark,
    "bar": bars_of_mark,
    "scatter": points,
}
