"""Valid presets, changed at random: each is refused by us or draws, and harms nobody.

A run is a seed and nothing else, so one that fails can be looked at alone:

    python tests/test_fuzz.py SEED

CI runs PLOTKIT_FUZZ_RUNS=5000 with -m slow; the suite of every day makes do with fewer.
"""

from __future__ import annotations

import copy
import json
import os
import random
import sys
import traceback
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import wandb_cases

import plotkit as pk
from plotkit import settings, store, trust

HERE = Path(__file__).parent
RUNS = int(os.environ.get("PLOTKIT_FUZZ_RUNS", "300"))
PARTS = 20
NAMES = ("one", "two", "three")
GOOD = {"x": [0, 1, 2, 3], "y": [3.0, 1.0, 2.0, 1.5], "run": ["a", "a", "b", "b"]}

_TABLES: dict[str, dict[str, list[Any]]] = {
    "area_under_curve": {"x": [0, 1, 0, 1], "y": [0, 1, 0.5, 1], "class": ["a", "a", "b", "b"]},
    "bar": {"label": ["a", "b", "a", "b"], "value": [1, 2, -3, 4], "group": ["u", "u", "v", "v"]},
    "confusion_matrix": {"Actual": ["a", "b", "a"], "Predicted": ["a", "b", "b"]},
    "histogram": {"value": [1, 2, 2, 3, 5], "group": ["u", "u", "v", "v", "v"]},
    "histogram_series": {
        "x": [0, 0, 1, 1], "x2": [1, 1, 2, 2], "y": [0, 1, 0, 1], "y2": [1, 2, 1, 2],
        "share": [0.25, 0.75, 0.5, 0.5], "count": [1, 3, 2, 2],
    },
    "line": {"x": [0, 1, 0, 1], "y": [1, 2, 3, 4], "color": ["a", "a", "b", "b"]},
    "line_series": {"step": [0, 1, 0, 1], "lineVal": [1, 2, 3, 4], "lineKey": ["a", "a", "b", "b"]},
    "pr_curve": {"y_true": [0, 1, 1, 0], "score": [0.1, 0.9, 0.6, 0.7]},
    "roc_curve": {"y_true": [0, 1, 1, 0], "score": [0.1, 0.9, 0.6, 0.7]},
    "scatter": {"x": [1, 2, 3], "y": [3, 1, 2], "color": ["a", "b", "c"]},
    "smoothed_line": {
        "x": [0, 1, 0, 1], "y": [1, 2, 3, 4], "part": ["raw", "raw", "smoothed", "smoothed"],
        "line": ["a", "a", "a", "a"],
    },
}  # fmt: skip


class Base(NamedTuple):
    """A preset that draws, and what it is drawn with."""

    content: dict[str, Any]
    table: dict[str, list[Any]]


@cache
def bases() -> dict[str, Base]:
    made = {}
    for path in sorted((HERE.parent / "presets").glob("*.json")):
        made[path.stem] = Base(json.loads(path.read_text("utf-8")), _TABLES[path.stem])
    for name in wandb_cases.PRESETS:
        table = wandb_cases.CASES[name].columns(NAMES)
        made[f"wandb/{name}"] = Base(wandb_cases.content(name), table)
    return made


# --- what is put in ------------------------------------------------------------------------------

STRINGS: list[str] = [
    raw["repeat"] * (raw["len"] // len(raw["repeat"])) if isinstance(raw, dict) else raw
    for _, raw, *_ in json.loads((HERE / "cases" / "strings.json").read_text("utf-8"))
]
NUMBERS: list[Any] = [
    0, -0.0, -1, 1, 2, 0.5, 1e-9, 1e-300, 5e-324, 999, 1000, 1001, 2**31, 2**53 + 1, 10**20, 1e15,
    1e300, -1e300, 10**400, float("nan"), float("inf"), -float("inf"),
]  # fmt: skip
VALUES: list[Any] = [None, True, False, [], {}, [[]], [None], [{}], {"a": {}}, "", "null", "0"]
EXPRESSIONS = [
    "datum.x", "1/0", "-1", "null", "NaN", "''", "[]", "datum['y']*1e308", "!datum.x", "width/0",
    "1e999", "'a'+'b'", "[1,2,3]", "datum.x>1?datum.y:null", "log(-1)", "sqrt(datum.x)", "foo(",
    "toString(datum.x)", "domain('x')", "domain('nothing')", "scale('color',1)", "bandwidth('y')",
    "peek([])", "slice('abc',-1)", "alert(1)", "datum", "event.x", "data('source_0')", "}", "'",
    "sequence(0,1e9)", "test(/^(a+)+$/,'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!')", "datum.x.y",
    "format(datum.x,'.99f')", "repeat('ab',1e9)", "pad('',1e9)", "if(", "datum.constructor", "this",
    "parent.x", "item.width", "random()", "now()", "utcFormat(datum.x,'%Y')", "pluck([1],'a')",
    "timeFormat('x','%Q%Q')", "join(sort([3,2,1]),',')", "'constructor'", "invert('x',0)",
]  # fmt: skip
HOSTILE: list[Any] = [
    {"url": "file:///etc/passwd"}, {"url": "http://127.0.0.1:9/x.csv"}, {"signal": "alert(1)"},
    {"expr": "alert(1)"}, {"expr": "1e9"}, {"type": "image", "url": "/etc/passwd"}, "image",
    {"sequence": {"start": 0, "stop": 1e9}}, {"sequence": {"start": 0, "stop": 900}},
    {"graticule": True}, {"sphere": True}, {"step": 1e-9}, {"step": 5}, {"value": "url(#a)"},
    {"field": "constructor"}, {"field": "a.b[0]"}, {"field": {"repeat": "layer"}}, {"name": "x"},
    {"param": "pick"}, {"param": "nothing"}, {"condition": {"test": "true", "value": 1}},
    {"select": "interval", "name": "s"}, {"select": {"type": "point", "on": "click"}, "name": "p"},
    {"input": "text", "onfocus": "alert(1)"}, {"scheme": "nothing"}, {"maxbins": 1e9},
    {"steps": 1e9}, {"keyvals": {"stop": 1e9}}, {"interval": "second", "step": 1}, "container",
    {"filter": "datum.x>0"}, {"calculate": "datum.x", "as": "x"}, {"fold": ["x", "y"]},
    {"density": "y", "steps": 900}, {"aggregate": [{"op": "argmax", "field": "y", "as": "m"}]},
    {"type": "log"}, {"type": "nominal"}, {"type": "geojson"}, {"bin": True}, {"timeUnit": "year"},
    {"stack": "center"}, {"sort": {"encoding": "x"}}, {"impute": {"value": 0}}, {"loess": "y",
    "on": "x"}, {"regression": "y", "on": "x", "method": "poly", "order": 9}, {"window": [{"op":
    "rank", "as": "r"}]}, {"facet": {"field": "x"}}, {"repeat": ["x", "y"], "spec": {"mark":
    "bar"}}, {"hconcat": []}, {"layer": []}, {"pivot": "x", "value": "y"}, {"domain": [1, 1]},
    {"domain": []}, {"range": []}, {"gradient": "linear", "stops": []}, {"usermeta": {}},
    {"embedOptions": {}}, {"__proto__": {"a": 1}}, {"constructor": {"prototype": 1}},
    {"font": "<b>&"}, {"fontSize": 1e6}, {"fontWeight": "\x00"}, {"width": 1e5, "height": 1e5},
    {"op": "add", "path": "/mark", "value": "image"}, {"op": "move", "from": "/a", "path": "/b"},
    "${field:x}", "${string:title:a}", "${field:", "datum['${field:x}']", "a\x00b", "\ud800",
]  # fmt: skip
WORDS = [
    "bar", "line", "area", "point", "rect", "text", "arc", "geoshape", "boxplot", "errorband",
    "log", "sqrt", "symlog", "time", "utc", "band", "ordinal", "temporal", "geojson", "mean",
    "argmax", "count", "monotone", "x", "y", "left", "top", "nominal", "quantitative",
    "independent", "fit",
]  # fmt: skip

# --- where ---------------------------------------------------------------------------------------


def nodes(node: Any, rows: bool = False) -> Iterator[tuple[Any, Any]]:
    """All (container, key) of a preset; the rows are only looked into when asked for."""
    for key, value in list(node.items() if isinstance(node, dict) else enumerate(node)):
        yield node, key
        if isinstance(value, (dict, list)) and (rows or key != "values"):
            yield from nodes(value, rows)


def some(dice: random.Random) -> Any:
    """Something to put in."""
    kind = dice.randrange(8)
    if kind == 0:
        return dice.choice(STRINGS)
    if kind == 1:
        return dice.choice(NUMBERS)
    if kind == 2:
        return copy.deepcopy(dice.choice(VALUES))
    if kind == 3:
        text = dice.choice(EXPRESSIONS)
        return text if dice.random() < 0.5 else {"expr": text}
    if kind == 4:
        return dice.choice(WORDS)
    if kind == 5:
        return grafted(dice)
    return copy.deepcopy(dice.choice(HOSTILE))


def grafted(dice: random.Random) -> Any:
    """A node of another preset."""
    other = dice.choice(list(bases().values())).content
    holder, key = dice.choice(list(nodes(other)))
    return copy.deepcopy(holder[key])


def mutate(content: dict[str, Any], dice: random.Random) -> None:
    """One change, in place."""
    all_nodes = list(nodes(content, rows=dice.random() < 0.1))
    if not all_nodes:
        content["mark"] = some(dice)
        return
    holder, key = dice.choice(all_nodes)
    value = holder[key]
    kind = dice.randrange(10)
    if kind <= 2:
        holder[key] = some(dice)
    elif kind == 3 and isinstance(value, (int, float)):
        holder[key] = dice.choice([dice.choice(NUMBERS), value * 1000, -value, str(value)])
    elif kind == 3 and isinstance(value, str):
        holder[key] = dice.choice([value[:-1], value + dice.choice("'\"\\)]}.,"), value.upper()])
    elif kind <= 4:
        del holder[key]
    elif kind == 5 and isinstance(holder, list):
        holder.insert(key, copy.deepcopy(value))
    elif kind == 5:
        _, name = dice.choice(all_nodes)
        holder[str(name)] = copy.deepcopy(value)
    elif kind == 6:  # the value of another node of the same name, or of any
        alike = [(h, k) for h, k in all_nodes if k == key] or all_nodes
        other, there = dice.choice(alike if dice.random() < 0.7 else all_nodes)
        holder[key] = copy.deepcopy(other[there])
    elif kind == 7 and isinstance(value, dict):
        fragment = some(dice)
        value.update(fragment if isinstance(fragment, dict) else {dice.choice(WORDS): fragment})
    elif kind == 7 and isinstance(value, list):
        dice.shuffle(value)
    elif kind == 8:
        holder[key] = [value] if dice.random() < 0.5 else {"value": value}
    else:
        holder[key] = copy.deepcopy(some(dice))


def mutant(seed: int) -> tuple[str, Any]:
    """The preset of a seed: mostly one change or two, at times many."""
    dice = random.Random(seed)
    name = dice.choice(list(bases()))
    content = copy.deepcopy(bases()[name].content)
    for _ in range(dice.choice([1, 1, 1, 1, 2, 2, 3, 8])):
        mutate(content, dice)
    return name, content


# --- the promise ---------------------------------------------------------------------------------


def good() -> str:
    return pk.line(GOOD, "x", "y", "run").to_svg()


def run(seed: int) -> str:
    """Draw the mutant: "drawn", or the name of the error of ours. Any other error is a failure."""
    name, content = mutant(seed)
    table = bases()[name].table
    try:
        content = trust.loads(json.dumps(content))
        before = copy.deepcopy(content)
        chart = pk.plot_table(content, table, {column: column for column in table})
        svg = chart.to_svg()
    except pk.PlotkitError as error:
        assert str(error)
        return type(error).__name__
    assert svg.startswith("<svg")
    assert content == before, "the caller's dict was changed"
    return "drawn"


def failures(seeds: range, reference: str) -> Iterator[str]:
    for seed in seeds:
        try:
            run(seed)
            same = good() == reference
        except Exception:
            last = traceback.format_exc().strip().splitlines()
            yield f"seed {seed}: " + " | ".join(line.strip() for line in last[-5:])
        else:
            if not same:
                yield f"seed {seed}: the next good chart is another"


# The everyday number of runs belongs to the everyday suite, CI's to what is slow.
@pytest.mark.parametrize(
    "part", [pytest.param(p, marks=[pytest.mark.slow] if RUNS > 300 else []) for p in range(PARTS)]
)
def test_mutants_are_refused_or_drawn(part: int, monkeypatch: pytest.MonkeyPatch) -> None:
    # Half of them as if their user had accepted them: more of those come to the engine.
    accepted = part % 2 == 1
    if accepted:
        monkeypatch.setattr(store, "is_accepted", lambda digest: True)
    reference = good()
    settings.timeout = 5
    each = -(-RUNS // PARTS)
    found = list(failures(range(part * each, (part + 1) * each), reference))
    assert not found, f"{len(found)} of {each}:\n" + "\n".join(found[:5])


@pytest.mark.parametrize("name", [*_TABLES, *(f"wandb/{name}" for name in wandb_cases.PRESETS)])
def test_they_draw_before_they_are_changed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "is_accepted", lambda digest: True)
    content, table = bases()[name]
    assert pk.plot_table(content, table, {c: c for c in table}).to_svg().startswith("<svg")


def test_a_seed_is_a_mutant() -> None:
    assert repr(mutant(7)) == repr(mutant(7))
    changed = sum(mutant(s)[1] != bases()[mutant(s)[0]].content for s in range(50))
    assert changed > 45


if __name__ == "__main__":
    from collections import Counter

    first, *more = map(int, sys.argv[1:])
    settings.timeout = 5
    if not more:
        print(json.dumps(mutant(first), indent=1))
        print(run(first))
    else:
        counts: Counter[str] = Counter()
        store.is_accepted = lambda digest: True
        for number in range(first, more[0]):
            try:
                counts[run(number)] += 1
            except Exception as reason:
                counts[f"{type(reason).__name__}: {reason}"[:80]] += 1
                print(number, repr(reason)[:200])
        print(counts)
