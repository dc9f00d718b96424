"""Charts as logged values: they come back as charts, and draw as they did.

What is kept is what the chart was finished to, not what it was made from: the spec with the rows
that are drawn, without a theme, and the preset beside it, once for all charts of one preset.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self, Unpack

from plotkit import errors, fill, notes, presets, store, trust
from plotkit.build import Built
from plotkit.chart import Chart
from plotkit.describe import LIMIT, describe
from plotkit.look import Look, Options, Theme
from plotkit.preset import Preset, rows_of
from plotkit.runs.media.base import Media
from plotkit.table import Table
from plotkit.text import shorten

if TYPE_CHECKING:
    from plotkit.render.page import Live
    from plotkit.runs.media.live.drawn import Drawn

FORMAT = 1
_SUFFIX = ".json"
_FEW = 20  # rows


class LoggedChart(Chart, Media):
    """A chart that was logged with a step; everything that a chart can do, it can.

    Its `table` holds the rows that are drawn. Charts of more rows than a picture shows are kept
    with those of the picture, and a note says so.

    >>> import plotkit as pk
    >>> LoggedChart.of(pk.line({"x": [1, 2], "y": [3, 4]}, "x", "y", title="Loss"))
    <LoggedChart 'Loss' by plotkit/line>
    """

    kind: ClassVar[str] = "chart"

    def __init__(
        self,
        built: Built,
        preset: Preset,
        table: Table | None = None,
        theme: Theme = "light",
        *,
        dark: Mapping[str, Any] | None = None,
        told: str = "",
    ) -> None:
        """`dark` are the places of the spec that differ in the dark theme, by JSON Pointer, for
        colours that stand in the spec itself; `told` a description that the rows cannot give.
        """
        super().__init__(built, preset, _table(built.spec) if table is None else table, theme)
        self._dark = dict(dark or {})
        self._told = told

    def __repr__(self) -> str:
        return super().__repr__().replace("<Chart", "<LoggedChart", 1)

    @classmethod
    def of(cls, chart: Chart) -> LoggedChart:
        """A chart as a logged one: with what its picture shows."""
        if isinstance(chart, LoggedChart):
            return chart
        built = chart._built
        said = list(built.notes)
        if built.detail is not None:
            said.append(notes.logged_without_detail())
        if built.rows is None:
            kept = built._replace(detail=None, notes=tuple(said))
            return cls(kept, chart.preset, None, chart.theme)
        light, dark = (chart.to_dict(theme=name) for name in ("light", "dark"))
        kept = built._replace(spec=light, rows=None, detail=None, notes=tuple(said))
        preset = _as_vega(chart.preset)
        return cls(kept, preset, None, chart.theme, dark={"": dark}, told=chart.describe())

    def _with(self, built: Built) -> Chart:
        made = LoggedChart(
            built, self.preset, self.table, self.theme, dark=self._dark, told=self._told
        )
        if built is self._built:
            made._svgs, made._descriptions = dict(self._svgs), dict(self._descriptions)
        return made

    # --- kept and read -------------------------------------------------------------------------

    def store(self, keep: Callable[[bytes, str], str]) -> dict[str, Any]:
        """Two files, the chart and its preset, and what is known without reading them."""
        built = self._built
        content = {
            "format": FORMAT,
            "spec": built.spec,
            "dark": self._dark,
            "strings": built.strings,
            "notes": list(built.notes),
            "marks": built.marks,
            "theme": self.theme,
            "told": self._told,
            "vega": self.preset.vega,
            "preset": {
                "id": self.preset.id,
                "version": self.preset.version,
                "digest": self.preset.digest,
                "file": keep(_text(self.preset.content), _SUFFIX),
            },
        }
        stored: dict[str, Any] = {
            "_type": self.kind,
            "file": keep(_text(content), _SUFFIX),
            "preset": self.preset.id,
            "title": self.title,
        }
        if built.notes:
            stored["notes"] = list(built.notes)
        return stored

    @classmethod
    def load(cls, stored: Mapping[str, Any], folder: Path) -> Self:
        """The chart that a run logged.

        Raises `MediaError` where a file is not there or is none of a chart, and `TrustError` where
        it holds what no chart may, in one theme or the other.
        """
        file = str(stored.get("file"))
        content = _read(folder, file)
        try:
            held = content["preset"]
            preset = _preset(_read(folder, held["file"]), held)
            built = Built(
                content["spec"],
                tuple(content["notes"]),
                content["strings"],
                content["marks"],
            )
            theme, dark, told, vega = (content[name] for name in ("theme", "dark", "told", "vega"))
            for part in (built.spec, built.strings, dark):
                if not isinstance(part, Mapping):
                    raise TypeError("it is a JSON object")
            drawn = [built.spec, patched(built.spec, dark)] if dark else [built.spec]
            drawn = [_with_few_rows(spec) for spec in drawn]
        except errors.PlotkitError:
            raise
        except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as reason:
            raise errors.MediaError.from_torn_media(file, "a chart") from reason
        for spec in drawn:
            _check(spec, preset.statistic, file)
        if vega and not preset.vega:
            preset = _as_vega(preset)
        return cls(built, preset, None, theme, dark=dark, told=told)

    # --- drawn ---------------------------------------------------------------------------------

    def describe(self, language: str | None = None) -> str:
        """The chart in a few sentences; see `Chart.describe`."""
        return self._told or super().describe(language)

    def live(self, **options: Unpack[Options]) -> Live:
        """What a page needs to draw the chart itself; for reports."""
        made = super().live(**options)
        if not self._dark:
            return made
        chosen = self._look(options).flat()
        specs = {
            name: json.loads(self._dressed(chosen._replace(theme=name)))
            for name in made.configs
            if name in ("light", "dark")
        }
        return made._replace(specs=specs) if specs else made

    def _dressed(self, chosen: Look) -> str:
        if chosen.theme != "dark" or not self._dark:
            return super()._dressed(chosen)
        dressed = chosen.dressed(patched(self._built.spec, self._dark), self.preset)
        return json.dumps(dressed, ensure_ascii=False, allow_nan=False)


def patched(spec: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of a spec with other values at some JSON Pointers; "" is the whole of it.

    >>> patched({"mark": {"color": "black"}}, {"/mark/color": "white"})
    {'mark': {'color': 'white'}}
    """
    import jsonpointer

    made: Any = dict(spec)
    for pointer, value in changes.items():
        if not pointer:
            made = dict(value)
            continue
        try:
            *parents, last = jsonpointer.JsonPointer(pointer).parts
        except jsonpointer.JsonPointerException as reason:
            raise ValueError(str(reason)) from reason
        node = made
        for part in parents:  # the way there is copied, all else is shared
            key = int(part) if isinstance(node, list) else part
            node[key] = copy.copy(node[key])
            node = node[key]
        node[int(last) if isinstance(node, list) else last] = value
    result: dict[str, Any] = made
    return result


def _as_vega(preset: Preset) -> Preset:
    """The preset of a chart that was evaluated to a spec of Vega."""
    made = Preset(preset.content, preset.id)
    made.version, made.vega = preset.version, True
    return made


def _table(spec: Mapping[str, Any]) -> Table:
    """The rows that a spec draws."""
    rows = [row for row in rows_of(spec) if isinstance(row, Mapping)]
    names = list(dict.fromkeys(name for row in rows for name in row))
    return Table({name: [row.get(name) for row in rows] for name in names})


def _text(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def _read(folder: Path, name: str) -> dict[str, Any]:
    """A JSON file of the run; files of other folders are none of its."""
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise errors.MediaError.from_torn_media(name, "a chart")
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as reason:
        raise errors.MediaError.from_torn_media(name, "a chart") from reason
    if not isinstance(found, dict):
        raise errors.MediaError.from_torn_media(name, "a chart")
    return found


def _check(spec: Mapping[str, Any], statistic: str | None, where: str) -> None:
    """Raise `TrustError` for what no spec may hold: the folder may be a stranger's.

    It is one with the first of its rows, as `_with_few_rows` makes it.
    """
    found = trust.findings_of_chart(spec, statistic)
    if found:
        raise errors.TrustError.from_findings(where, found, True)


def _with_few_rows(node: Any, key: str = "") -> Any:
    """A spec with the first of its rows: the checks are those of presets, which hold few."""
    if isinstance(node, Mapping):
        return {k: _with_few_rows(v, k) for k, v in node.items()}
    if isinstance(node, list):
        rows = key == "values" and all(isinstance(part, Mapping) for part in node)
        return [_with_few_rows(part) for part in (node[:_FEW] if rows else node)]
    return node


def _preset(content: Mapping[str, Any], held: Mapping[str, Any]) -> Preset:
    """The preset of a logged chart: our own where it is that, else one from elsewhere."""
    if held["id"] in store.names():
        own = store.get(held["id"])
        if own.digest == held["digest"]:
            return own
    foreign = not trust.is_plain(content)
    made = presets.Preset(content, str(held["id"]), is_foreign=foreign)
    made.version = held["version"]
    return made


# --- charts that were no charts of ours ----------------------------------------------------------


def from_drawn(found: Drawn, id: str, library: str, note: str = "") -> LoggedChart:
    """A figure that was read as a live chart."""
    said = [note or notes.drawn_live(library)]
    spec = _cleaned(found.spec, said)
    meta = {"id": id, "title": f"{library} figure"}
    preset = Preset({**_with_few_rows(spec), "usermeta": {"plotkit": meta}}, id)
    title = spec.get("title", {})
    strings = {name: title[at] for at, name in _STRINGS.items() if title.get(at)}
    built = Built(spec, tuple(dict.fromkeys(said)), strings, found.marks)
    return LoggedChart(built, preset, dark=found.dark, told=_told_of_parts(spec, preset))


def _told_of_parts(spec: Mapping[str, Any], preset: Preset) -> str:
    """A description of several plots, each in its turn; "" for a single one."""
    views = [view for row in spec.get("vconcat", ()) for view in row["hconcat"]]
    if not views:
        return ""
    title = spec.get("title", {}).get("text", "")
    told = [f"{title}." if title else "", f"{len(views)} plots."]
    told += [describe(view, preset=preset, strings={}) for view in views]
    return shorten(" ".join(part for part in told if part), LIMIT)


def from_spec(given: Mapping[str, Any], id: str) -> LoggedChart:
    """A Vega-Lite spec with its own rows, such as an Altair chart's, as it is given.

    It is the chart of whoever logs it, so it may hold what an accepted preset may.
    Raises `TrustError` for what none may, such as addresses.
    """
    spec = presets.sized(given)
    spec.pop("usermeta", None)
    _check(_with_few_rows(spec), None, "this chart")
    named = presets.from_spec(spec, id)
    said: list[str] = []
    spec = _cleaned(spec, said)
    strings = {name: text.default for name, text in named.strings.items() if text.default}
    built = Built(spec, tuple(dict.fromkeys(said)), strings, 1 if rows_of(spec) else 0)
    return LoggedChart(built, named)


_STRINGS = {"text": "title", "subtitle": "subtitle"}


def _cleaned(spec: Mapping[str, Any], said: list[str]) -> dict[str, Any]:
    """A spec whose texts, those of its rows too, are such as the engine can take."""
    held: list[list[Any]] = []
    bare = fill.clean_texts(_apart(spec, held), said)
    tables = []
    columns: dict[str, list[Any]] = {}
    for number, rows in enumerate(held):
        names = list(dict.fromkeys(name for row in rows for name in row))
        found = {name: [row.get(name) for row in rows] for name in names}
        found = fill.clean_columns(found, said)
        columns |= {f"{number} {name}": values for name, values in found.items()}
        tables.append([{name: found[name][at] for name in row} for at, row in enumerate(rows)])
    made: dict[str, Any] = _together(bare, tables)
    fill.set_no_limits(made, columns)
    return made


_ROWS = "rows apart"


def _apart(node: Any, held: list[list[Any]], key: str = "") -> Any:
    """A copy of a spec with a number in place of each list of rows, which goes to `held`."""
    if isinstance(node, Mapping):
        below = "values" if key == "datasets" else ""
        return {k: _apart(value, held, below or k) for k, value in node.items()}
    if isinstance(node, list):
        if key == "values" and node and all(isinstance(row, Mapping) for row in node):
            held.append(node)
            return {_ROWS: len(held) - 1}
        return [_apart(part, held) for part in node]
    return node


def _together(node: Any, tables: list[list[dict[str, Any]]]) -> Any:
    if isinstance(node, Mapping):
        if _ROWS in node:
            return tables[node[_ROWS]]
        return {key: _together(value, tables) for key, value in node.items()}
    if isinstance(node, list):
        return [_together(part, tables) for part in node]
    return node
