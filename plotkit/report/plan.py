"""A report from a file: data sources, charts, tables and text, written in TOML.

    title = "Experiment 12"

    [data]
    curves = "curves.csv"

    [[block]]
    text = "## Training"

    [[block]]
    chart = "plotkit/line"
    data = "curves"
    fields = { x = "step", y = "loss" }

Paths are seen from the file's own folder.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple

from plotkit import errors, store
from plotkit.chart import Chart
from plotkit.look import Options
from plotkit.plot import plot_table
from plotkit.report.blocks import Block, Figure, Fold, Row, Text, figure
from plotkit.report.compose import Report
from plotkit.table import Table

_LOOK = tuple(Options.__annotations__)
_TOP = ("title", "description", "data", "block", *_LOOK)
_CHART = ("chart", "data", "fields", "strings", "params", "caption", "name", *_LOOK)
_TABLE = ("table", "rows", "caption")
_KINDS: Mapping[str, tuple[str, ...]] = {
    "text": ("text",),
    "chart": _CHART,
    "table": _TABLE,
    "row": ("row",),
}


class Plan(NamedTuple):
    """A report to be drawn, and the files that it is made from."""

    report: Report
    files: tuple[Path, ...]


class _Source(NamedTuple):
    """A data source: its file, and how its columns are read."""

    path: Path
    types: Mapping[str, str]


def load(path: Path) -> Plan:
    """Read a report's file.

    Raises:
        OptionError: not TOML, a missing or unknown key, a value of another kind; the block and
            the nearest key are named.
    """
    where = str(path)
    try:
        found = tomllib.loads(path.read_text("utf-8"))
    except OSError as reason:
        raise errors.OptionError.from_report(where, reason.strerror or str(reason)) from reason
    except ValueError as reason:
        raise errors.OptionError.from_report(where, f"it is no TOML: {reason}") from reason
    _check(found, _TOP, where, "the report")
    sources = {
        name: _source(name, given, path.parent, where)
        for name, given in _table(found.get("data", {}), "data", where).items()
    }
    report = Report(
        _text(found, "title", where, "the report"),
        _text(found, "description", where, "the report"),
        **{name: found[name] for name in _LOOK if name in found},
    )
    reader = _Reader(sources, path.parent, where)
    listed = found.get("block", [])
    if not isinstance(listed, list):
        raise errors.OptionError.from_report(where, "block is written [[block]], once for each")
    for number, given in enumerate(listed, 1):
        report.add(reader.block(given, f"block {number}"))
    return Plan(report, (path, *reader.files, *(source.path for source in sources.values())))


class _Reader:
    """Turns the blocks of a file into those of a report."""

    def __init__(self, sources: Mapping[str, _Source], folder: Path, where: str) -> None:
        self._sources = sources
        self._folder = folder
        self._where = where
        self.files: list[Path] = []
        self._table = cache(lambda name: Table.read(sources[name].path, types=sources[name].types))
        self._digest = cache(lambda name: _digest(sources[name].path))

    def block(self, given: object, at: str) -> Block:
        entry = _table(given, at, self._where)
        kinds = [kind for kind in _KINDS if kind in entry]
        if len(kinds) != 1:
            told = f"{at} has {' and '.join(kinds) or 'none'} of text, chart, table and row"
            raise errors.OptionError.from_report(self._where, f"{told}; it takes one of them")
        _check(entry, _KINDS[kinds[0]], self._where, at)
        make: Mapping[str, Callable[[Mapping[str, Any], str], Block]] = {
            "text": lambda entry, at: Text(_text(entry, "text", self._where, at)),
            "chart": self._chart,
            "table": self._rows,
            "row": self._row,
        }
        return make[kinds[0]](entry, at)

    def _row(self, entry: Mapping[str, Any], at: str) -> Row:
        listed = entry["row"]
        if not isinstance(listed, list) or not listed:
            raise errors.OptionError.from_report(self._where, f"{at}: row is a list of blocks")
        cells = [self.block(cell, f"{at}, cell {n}") for n, cell in enumerate(listed, 1)]
        for cell in cells:
            if isinstance(cell, Row):
                raise errors.OptionError.from_report(self._where, f"{at}: a row holds no rows")
        return Row(tuple(cell for cell in cells if not isinstance(cell, (Row, Fold))))

    def _rows(self, entry: Mapping[str, Any], at: str) -> Figure:
        name = self._data(entry, "table", at)
        caption = _text(entry, "caption", self._where, at)
        try:
            return figure(self._table(name), caption, rows=entry.get("rows"))
        except (errors.TableError, errors.DataError) as error:
            return figure(partial(_fail, error), caption)  # it stays in its place

    def _chart(self, entry: Mapping[str, Any], at: str) -> Figure:
        name = self._data(entry, "data", at)
        preset = _text(entry, "chart", self._where, at)
        path = self._folder / preset
        if preset.endswith(".json"):
            self.files.append(path)
            preset = str(path)
        parts = {
            key: _table(entry.get(key, {}), f"{at}: {key}", self._where)
            for key in ("fields", "strings", "params")
        }
        made = figure(
            partial(self._draw, preset, name, parts),
            _text(entry, "caption", self._where, at),
            name=_text(entry, "name", self._where, at),
            **{key: entry[key] for key in _LOOK if key in entry},
        )
        return made._replace(source=self._told(preset, name, parts))

    def _draw(self, preset: str, data: str, parts: Mapping[str, Any]) -> Chart:
        table = self._table(data)
        return plot_table(preset, table, parts["fields"], parts["strings"], params=parts["params"])

    def _told(self, preset: str, data: str, parts: Mapping[str, Any]) -> str:
        """What a chart is made from, as text; "" where that cannot be told, which draws it anew."""
        try:
            digests = (store.get(preset).digest, self._digest(data))
        except (errors.PlotkitError, OSError):
            return ""
        return json.dumps([digests, dict(self._sources[data].types), parts], default=str)

    def _data(self, entry: Mapping[str, Any], key: str, at: str) -> str:
        name = _text(entry, key, self._where, at)
        if name not in self._sources:
            raise errors.OptionError.from_unknown(
                "data source", name, list(self._sources), f"{self._where}, {at},"
            )
        return name


def _fail(error: errors.PlotkitError) -> Chart:
    raise error


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _source(name: str, given: object, folder: Path, where: str) -> _Source:
    if isinstance(given, str):
        return _Source(folder / given, {})
    entry = _table(given, f"data.{name}", where)
    _check(entry, ("path", "types"), where, f"data.{name}")
    types = _table(entry.get("types", {}), f"data.{name}: types", where)
    return _Source(folder / _text(entry, "path", where, f"data.{name}"), types)


def _table(given: object, at: str, where: str) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise errors.OptionError.from_report(where, f"{at} is no table of name = value")
    return given


def _text(entry: Mapping[str, Any], key: str, where: str, at: str) -> str:
    found = entry.get(key, "")
    if not isinstance(found, str):
        raise errors.OptionError.from_report(where, f"{at}: {key} is no text")
    return found


def _check(entry: Mapping[str, Any], known: tuple[str, ...], where: str, at: str) -> None:
    for key in entry:
        if key not in known:
            raise errors.OptionError.from_unknown("key", key, list(known), f"{where}, {at},")
