"""ROC and precision-recall curves against scikit-learn, and against a slow readable version."""

from __future__ import annotations

import enum
import math
import warnings
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn import metrics

from plotkit import Table, errors, presets
from plotkit.stats import Picture, Result, _ranking, get, pr_curve, roc_curve
from plotkit.stats.classes import one_vs_rest
from plotkit.table import LazyColumns

SIZE = Picture(640, 400)
AWKWARD = [0.0, -0.0, 1.0, np.nextafter(1.0, 2.0), -1.0, 0.5, 5e-324, -5e-324, 1.7e308, -1.7e308]


def compute(name: str, data: dict[str, Any], size: Picture = SIZE, **options: Any) -> Result:
    columns = Table(data).select({role: role for role in data})
    assert not isinstance(columns, LazyColumns)
    if "class" in columns:
        columns["class"] = columns["class"].to_text()
    return get(name)(columns, options, size)


def compute_lazy(name: str, frame: object, **options: Any) -> Result:
    table = Table(frame)
    columns = table.select({role: role for role in table.columns})
    assert isinstance(columns, LazyColumns)
    as_text = ("class",) if "class" in table.columns else ()
    return get(name)(columns._replace(as_text=as_text), options, SIZE)


def rows(result: Result, kind: str = "curve", **where: object) -> list[tuple[float, float]]:
    held = result.columns
    wanted = [
        i
        for i, found in enumerate(held["kind"])
        if found == kind and all(held[name][i] == value for name, value in where.items())
    ]
    return [(held["x"][i], held["y"][i]) for i in wanted]


def area(y: np.ndarray, x: np.ndarray) -> float:
    """The trapezoids under a line (NumPy renamed its own between 1.26 and 2)."""
    return float((np.diff(x) * (y[1:] + y[:-1])).sum() / 2)


@st.composite
def problems(draw: st.DrawFn, weighted: bool = False, both: bool = True) -> tuple[Any, Any, Any]:
    """y_true, score and weights, with ties, signed zeros and neighbouring doubles."""
    count = draw(st.integers(2 if both else 1, 40))
    pool = draw(
        st.lists(
            st.one_of(st.sampled_from(AWKWARD), st.floats(-10, 10), st.floats(0, 1)),
            min_size=1,
            max_size=8,
        )
    )
    score = np.array(draw(st.lists(st.sampled_from(pool), min_size=count, max_size=count)))
    truth = draw(arrays(bool, count))
    if both:
        truth[:2] = (True, False)
    weight = None
    if weighted:
        weight = draw(arrays(float, count, elements=st.sampled_from([0.0, 0.25, 1.0, 3.7])))
        if both:
            weight[:2] = 1.5
    return truth, score, weight


def as_sklearn(score: np.ndarray) -> np.ndarray:
    """The scores by their rank: scikit-learn takes no infinities and subtracts scores."""
    return np.unique(score, return_inverse=True)[1].astype(float)


@given(st.one_of(problems(), problems(weighted=True)))
@settings(max_examples=80, deadline=None)
def test_roc_equals_sklearn(problem: tuple[Any, Any, Any]) -> None:
    truth, score, weight = problem
    fpr, tpr, thresholds, auc = roc_curve.roc(truth, score, weight)
    theirs = metrics.roc_curve(
        truth, as_sklearn(score), sample_weight=weight, drop_intermediate=False
    )
    np.testing.assert_allclose(fpr, theirs[0], rtol=0, atol=1e-12)
    np.testing.assert_allclose(tpr, theirs[1], rtol=0, atol=1e-12)
    assert thresholds[0] == np.inf
    levels = np.unique(score)
    np.testing.assert_array_equal(thresholds[1:], levels[theirs[2][1:].astype(int)])
    wanted = metrics.roc_auc_score(truth, as_sklearn(score), sample_weight=weight)
    assert auc == pytest.approx(wanted, abs=1e-12)


@given(st.one_of(problems(), problems(weighted=True)))
@settings(max_examples=80, deadline=None)
def test_pr_equals_sklearn(problem: tuple[Any, Any, Any]) -> None:
    truth, score, weight = problem
    precision, recall, thresholds, ap = pr_curve.pr(truth, score, weight)
    theirs = metrics.precision_recall_curve(truth, as_sklearn(score), sample_weight=weight)
    np.testing.assert_allclose(precision, theirs[0], rtol=0, atol=1e-12)
    np.testing.assert_allclose(recall, theirs[1], rtol=0, atol=1e-12)
    np.testing.assert_array_equal(thresholds, np.unique(score)[theirs[2].astype(int)])
    wanted = metrics.average_precision_score(truth, as_sklearn(score), sample_weight=weight)
    assert ap == pytest.approx(wanted, abs=1e-12)


@given(problems(both=False), st.booleans())
@settings(max_examples=80, deadline=None)
def test_rank_counts_as_a_reader_would(problem: tuple[Any, Any, Any], infinite: bool) -> None:
    truth, score, _ = problem
    if infinite:
        score = np.where(np.abs(score) > 1, np.copysign(np.inf, score), score)
    ranking = _ranking.rank(truth, score)
    levels = sorted({float(s) + 0.0 for s in score}, reverse=True)
    assert ranking.thresholds.tolist() == levels
    assert not np.signbit(ranking.thresholds[ranking.thresholds == 0]).any()
    assert ranking.tps.tolist() == [int((truth & (score >= t)).sum()) for t in levels]
    assert ranking.fps.tolist() == [int((~truth & (score >= t)).sum()) for t in levels]


@pytest.mark.parametrize("shift", [0.0, -0.5, -3.0])
def test_many_scores_equal_sklearn(shift: float) -> None:
    rng = np.random.default_rng(7)
    truth = rng.random(200_000) < 0.3
    score = rng.random(200_000) * (1 + 0.5 * truth) + shift
    fpr, tpr, thresholds, auc = roc_curve.roc(truth, score)
    theirs = metrics.roc_curve(truth, score, drop_intermediate=False)
    for ours, wanted in zip((fpr, tpr, thresholds), theirs, strict=True):
        np.testing.assert_allclose(ours, wanted, rtol=0, atol=1e-12)
    assert auc == pytest.approx(metrics.roc_auc_score(truth, score), abs=1e-12)
    ap = pr_curve.pr(truth, score)[3]
    assert ap == pytest.approx(metrics.average_precision_score(truth, score), abs=1e-12)


def test_one_class_absent() -> None:
    none, every = np.zeros(3, dtype=bool), np.ones(3, dtype=bool)
    score = np.array([0.1, 0.2, 0.3])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-learn warns of what is tested here
        for truth in (none, every):
            fpr, tpr, _, auc = roc_curve.roc(truth, score)
            theirs = metrics.roc_curve(truth, score, drop_intermediate=False)
            np.testing.assert_array_equal(fpr, theirs[0])
            np.testing.assert_array_equal(tpr, theirs[1])
            assert math.isnan(auc)
            precision, recall, _, ap = pr_curve.pr(truth, score)
            wanted = metrics.precision_recall_curve(truth, score)
            np.testing.assert_array_equal(precision, wanted[0])
            assert ap == metrics.average_precision_score(truth, score)
            if truth is every:
                np.testing.assert_allclose(recall, wanted[1])


def test_inputs_stay_as_they_are() -> None:
    truth, score = np.array([True, False, True]), np.array([-0.0, 0.5, -1.0])
    before = truth.copy(), score.copy()
    roc_curve.roc(truth, score)
    pr_curve.pr(truth, score)
    np.testing.assert_array_equal(truth, before[0])
    assert score.tobytes() == before[1].tobytes()


# --- what is drawn -------------------------------------------------------------------------------


def test_roc_rows_of_one_curve() -> None:
    result = compute("roc_curve", {"y_true": [0, 0, 1, 1], "score": [0.1, 0.4, 0.35, 0.8]})
    assert result.columns == {
        "x": [0.0, 0.0, 0.5, 0.5, 1.0, 0.0, 1.0],
        "y": [0.0, 0.5, 0.5, 1.0, 1.0, 0.0, 1.0],
        "threshold": [None, 0.8, 0.4, 0.35, 0.1, None, None],
        "end": ["AUC 0.750"] * 5 + ["Chance"] * 2,
        "kind": ["curve"] * 5 + ["reference"] * 2,
    }
    assert result.notes == []


def test_pr_rows_of_one_curve() -> None:
    result = compute("pr_curve", {"y_true": [0, 0, 1, 1], "score": [0.1, 0.4, 0.35, 0.8]})
    assert result.columns == {
        "x": [0.0, 0.5, 0.5, 1.0, 1.0, 0.0, 1.0],
        "y": [1.0, 1.0, 0.5, 2 / 3, 0.5, 0.5, 0.5],
        "threshold": [None, 0.8, 0.4, 0.35, 0.1, None, None],
        "end": ["AP 0.833"] * 5 + ["Prevalence 0.50"] * 2,
        "kind": ["curve"] * 5 + ["reference"] * 2,
    }


@given(problems())
@settings(max_examples=60, deadline=None)
def test_area_of_the_drawn_curves(problem: tuple[Any, Any, Any]) -> None:
    """The trapezoids of ROC rows and the step-before area of PR rows are AUC and AP."""
    truth, score, _ = problem
    data = {"y_true": truth, "score": score}
    x, y = np.array(rows(compute("roc_curve", data))).T
    assert area(y, x) == pytest.approx(metrics.roc_auc_score(truth, as_sklearn(score)), abs=1e-12)
    x, y = np.array(rows(compute("pr_curve", data))).T
    assert (np.diff(x) >= 0).all()
    assert (np.diff(x) * y[1:]).sum() == pytest.approx(
        metrics.average_precision_score(truth, as_sklearn(score)), abs=1e-12
    )


def test_infinite_scores_have_no_threshold_in_json() -> None:
    result = compute("roc_curve", {"y_true": [0, 1], "score": [-math.inf, math.inf]})
    assert rows(result) == [(0.0, 0.0), (0.0, 1.0), (1.0, 1.0)]
    assert result.columns["threshold"][:3] == [None, None, None]
    assert result.columns["end"][0] == "AUC 1.000"


def test_averages_equal_sklearn() -> None:
    rng = np.random.default_rng(3)
    labels = rng.integers(0, 3, 300)
    probas = rng.dirichlet([1, 1, 1], 300) + 0.4 * np.eye(3)[labels]
    probas = np.round(probas / probas.sum(axis=1, keepdims=True), 2)
    binary = np.eye(3)[labels]
    long = one_vs_rest(labels, probas)
    data = {"y_true": long.y_true, "score": long.score, "class": long.classes}
    for average in ("macro", "micro"):
        result = compute("roc_curve", data, average=average)
        auc = metrics.roc_auc_score(binary, probas, average=average)
        x, y = np.array(rows(result, "average")).T
        assert area(y, x) == pytest.approx(auc, abs=1e-12)
        assert f"{average.title()} average · AUC {auc:.3f}" in result.columns["end"]
        result = compute("pr_curve", data, average=average)
        ap = metrics.average_precision_score(binary, probas, average=average)
        x, y = np.array(rows(result, "average")).T
        assert (np.diff(x) * y[1:]).sum() == pytest.approx(ap, abs=1e-12)
        assert f"{average.title()} average · AP {ap:.3f}" in result.columns["end"]
    assert result.notes == ["the micro average pools the rows of 3 classes into one curve."]


def test_threshold_is_marked() -> None:
    data = {"y_true": [0, 0, 1, 1], "score": [0.1, 0.4, 0.35, 0.8]}
    result = compute("roc_curve", data, threshold=[0.4, 0.9])
    assert rows(result, "threshold") == [(0.5, 0.5), (0.0, 0.0)]
    result = compute("pr_curve", data, threshold=0.36)
    assert rows(result, "threshold") == [(0.5, 0.5)]
    at = result.columns["kind"].index("threshold")
    assert result.columns["threshold"][at] == 0.36
    assert result.columns["end"][at] == "AP 0.833"


def test_interpolated_precision_is_the_best_of_higher_recall() -> None:
    rng = np.random.default_rng(5)
    truth, score = rng.random(80) < 0.4, np.round(rng.random(80), 1)
    result = compute("pr_curve", {"y_true": truth, "score": score}, interp_size=21)
    precision, recall, _ = metrics.precision_recall_curve(truth, score)
    wanted = [(r, max(precision[recall >= r])) for r in np.linspace(0, 1, 21)]
    np.testing.assert_allclose(rows(result), wanted, rtol=0, atol=1e-12)
    for (level, best), threshold in zip(rows(result), result.columns["threshold"], strict=False):
        if threshold is not None:
            taken = score >= threshold
            assert truth[taken].mean() == pytest.approx(best)
            assert truth[taken].sum() / truth.sum() >= level - 1e-12


def test_baselines() -> None:
    def ends(counts: dict[str, tuple[int, int]]) -> list[str]:
        data: dict[str, list[Any]] = {"y_true": [], "score": [], "class": []}
        for name, (positives, negatives) in counts.items():
            data["y_true"] += [1] * positives + [0] * negatives
            data["score"] += list(range(positives + negatives))
            data["class"] += [name] * (positives + negatives)
        held = compute("pr_curve", data).columns
        pairs = zip(held["end"], held["kind"], strict=True)
        return list(dict.fromkeys(end for end, kind in pairs if kind == "reference"))

    assert ends({"a": (1, 3), "b": (2, 6)}) == ["Prevalence 0.25"]
    assert ends({"a": (1, 3), "b": (1, 1)}) == ["a · prevalence 0.25", "b · prevalence 0.50"]
    assert ends({name: (i + 1, 4) for i, name in enumerate("abcd")}) == ["Mean prevalence 0.37"]


def test_class_without_positives_is_left_out() -> None:
    data = {"y_true": [0, 1, 0, 0, 1, 1], "score": [1, 2, 3, 4, 5, 6], "class": list("aabbcc")}
    result = compute("roc_curve", data)
    assert set(result.columns["class"]) == {"a", None}
    assert result.notes == [
        "column 'class': 1 class with no positive row left out: 'b'.",
        "column 'class': 1 class with no negative row left out: 'c'.",
    ]
    assert set(compute("pr_curve", data).columns["class"]) == {"a", "c"}


def test_labels_choose_and_order() -> None:
    data = {"y_true": [0, 1] * 3, "score": [1, 2] * 3, "class": list("aabbcc")}
    result = compute("roc_curve", data, labels=["c", "a"])
    assert list(dict.fromkeys(result.columns["class"])) == ["c", "a", None]


def test_text_classes_say_which_is_positive() -> None:
    result = compute("roc_curve", {"y_true": ["no", "yes"], "score": [0.1, 0.9]})
    assert rows(result) == [(0.0, 0.0), (0.0, 1.0), (1.0, 1.0)]
    assert result.notes == [
        "column 'y_true': 'yes' counts as positive, 'no' as negative (pos_label='no' turns it "
        "round)."
    ]
    assert (
        compute("roc_curve", {"y_true": ["no", "yes"], "score": [1, 0]}, pos_label="no").notes == []
    )


def test_pos_label_of_numbers_and_bools() -> None:
    assert (
        compute("roc_curve", {"y_true": [-1, 1], "score": [0, 1]}, pos_label=1).columns["end"][0]
        == "AUC 1.000"
    )
    assert (
        compute("roc_curve", {"y_true": [False, True], "score": [0, 1]}).columns["end"][0]
        == "AUC 1.000"
    )
    assert (
        compute("roc_curve", {"y_true": [False, True], "score": [0, 1]}, pos_label=False).columns[
            "end"
        ][0]
        == "AUC 0.000"
    )


def test_ready_points_pass_through() -> None:
    data = {"x": [0.0, 0.5, 1.0], "y": [0.0, 0.9, 1.0], "class": ["m", "m", "m"]}
    result = compute("roc_curve", data)
    assert rows(result) == [(0.0, 0.0), (0.5, 0.9), (1.0, 1.0)]
    assert result.columns["end"][:3] == ["m"] * 3
    assert compute("pr_curve", data).columns["kind"] == ["curve"] * 3


def test_legend_gives_way_to_curves() -> None:
    good = {"y_true": [0, 0, 1, 1], "score": [1, 2, 3, 4]}
    assert compute("roc_curve", good).switches == {"legend": True, "legend_above": False}
    assert compute("pr_curve", good).switches == {"legend": True, "legend_above": False}
    bad = {"y_true": [1, 1, 0, 0], "score": [1, 2, 3, 4]}
    assert compute("roc_curve", bad).switches == {"legend": True, "legend_above": True}
    rare = {"y_true": [0] * 99 + [1], "score": list(range(100))}
    assert compute("pr_curve", rare).switches == {"legend": True, "legend_above": True}
    unnamed = {"x": [0, 1], "y": [0, 1]}
    assert compute("roc_curve", unnamed).switches == {"legend": False}


# --- reduction -----------------------------------------------------------------------------------


def test_few_points_are_all_drawn() -> None:
    rng = np.random.default_rng(1)
    data = {"y_true": rng.random(1000) < 0.5, "score": rng.random(1000)}
    for name in ("roc_curve", "pr_curve"):
        assert len(rows(compute(name, data))) == 1001


def test_collinear_points_go_without_a_note() -> None:
    score = np.arange(20_000) / 20_000
    result = compute("roc_curve", {"y_true": score > 0.7, "score": score})
    assert rows(result) == [(0.0, 0.0), (0.0, 1.0), (1.0, 1.0)]
    assert result.notes == []


@pytest.mark.parametrize("name", ["roc_curve", "pr_curve"])
def test_many_points_are_reduced_by_pixel(name: str) -> None:
    rng = np.random.default_rng(2)
    for count in (50_000, 1_050_000):  # collinear points are looked for only among the fewer
        truth = rng.random(count) < 0.3
        score = rng.random(count) + 0.3 * truth
        result = compute(name, {"y_true": truth, "score": score}, size=Picture(200, 200))
        drawn = rows(result)
        measure = "AUC" if name == "roc_curve" else "AP"
        assert len(drawn) <= 16 * 200
        assert result.notes == [
            f"{count + 1:,} points of the curve drawn as {len(drawn):,}: first, last, lowest and "
            "highest of each pixel column are kept, the picture is the same; "
            f"{measure} is of all rows. reduce=False draws all points."
        ]
        ranking = _ranking.rank(truth, score)
        all_x, all_y = (roc_curve if name == "roc_curve" else pr_curve).rates(ranking)
        assert set(drawn) <= set(zip(all_x.tolist(), all_y.tolist(), strict=True))
        assert drawn == sorted(drawn, key=lambda point: point[0])
        assert drawn[0] == (all_x[0], all_y[0])
        assert drawn[-1] == (all_x[-1], all_y[-1])
        # At every edge of a pixel the drawn line passes where the whole one does.
        x, y = np.array(drawn).T
        edges = np.linspace(0, 1, 801)[1:-1]
        at = np.searchsorted(all_x, edges)
        edges = edges[np.minimum(all_x[at] - edges, edges - all_x[at - 1]) > 1e-9]
        if name == "roc_curve":
            np.testing.assert_allclose(
                np.interp(edges, x, y), np.interp(edges, all_x, all_y), atol=1e-12
            )
        else:
            np.testing.assert_array_equal(
                y[np.searchsorted(x, edges)], all_y[np.searchsorted(all_x, edges)]
            )
    # And in each pixel column it reaches as high and as low (no collinear points went here).
    total = ranking.negatives if name == "roc_curve" else ranking.positives
    columns = -(-np.arange(800) * int(total) // 800)

    def reach(x: np.ndarray, y: np.ndarray) -> tuple[list[float], list[float]]:
        starts = np.searchsorted(np.rint(x * total), columns)
        return np.minimum.reduceat(y, starts).tolist(), np.maximum.reduceat(y, starts).tolist()

    assert reach(x, y) == reach(all_x, all_y)


# --- lazy frames ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["roc_curve", "pr_curve"])
@pytest.mark.parametrize("truth", ["int", "bool", "text"])
@pytest.mark.parametrize("weighted", [False, True])
def test_lazy_equals_in_memory(name: str, truth: str, weighted: bool) -> None:
    rng = np.random.default_rng(4)
    held = rng.random(400) < 0.4
    data: dict[str, Any] = {
        "y_true": {"int": held.astype(int), "bool": held, "text": np.where(held, "yes", "no")}[
            truth
        ],
        "score": np.round(rng.normal(size=400), 1),
        "class": rng.choice(["m2", "m1", "m10"], 400),
    }
    data["score"][:5] = [math.inf, -math.inf, 0.0, -0.0, 0.0]
    if weighted:
        data["sample_weight"] = rng.integers(0, 5, 400) / 4  # quarters add up exactly
    frame = pl.DataFrame(data)
    for average in (None, "macro", "micro"):
        wanted = compute(name, data, average=average, threshold=0.5)
        assert compute_lazy(name, frame.lazy(), average=average, threshold=0.5) == wanted
        relation = duckdb.sql("select * from frame")
        assert compute_lazy(name, relation, average=average, threshold=0.5) == wanted
    single = frame.drop("class")
    plain = {role: values for role, values in data.items() if role != "class"}
    assert compute_lazy(name, single.lazy()) == compute(name, plain)
    assert compute_lazy(name, duckdb.sql("select * from single")) == compute(name, plain)


# --- errors --------------------------------------------------------------------------------------

UNCLEAR = (
    "expected 0 and 1, false and true, or two texts; for other values say which one is positive: "
    "pos_label=...."
)


@pytest.mark.parametrize(
    ("name", "data", "options", "message"),
    [
        (
            "pr_curve",
            {"y_true": [0, 0], "score": [0.1, 0.2]},
            {},
            "role 'y_true', column 'y_true': no positive row, so there is no curve to draw; it "
            "needs at least one positive row.",
        ),
        (
            "roc_curve",
            {"y_true": [1, 1], "score": [0.1, 0.2]},
            {},
            "role 'y_true', column 'y_true': no negative row, so there is no curve to draw; it "
            "needs at least one positive and one negative row.",
        ),
        (
            "roc_curve",
            {"y_true": [-1, 1], "score": [0.1, 0.9]},
            {},
            f"role 'y_true', column 'y_true', row 0: found -1; {UNCLEAR}",
        ),
        (
            "roc_curve",
            {"y_true": ["a", "b", "c"], "score": [0.1, 0.9, 0.5]},
            {},
            f"role 'y_true', column 'y_true': found 'c'; {UNCLEAR}",
        ),
        (
            "roc_curve",
            {"y_true": ["a", "b"], "score": [0.1, 0.9]},
            {"pos_label": "x"},
            "pos_label='x': expected a value of column 'y_true', one of 'a', 'b'.",
        ),
        (
            "roc_curve",
            {"y_true": [0, 1], "score": [0.1, 0.9]},
            {"average": "macro"},
            "average='macro': expected None, as the role 'class' that splits rows is not mapped.",
        ),
        (
            "roc_curve",
            {"y_true": [0, 1], "score": [0.1, 0.9]},
            {"average": "weighted"},
            "average='weighted': expected None, 'macro' or 'micro'.",
        ),
        (
            "roc_curve",
            {"y_true": [0, 1], "score": [0.1, 0.9]},
            {"threshold": "high"},
            "threshold='high': expected a number or a list of numbers.",
        ),
        (
            "pr_curve",
            {"y_true": [0, 1], "score": [0.1, 0.9]},
            {"interp_size": 1},
            "interp_size=1: expected None, or a whole number of recall levels from 2 to 10001.",
        ),
        (
            "roc_curve",
            {"y_true": [0, 1], "score": [0.1, 0.9], "sample_weight": [1, -2]},
            {},
            "role 'sample_weight', column 'sample_weight', row 1: found -2.0; expected a number "
            "from 0 up.",
        ),
        (
            "roc_curve",
            {"y_true": [0, 1], "score": [0.1, None]},
            {},
            "role 'score', column 'score', row 1: found None; expected a number.",
        ),
        (
            "roc_curve",
            {"x": [0, 1], "y": [0, 1]},
            {"average": "micro"},
            "average='micro': expected none, as it needs the roles y_true and score, not ready "
            "points.",
        ),
        (
            "roc_curve",
            {"y_true": [0, 1], "score": [0, 1], "class": ["a", "a"]},
            {"labels": ["b"]},
            "labels='b': expected classes of the data: 'a'.",
        ),
        (
            "roc_curve",
            {"y_true": [0, 1]},
            {},
            "'plotkit/roc_curve' needs the role 'score' (the classifier's score); map a column to "
            "it: fields={'score': 'y_true'}. The table has: 'y_true'.",
        ),
    ],
)
def test_errors(name: str, data: dict[str, Any], options: dict[str, Any], message: str) -> None:
    with pytest.raises(errors.PlotkitError) as caught:
        compute(name, data, **options)
    assert str(caught.value) == message


# --- what callers of roc_curve(y_true, y_probas) pass --------------------------------------------


class Pet(enum.Enum):
    cat = 1
    dog = 2


TWO = [[0.2, 0.8], [0.9, 0.1]]
FIRST, SECOND = [True, False], [False, True]


@pytest.mark.parametrize(
    ("y_true", "labels", "names"),
    [
        ([Pet.cat, Pet.dog], None, ["cat", "dog"]),
        (["a", "b"], None, ["a", "b"]),
        (["b", "a"], ["b", "a"], ["b", "a"]),
        ([0, 1], None, ["0", "1"]),
        ([0, 1], ["cat", "dog"], ["cat", "dog"]),
        ([3, 7], None, ["3", "7"]),
        ([7, 3], [7, 3], ["7", "3"]),
        (["3", "7"], [3, 7], ["3", "7"]),
        ([False, True], None, ["false", "true"]),
        (np.array([0.0, 1.0]), None, ["0", "1"]),
        (np.array([[1, 0], [0, 1]]), None, ["0", "1"]),
        (pl.Series(["a", "b"]), None, ["a", "b"]),
    ],
)
def test_columns_belong_to_classes(y_true: object, labels: Any, names: list[str]) -> None:
    for probas in (TWO, np.array(TWO), pl.DataFrame(TWO, orient="row"), list(map(np.array, TWO))):
        long = one_vs_rest(y_true, probas, labels)
        assert long.classes == [names[0]] * 2 + [names[1]] * 2
        assert long.y_true.tolist() == FIRST + SECOND
        assert long.score.tolist() == [0.2, 0.9, 0.8, 0.1]


def test_absent_class_keeps_its_column() -> None:
    long = one_vs_rest([0, 2], [[0.1, 0.2, 0.7]] * 2, sample_weight=[1, 2])
    assert long.y_true.tolist() == [True, False, False, False, False, True]
    assert long.sample_weight is not None
    assert long.sample_weight.tolist() == [1, 2, 1, 2, 1, 2]
    long = one_vs_rest(["a", "c"], [[0.1, 0.2, 0.7]] * 2, ["a", "b", "c"], ["c", "b"])
    assert long.classes == ["c", "c", "b", "b"]
    assert long.y_true.tolist() == [False, True, False, False]


@pytest.mark.parametrize(
    ("y_true", "labels", "name"),
    [
        ([0, 1], None, None),
        ([False, True], None, None),
        ([-1, 1], None, None),
        (["n", "y"], None, "y"),
        ([Pet.cat, Pet.dog], None, "dog"),
        ([0, 1], ["cat", "dog"], "dog"),
        (["y", "n"], ["y", "n"], "n"),
    ],
)
def test_scores_of_one_column(y_true: object, labels: Any, name: str | None) -> None:
    long = one_vs_rest(y_true, np.array([0.1, 0.9], dtype="f4"), labels)
    assert long.y_true.tolist() == SECOND
    assert long.classes == (None if name is None else [name] * 2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0, 1], [0.1]), "lengths differ: 'y_true' has 2, 'y_probas' has 1. They must be equal."),
        (
            (["a", "b"], [[0.1, 0.2, 0.7]] * 2),
            "column 'y_true': has 2 classes ('a', 'b'), but y_probas has 3 columns; say which "
            "column is which class: labels=[...] with 3 names.",
        ),
        (
            ([0, 1], TWO, ["a", "b", "c"]),
            "labels=['a', 'b', 'c']: expected 2 labels, one for each column of y_probas (these "
            "are 3).",
        ),
        (
            (["a", "x"], TWO, ["a", "b"]),
            "column 'y_true', row 1: found 'x'; expected one of labels: 'a', 'b'.",
        ),
        (
            ([0, 1], TWO, ["cat", "dog"], ["dgo"]),
            "classes_to_plot='dgo': expected one of 'cat', 'dog'. Did you mean 'dog'?.",
        ),
        (
            ([0, 1], [[0.1, 0.2], [0.3, math.nan]]),
            "column 'y_probas[:, 1]', row 1: found nan; expected a number.",
        ),
        (([0, 1], [0.1, "x"]), "column 'y_probas', row 1: found 'x'; expected a number."),
        (
            ([0, None], [0.1, 0.2]),
            "column 'y_true', row 1: found None; expected a class; drop such rows first.",
        ),
        (
            ([0, 1, 2], [0.1, 0.2, 0.3]),
            "column 'y_true': has 3 classes (0, 1, 2), but y_probas has one score a row, which "
            "tells two classes apart; give one column of scores for each class.",
        ),
        (
            ([0, "a"], TWO),
            "column 'y_true', row 1: found 'a'; expected a number, as row 0 is (0).",
        ),
        (
            ([0, 1], [[1, 2], [3]]),
            "column 'y_probas', row 1: found [3]; expected 2 values, as row 0 has.",
        ),
        (
            ([0, 1], [0.1, 0.2], None, None, [1, math.nan]),
            "column 'sample_weight', row 1: found nan; expected a number from 0 up.",
        ),
    ],
)
def test_one_vs_rest_errors(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(errors.PlotkitError) as caught:
        one_vs_rest(*arguments)
    assert str(caught.value) == message


class Word(str, enum.Enum):  # noqa: UP042  # as older code writes it
    Q = "q"
    R = "r"


class Number(enum.IntEnum):
    dog = 0
    cat = 1


@pytest.mark.parametrize(
    ("y_true", "labels", "names"),
    [
        ([Word.Q, Word.R], None, ["q", "r"]),
        ([Word.Q, Word.R], ["q", "r"], ["q", "r"]),
        ([Word.Q, Word.R], ["Q", "R"], ["Q", "R"]),
        (["q", "r"], list(Word), ["q", "r"]),
        ([Pet.cat, Pet.dog], [1, 2], ["1", "2"]),
        ([Pet.cat, Pet.dog], list(Pet), ["cat", "dog"]),
        ([Number.dog, Number.cat], None, ["dog", "cat"]),
        ([Number.cat, Number.dog], ["cat", "dog"], ["cat", "dog"]),
        ([Number.cat, Number.dog], [1, 0], ["1", "0"]),
    ],
)
def test_enums_by_name_or_value(y_true: Any, labels: Any, names: list[str]) -> None:
    long = one_vs_rest(y_true, TWO, labels)
    assert long.classes == [names[0]] * 2 + [names[1]] * 2
    assert long.y_true.tolist() == FIRST + SECOND
    long = one_vs_rest(y_true, [0.1, 0.9], labels)
    assert long.classes == [names[1]] * 2
    assert long.y_true.tolist() == SECOND
    if y_true == [Number.dog, Number.cat]:
        assert one_vs_rest(y_true[:1], TWO[:1]).classes == names


def test_categories_name_the_columns() -> None:
    order = ["lo", "mid", "hi"]
    held = pd.Categorical(["lo", "hi"], categories=order)
    scores = [[0.5, 0.2, 0.3], [0.1, 0.2, 0.7]]
    for y_true in (
        held,
        pd.Series(held, index=[7, 8]),
        pl.Series(["lo", "hi"], dtype=pl.Enum(order)),
    ):
        long = one_vs_rest(y_true, scores)
        assert long.classes == [name for name in order for _ in range(2)]
        assert long.y_true.tolist() == [True, False, False, False, False, True]
        assert one_vs_rest(y_true, scores, ["hi", "mid", "lo"]).classes[0] == "hi"
    two = pd.Categorical(["yes", "no"], categories=["yes", "no"])
    long = one_vs_rest(two, [0.1, 0.9])
    assert (long.classes, long.y_true.tolist()) == (["no"] * 2, SECOND)
    long = one_vs_rest(pd.Categorical(["no"], categories=["no", "yes"]), [0.1])
    assert (long.classes, long.y_true.tolist()) == (["yes"], [False])
    numbers = pd.Series([3, 1]).astype(pd.CategoricalDtype([1, 2, 3]))
    long = one_vs_rest(numbers, scores)
    assert long.classes == ["1", "1", "2", "2", "3", "3"]
    assert long.y_true.tolist() == [False, True, False, False, True, False]


@pytest.mark.parametrize(
    "y_true", [[0.0, 1.0], np.array([0.0, 1.0], "f4"), np.ma.array([0, 1]), {0: 0, 1: 1}.values()]
)
def test_true_classes_of_other_sorts(y_true: Any) -> None:
    long = one_vs_rest(y_true, np.ma.array([0.1, 0.9]))
    assert (long.classes, long.y_true.tolist()) == (None, SECOND)


def test_classes_that_are_fractions() -> None:
    long = one_vs_rest(np.array([0.5, 1.0]), TWO)
    assert long.classes == ["0.5", "0.5", "1", "1"]
    assert long.y_true.tolist() == FIRST + SECOND


MASK = np.ma.array([0.0, 1.0, 1.0], mask=[0, 0, 1])
CLASS = "expected a class; drop such rows first."
LISTED = "as a list, an array or a series."


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((MASK, [0.1, 0.2, 0.3]), f"column 'y_true', row 2: found masked; {CLASS}"),
        (
            ([0, 1, 1], MASK),
            "column 'y_probas', row 2: found masked; expected a number.",
        ),
        (
            ([0, 1], np.ma.array(TWO, mask=[[0, 0], [0, 1]])),
            "column 'y_probas[:, 1]', row 1: found masked; expected a number.",
        ),
        (
            ([0, 1, 1], [0.1, 0.2, 0.3], None, None, MASK),
            "column 'sample_weight', row 2: found masked; expected a number from 0 up.",
        ),
        (([0, np.ma.masked], [0.1, 0.2]), f"column 'y_true', row 1: found masked; {CLASS}"),
        (
            ([0, 1], [0.1, np.ma.masked]),
            "column 'y_probas', row 1: found masked; expected a number.",
        ),
        *(
            (
                (pd.Series(values, dtype=kind, index=[5, 6]), [0.1, 0.2]),
                f"column 'y_true', row 1: found <NA>; {CLASS}",
            )
            for kind, values in (
                ("boolean", [True, None]),
                ("string", ["a", None]),
                ("Int64", [1, None]),
                ("Float64", [1, None]),
                ("int64[pyarrow]", [1, None]),
            )
        ),
        ((["a", pd.NA], [0.1, 0.2]), f"column 'y_true', row 1: found <NA>; {CLASS}"),
        ((pd.Categorical(["a", None]), [0.1, 0.2]), f"column 'y_true', row 1: found nan; {CLASS}"),
        ((pl.Series([1, None]), [0.1, 0.2]), f"column 'y_true', row 1: found None; {CLASS}"),
        ((pa.array([1, None]), [0.1, 0.2]), f"column 'y_true', row 1: found None; {CLASS}"),
        (
            ([0, 1], pd.array([0.1, None], dtype="Float64")),
            "column 'y_probas', row 1: found <NA>; expected a number.",
        ),
        (
            ([0, 1], [0.1, 0.2], None, None, ["a", 1]),
            "column 'sample_weight', row 0: found 'a'; expected a number from 0 up.",
        ),
        (
            ([0, 1], [0.1, 0.2], None, None, {1, 2}),
            f"sample_weight={{1, 2}}: expected one weight for each row, {LISTED}",
        ),
        (({1, 0}, [0.1]), f"y_true={{0, 1}}: expected one true class for each row, {LISTED}"),
        (({"a": 1}, [0.1]), f"y_true={{'a': 1}}: expected one true class for each row, {LISTED}"),
        (
            ([0, 1], {0.1}),
            "y_probas={0.1}: expected one score for each row, or one row of scores, one for each "
            f"class, {LISTED}",
        ),
        (
            ([0, 1], TWO, {0: "a", 1: "b"}),
            "labels={0: 'a', 1: 'b'}: expected a list of class names.",
        ),
        (
            ([0, 1], TWO, None, {"a"}),
            "classes_to_plot={'a'}: expected a list of class names.",
        ),
        (
            (np.array(1), [0.1]),
            "y_true='an array of shape ()': expected one true class for each row.",
        ),
        (
            (np.array(["2020-01-01"], "M8[D]"), [0.1]),
            "column 'y_true', row 0: found np.datetime64('2020-01-01'); expected an int, a "
            "string, a bool or an enum member.",
        ),
        (
            ([Word.Q, Word.R], TWO, ["q", "x"]),
            "column 'y_true', row 1: found <Word.R: 'r'>; expected one of labels: 'q', 'x'.",
        ),
    ],
)
def test_values_that_are_none(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(errors.PlotkitError) as caught:
        one_vs_rest(*arguments)
    assert str(caught.value) == message


def test_generators_are_refused() -> None:
    with pytest.raises(errors.OptionError) as caught:
        one_vs_rest((i for i in (0, 1)), [0.1, 0.2])
    told = str(caught.value)
    assert told.startswith("y_true=<generator object ")
    assert told.endswith(f": expected one true class for each row, {LISTED}")


# --- more points than pixels ---------------------------------------------------------------------


def scored(count: int, digits: int | None = None, classes: int = 1) -> dict[str, Any]:
    """Rows with scores around 0, infinities and signed zeros among them."""
    rng = np.random.default_rng(count)
    truth = rng.random(count) < 0.3
    score = rng.normal(size=count) + truth
    if digits is not None:
        score = np.round(score, digits)
    score[:8] = (0.0, -0.0, np.inf, -np.inf, np.inf, -0.0, 1e300, -1e-300)
    data: dict[str, Any] = {"y_true": truth, "score": score}
    if classes > 1:
        data["class"] = [f"c{i}" for i in np.minimum(rng.geometric(0.5, count), classes).tolist()]
    return data


def engines(data: dict[str, Any]) -> dict[str, Any]:
    frame = pl.DataFrame(data)
    return {"polars": frame.lazy(), "duckdb": duckdb.sql("select * from frame")}


NARROW = Picture(20, 20)


@pytest.mark.parametrize("name", ["roc_curve", "pr_curve"])
@pytest.mark.parametrize("classes", [1, 4])
@pytest.mark.parametrize("digits", [None, 3])
@pytest.mark.parametrize(
    "options", [{}, {"threshold": [0.25, 1e301, -9.0]}, {"average": "micro"}, {"average": "macro"}]
)
def test_engines_choose_the_points_that_memory_does(
    name: str,
    classes: int,
    digits: int | None,
    options: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_ranking, "_COLLINEAR", 700)
    if "average" in options and classes == 1:
        return
    data = scored(9000, digits, classes)
    wanted = compute(name, data, NARROW, **options)
    assert wanted.detail is not None
    taken: list[int] = []
    collect = LazyColumns.collect

    def spied(self: LazyColumns, frame: Any = None) -> Any:
        found = collect(self, frame)
        taken.append(len(next(iter(found.values()))))
        return found

    monkeypatch.setattr(LazyColumns, "collect", spied)
    for frame in engines(data).values():
        columns = Table(frame).select({role: role for role in data})
        assert isinstance(columns, LazyColumns)
        as_text = ("class",) if "class" in data else ()
        taken.clear()
        assert get(name)(columns._replace(as_text=as_text), options, NARROW) == wanted
        if options.get("average") != "macro" and digits is None:
            assert max(taken) < 5000


@pytest.mark.spark
@pytest.mark.parametrize("name", ["roc_curve", "pr_curve"])
def test_spark_chooses_the_points_that_memory_does(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("pyspark")
    from pyspark.sql import SparkSession

    monkeypatch.setattr(_ranking, "_COLLINEAR", 700)
    session = (
        SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "1")
        .getOrCreate()
    )
    data = scored(9000, classes=3)
    data["class"][:3] = ["c1", "c2", "c3"]  # Spark's rows have no order, so classes are sorted
    columns = (values if isinstance(values, list) else values.tolist() for values in data.values())
    frame = session.createDataFrame(list(zip(*columns, strict=True)), list(data))
    lazy = Table(frame).select({role: role for role in data})
    assert isinstance(lazy, LazyColumns)
    options = {"threshold": 0.25, "average": "micro"}
    found = get(name)(lazy._replace(as_text=("class",)), options, NARROW)
    wanted = compute(name, data, NARROW, **options)
    assert found.columns == wanted.columns
    assert found.detail == wanted.detail


@pytest.mark.parametrize("name", ["roc_curve", "pr_curve"])
@pytest.mark.parametrize("count", [3000, 40_000])
def test_closer_looks_hold_what_is_drawn(name: str, count: int) -> None:
    result = compute(name, scored(count), NARROW)
    detail = result.detail
    assert detail is not None
    assert detail.at(0) == result.columns
    assert detail.last is None
    every = compute(name, scored(count), Picture(20, 20, reduce=False))
    assert every.detail is None
    assert not any("drawn as" in note for note in every.notes)
    whole = set(rows(every))
    for level in range(detail.levels):
        fine = compute(name, scored(count), Picture(20 << level, 20 << level))
        assert detail.at(level) == fine.columns
        assert set(rows(fine)) <= whole
    finest = compute(name, scored(count), Picture(20 << (detail.levels - 1), 20))
    assert detail.whole == (not finest.notes)


@pytest.mark.parametrize("name", ["roc_curve", "pr_curve"])
def test_no_more_points_than_are_asked_for(name: str) -> None:
    data = scored(5000, classes=3)
    for reduce in (20, 100, 3000):
        result = compute(name, data, Picture(400, 400, reduce=reduce))
        assert result.detail is None
        assert len(rows(result)) <= reduce
        assert any("drawn as" in note for note in result.notes)
    with pytest.raises(errors.OptionError, match="reduce=5: expected at least"):
        compute(name, data, Picture(400, 400, reduce=5))
    few = compute(name, scored(50), Picture(400, 400, reduce=100))
    assert few == compute(name, scored(50), Picture(400, 400, reduce=False))


def test_many_rows_cost_no_python_lists() -> None:
    truth = np.arange(120_000) % 3
    scores = np.random.default_rng(1).random((120_000, 3))
    made = one_vs_rest(truth, scores, ["a", "b", "c"])
    assert made.names == ["a", "b", "c"]
    held = {column.name: column for column in made.columns()}
    assert held["class"].coded().labels == ["a", "b", "c"]
    assert np.bincount(held["class"].coded().codes).tolist() == [120_000] * 3
    for kind in ("i1", "u1", "u8", "f4"):
        assert one_vs_rest((truth + 100).astype(kind), scores).names == ["100", "101", "102"]


@pytest.mark.parametrize(("name", "measure"), [("roc_curve", "AUC"), ("pr_curve", "AP")])
def test_a_limit_below_the_pixels_is_said(name: str, measure: str) -> None:
    rng = np.random.default_rng(4)
    truth = rng.random(20_000) < 0.3
    scored = {"y_true": truth, "score": rng.random(20_000) + 0.3 * truth}
    x = np.sort(rng.random(20_001))
    for data, points, after in (
        (scored, 20_001, f"; {measure} is of all rows. reduce=False draws all points."),
        ({"x": x, "y": x**0.5}, 20_001, ". reduce=False draws all points."),
    ):
        for limit in (5, 1000):
            result = compute(name, data, Picture(400, 400, reduce=limit))
            drawn = len(rows(result))
            assert drawn <= limit
            assert result.notes == [
                f"{points:,} points of the curve drawn as {drawn:,}, fewer than the picture can "
                f"show{after}"
            ]
        [said] = compute(name, data, Picture(100, 100, reduce=4000)).notes
        assert "the picture is the same" in said


@pytest.mark.parametrize("name", ["roc_curve", "pr_curve"])
def test_a_page_tells_classes_apart_by_name(name: str) -> None:
    """A crosshair names each line by the tooltip's field that tells lines apart."""
    spec = presets.get(f"plotkit/{name}").content
    main = next(layer for layer in spec["layer"] if layer["name"] == "main")
    assert main["encoding"]["detail"]["field"] == main["encoding"]["tooltip"][0]["field"] == "class"


@pytest.mark.parametrize("name", ["roc_curve", "pr_curve"])
def test_many_ready_points_are_reduced(name: str) -> None:
    x, y = np.linspace(0, 1, 20_001), np.linspace(0, 1, 20_001) ** 2
    result = compute(name, {"x": x, "y": y}, NARROW)
    drawn = rows(result)
    assert len(drawn) < 1000
    assert (drawn[0], drawn[-1]) == ((0, 0), (1, 1))
    assert set(drawn) <= set(zip(x.tolist(), y.tolist(), strict=True))
    assert result.notes == [
        f"20,001 points of the curve drawn as {len(drawn):,}: first, last, lowest and highest of "
        "each pixel column are kept, the picture is the same. reduce=False draws all points."
    ]
    wavy = {"x": x[::-1], "y": y}
    assert len(rows(compute(name, wavy, NARROW))) == 20_001
    every = compute(name, {"x": x, "y": y}, NARROW._replace(reduce=False))
    assert len(rows(every)) == 20_001
