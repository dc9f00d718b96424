"""Whatever columns are called and texts say, each preset draws the same marks.

Every built-in preset and every W&B-form one in tests/wandb is drawn with random texts, hostile
ones among them: as names of columns, as categories, and as strings. `PLOTKIT_PROPERTY_RUNS` says
how many texts go through each preset (150; 2,000 in the slow test), `PLOTKIT_PROPERTY_SEED` which.
"""

from __future__ import annotations

import json
import os
import random
import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import wandb_cases
from wandb_cases import CASES, marks

import plotkit as pk
from plotkit import store, text
from plotkit.errors import TableError
from plotkit.preset import Preset
from plotkit.render import svg

RUNS = int(os.environ.get("PLOTKIT_PROPERTY_RUNS", "150"))
SEED = int(os.environ.get("PLOTKIT_PROPERTY_SEED", "7"))
PLAIN = ("alpha", "beta", "gamma")

STRINGS = json.loads((Path(__file__).parent / "cases" / "strings.json").read_text("utf-8"))
HOSTILE = [
    *(case[1] for case in STRINGS if isinstance(case[1], str)),
    "'] + alert(1) + ['",
    '"] + alert(1) + ["',
    "datum['y']",
    "datum.x + 1",
    "${field:x}",
    "${string:title:default}",
    "a.b",
    "a[0]",
    "a\\.b",
    "x\\'y",
    "\\\\'",
    "`${alert(1)}`",
    "*",
    "x:Q",
    "count()",
    "repeat",
    "__proto__",
    "hasOwnProperty",
    "__count",
    "bin_maxbins_10_x",
    "lookup",
    "width",
    "event",
    "null",
    "NaN",
    "0",
    "-1e999",
    "2024-01-01",
    "%5B%5D",
    "/title/text",
    "~0~1",
    "\N{ARABIC LETTER ALEF}\N{RIGHT-TO-LEFT OVERRIDE}abc",
    "e\N{COMBINING ACUTE ACCENT}",
    "\N{PILE OF POO}",
]
ALPHABETS = [
    "abcdefghij",
    " '\"\\`.,:;[](){}<>&|=+-*/%$#@!?~^_",
    "aB0_'\"\\[].${}:",
    "äßçéñøłžşğ漢字かなकखабв",
    "\t\n\r\u2028\u2029\ufeff\u00a0\u200b\u202e\x07\x1b\x7f",
]


def texts(seed: object, count: int) -> list[str]:
    """Different texts, a third of them known to break charts elsewhere."""
    chance = random.Random(f"{SEED} {seed}")
    found: dict[str, None] = {}
    while len(found) < count:
        kind = chance.random()
        if kind < 0.33:
            made = chance.choice(HOSTILE)
            if chance.random() < 0.5:
                made += chance.choice(("'", '"', "\\", "]", "}", " ", "2"))
        elif kind < 0.9:
            alphabet = chance.choice(ALPHABETS)
            made = "".join(chance.choices(alphabet, k=chance.randint(1, 12)))
        else:
            made = "".join(chr(chance.randrange(1, 0x11000)) for _ in range(chance.randint(1, 6)))
        found[made] = None
    return list(found)


def is_column(name: str) -> bool:
    """Whether an axis could be titled with it: others are refused, with a reason."""
    return not (text.is_blank_name(name) or text.replaced(name))


# --- built-in presets: role -> values, by three categories; marks other than texts ---------------

UP = [float(i) for i in range(12)]


def _series(names: Sequence[str]) -> list[str]:
    return [*names] * 4


BUILT_IN: dict[str, Any] = {
    "area_under_curve": lambda n: {"x": UP, "y": UP, "class": _series(n)},
    "bar": lambda n: {"label": [*n], "value": [3, 1, 2]},
    "bar grouped": lambda n: {"label": _series(n)[:9], "value": UP[:9],
                              "group": [x for x in n for _ in range(3)]},
    "confusion_matrix": lambda n: {"Actual": _series(n), "Predicted": _series(n[::-1])},
    "histogram": lambda n: {"value": UP, "group": _series(n)},
    "line": lambda n: {"x": UP, "y": UP, "color": _series(n)},
    "line_series": lambda n: {"step": UP, "lineVal": UP, "lineKey": _series(n)},
    "pr_curve": lambda n: {"y_true": [True, False, True] * 4, "score": UP, "class": _series(n)},
    "roc_curve": lambda n: {"y_true": [True, False, True, False] * 3, "score": UP,
                            "class": _series(n)},
    "scatter": lambda n: {"x": UP, "y": UP, "color": _series(n)},
}  # fmt: skip


def shapes(chart: pk.Chart) -> int:
    """How many marks are drawn, without texts: whether a label fits depends on what it says."""
    drawn = re.sub("<style.*?</style>", "", chart.to_svg(), flags=re.S)
    drawn = re.sub('<g class="mark-text role-mark[^>]*[^/]>.*?</g>', "", drawn, flags=re.S)
    return sum(svg.count_marks(drawn).values())


def _preset(name: str) -> Any:
    if name in CASES:
        return Preset(wandb_cases.content(name), name)
    return f"plotkit/{name.split()[0]}"


def _columns(name: str, names: Sequence[str]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = (
        CASES[name].columns(names) if name in CASES else BUILT_IN[name](names)
    )
    return found


@cache
def expected(name: str) -> int:
    """The marks that plain texts draw."""
    columns = _columns(name, PLAIN)
    return shapes(pk.plot_table(_preset(name), columns, {role: role for role in columns}))


def examples(name: str, count: int) -> Iterator[tuple[list[str], list[str], list[str]]]:
    """Names for the columns, three categories, and strings: `count` texts in all."""
    roles = len(_columns(name, PLAIN))
    strings = 2
    pool = texts(name, count)
    chance = random.Random(name)
    while pool:
        taken, pool = pool[: roles + 3 + strings], pool[roles + 3 + strings :]
        taken += chance.sample(texts("more", 40), 20)  # the last may be short, or hold odd names
        names = [found for found in dict.fromkeys(taken) if is_column(found)][:roles]
        rest = [found for found in taken if found not in names]
        categories = list(dict.fromkeys(rest))[:3]
        yield names, categories, rest[-strings:]


def check(name: str, count: int) -> None:
    for names, categories, strings in examples(name, count):
        columns = _columns(name, categories)
        table = dict(zip(names, columns.values(), strict=True))
        preset = store.get(_preset(name))
        given = dict(zip(preset.strings, strings, strict=False))
        given.pop("only", None)  # it chooses among the rows
        chart = pk.plot_table(preset, table, dict(zip(columns, names, strict=True)), given)
        told = f"columns {names!r}, categories {categories!r}, strings {given!r}"
        assert shapes(chart) == expected(name), told
        if name in CASES and name != "confusion_matrix_vega":
            assert marks(chart) == CASES[name].marks, told


ALL = [*BUILT_IN, *CASES]


@pytest.mark.parametrize("name", ALL)
def test_any_text_draws_the_same_marks(name: str) -> None:
    check(name, RUNS)


@pytest.mark.slow
@pytest.mark.skipif(RUNS >= 2000, reason="the test above draws as many")
@pytest.mark.parametrize("name", ALL)
def test_two_thousand_texts_draw_the_same_marks(name: str) -> None:
    check(name, 2000)


def test_names_that_no_axis_could_show_are_refused() -> None:
    for name in texts("refused", 300):
        if not is_column(name):
            with pytest.raises(TableError):
                pk.scatter({name: [1, 2], "b": [1, 2]}, name, "b")


def test_a_string_of_a_condition_chooses_the_rows_that_equal_it() -> None:
    for number in range(12):
        plain = [x for x in texts(number, 40) if text.labels([x])[x] == x]
        first, *others = plain[:3]
        columns = _columns("grouped_bars", [first, *others])
        fields = {role: role for role in columns}
        chart = pk.plot_table(_preset("grouped_bars"), columns, fields, {"only": first})
        assert marks(chart) == {"marks": 3}, first
