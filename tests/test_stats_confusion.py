"""Confusion matrices against scikit-learn."""

from __future__ import annotations

import base64
import copy
import enum
import io
import warnings
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from PIL import Image
from sklearn import metrics

from plotkit import Chart, Table, confusion_matrix, errors, plot_table, presets
from plotkit.render import svg
from plotkit.stats import Picture, Result, _counting
from plotkit.stats.confusion_matrix import compute, from_matrix, from_probs
from plotkit.stats.predicted import predicted
from plotkit.table import LazyColumns

SIZE = Picture(640, 400)


def counted(data: Any, size: Picture = SIZE, **options: Any) -> Result:
    table = Table(data)
    columns = table.select({role: role for role in table.columns})
    assert not isinstance(columns, LazyColumns)
    for role in ("Actual", "Predicted"):
        columns[role] = columns[role].to_text()
    return compute(columns, options, size)


def counted_lazy(frame: object, **options: Any) -> Result:
    table = Table(frame)
    columns = table.select({role: role for role in table.columns})
    assert isinstance(columns, LazyColumns)
    return compute(columns._replace(as_text=("Actual", "Predicted")), options, SIZE)


def matrix_of(result: Result, field: str = "nPredictions") -> np.ndarray:
    side = len(set(result.columns["Actual"]))
    return np.array(result.columns[field]).reshape(side, side)


LABELS = st.sampled_from(["cat", "dog", "10", "9", "", "日本語", "constructor"])


@given(
    st.lists(st.tuples(LABELS, LABELS, st.integers(0, 5)), min_size=1, max_size=40),
    st.booleans(),
    st.sampled_from([None, "true", "pred", "all"]),
)
@settings(max_examples=60, deadline=None)
def test_equals_sklearn(pairs: list[tuple[str, str, int]], weighted: bool, normalize: Any) -> None:
    actual, predicted, weights = (list(part) for part in zip(*pairs, strict=True))
    assume(any(weights))  # scikit-learn refuses weights that are all 0
    data: dict[str, Any] = {"Actual": actual, "Predicted": predicted}
    if weighted:
        data["nPredictions"] = weights
    result = counted(data, normalize=normalize)
    names = result.columns["Predicted"][: len(set(actual + predicted))]
    weight = weights if weighted else None
    for field, asked in (("nPredictions", None), ("value", normalize)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # scikit-learn warns of a single class
            wanted = metrics.confusion_matrix(
                actual, predicted, labels=names, sample_weight=weight, normalize=asked
            )
        np.testing.assert_allclose(matrix_of(result, field), wanted, rtol=0, atol=1e-12)
    share = matrix_of(result, "share")
    assert ((share >= 0) & (share <= 1)).all()
    tones = matrix_of(result, "tone")
    np.testing.assert_array_equal(tones == "zero", matrix_of(result) == 0)
    labels = matrix_of(result, "label")
    np.testing.assert_array_equal(labels == "0", matrix_of(result, "value") == 0)


def test_rows_of_a_small_matrix() -> None:
    result = counted({"Actual": ["b", "a", "a", "a"], "Predicted": ["b", "a", "a", "b"]})
    assert result.columns == {
        "Actual": ["a", "a", "b", "b"],
        "Predicted": ["a", "b", "a", "b"],
        "nPredictions": [2, 1, 0, 1],
        "value": [2, 1, 0, 1],
        "share": [2 / 3, 1 / 3, 0.0, 1.0],
        "label": ["2", "1", "0", "1"],
        "tone": ["dark", "light", "zero", "dark"],
    }
    assert result.notes == []


def test_shares_are_percentages() -> None:
    data = {"Actual": ["a"] * 3 + ["b"], "Predicted": ["a", "a", "b", "b"]}
    assert counted(data, normalize="true").columns["label"] == ["66.7%", "33.3%", "0", "100%"]
    assert counted(data, normalize="pred").columns["label"] == ["100%", "50.0%", "0", "50.0%"]
    found = counted(data, normalize="all")
    assert found.columns["label"] == ["50.0%", "25.0%", "0", "25.0%"]
    assert found.columns["share"] == [1.0, 0.5, 0.0, 0.5]


def test_counts_add_up() -> None:
    actual, predicted = list("aabbc") * 7, list("abbcc") * 7
    assert sum(counted({"Actual": actual, "Predicted": predicted}).columns["nPredictions"]) == 35


def test_absent_class_is_a_zero_row() -> None:
    result = counted({"Actual": ["a"], "Predicted": ["a"]}, class_names=["b", "a"])
    assert matrix_of(result).tolist() == [[0, 0], [0, 1]]
    assert result.columns["Actual"] == ["b", "b", "a", "a"]
    assert result.columns["label"] == ["0", "0", "0", "1"]


def test_order_of_classes() -> None:
    def order(actual: list[Any], **options: Any) -> list[str]:
        result = counted({"Actual": actual, "Predicted": actual}, **options)
        return list(dict.fromkeys(result.columns["Actual"]))

    assert order([10, 9, 1]) == ["1", "9", "10"]
    assert order(["10", "9", "-1"]) == ["-1", "9", "10"]
    assert order(["b", "a", "10"]) == ["10", "a", "b"]
    assert order([True, False]) == ["false", "true"]
    assert order(["b", "a"], class_names=["b", "a"]) == ["b", "a"]
    kind = pd.CategoricalDtype(["lo", "mid", "hi"])
    frame = pd.DataFrame({"Actual": ["hi", "lo"], "Predicted": ["hi", "hi"]}, dtype=kind)
    assert list(dict.fromkeys(counted(frame).columns["Actual"])) == ["lo", "mid", "hi"]


def test_labels_fit_their_cells() -> None:
    def labels(count: int, side: int) -> list[str]:
        names = [f"c{i:03}" for i in range(side)]
        data = {"Actual": names, "Predicted": names, "nPredictions": [count] * side}
        return counted(data).columns["label"]

    assert labels(1_234_567, 2)[0] == "1,234,567"
    assert labels(12345, 5)[0] == "12,345"
    assert labels(12345, 10)[0] == "12345"
    assert labels(123456, 10)[0] == "123k"
    assert labels(1234, 15)[0] == "1,234"
    assert labels(1234, 25)[0] == "1.2k"
    assert set(labels(99, 25)) == {"99", "0"}
    assert set(labels(5, 26)) == set(labels(5, 50)) == {"5", "0"}
    assert labels(123, 50)[0] == "123"
    assert set(labels(5, 51)) == {""}


def test_switches_lay_the_cells() -> None:
    def on(count: int, name: str = "c{}") -> list[str]:
        names = [name.format(i) for i in range(count)]
        switches = counted({"Actual": names, "Predicted": names}).switches
        return [switch for switch, state in switches.items() if state]

    assert on(2) == ["large"]
    assert on(3) == on(5) == []
    assert on(6) == on(10) == ["medium"]
    assert on(11) == on(15) == ["small"]
    assert on(16) == on(25) == ["smaller"]
    assert on(26) == on(50) == on(51) == ["tiny"]
    assert on(3, "a rather long name {}") == ["rotate_labels"]


def test_many_classes_are_said() -> None:
    names = list(range(51))
    result = counted({"Actual": names, "Predicted": names})
    assert result.notes == [
        "column 'Actual' has 51 classes; cells of more than 50 are too small to read. Keep the "
        "classes that matter, or draw the picture larger."
    ]
    assert len(result.columns["label"]) == 51 * 51


@pytest.mark.parametrize("normalize", [None, "true", "pred", "all"])
@pytest.mark.parametrize("weighted", [False, True])
def test_lazy_equals_in_memory(normalize: str | None, weighted: bool) -> None:
    rng = np.random.default_rng(1)
    data: dict[str, Any] = {
        "Actual": rng.integers(0, 12, 300),
        "Predicted": rng.integers(0, 12, 300),
    }
    if weighted:
        data["nPredictions"] = rng.integers(0, 9, 300)
    frame = pl.DataFrame(data)
    wanted = counted(data, normalize=normalize)
    assert counted_lazy(frame.lazy(), normalize=normalize) == wanted
    assert counted_lazy(duckdb.sql("select * from frame"), normalize=normalize) == wanted


def test_lazy_keeps_a_declared_order() -> None:
    kind = pl.Enum(["lo", "mid", "hi"])
    frame = pl.DataFrame({"Actual": ["hi", "lo"], "Predicted": ["hi", "hi"]}).cast(kind)
    assert counted_lazy(frame.lazy()) == counted(frame)
    words = "'lo', 'mid', 'hi'"
    relation = duckdb.sql(f"select columns(*)::varchar::enum({words}) from frame")
    assert counted_lazy(relation) == counted(frame)


def test_ready_made_matrix() -> None:
    columns = from_matrix([[3, 1], [0, 2]], ["cat", "dog"])
    assert counted(columns, class_names=["cat", "dog"]).columns["nPredictions"] == [3, 1, 0, 2]
    assert from_matrix(np.eye(2))["Actual"] == ["0", "0", "1", "1"]


def test_predictions_of_probabilities() -> None:
    assert from_probs([[0.2, 0.8], [0.5, 0.5]]) == [1, 0]
    assert from_probs(np.eye(3)) == [0, 1, 2]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"class_names": ["a", "b"]},
            "role 'Predicted', column 'Predicted', row 1: found 'c'; expected one of class_names: "
            "'a', 'b'.",
        ),
        ({"class_names": "abc"}, "class_names='abc': expected a list of names."),
        ({"class_names": ["a", "a"]}, "class_names=['a', 'a']: expected names that differ."),
        (
            {"normalize": "rows"},
            "normalize='rows': expected None, 'true' (rows), 'pred' (columns) or 'all'.",
        ),
    ],
)
def test_option_errors(options: dict[str, Any], message: str) -> None:
    with pytest.raises(errors.PlotkitError) as caught:
        counted({"Actual": ["a", "b"], "Predicted": ["a", "c"]}, **options)
    assert str(caught.value) == message


def test_negative_counts_are_refused() -> None:
    data = {"Actual": ["a", "b"], "Predicted": ["a", "a"], "nPredictions": [1, -2]}
    with pytest.raises(errors.DataError) as caught:
        counted(data)
    assert str(caught.value) == (
        "role 'nPredictions', column 'nPredictions', row 1: found -2; expected a count from 0 up."
    )
    with pytest.raises(errors.DataError) as caught:
        counted_lazy(pl.LazyFrame(data))
    assert str(caught.value) == (
        "role 'nPredictions', column 'nPredictions': found -2; expected a count from 0 up."
    )


def test_too_many_classes_are_refused() -> None:
    names = list(range(2001))
    with pytest.raises(errors.DataError) as caught:
        counted({"Actual": names, "Predicted": names})
    assert str(caught.value) == (
        "column 'Actual': 2001 classes; a picture shows at most 2000. Filter or aggregate first."
    )


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: from_matrix([[1, 2]]),
            "matrix=[[1, 2]]: expected a square matrix of counts, true classes down.",
        ),
        (
            lambda: from_matrix([[1, 2], [3]]),
            "matrix=[[1, 2], [3]]: expected a square matrix of counts, true classes down.",
        ),
        (lambda: from_matrix([[1, 2], [3, -4]]), "matrix[1][1]=-4: expected a count from 0 up."),
        (
            lambda: from_matrix([[1, 2], [3, 4]], ["a"]),
            "class_names=['a']: expected 2 different names, one for each row of the matrix.",
        ),
        (
            lambda: from_probs([0.1, 0.9]),
            "probs=[0.1, 0.9]: expected one row for each example, one column for each class.",
        ),
        (lambda: from_probs([[0.1, float("nan")]]), "probs[0][1]=nan: expected a number."),
    ],
)
def test_helper_errors(make: Any, message: str) -> None:
    with pytest.raises(errors.OptionError) as caught:
        make()
    assert str(caught.value) == message


# --- what callers of confusion_matrix(y_true=, preds=, ...) pass ---------------------------------


class Word(str, enum.Enum):  # noqa: UP042  # as older code writes it
    Q = "q"
    R = "r"


class Pet(enum.Enum):
    cat = 1
    dog = 2


class Number(enum.IntEnum):
    dog = 0
    cat = 1


def drawn(chart: Chart) -> tuple[list[str], list[Any]]:
    """The classes in order, and the matrix."""
    cells = chart.spec["data"]["values"]
    names = list(dict.fromkeys(cell["Actual"] for cell in cells))
    counts = [cell["nPredictions"] for cell in cells]
    return names, [counts[i : i + len(names)] for i in range(0, len(counts), len(names))]


Y = np.array([0, 1, 0, 1, 1])
BY_SCORE = np.array([0.1, 0.9, 0.8, 0.2, 0.7]) > 0.5


@pytest.mark.parametrize("truth", [Y, Y.astype(float), Y.tolist(), pd.Series(Y), Y.astype("u1")])
def test_bools_and_ints_are_one_pair_of_classes(truth: Any) -> None:
    wanted = metrics.confusion_matrix(Y, BY_SCORE).tolist()
    for guessed in (BY_SCORE, BY_SCORE.tolist(), pd.Series(BY_SCORE, dtype="boolean")):
        assert drawn(confusion_matrix(y_true=truth, preds=guessed)) == (["0", "1"], wanted)
        turned = np.transpose(wanted).tolist()
        assert drawn(confusion_matrix(y_true=guessed, preds=truth)) == (["0", "1"], turned)
        named = confusion_matrix(y_true=truth, preds=guessed, class_names=["no", "yes"])
        assert drawn(named) == (["no", "yes"], wanted)
    both = confusion_matrix(y_true=Y > 0, preds=BY_SCORE)
    assert drawn(both) == (["false", "true"], wanted)


@pytest.mark.parametrize(
    ("truth", "guessed", "names", "wanted"),
    [
        # ints index text
        ([1, 1, 2], [0, 1, 2], ["1", "2", "3"], [[0, 0, 0], [1, 1, 0], [0, 0, 1]]),
        # numbers are the classes
        ([1, 1, 2], [3, 1, 2], [1, 2, 3], [[1, 0, 1], [0, 1, 0], [0, 0, 0]]),
        ([0, 1], [True, True], [True, False], [[1, 0], [1, 0]]),
        ([1.0, 2.0], [1, 1], [2, 1], [[0, 1], [0, 1]]),
        # text names
        (["1", "2"], ["1", "1"], ["2", "1"], [[0, 1], [0, 1]]),
        (["1", "2"], [1, 2], ["2", "1"], [[1, 0], [0, 1]]),
        (["cat", "dog"], [0, 0], ["cat", "dog"], [[1, 0], [1, 0]]),
        ([True, False], [True, True], ["True", "False"], [[1, 0], [1, 0]]),
        ([1, 0], [True, True], ["true", "false"], [[1, 0], [1, 0]]),
        ([True, False], [1, 1], ["yes", "no"], [[0, 1], [0, 1]]),
    ],
)
def test_both_sides_are_read_alike(truth: Any, guessed: Any, names: Any, wanted: Any) -> None:
    assert drawn(confusion_matrix(y_true=truth, preds=guessed, class_names=names))[1] == wanted


def test_categoricals_keep_their_order() -> None:
    order = ["lo", "mid", "hi"]
    categorical = pd.Categorical(["lo", "hi"], categories=order)
    for held in (
        categorical,
        pd.Series(categorical, index=[7, 8]),
        pl.Series(["lo", "hi"], dtype=pl.Enum(order)),
        pa.DictionaryArray.from_arrays(pa.array([0, 2]), pa.array(order), ordered=True),
    ):
        wanted = (order, [[0, 0, 1], [0, 0, 0], [0, 0, 1]])
        assert drawn(confusion_matrix(y_true=held, preds=["hi", "hi"])) == wanted
        turned = (order, [[0, 0, 0], [0, 0, 0], [1, 0, 1]])
        assert drawn(confusion_matrix(y_true=["hi", "hi"], preds=held)) == turned
        probs = [[0.1, 0.2, 0.7]] * 2
        assert drawn(confusion_matrix(probs, held)) == wanted
        named = confusion_matrix(y_true=held, preds=held, class_names=["hi", "lo"])
        assert drawn(named) == (["hi", "lo"], [[1, 0], [0, 1]])
    strange = confusion_matrix(y_true=categorical, preds=["lo", "10"])
    assert drawn(strange)[0] == ["lo", "mid", "hi", "10"]


def test_frames_of_counts_keep_their_names() -> None:
    crossed = pd.crosstab(np.array(["a", "b", "b"]), np.array(["a", "b", "a"]))
    assert drawn(confusion_matrix(matrix=crossed)) == (["a", "b"], [[1, 0], [1, 1]])
    ordered = confusion_matrix(matrix=crossed, class_names=["b", "a"])
    assert drawn(ordered) == (["b", "a"], [[1, 1], [0, 1]])
    renamed = confusion_matrix(matrix=crossed, class_names=["x", "y"])
    assert drawn(renamed) == (["x", "y"], [[1, 0], [1, 1]])
    bools = pd.crosstab(Y > 0, BY_SCORE)
    assert drawn(confusion_matrix(matrix=bools)) == (["false", "true"], [[1, 1], [1, 2]])
    columns = pd.DataFrame([[1, 2], [3, 4]], columns=["a", "b"])
    assert drawn(confusion_matrix(matrix=columns)) == (["a", "b"], [[1, 2], [3, 4]])
    assert drawn(confusion_matrix(matrix=pd.DataFrame([[1, 2], [3, 4]])))[0] == ["0", "1"]
    polars = pl.DataFrame({"a": [1, 3], "b": [2, 4]})
    assert drawn(confusion_matrix(matrix=polars)) == (["a", "b"], [[1, 2], [3, 4]])


def test_enums_by_name_or_value() -> None:
    def order(truth: Any, guessed: Any, names: Any = None) -> tuple[list[str], Any]:
        return drawn(confusion_matrix(y_true=truth, preds=guessed, class_names=names))

    assert order([Word.Q, Word.R], ["q", "q"]) == (["q", "r"], [[1, 0], [1, 0]])
    assert order([Word.Q, Word.R], ["Q", "Q"]) == (["Q", "R"], [[1, 0], [1, 0]])
    assert order([Word.Q, Word.R], [Word.Q] * 2, ["R", "Q"]) == (["R", "Q"], [[0, 1], [0, 1]])
    assert order([Pet.cat, Pet.dog], ["cat"] * 2) == (["cat", "dog"], [[1, 0], [1, 0]])
    assert order([Pet.cat, Pet.dog], [1, 1]) == (["1", "2"], [[1, 0], [1, 0]])
    assert order([Pet.cat, Pet.dog], [Pet.cat] * 2, list(Pet)) == (
        ["cat", "dog"],
        [[1, 0], [1, 0]],
    )
    assert order([Number.cat, Number.dog], [1, 1]) == (["cat", "dog"], [[1, 0], [1, 0]])
    assert order([1, 0], [Number.cat, Number.cat]) == (["cat", "dog"], [[1, 0], [1, 0]])


def test_large_counts_stay_exact() -> None:
    for count in (2**53 + 1, 2**70):
        chart = confusion_matrix(matrix=[[count, 1], [2, 3]])
        assert drawn(chart)[1] == [[count, 1], [2, 3]]
        assert chart.notes == (
            "column 'nPredictions': 1 row beyond 2^53 drawn at the nearest number that the axis "
            "can hold (first: row 0).",
        )
    shares = confusion_matrix(matrix=[[2**53 + 1, 0], [2, 2]], normalize="true")
    assert [cell["value"] for cell in shares.spec["data"]["values"]] == [1.0, 0.0, 0.5, 0.5]


HIDDEN = np.ma.array([0, 1, 0], mask=[0, 1, 0])
PAIRS = np.ma.array([[0.1, 0.9], [0.2, 0.8]], mask=[[0, 0], [0, 1]])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"y_true": [0, 5], "preds": [0, 1], "class_names": ["a", "b"]},
            "column 'y_true', row 1: found 5; expected an index of class_names, 0 to 1: 'a', 'b'.",
        ),
        (
            {"y_true": [0, 1], "preds": [0, -1], "class_names": ["a", "b"]},
            "column 'preds', row 1: found -1; expected an index of class_names, 0 to 1: 'a', 'b'.",
        ),
        (
            {"y_true": [1, 2, 3], "preds": [1, 2, 3], "class_names": ["1", "2", "3"]},
            "column 'y_true', row 2: found 3; expected an index of class_names, 0 to 2: '1', '2', "
            "'3'.",
        ),
        (
            {"y_true": [1, 2], "preds": [0, 2], "class_names": [1, 2]},
            "column 'preds', row 0: found 0; expected one of class_names: 1, 2.",
        ),
        (
            {"y_true": ["a", "x"], "preds": ["a", "a"], "class_names": ["a", "b"]},
            "column 'y_true', row 1: found 'x'; expected one of class_names: 'a', 'b'.",
        ),
        (
            {"y_true": ["a", "x"], "preds": [0, 0], "class_names": ["a", "b"]},
            "column 'y_true', row 1: found 'x'; expected a name or an index of class_names, 0 to "
            "1: 'a', 'b'.",
        ),
        (
            {"y_true": HIDDEN, "preds": [0, 0, 0]},
            "column 'y_true', row 1: found masked; expected a class; drop such rows first.",
        ),
        (
            {"y_true": [0, 0, 0], "preds": HIDDEN},
            "column 'preds', row 1: found masked; expected a class; drop such rows first.",
        ),
        ({"probs": PAIRS, "y_true": [0, 1]}, "probs[1][1]=masked: expected a number."),
        ({"matrix": PAIRS}, "matrix[1][1]=masked: expected a count from 0 up."),
        (
            {"y_true": pd.Series(["a", None], dtype="string"), "preds": ["a", "a"]},
            "column 'y_true', row 1: found <NA>; expected a class; drop such rows first.",
        ),
        (
            {"y_true": [0, 1], "preds": pd.Series([0, None], dtype="Int64", index=[5, 6])},
            "column 'preds', row 1: found <NA>; expected a class; drop such rows first.",
        ),
        (
            {"y_true": pd.Series([True, None], dtype="boolean"), "preds": [0, 1]},
            "column 'y_true', row 1: found <NA>; expected a class; drop such rows first.",
        ),
        (
            {"y_true": [0, 1], "probs": pd.DataFrame([[1, 2], [3, None]], dtype="Int64")},
            "probs[1][1]=<NA>: expected a number.",
        ),
        (
            {"matrix": pd.DataFrame([[1, 2], [3, None]], dtype="Int64")},
            "matrix[1][1]=<NA>: expected a count from 0 up.",
        ),
        (
            {"y_true": {1, 0}, "preds": [0, 1]},
            "y_true={0, 1}: expected one true class for each row, as a list, an array or a series.",
        ),
        (
            {"y_true": [0, 1], "preds": {"a": 1}},
            "preds={'a': 1}: expected one class for each row, as a list, an array or a series.",
        ),
        (
            {"y_true": [0, 1], "preds": map(int, "01")},
            "preds=...: expected one class for each row, as a list, an array or a series.",
        ),
        (
            {"y_true": [0, 1], "preds": [0, 1], "sample_weight": ["a", 1]},
            "column 'sample_weight', row 0: found 'a'; expected a number from 0 up.",
        ),
        (
            {"y_true": [0, 1], "preds": [0, 1], "sample_weight": 3},
            "sample_weight=3: expected one weight for each row, as a list, an array or a series.",
        ),
        (
            {"y_true": [0, 1], "preds": [0, 1], "class_names": {0: "a", 1: "b"}},
            "class_names={0: 'a', 1: 'b'}: expected a list of class names.",
        ),
        (
            {"matrix": pd.crosstab(np.array(["a", "b", "c"]), np.array(["a", "b", "b"]))},
            "matrix.columns=['a', 'b']: expected the names of matrix.index: ['a', 'b', 'c'].",
        ),
        (
            {"matrix": pd.crosstab(np.array([0, 1]), np.array([1, 2]))},
            "matrix.columns=['1', '2']: expected the names of matrix.index: ['0', '1'].",
        ),
        (
            {"probs": [[0.1, 0.9]], "y_true": ["a"]},
            "column 'y_true': has 1 class ('a'), but probs has 2 columns; say which column is "
            "which class: class_names=[...] with 2 names.",
        ),
    ],
)
def test_confusion_matrix_errors(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(errors.PlotkitError) as caught:
        confusion_matrix(**arguments)
    told = str(caught.value)
    if "=<map" in told:  # its address differs
        told = "preds=..." + told[told.index(": expected") :]
    assert told == message


# --- many rows -----------------------------------------------------------------------------------

RNG = np.random.default_rng(3)
MANY = 120_000
TRUTH = RNG.integers(0, 30, MANY)
GUESS = np.where(RNG.random(MANY) < 0.7, TRUTH, RNG.integers(0, 30, MANY))
KINDS: dict[str, Any] = {
    "int64": lambda a: a,
    "uint8": lambda a: a.astype("u1"),
    "int8 below 0": lambda a: (a - 128).astype("i1"),
    "uint64 near the end": lambda a: a.astype("u8") + np.uint64(2**64 - 40),
    "int64 near the end": lambda a: a + np.int64(-(2**63)),
    "far apart": lambda a: a * 10**12,
    "floats": lambda a: a.astype(float),
    "halves": lambda a: a / 2,
    "strided": lambda a: np.repeat(a, 2)[::2],
    "text": lambda a: np.array([f"c{i:02}" for i in range(30)])[a],
    "objects": lambda a: np.array([f"c{i:02}" for i in range(30)], dtype=object)[a],
    "list": lambda a: a.tolist(),
    "pandas": pd.Series,
    "pandas text": lambda a: pd.Series([f"c{i:02}" for i in a.tolist()]),
    "categorical": lambda a: pd.Series(
        pd.Categorical.from_codes(a, [f"c{i:02}" for i in range(30)])
    ),
    "polars": pl.Series,
    "polars text": lambda a: pl.Series([f"c{i:02}" for i in a.tolist()]),
    "polars enum": lambda a: pl.Series(
        [f"c{i:02}" for i in a.tolist()], dtype=pl.Enum([f"c{i:02}" for i in range(30)])
    ),
    "arrow": lambda a: pa.chunked_array([pa.array([f"c{i:02}" for i in a.tolist()])]),
    "dictionary": lambda a: pa.array([f"c{i:02}" for i in a.tolist()]).dictionary_encode(),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("weighted", [False, True])
def test_many_rows_of_every_kind(
    kind: str, weighted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_counting, "_ALONE", 10_000)
    weights = RNG.random(MANY) if weighted else None
    wanted = np.bincount(TRUTH * 30 + GUESS, weights=weights, minlength=900).reshape(30, 30)
    truth, guess = KINDS[kind](TRUTH), KINDS[kind](GUESS)
    names, matrix = drawn(confusion_matrix(y_true=truth, preds=guess, sample_weight=weights))
    assert len(names) == 30
    if kind == "int64 near the end":  # too large for doubles to sort
        order = [int(name) + 2**63 for name in names]
        wanted = wanted[np.ix_(order, order)]
    np.testing.assert_allclose(matrix, wanted, rtol=1e-12)
    if kind in ("int64", "uint8"):
        named = confusion_matrix(
            y_true=truth, preds=guess, class_names=[f"n{i}" for i in range(30)][::-1]
        )
        order = np.arange(30)
        assert drawn(named)[0] == [f"n{i}" for i in order[::-1]]
        np.testing.assert_array_equal(
            drawn(named)[1], np.bincount(TRUTH * 30 + GUESS, minlength=900).reshape(30, 30)
        )


def test_both_sides_may_be_of_different_kinds() -> None:
    wanted = np.bincount(TRUTH * 30 + GUESS, minlength=900).reshape(30, 30).tolist()
    for truth, guess in (("int64", "uint8"), ("floats", "int64"), ("uint8", "list")):
        found = confusion_matrix(y_true=KINDS[truth](TRUTH), preds=KINDS[guess](GUESS))
        assert drawn(found)[1] == wanted
    for truth, guess in (("text", "polars enum"), ("categorical", "arrow"), ("objects", "text")):
        found = confusion_matrix(y_true=KINDS[truth](TRUTH), preds=KINDS[guess](GUESS))
        assert drawn(found)[1] == wanted


@pytest.mark.parametrize("kind", ["int64", "uint8", "uint64 near the end", "list"])
def test_the_first_strange_row_of_many(kind: str) -> None:
    guess = GUESS % 29
    guess[90_123:] = 29
    with pytest.raises(errors.DataError) as caught:
        confusion_matrix(
            y_true=KINDS["int64"](TRUTH % 29)
            if kind != "uint64 near the end"
            else KINDS[kind](TRUTH % 29),
            preds=KINDS[kind](guess),
            class_names=list(KINDS[kind](np.arange(29))),
        )
    assert str(caught.value).startswith("column 'preds', row 90123: found ")


def test_probabilities_of_many_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_counting, "_ALONE", 10_000)
    for kind in ("f8", "f4", "i8"):
        probs = (RNG.random((MANY, 5)) * 50).astype(kind)
        chart = confusion_matrix(probs, TRUTH % 5)
        wanted = metrics.confusion_matrix(TRUTH % 5, probs.argmax(axis=1)).tolist()
        assert drawn(chart) == (list("01234"), wanted)
    probs = RNG.random((MANY, 5))
    probs[70_000, 3] = np.nan
    with pytest.raises(errors.OptionError) as caught:
        confusion_matrix(probs, TRUTH % 5)
    assert str(caught.value) == "probs[70000][3]=nan: expected a number."


def test_odd_labels_are_counted_by_their_rows() -> None:
    truth = ["a", "b\x07", "b\x07", "", "a"]
    chart = confusion_matrix(y_true=truth, preds=["a", "a", "b\x07", "a", "a"])
    assert sum(row["nPredictions"] for row in chart.spec["data"]["values"]) == 5
    assert chart.notes[0].startswith("column 'Actual': ")
    assert any("2 rows" in note and "row 1" in note for note in chart.notes)
    assert any("empty text in 1 row" in note and "row 3" in note for note in chart.notes)


def test_a_table_of_many_rows() -> None:
    wanted = np.bincount(TRUTH * 30 + GUESS, minlength=900).reshape(30, 30).tolist()
    roles = {"Actual": "truth", "Predicted": "guess"}
    for frame in (
        {"truth": TRUTH, "guess": GUESS},
        pl.DataFrame({"truth": TRUTH, "guess": GUESS}),
        pl.LazyFrame({"truth": TRUTH, "guess": GUESS}),
    ):
        assert drawn(plot_table("plotkit/confusion_matrix", frame, roles))[1] == wanted


# --- many classes --------------------------------------------------------------------------------


def confused(classes: int, rows: int = 60_000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """True and predicted classes, and their matrix."""
    rng = np.random.default_rng(classes)
    truth = rng.permutation(np.r_[np.arange(classes), rng.integers(0, classes, rows)])
    near = np.clip(truth + rng.integers(-3, 4, len(truth)), 0, classes - 1)
    guess = np.where(rng.random(len(truth)) < 0.8, truth, near)
    pairs = np.bincount(truth * classes + guess, minlength=classes**2)
    return truth, guess, pairs.reshape(classes, classes)


def picture_of(chart: Chart, field: str) -> np.ndarray:
    address = chart.spec["data"]["values"][0][field]
    held = base64.b64decode(address.removeprefix("data:image/png;base64,"))
    return np.asarray(Image.open(io.BytesIO(held)).convert("RGB")).astype(int)


@pytest.mark.parametrize("classes", [201, 640, 1001])
@pytest.mark.parametrize("normalize", [None, "pred", "all"])
def test_many_classes_are_an_image(classes: int, normalize: str | None) -> None:
    truth, guess, matrix = confused(classes)
    chart = confusion_matrix(y_true=truth, preds=guess, normalize=normalize)
    assert chart.notes[-1].startswith(
        f"column 'Actual' has {classes:,} classes, more than 200: the matrix is drawn as an image"
    )
    share = metrics.confusion_matrix(truth, guess, normalize=normalize or "true")
    order = np.argsort(share, axis=None)
    for field in ("image_light", "image_dark"):
        pixels = picture_of(chart, field)
        assert pixels.shape == (classes, classes, 3)
        ground = pixels[matrix == 0]
        assert (ground == ground[0]).all()
        assert (pixels[matrix > 0] != ground[0]).any(axis=1).all()
        away = np.abs(pixels - ground[0]).sum(axis=2).ravel()[order]
        assert (np.maximum.accumulate(away) - away <= 3).all()  # more is never paler
    rows = chart.spec["data"]["values"]
    assert len(rows) <= classes + 1000
    assert [row["Actual"] for row in rows[:classes]] == [str(i) for i in range(classes)]
    assert [row["nPredictions"] for row in rows[:classes]] == np.diagonal(matrix).tolist()
    for row in rows:
        assert row["nPredictions"] == matrix[int(row["Actual"]), int(row["Predicted"])]
    assert (
        chart.to_json()
        == confusion_matrix(y_true=truth, preds=guess, normalize=normalize).to_json()
    )


def test_the_axes_of_an_image_name_some_classes_in_order() -> None:
    truth, guess, _ = confused(300)
    names = [f"class {i:03}" for i in range(300)]
    drawing = confusion_matrix(y_true=truth, preds=guess, class_names=names).to_svg(fonts=False)
    shown = [name for name in names if f">{name}</text>" in drawing]
    assert shown == names[::20]
    assert drawing.count("<image") == 1  # that of the theme


@pytest.mark.parametrize("normalize", [None, "all"])
def test_the_most_confused_classes(normalize: str | None) -> None:
    truth, guess, matrix = confused(400)
    chart = confusion_matrix(y_true=truth, preds=guess, most_confused=12, normalize=normalize)
    names, found = drawn(chart)
    assert names[-1] == "other (388 classes)"
    wrong = matrix - np.diag(np.diagonal(matrix))
    kept = [int(name) for name in names[:-1]]
    assert kept == sorted(kept)
    errors_of = wrong.sum(axis=0) + wrong.sum(axis=1)
    worst = np.unravel_index(wrong.argmax(), wrong.shape)
    assert set(worst) <= set(kept)
    others = [at for at in range(400) if at not in kept]
    least = min(errors_of[at] for at in kept if at not in worst)
    assert least >= max(errors_of[others])
    wanted = np.zeros((13, 13), dtype=int)
    into = np.full(400, 12)
    into[kept] = range(12)
    np.add.at(wanted, (into[:, None], into[None, :]), matrix)
    assert found == wanted.tolist()
    assert chart.notes == (
        "column 'Actual' has 400 classes: the 12 with the most errors (in their row or column) "
        "are drawn, the other 388 are one row and one column.",
    )


def test_most_confused_of_few_classes_draws_all() -> None:
    chart = confusion_matrix(y_true=["a", "b"], preds=["b", "b"], most_confused=5)
    assert drawn(chart) == (["a", "b"], [[0, 1], [0, 1]])
    assert chart.notes == ()
    for bad in (0, -1, 200, 2.5, True):
        with pytest.raises(errors.OptionError, match="most_confused="):
            confusion_matrix(y_true=["a", "b"], preds=["b", "b"], most_confused=bad)


@pytest.mark.parametrize("most", [None, 3, 50])
def test_alt_text_is_of_all_classes(most: int | None) -> None:
    truth, guess, matrix = confused(500)
    said = confusion_matrix(y_true=truth, preds=guess, most_confused=most).describe()
    right, total = int(np.trace(matrix)), int(matrix.sum())
    assert f"{right:,} of {total:,} predictions are right" in said
    wrong = matrix - np.diag(np.diagonal(matrix))
    most_of = int(wrong.max())
    kinds = int((wrong == most_of).sum())
    row, column = (int(i) for i in np.unravel_index(wrong.argmax(), wrong.shape))
    if kinds == 1:
        assert f"The most frequent error: {row} is taken for {column}, {most_of} times." in said
    else:
        assert f"{most_of} times each, are of {kinds} kinds" in said


def test_a_fork_without_the_new_parts_still_draws() -> None:
    spec = copy.deepcopy(presets.get("plotkit/confusion_matrix").content)
    own = spec["usermeta"]["plotkit"]
    own["id"] = "somebody/cells"
    del own["params"]["most_confused"]
    for switch in ("image", "image_1px", "image_half_px"):
        del own["switches"][switch]
    for classes, cells in ((60, 3600), (250, 250)):
        truth, guess, _ = confused(classes, 4000)
        data = {"Actual": truth, "Predicted": guess}
        drawing = plot_table(spec, data, {name: name for name in data}).to_svg(fonts=False)
        assert svg.count_marks(drawing)["main_marks"] >= cells


def test_text_classes_that_end_in_numbers_are_in_their_order() -> None:
    wanted = ["cat", *(f"class {i}" for i in range(300)), "dog"]
    given = sorted(wanted, reverse=True)
    data = {"Actual": given, "Predicted": given}
    frame = pl.DataFrame(data)
    for result in (
        counted(data),
        counted_lazy(frame.lazy()),
        counted_lazy(duckdb.sql("select * from frame")),
    ):
        assert list(dict.fromkeys(result.columns["Actual"])) == wanted
    # Only what differs in a number at the end, and neither numbers nor parts of them.
    for plain in (
        ["-10", "-5", "2", "10"],
        ["v 1.25", "v 1.5", "v 1.75"],
        ["a10b", "a9b"],
        ["a2", "a10", "a!", "b"],
    ):
        order = list(
            dict.fromkeys(counted({"Actual": plain, "Predicted": plain}).columns["Actual"])
        )
        assert order == (["a!", "a2", "a10", "b"] if "a!" in plain else plain)


def test_text_beside_a_declared_order_is_in_the_order_of_its_numbers() -> None:
    kind = pd.CategoricalDtype(["n10", "n3"])
    truth = pd.Series(["n10", "n3", "n3", "n10"], dtype=kind)
    _, names = predicted(y_true=truth, preds=["n20", "n3", "n100", "n10"])
    assert names == ["n10", "n3", "n20", "n100"]
