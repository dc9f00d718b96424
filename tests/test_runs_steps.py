"""Which row each call of `log` ends up in: the exact table, as it is read back from the disk."""

from __future__ import annotations

import math
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

import plotkit as pk
from plotkit import RunWarning
from plotkit.errors import RunError
from plotkit.runs import steps

Rows = list[tuple[int, dict[str, Any]]]


class Call(NamedTuple):
    """A call of log; `step` and `commit` as given."""

    data: dict[str, Any]
    step: Any = None
    commit: bool | None = None


class Case(NamedTuple):
    """Calls one after the other, and the rows there are once the run has finished."""

    name: str
    calls: list[Call]
    rows: Rows
    dropped: int = 0
    before_finish: Rows | None = None


A, B, C = {"a": 1}, {"b": 2}, {"c": 3}
TABLE = [
    Case("nothing", [], []),
    Case("each call is a row", [Call(A), Call(A), Call(B)], [(0, A), (1, A), (2, B)]),
    Case("commit=True alone changes nothing", [Call(A, None, True)], [(0, A)]),
    Case(
        "commit=False gathers into the next",
        [Call(A, None, False), Call(B)],
        [(0, A | B)],
    ),
    Case(
        "commit=False several times",
        [Call(A, None, False), Call(B, None, False), Call(C), Call(A)],
        [(0, A | B | C), (1, A)],
    ),
    Case(
        "finish writes what is pending",
        [Call(A), Call(B, None, False)],
        [(0, A), (1, B)],
        before_finish=[(0, A)],
    ),
    Case(
        "a step gathers until the next one",
        [Call(A, 3), Call(B, 3)],
        [(3, A | B)],
        before_finish=[],
    ),
    Case("later values win", [Call({"a": 1}, 3), Call({"a": 9}, 3)], [(3, {"a": 9})]),
    Case(
        "later values win, gathered",
        [Call({"a": 1, "b": 1}, None, False), Call({"a": 2})],
        [(0, {"a": 2, "b": 1})],
    ),
    Case(
        "a larger step writes what was gathered",
        [Call(A, 0), Call(B, 1), Call(C, 2)],
        [(0, A), (1, B), (2, C)],
        before_finish=[(0, A), (1, B)],
    ),
    Case("gaps are fine", [Call(A, 2), Call(B, 10), Call(C, 1000)], [(2, A), (10, B), (1000, C)]),
    Case(
        "a smaller step is dropped",
        [Call(A, 5), Call(B, 3), Call(C, 5)],
        [(5, A | C)],
        dropped=1,
    ),
    Case(
        "every smaller step is counted",
        [Call(A, 5), Call(B, 6), Call(C, 5), Call(C, 0), Call(A, 6)],
        [(5, A), (6, A | B)],
        dropped=2,
    ),
    Case(
        "without a step, the gathered row is written and the next one follows",
        [Call(A, 5), Call(B), Call(C)],
        [(5, A | B), (6, C)],
    ),
    Case("a step ahead of plain calls", [Call(A), Call(B, 7), Call(C)], [(0, A), (7, B | C)]),
    Case(
        "the step of the next plain call",
        [Call(A), Call(B, 1), Call(C)],
        [(0, A), (1, B | C)],
    ),
    Case(
        "commit=True with a step writes at once and moves on",
        [Call(A, 5, True), Call(B)],
        [(5, A), (6, B)],
        before_finish=[(5, A), (6, B)],
    ),
    Case(
        "commit=True writes what was gathered before it",
        [Call(A, 4), Call(B, 6, True), Call(C, 9)],
        [(4, A), (6, B), (9, C)],
    ),
    Case(
        "commit=False with a step is as without",
        [Call(A, 2), Call(B, 4, False), Call(C)],
        [(2, A), (4, B | C)],
    ),
    Case(
        "the step of the last written row joins it",
        [Call(A, 5, True), Call(B, 5), Call(C)],
        [(5, A | B), (6, C)],
        before_finish=[(5, A | B), (6, C)],
    ),
    Case("the same after a plain call", [Call(A), Call(B, 0), Call(C)], [(0, A | B), (1, C)]),
    Case(
        "not once something is gathered after it",
        [Call(A), Call(B, None, False), Call(C, 0)],
        [(0, A), (1, B)],
        dropped=1,
    ),
    Case("not to an older row", [Call(A), Call(B), Call(C, 0)], [(0, A), (1, B)], dropped=1),
    Case("an empty dict writes nothing, and moves on", [Call({}), Call(A)], [(1, A)]),
    Case(
        "an empty dict writes what is gathered", [Call(A, 3), Call({}), Call(B)], [(3, A), (4, B)]
    ),
    Case("an empty dict moves to a step", [Call({}, 9), Call(A)], [(9, A)]),
    Case(
        "an empty dict at a larger step writes what is gathered",
        [Call(A, 3), Call({}, 4)],
        [(3, A)],
        before_finish=[(3, A)],
    ),
    Case("an empty dict gathers nothing", [Call({}, None, False)], []),
    Case("NumPy's ints are steps", [Call(A, np.int64(2)), Call(B, np.uint8(3))], [(2, A), (3, B)]),
    Case("the largest step", [Call(A, (1 << 63) - 1)], [((1 << 63) - 1, A)]),
]


@pytest.fixture(autouse=True)
def _runs_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("PLOTKIT_DIR", str(tmp_path / "runs"))
    yield
    pk.finish(quiet=True)


def _rows(run: pk.Run) -> Rows:
    return [(row.step, dict(row.values)) for row in run.database.rows()]


def _made(calls: list[Call], **options: Any) -> pk.Run:
    run = pk.init(project="table", **options)
    for call in calls:
        pk.log(*call)
    return run


@pytest.mark.parametrize("case", TABLE, ids=lambda case: case.name)
def test_the_table(case: Case) -> None:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        run = _made(case.calls)
    if case.before_finish is not None:
        assert _rows(run) == case.before_finish
    pk.finish(quiet=True)
    assert _rows(run) == case.rows
    assert _rows(pk.Api().run(run.path)) == case.rows
    # One warning for all of them, and all of them counted.
    assert [warning.category for warning in told] == [RunWarning] * min(case.dropped, 1)
    counted = [note for note in run.notes if "dropped" in note]
    assert len(counted) == min(case.dropped, 1)
    assert all(f"{case.dropped} call" in note for note in counted)


@pytest.mark.parametrize("case", [c for c in TABLE if c.dropped], ids=lambda case: case.name)
def test_a_smaller_step_is_an_error_in_strict_mode(case: Case) -> None:
    with pytest.raises(RunError, match="is past") as raised:
        _made(case.calls, strict=True)
    assert "'epoch'" in str(raised.value)  # what to do instead


@pytest.mark.parametrize("case", [c for c in TABLE if not c.dropped], ids=lambda case: case.name)
def test_strict_mode_changes_nothing_else(case: Case) -> None:
    if case.name.startswith("later values win"):
        with pytest.raises(RunError, match="'a' has two values at step"):
            _made(case.calls, strict=True)
        return
    run = _made(case.calls, strict=True)
    pk.finish(quiet=True)
    assert _rows(run) == case.rows


def test_what_was_dropped_is_named_in_the_warning() -> None:
    pk.init(project="p")
    pk.log({"loss": 1}, step=7)
    with pytest.warns(RunWarning, match=r"'val'.*step=2.*at step 7"):
        pk.log({"val": 1}, step=2)


def test_a_dropped_call_keeps_no_files() -> None:
    run = pk.init(project="p")
    pk.log({"loss": 1}, step=7)
    with pytest.warns(RunWarning):
        pk.log({"image": pk.Image(np.zeros((4, 4)))}, step=2)
    assert list((run.folder / "media").iterdir()) == []


def test_replaced_values_are_counted() -> None:
    run = pk.init(project="p")
    for value in (1, 2, 2, 3):
        pk.log({"loss": value}, step=1)
    pk.log({"loss": math.nan}, step=2)
    pk.log({"loss": math.nan}, step=2)  # the same value again
    assert [note for note in run.notes if "replaced" in note] == [
        "2 values replaced by a later one of the same name and step (first: 'loss' at step 1)."
    ]


def test_strict_mode_may_be_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLOTKIT_STRICT_LOG", "1")
    assert pk.init(project="p").strict
    assert not pk.init(project="p", strict=False).strict


@pytest.mark.parametrize("commit", [None, False, True])
def test_an_error_leaves_the_run_as_it_was(commit: bool | None) -> None:
    run = pk.init(project="p", strict=True)
    pk.log({"a": 1}, step=3)
    for data, step in [({"a": 2}, 3), ({"b": 1}, 1), ({"b": 1}, 1.5), ({1: 1}, 4), ({"": 1}, 4)]:
        with pytest.raises(RunError):
            pk.log(data, step=step, commit=commit)
    pk.finish(quiet=True)
    assert _rows(run) == [(3, {"a": 1})]


BAD_STEPS: list[tuple[Any, str]] = [
    (True, "a bool"),
    (np.bool_(True), "a bool"),
    (1.5, "no whole number"),
    (5.0, "no whole number"),
    (np.float64(2), "no whole number"),
    ("3", "no whole number"),
    ([1], "no whole number"),
    (-1, "negative"),
    (1 << 63, "too large"),
    (math.nan, "no whole number"),
]


@pytest.mark.parametrize(("step", "why"), BAD_STEPS, ids=repr)
def test_a_step_that_is_none(step: Any, why: str) -> None:
    pk.init(project="p")
    with pytest.raises(RunError, match=why) as raised:
        pk.log({"a": 1}, step=step)
    assert "step=" in str(raised.value)
    with pytest.raises(RunError):
        steps.checked(step)


def test_no_step_follows_the_largest() -> None:
    pk.init(project="p")
    pk.log({"a": 1}, step=(1 << 63) - 1, commit=True)
    with pytest.raises(RunError, match="too large"):
        pk.log({"a": 1})


@pytest.mark.parametrize("resume", ["allow", "must"])
def test_resuming_goes_on_after_the_last_step(resume: str) -> None:
    with pk.init(project="p", id="one") as run:
        run.log({"a": 1}, step=4)
    with pk.init(project="p", id="one", resume=resume) as run:
        assert run.step == 5
        run.log({"b": 1}, step=4)  # the last row is still open to its step
        with pytest.warns(RunWarning, match="dropped"):
            run.log({"b": 1}, step=3)
        run.log({"a": 2})
        run.log({"a": 3}, step=9)
    assert _rows(run) == [(4, {"a": 1, "b": 1}), (5, {"a": 2}), (9, {"a": 3})]


def test_rows_in_steps_of_the_history() -> None:
    run = pk.init(project="p")
    run.history.row["a"] = 1
    assert dict(run.history.row) == {"a": 1}
    run.history.row["a"] = 2  # it is mutable: nothing is counted as replaced
    run.history.row.update({"b": 3, "x": {"y": 4}})
    del run.history.row["b"]
    pk.log({"c": 5})
    assert dict(run.history.row) == {}
    run.history.row["d"] = 6
    run.history.add({"e": 7})
    run.history.add({"f": 8}, step=20)
    assert _rows(run) == [
        (0, {"a": 2, "x.y": 4, "c": 5}),
        (1, {"d": 6, "e": 7}),
        (20, {"f": 8}),
    ]
    assert run.notes == []
    with pytest.raises(KeyError, match="'nothing'"):
        run.history.row["nothing"]
