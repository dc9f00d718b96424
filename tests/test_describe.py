"""Alt text: whole texts of the gallery's charts, their numbers against oracles, nasty input."""

from __future__ import annotations

import datetime as dt
import functools
import json
import math
import re
import runpy
import string
import unicodedata
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as oracle

import plotkit as pk
from plotkit import store, trends, words
from plotkit.describe import describe
from plotkit.facts import SMALLEST
from plotkit.preset import Preset

GALLERY = Path(__file__).parent.parent / "gallery"
WORDS = Path(words.__file__).parent


@functools.cache
def gallery_chart(name: str) -> pk.Chart:
    found = runpy.run_path(str(GALLERY / f"{name}.py"))["chart"]
    assert isinstance(found, pk.Chart)
    return found


def said(chart: pk.Chart, language: str = "en") -> str:
    """The chart's alt text, which fits and is one line in any language."""
    made = {
        one: describe(
            chart._built.spec,
            preset=chart.preset,
            strings=chart.strings,
            notes=chart.notes,
            language=one,
        )
        for one in words.LANGUAGES
    }
    for text in made.values():
        assert 0 < len(text) <= 1000
        assert not any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in text)
        text.encode("utf-8")
    return made[language]


ENGLISH = {
    "area_under_curve": (
        "Line chart: “The likelier half holds most rainy days”. Cumulative gains of three "
        "forecasts, 364 days of 2015 in Seattle. The x axis shows share of all days, from 0 "
        "to 1; the y axis shows share of the rainy days, from 0 to 1. 3 lines. logistic "
        "regression rises from 0 at 0 to 1 at 1. random forest rises from 0 at 0 to 1 at 1. "
        "decision tree rises from 0 at 0 to 1 at 1."
    ),
    "bar": (
        "Bar chart: “Six models on handwritten digits”. Share of 1,797 digits that is "
        "recognised, mean of five folds. The bars show accuracy by model. 6 bars. The largest"
        " is support vectors with 0.987, the smallest is decision tree with 0.859. A note "
        "says how the data was prepared."
    ),
    "bar_grouped": (
        "Bar chart: “A decision tree finds zeros and sixes best”. Handwritten digits, cross-"
        "validated in five folds. The bars show value by digit. 20 bars in 2 groups: "
        "precision and recall. The largest is 0, precision with 0.966, the smallest is 8, "
        "precision with 0.778."
    ),
    "confusion_matrix": (
        "Confusion matrix: “Eights pass for ones and nines”. Logistic regression on four "
        "principal components, 540 digits. 10 classes: 0, 1, 2, 3 and 6 more. 431 of 540 "
        "predictions are right, 79.8%. The most frequent errors, 8 times each, are of 3 "
        "kinds; the first: 8 is taken for 1."
    ),
    "histogram": (
        "Histogram: “Most days in Seattle stay below 20 °C”. Highest temperature of each day,"
        " 2012 to 2015. It shows warmest (°C). 1,461 values in 19 bins from −1.6 to 35.6. The"
        " tallest bin, from 12.1 to 14.1, holds 168."
    ),
    "histogram_grouped": (
        "Histogram: “Gentoo penguins have the longest flippers”. 342 penguins near Palmer "
        "Station, Antarctica. It shows flipper length (mm). 342 values in 10 bins from 172 to"
        " 231. 3 groups: Adelie, Gentoo and Chinstrap. Adelie: 151 values, 58 of them in the "
        "tallest bin from 189.7 to 195.6. Gentoo: 123 values, 42 of them in the tallest bin "
        "from 213.3 to 219.2. Chinstrap: 68 values, 22 of them in the tallest bin from 195.6 "
        "to 201.5. A note says how the data was prepared."
    ),
    "histogram_series": (
        "Heat map: “A network becomes sure of the digits it sees”. 540 digits that the "
        "network has not been taught, counted every 10 batches. The x axis shows batch, from "
        "0 to 400; the y axis shows probability of the right digit, from 0 to 1. Colour shows"
        " share of the digits, from 0.0019 to 0.57. It is drawn from 990 rows."
    ),
    "line": (
        "Line chart: “Almost nine million jobs lost, and won back”. Non-farm jobs in the "
        "United States, seasonally adjusted. The x axis shows month, from 1 January 2006 to 1"
        " December 2015; the y axis shows jobs (millions), from 129.7 to 143.1. The line goes"
        " up and down; it starts with 135.5 on 1 January 2006 and ends with 143.1 on 1 "
        "December 2015; the lowest value is 129.7 on 1 February 2010."
    ),
    "line_band": (
        "Line chart: “From 200 digits on, support vectors lead”. Mean of five folds; band "
        "from the worst to the best fold. The x axis shows training rows, from 71 to 1,437; "
        "the y axis shows accuracy, from 0.809 to 0.988. 3 lines. support vectors rises from "
        "0.813 at 71 to 0.987 at 1,437; the highest value is 0.988 at 1,064. random forest "
        "rises from 0.833 at 71 to 0.976 at 1,437. naive Bayes mostly rises; it starts with "
        "0.809 at 71 and ends with 0.92 at 1,437; the highest value is 0.922 at 1,312."
    ),
    "line_log": (
        "Line chart: “Beyond 0.003 the model learns by heart”. Support vectors on 1,797 "
        "digits, mean of five folds. The x axis shows gamma, from 10 to the power of −6 to "
        "0.1 on a logarithmic scale; the y axis shows accuracy, from 0.107 to 1. 2 lines. "
        "training rises from 0.158 at 10 to the power of −6 to 1 at 0.1. validation rises and"
        " then falls; it starts with 0.155 at 10 to the power of −6 and ends with 0.107 at "
        "0.1; the highest value is 0.99 at 0.001."
    ),
    "line_many": (
        "Line chart: “Schools and hospitals never stopped hiring”. Jobs in 15 sectors of the "
        "U.S. economy, seasonally adjusted. The x axis shows month, from 1 March 2006 to 1 "
        "December 2015; the y axis shows jobs (March 2006 = 100), from 71.1 to 135.1. 15 "
        "lines: education and health, leisure and hospitality, business services, transport "
        "and 11 more. Of the lines, 4 rise, 1 falls and 10 do neither. The lowest value is "
        "71.1 on 1 December 2010 (construction), the highest 135.1 on 1 September 2014 "
        "(mining and logging). A note says how the data was prepared."
    ),
    "line_series": (
        "Line chart: “Adam learns fastest”. Training loss of a network with 64 hidden units "
        "on 1,257 digits. The x axis shows epoch, from 1 to 60; the y axis shows loss, from "
        "0.00261 to 2.63 on a logarithmic scale. 4 lines: Adam, “SGD, momentum 0.9”, “SGD, "
        "momentum 0.5” and SGD. Of the lines, 4 fall. The lowest value is 0.00261 at 60 "
        "(Adam), the highest 2.63 at 1 (SGD)."
    ),
    "smoothed_line": (
        "Line chart: “Plain gradient descent learns these digits faster than Adam”. Loss of "
        "each batch of 16, faint, and smoothed by a weight of 0.9. The x axis shows batch, "
        "from 0 to 399; the y axis shows loss, from 0.004 to 2.73. 4 lines: “smoothed, Adam”,"
        " “smoothed, SGD”, “raw, Adam” and “raw, SGD”. Of the lines, 4 fall. The lowest value"
        " is 0.004 at 380 (raw, SGD), the highest 2.73 at 0 (smoothed, Adam)."
    ),
    "pr_curve": (
        "Precision-recall curve: “Forecasting tomorrow’s rain”. Random forest, 364 days of "
        "2015 in Seattle. The x axis shows Recall, from 0 to 1; the y axis shows Precision, "
        "from 0 to 1. The average precision is 0.717. At the threshold 0.5, Recall is 0.646 "
        "and Precision is 0.646. The baseline, the share of positives, is 0.396."
    ),
    "pr_curve_classes": (
        "Precision-recall curve: “Eights are hardest to find”. Logistic regression on four "
        "principal components, 540 digits. The x axis shows Recall, from 0 to 1; the y axis "
        "shows Precision, from 0 to 1. 5 curves: 0, 1, 3, 5 and 8. Average precision: 0.992 "
        "for 0, 0.793 for 1, 0.899 for 3, 0.855 for 5, 0.615 for 8. The baseline, the mean "
        "share of positives, is 0.1. A note says how the data was prepared."
    ),
    "roc_curve_models": (
        "ROC curve: “Three forecasts of tomorrow’s rain”. 364 days of 2015 in Seattle. The x "
        "axis shows False positive rate, from 0 to 1; the y axis shows True positive rate, "
        "from 0 to 1. 3 curves: logistic regression, random forest and decision tree. Area "
        "under the curve: 0.776 for logistic regression, 0.792 for random forest, 0.717 for "
        "decision tree."
    ),
    "scatter": (
        "Scatter plot: “Heavier penguins have longer flippers”. 342 penguins near Palmer "
        "Station, Antarctica. The x axis shows flipper length (mm), from 172 to 231; the y "
        "axis shows body mass (g), from 2,700 to 6,300. 342 points. 3 categories: Adelie, "
        "Gentoo and Chinstrap. Higher values of x go with higher values of y; the relation is"
        " strong (rank correlation 0.84). 2 notes say how the data was prepared."
    ),
    "scatter_shade": (
        "Scatter plot: “Seattle’s summers are dry”. Days with rain in 2015. The x axis shows "
        "date, from 2 January 2015 to 28 December 2015; the y axis shows warmest (°C), from "
        "4.4 to 28.3. 144 points. Colour shows wind (m/s), from 0.5 to 8. Size shows rain "
        "(mm), from 0.3 to 55.9. There is no clear relation of x and y (rank correlation "
        "−0.22)."
    ),
}

OTHERS = {
    ("line", "de"): (
        "Liniendiagramm: „Almost nine million jobs lost, and won back“. Non-farm jobs in the "
        "United States, seasonally adjusted. Die x-Achse zeigt month, vom 1. Januar 2006 bis "
        "1. Dezember 2015; die y-Achse zeigt jobs (millions), von 129,7 bis 143,1. Die Linie "
        "geht auf und ab; am Anfang 135,5 am 1. Januar 2006, am Ende 143,1 am 1. Dezember "
        "2015; der tiefste Wert ist 129,7 am 1. Februar 2010."
    ),
    ("scatter", "fr"): (
        "Nuage de points : « Heavier penguins have longer flippers ». 342 penguins near "
        "Palmer Station, Antarctica. L’axe x montre flipper length (mm), de 172 à 231 ; l’axe"
        " y montre body mass (g), de 2 700 à 6 300. 342 points. 3 catégories : Adelie, Gentoo"
        " et Chinstrap. Aux valeurs élevées de x correspondent des valeurs élevées de y ; la "
        "relation est forte (corrélation des rangs 0,84). 2 remarques disent comment les "
        "données ont été préparées."
    ),
    ("bar", "es"): (
        "Gráfico de barras: «Six models on handwritten digits». Share of 1,797 digits that is"
        " recognised, mean of five folds. Las barras muestran accuracy según model. 6 barras."
        " La mayor es support vectors con 0,987, la menor es decision tree con 0,859. Una "
        "nota explica cómo se prepararon los datos."
    ),
    ("line_band", "ja"): (
        "折れ線グラフ「From 200 digits on, support vectors"
        " lead」。Mean of five folds; band from the "
        "worst to the best fold。x軸はtraining rowsで、7"
        "1から1,437まで、y軸はaccuracyで、0.809から0.988まで。線は3"
        "本。support vectorsは71での0.813から1,437での0.987へ"
        "上昇する。最大値は1,064での0.988。random "
        "forestは71での0.833から1,437での0.976へ上昇する。naive "
        "Bayesはおおむね上昇し、始点は71での0.809、終点は1,437での0.92。"
        "最大値は1,312での0.922。"
    ),
    ("confusion_matrix", "zh"): (
        "混淆矩阵：“Eights pass for ones and "
        "nines”。Logistic regression on four "
        "principal components, 540 digits。10个类别：0、1"
        "、2、3、另外6个。540次预测中有431次正确，占79.8%。最常见的错误有3种，"
        "各8次；第一种：8被认作1。"
    ),
    ("roc_curve", "de"): (
        "ROC-Kurve: „Forecasting tomorrow’s rain“. Random forest, 364 days of 2015 in "
        "Seattle. Die x-Achse zeigt False positive rate, von 0 bis 1; die y-Achse zeigt True "
        "positive rate, von 0 bis 1. Fläche unter der Kurve: 0,792. Bei der Schwelle 0,5 ist "
        "False positive rate 0,232 und True positive rate 0,646."
    ),
    ("histogram", "fr"): (
        "Histogramme : « Most days in Seattle stay below 20 °C ». Highest temperature of each"
        " day, 2012 to 2015. Il montre warmest (°C). 1 461 valeurs dans 19 classes de −1,6 à "
        "35,6. La classe la plus haute, de 12,1 à 14,1, en contient 168."
    ),
    ("pr_curve", "es"): (
        "Curva de precisión y exhaustividad: «Forecasting tomorrow’s rain». Random forest, "
        "364 days of 2015 in Seattle. El eje x muestra Recall, de 0 a 1; el eje y muestra "
        "Precision, de 0 a 1. Precisión media: 0,717. Con el umbral 0,5, Recall es 0,646 y "
        "Precision es 0,646. La línea de base, la proporción de positivos, es 0,396."
    ),
    ("bar_grouped", "ja"): (
        "棒グラフ「A decision tree finds zeros and sixes"
        " best」。Handwritten digits, cross-validated"
        " in five folds。棒はdigitごとのvalueを示します。棒は20本、"
        "グループは2個：precision、recall。最大は0（precision）の0"
        ".966、最小は8（precision）の0.778。"
    ),
    ("line_series", "zh"): (
        "折线图：“Adam learns fastest”。Training loss of"
        " a network with 64 hidden units on 1,257 d"
        "igits。x轴表示epoch，从1到60；y轴表示loss，从0.00261到2."
        "63（对数刻度）。4条线：Adam、“SGD, momentum "
        "0.9”、“SGD, momentum 0.5”、SGD。这些线中，4条下降。最低值"
        "出现在Adam：60处的0.00261；最高值出现在SGD：1处的2.63。"
    ),
}


@pytest.mark.parametrize("name", ENGLISH)
def test_texts_of_the_gallery(name: str) -> None:
    assert said(gallery_chart(name)) == ENGLISH[name]


@pytest.mark.parametrize(("name", "language"), OTHERS)
def test_texts_in_other_languages(name: str, language: str) -> None:
    assert said(gallery_chart(name), language) == OTHERS[name, language]


def test_every_built_in_preset_has_its_text() -> None:
    told = {gallery_chart(name).preset.id for name in ENGLISH}
    assert told == set(store.names())


def table(**columns: Any) -> pk.Table:
    return pk.Table(columns)


# --- exact numbers -------------------------------------------------------------------------------


def test_a_reduced_line_keeps_its_ends_and_extremes() -> None:
    rng = np.random.default_rng(5)
    y = np.cumsum(rng.normal(size=200_000))
    chart = pk.line(table(x=np.arange(len(y)), y=y), "x", "y")
    assert len(chart.to_dict()["data"]["values"]) < 20_000
    voice, extent = words.voice("en"), float(y.max() - y.min())
    text = said(chart)
    for place in (0, len(y) - 1, int(y.argmin()), int(y.argmax())):
        value = voice.number(float(y[place]), extent)
        assert f"{value} at {voice.number(place, len(y) - 1)}" in text
    assert text.endswith("A note says how the data was prepared.")


def test_the_areas_are_those_of_all_rows() -> None:
    from sklearn.metrics import average_precision_score, roc_auc_score

    rng = np.random.default_rng(2)
    y_true = rng.random(30_000) < 0.3
    score = y_true * 0.4 + rng.random(30_000)
    text = said(pk.roc_curve(y_true, score))
    assert f"area under the curve is {float(f'{roc_auc_score(y_true, score):.3f}'):g}." in text
    text = said(pk.pr_curve(y_true, score))
    area = float(f"{average_precision_score(y_true, score):.3f}")
    assert f"average precision is {area:g}." in text


def test_many_curves_are_told_by_the_best_and_the_worst() -> None:
    text = said(gallery_chart("roc_curve_classes"))
    assert "6 curves: 0, 1, 3, 5 and 2 more." in text
    assert "The area under the curve runs from 0.948 (8) to 0.999 (0)." in text


def test_ready_points_have_no_area() -> None:
    ready = table(x=[0.0, 0.5, 1.0], y=[0.0, 0.8, 1.0], c=["m v1.5 · AUC"] * 3)
    chart = pk.plot_table("plotkit/roc_curve", ready, {"x": "x", "y": "y", "class": "c"})
    assert said(chart).endswith("One curve: m v1.5 · AUC.")


def test_the_most_frequent_error() -> None:
    text = said(pk.confusion_matrix(matrix=[[90, 10, 0], [3, 95, 2], [0, 0, 100]]))
    assert "285 of 300 predictions are right, 95%." in text
    assert text.endswith("The most frequent error: 0 is taken for 1, 10 times.")


def test_nearly_all_is_not_all() -> None:
    counts = [[999_999, 1], [0, 0]]
    assert "are right, 99.9999%." in said(pk.confusion_matrix(matrix=counts))
    text = said(pk.confusion_matrix(matrix=[[5, 0], [0, 5]]))
    assert text.endswith("10 of 10 predictions are right, 100%. No class is taken for another.")


def test_shares_are_told_as_counts() -> None:
    chart = pk.confusion_matrix(y_true=[0, 0, 1], preds=[0, 1, 1], normalize="true")
    assert "2 of 3 predictions are right, 66.7%." in said(chart)


def test_a_histogram_of_densities_counts_nothing() -> None:
    bins = table(a=[0, 1, 2], b=[1, 2, 3], c=[0.5, 0.25, 0.25])
    chart = pk.plot_table("plotkit/histogram", bins, {"x0": "a", "x1": "b", "count": "c"})
    assert said(chart) == (
        "Histogram. It shows a. 3 bins from 0 to 3. The tallest bin, from 0 to 1, reaches 0.5."
    )


def test_bars_that_are_equally_long() -> None:
    text = said(pk.bar(table(k=list("abc"), v=[7, 9, 7]), "k", "v"))
    assert text.endswith("The largest is b with 9, 2 are the smallest with 7, first a.")
    text = said(pk.bar(table(k=list("ab"), v=[7, 7]), "k", "v"))
    assert text.endswith("2 bars. All have the same value, 7.")
    assert said(pk.bar(table(k=["a"], v=[0]), "k", "v")).endswith("1 bar. a has 0.")


def test_many_lines_are_counted() -> None:
    n = [i for k in range(7) for i in range(5)]
    k = [f"run {k}" for k in range(7) for i in range(5)]
    y = [i * (3 - k) for k in range(7) for i in range(5)]
    text = said(pk.line(table(n=n, y=y, k=k), "n", "y", color="k"))
    assert "7 lines: run 0, run 1, run 2, run 3 and 3 more." in text
    assert "Of the lines, 3 rise, 3 fall and 1 does neither." in text
    assert "The lowest value is −12 at 4 (run 6), the highest 12 at 4 (run 0)." in text


def test_names_with_commas_stay_one() -> None:
    y = [1, 2] * 4
    names = [n for n in ("a, b", "c", "d", "e") for _ in range(2)]
    text = said(pk.line(table(n=y, y=y, k=names), "n", "y", color="k"))
    assert "4 lines: “a, b”, c, d and e." in text


# --- trends --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "trend"),
    [
        ([], "empty"),
        ([3], "point"),
        ([3, 3, 3], "level"),
        ([1, 2], "rises"),
        ([9, 5, 4, 4, 1], "falls"),
        ([math.exp(-i / 5) for i in range(50)], "falls"),
        ([-((i - 20) ** 2) for i in range(50)], "rises_falls"),
        ([(i - 20) ** 2 for i in range(50)], "falls_rises"),
        ([math.sin(i) for i in range(100)], "unclear"),
        ([i + 30 * math.sin(i) for i in range(100)], "rises_mostly"),
        ([-i - 30 * math.sin(i) for i in range(100)], "falls_mostly"),
        ([*range(50), -1], "rises_mostly"),  # it ends lower than it starts
        ([1e308, -1e308, 1e308], "falls_rises"),
    ],
)
def test_trends(values: list[float], trend: str) -> None:
    assert trends.trend(values) == trend


@given(
    st.lists(
        st.tuples(*[st.integers(-9, 9) | st.floats(-1e300, 1e300)] * 2), min_size=2, max_size=40
    )
)
def test_rank_correlation(pairs: list[tuple[float, float]]) -> None:
    one, other = [a for a, _ in pairs], [b for _, b in pairs]
    found = trends.rank_correlation(one, other)
    if len(set(one)) == 1 or len(set(other)) == 1:
        assert found is None
    else:
        assert found == pytest.approx(oracle.spearmanr(one, other).statistic, abs=1e-9)


def test_relations() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=500)
    for noise, told in [(0.2, "strong"), (1.2, "moderate"), (2.0, "weak")]:
        y = -x + noise * rng.normal(size=500)
        text = said(pk.scatter(table(x=x, y=y), "x", "y"))
        assert f"lower values of y; the relation is {told} (rank correlation −0." in text
    text = said(pk.scatter(table(x=x, y=rng.normal(size=500)), "x", "y"))
    assert "There is no clear relation of x and y" in text
    # A point, or a line across the picture, has none.
    assert "relation" not in said(pk.scatter(table(x=[1, 1, 1], y=[1, 2, 3]), "x", "y"))
    assert "relation" not in said(pk.scatter(table(x=[1], y=[2]), "x", "y"))


# --- nasty input ---------------------------------------------------------------------------------


def test_one_point_and_one_value() -> None:
    assert said(pk.line(table(x=[1], y=[2]), "x", "y")) == (
        "Line chart. The x axis shows x, always 1; the y axis shows y, always 2. "
        "The line is a single point, 2 at 1."
    )
    assert said(pk.line(table(x=[1, 2, 3], y=[5, 5, 5]), "x", "y")) == (
        "Line chart. The x axis shows x, from 1 to 3; the y axis shows y, always 5. "
        "The line stays at 5."
    )


def test_no_rows() -> None:
    chart = pk.line(table(x=[1], y=[2]), "x", "y")
    spec = {**chart._built.spec, "data": {"values": []}}
    made = describe(spec, preset=chart.preset, strings={})
    assert made == "Line chart. It shows no data."
    for statistic in ("bar", "histogram", "confusion_matrix", "roc_curve", "scatter"):
        preset = pk.presets.get(f"plotkit/{statistic}")
        bare = {**preset.spec, "data": {"values": [{}]}}
        assert describe(bare, preset=preset, strings={}), statistic


def test_gaps() -> None:
    text = said(pk.line(table(x=[1, 2, 3, 4], y=[None, 2, math.nan, 3]), "x", "y"))
    assert "The line rises from 2 at 2 to 3 at 4. A note says" in text
    lone = pk.line(table(x=[1, 2, 1], y=[None, None, 1], k=["a", "a", "b"]), "x", "y", color="k")
    assert "a has no values. b is a single point, 1 at 1." in said(lone)


def test_names_along_x() -> None:
    text = said(pk.line(table(x=["Mon", "Tue", "Wed"], y=[1, 3, 2]), "x", "y"))
    assert "The x axis shows x, with 3 values, from Mon to Wed;" in text
    assert "the highest value is 3 at Tue." in text


def test_times_of_day_and_far_years() -> None:
    hours = [dt.datetime(2024, 1, 1, 10, m, 30) for m in range(3)]
    assert "10:01:30" not in said(pk.line(table(t=hours, y=[1, 2, 3]), "t", "y"))
    assert "from 1 January 2024, 10:00:30 to" in said(
        pk.line(table(t=hours, y=[1, 2, 3]), "t", "y")
    )
    far = [dt.date(1, 1, 1), dt.date(1900, 2, 28), dt.date(9999, 12, 31)]
    text = said(pk.line(table(t=far, y=[1, 3, 2]), "t", "y"))
    assert "from 1 January 1 to 31 December 9999" in text
    assert "the highest value is 3 on 28 February 1900" in text
    assert words.voice("en").moment(-1e15, clock=False) == "5 April -29719"


def test_log_axes() -> None:
    text = said(pk.line(table(x=[1e-6, 1e-3, 1], y=[1, 2, 3]), "x", "y", x_scale="log"))
    assert "from 10 to the power of −6 to 1 on a logarithmic scale" in text


def test_huge_numbers() -> None:
    text = said(pk.bar(table(k=list("abc"), v=[7, -1.7e308, 1.7e308]), "k", "v"))
    assert "with 1.7 times 10 to the power of 308" in text
    whole = pk.bar(table(k=list("ab"), v=[10**30, 2**63]), "k", "v")
    assert "a with 10 to the power of 30, the smallest is b with" in said(whole)


def test_ten_thousand_categories() -> None:
    n = 20_000
    points = table(x=range(n), y=[i % 7 for i in range(n)], c=[f"c{i % 10_000}" for i in range(n)])
    text = said(pk.scatter(points, "x", "y", color="c"))
    assert "10,000 categories: c0, c1, c2, c3 and 9,996 more." in text


def test_long_names_are_cut() -> None:
    names = [f"{k} " + "long name " * 90 for k in "abcdefgh"]
    rows = table(x=[1, 2] * 8, y=range(16), k=[n for n in names for _ in range(2)])
    text = said(
        pk.line(rows, "x", "y", color="k", title="title " * 200, subtitle="subtitle " * 200)
    )
    assert "a long name long name long name long na…" in text


HOSTILE = [
    "</script><img src=x onerror=alert(1)>",
    "javascript:alert(1)",
    "<!--",
    "a\u2028b\u2029c\nd\te",
    "\ud800 lone",
    "\x00\x1b[31m",
    "\u202eevil",
    "{name} {0} {{}} %s {count!r}",
    "",
    " ",
    "constructor",
    "z" + "\u0301" * 500,
]


def test_hostile_texts() -> None:
    values = list(range(len(HOSTILE)))
    for title in HOSTILE:
        chart = pk.bar(table(k=HOSTILE, v=values), "k", "v", title=title, subtitle=title)
        said(chart)
    lines = table(x=values * 2, y=values * 2, k=HOSTILE + HOSTILE[::-1])
    said(pk.line(lines, "x", "y", color="k"))
    said(pk.confusion_matrix(y_true=HOSTILE, preds=HOSTILE[::-1]))
    text = said(pk.bar(table(k=["{name}"], v=[1]), "k", "v", title="{title} {kind}"))
    assert text.startswith("Bar chart: “{title} {kind}”.")
    assert text.endswith("{name} has 1.")


def test_a_title_that_says_the_kind_is_not_said_twice() -> None:
    text = said(pk.confusion_matrix(matrix=[[1, 0], [0, 1]]))
    assert text.startswith("Confusion matrix. 2 classes")


# --- any numbers ---------------------------------------------------------------------------------

POWER = r"10 to the power of (−?[\d,]+)"
NUMBER = re.compile(
    rf"(−?)(?:{POWER}|(\d[\d,]*(?:\.\d+)?)(?: times {POWER}| (million|billion|trillion))?)"
)
UNITS = {None: 0, "million": 6, "billion": 9, "trillion": 12}
SAID = NUMBER.pattern.replace("(−?)", "−?").replace("(−?[", "(?:−?[").replace("(\\d", "(?:\\d")
SAID = SAID.replace("(million", "(?:million")


def heard(text: str) -> tuple[Fraction, Fraction]:
    """A number that is said in English, and the unit of its last digit."""
    found = NUMBER.fullmatch(text)
    assert found, text
    sign, bare, digits, times, unit = found.groups()
    power = int((bare or times or "0").replace("−", "-").replace(",", "")) + UNITS[unit]
    digits = (digits or "1").replace(",", "")
    decimals = len(digits.partition(".")[2])
    scale = Fraction(10) ** power
    value = Fraction(digits) * scale * (-1 if sign else 1)
    return value, scale / 10**decimals


def is_said(text: str, value: float) -> None:
    """A number is right to half a unit of its last digit, and 0 where it is 0 alone."""
    told, unit = heard(text)
    # What a float means to its reader are the digits that it is written with.
    true = Fraction(repr(value))
    assert abs(told - true) <= unit / 2, (text, value)
    assert (told == 0) == (true == 0), (text, value)
    assert told * true >= 0, (text, value)
    if abs(true) < 10**6:
        assert unit <= 1, (text, value)


# Sizes that lie far from each other, both signs, denormals, and the same again.
ORDINARY = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**25), 10**25)
SIZED = st.builds(
    lambda digits, power: float(f"{digits}e{power}"), st.integers(-9999, 9999), st.integers(-20, 20)
)
NASTY = st.sampled_from(
    [0, -0.0, 0.4, -0.3, 0.004, 1000, 1e5, 2e5, 1e-9, 1e12, 5e-324, -5e-324, 2.2e-308, 999_999.7,
     1e15, 1e15 + 0.125, 2**53, 2**53 + 1, 1.7e308, -1.7e308, 146_000_000, 0.1 + 0.2]
)  # fmt: skip
NEAR = st.builds(lambda base, steps: base + steps * math.ulp(base), SIZED, st.integers(-3, 3))
NUMBERS = ORDINARY | SIZED | NASTY | NEAR


@given(NUMBERS, st.none() | st.floats(0, allow_infinity=True))
def test_a_number_is_what_it_is(value: float, extent: float | None) -> None:
    is_said(words.voice("en").number(value, extent), value)
    for language in words.LANGUAGES:
        assert (words.voice(language).number(value, extent) == "0") == (value == 0)


@given(st.integers(0, 10**18), st.integers(1, 10**18))
def test_a_share_is_what_it_is(part: int, rest: int) -> None:
    whole = part + rest
    told = words.voice("en").share(part, whole)
    value, unit = heard(told.removesuffix("%"))
    assert abs(value - Fraction(part, whole) * 100) <= unit / 2
    assert (value == 0) == (part == 0)
    assert value < 100


def ends_are_said(low_text: str, high_text: str, values: list[float]) -> None:
    """Two texts that say the lowest and the highest of the numbers."""
    is_said(low_text, min(values))
    is_said(high_text, max(values))
    if min(values) != max(values):
        assert heard(low_text)[0] < heard(high_text)[0]


@given(st.lists(st.none() | st.just(math.nan) | NUMBERS, min_size=1, max_size=30))
def test_any_numbers(values: list[float | None]) -> None:
    """The axis and the lines say the true lowest and highest, first and last values."""
    kept = [as_drawn(value) for value in values if value is not None and math.isfinite(value)]
    if not kept:
        return
    text = said(pk.line(table(x=range(len(values)), y=values), "x", "y"))
    if min(kept) == max(kept):
        (only,) = re.findall(rf"y axis shows y, always ({SAID})", text)
        is_said(only, kept[0])
        low = high = only
    else:
        ((low, high),) = re.findall(rf"y axis shows y, from ({SAID}) to ({SAID})\.", text)
        ends_are_said(low, high, kept)
    told = re.findall(rf"({SAID}) at ({SAID})", text)
    assert told or len(set(kept)) == 1
    for value, place in told:
        at = int(heard(place)[0])
        is_said(value, as_drawn(values[at]))
    if told:
        lowest, highest = (pick(heard(value)[0] for value, _ in told) for pick in (min, max))
        assert [lowest, highest] == [heard(end)[0] for end in (low, high)], "both ends are told of"


def as_drawn(value: float | None) -> float:
    """What a chart makes of a number: those next to 0 are 0, which a note says."""
    assert value is not None
    return value if abs(value) >= SMALLEST else 0


@given(st.lists(NUMBERS, min_size=1, max_size=12))
def test_any_bars(values: list[float]) -> None:
    names = [f"b{letter}" for letter in string.ascii_lowercase[: len(values)]]
    text = said(pk.bar(table(k=names, v=values), "k", "v"))
    values = list(map(as_drawn, values))
    low, high = min(values), max(values)
    if len(values) == 1:
        (only,) = re.findall(rf"ba has ({SAID})\.", text)
        is_said(only, low)
    elif low == high:
        (only,) = re.findall(rf"All have the same value, ({SAID})\.", text)
        is_said(only, low)
    else:
        ((largest, smallest),) = re.findall(
            rf"largest (?:is b[a-z] )?with ({SAID})(?:, first b[a-z])?, .*"
            rf"smallest (?:is b[a-z] )?with ({SAID})(?:, first b[a-z])?\.",
            text,
        )
        ends_are_said(smallest, largest, values)
        for key, extreme in (("largest", high), ("smallest", low)):
            (name,) = re.findall(rf"{key} (?:is (b[a-z]) |with {SAID}, first (b[a-z]))", text)
            assert values[names.index("".join(name))] == extreme


@given(st.lists(st.floats(1e-280, 1e300), min_size=2, max_size=9, unique=True))
def test_any_numbers_on_a_log_axis(values: list[float]) -> None:
    text = said(pk.line(table(x=range(len(values)), y=values), "x", "y", y_scale="log"))
    ((low, high),) = re.findall(rf"y, from ({SAID}) to ({SAID}) on a logarithmic scale\.", text)
    ends_are_said(low, high, values)


def test_small_numbers_beside_large_ones() -> None:
    text = said(pk.bar(table(l=list("abc"), v=[0.004, 1000, -0.3]), "l", "v"))
    assert text.endswith("The largest is b with 1,000, the smallest is c with −0.3.")
    text = said(pk.line(table(x=range(4), y=[0.4, 1e5, 2e5, -0.3]), "x", "y"))
    assert "from −0.3 to 200,000" in text
    assert "starts with 0.4 at 0 and ends with −0.3 at 3" in text
    text = said(pk.line(table(x=range(3), y=[1e-9, 5, 1e12]), "x", "y"))
    assert "y, from 10 to the power of −9 to 1 trillion" in text


def test_bins_of_any_width_have_two_ends() -> None:
    bins = table(a=[0, 500, 500.0001], b=[500, 500.0001, 9000], c=[1, 9, 2])
    text = said(pk.plot_table("plotkit/histogram", bins, {"x0": "a", "x1": "b", "count": "c"}))
    assert "The tallest bin, from 500 to 500.0001, holds 9." in text


def test_a_weak_relation_is_not_none_at_all() -> None:
    rng = np.random.default_rng(0)
    while True:
        x, y = rng.normal(size=(2, 200))
        rho = float(oracle.spearmanr(x, y).statistic)
        if 0 < abs(rho) < 0.004:
            break
    ((value,),) = [
        re.findall(r"rank correlation ([^)]*)\)", said(pk.scatter(table(x=x, y=y), "x", "y")))
    ]
    is_said(value, rho)


def test_times_within_a_second() -> None:
    start = dt.datetime(2024, 1, 1, 10, 0, 30)
    times = [start + dt.timedelta(milliseconds=at) for at in (7, 120, 900)]
    text = said(pk.line(table(t=times, y=[1, 2, 3]), "t", "y"))
    assert "from 1 January 2024, 10:00:30.007 to 1 January 2024, 10:00:30.900" in text


# --- presets of one's own ------------------------------------------------------------------------

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
AB = table(k=list("abc"), v=[3, 1, 2])


def own(mark: object, **encoding: Mapping[str, Any]) -> dict[str, Any]:
    rows = [{"a": "x", "b": 1}]
    return {"$schema": SCHEMA, "data": {"values": rows}, "mark": mark, "encoding": encoding}


A: dict[str, Any] = {"field": "a", "type": "nominal"}
B: dict[str, Any] = {"field": "b", "type": "quantitative"}


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        (
            own("bar", x=A, y=B),
            "Bar chart. The bars show v by k. 3 bars. The largest is a with 3, the smallest is b "
            "with 1.",
        ),
        (
            own({"type": "line"}, x=A, y=B),
            "Line chart. The x axis shows k, with 3 values, from a to c; the y axis shows v, from "
            "1 to 3. The line falls and then rises; it starts with 3 at a and ends with 2 at c; "
            "the lowest value is 1 at b.",
        ),
        (
            own("circle", x=A, y=B),
            "Scatter plot. The x axis shows k, with 3 values, from a to c; the y axis shows v, "
            "from 1 to 3. 3 points.",
        ),
        (
            own("arc", theta=B, color=A),
            "Pie chart. 3 categories: a, b and c. It is drawn from 3 rows.",
        ),
        (
            own("bar", x=A, y={**B, "aggregate": "mean"}),
            "Bar chart. The x axis shows k, with 3 values, from a to c. It is drawn from 3 rows.",
        ),
        (
            {**own("bar", x=A, y=B), "transform": [{"filter": "datum.b > 1"}]},
            "Bar chart. It is drawn from 3 rows.",
        ),
        (
            own({"type": "circle"}, x=B),
            "Scatter plot. The x axis shows v, from 1 to 3. 3 points.",
        ),
        (
            own("point", y=A, x={"value": 50}),
            "Scatter plot. The y axis shows k, with 3 values, from a to c. 3 points.",
        ),
        (
            own("point", x=B, color=A, y={"datum": 2}),
            "Scatter plot. The x axis shows v, from 1 to 3. 3 points. 3 categories: a, b and c.",
        ),
        (
            own("point", color=A, size=B),
            "Scatter plot. 3 categories: a, b and c. Size shows v, from 1 to 3. It is drawn from "
            "3 rows.",
        ),
        (
            own("point", x=B, y={"aggregate": "count"}),
            "Scatter plot. The x axis shows v, from 1 to 3. It is drawn from 3 rows.",
        ),
        (
            own("circle", x=A, y=B, size={"aggregate": "count"}),
            "Scatter plot. The x axis shows k, with 3 values, from a to c; the y axis shows v, "
            "from 1 to 3. It is drawn from 3 rows.",
        ),
        (
            own("circle", x=A, y=B, color={**B, "title": None}, size={**B, "title": None}),
            "Scatter plot. The x axis shows k, with 3 values, from a to c; the y axis shows v, "
            "from 1 to 3. 3 points. Colour: from 1 to 3. Size: from 1 to 3.",
        ),
        (
            own("line", x=B),
            "Line chart. The x axis shows v, from 1 to 3. It is drawn from 3 rows.",
        ),
        (
            own("bar", x=A),
            "Bar chart. The x axis shows k, with 3 values, from a to c. It is drawn from 3 rows.",
        ),
        (
            own("tick", x=B, y=A),
            "Chart. The x axis shows v, from 1 to 3; the y axis shows k, with 3 values, from a to "
            "c. It is drawn from 3 rows.",
        ),
    ],
)
def test_presets_without_a_statistic(spec: dict[str, Any], text: str) -> None:
    preset = Preset(spec)
    fields = {role: column for role, column in (("a", "k"), ("b", "v")) if role in preset.roles}
    assert said(pk.plot_table(preset, AB, fields)) == text


def test_a_tooltip_that_says_times_takes_nothing_away() -> None:
    spec = own("line", x={"field": "a", "type": "temporal"}, y=B)
    spec["data"]["values"] = [{"a": "2024-01-01", "b": 1}]
    spec["encoding"]["tooltip"] = [spec["encoding"]["x"], B]
    days = [dt.date(2024, 1, day) for day in (1, 2, 3)]
    text = said(pk.plot_table(spec, table(t=days, v=[1, 2, 3]), {"a": "t", "b": "v"}))
    assert text.endswith("The line rises from 1 on 1 January 2024 to 3 on 3 January 2024.")


def test_bars_from_one_time_to_another() -> None:
    start, end = {"field": "b", "type": "temporal"}, {"field": "c"}
    spec = own("bar", x=start, x2=end, y=A)
    spec["data"]["values"] = [{"a": "x", "b": "2024-01-01", "c": "2024-01-02"}]
    days = [dt.date(2024, 1, day) for day in range(1, 7)]
    rows = table(k=list("abc"), start=days[:3], end=days[3:])
    assert said(pk.plot_table(spec, rows, {"a": "k", "b": "start", "c": "end"})) == (
        "Bar chart. The x axis shows start, from 1 January 2024 to 6 January 2024; the y axis "
        "shows k, with 3 values, from a to c. It is drawn from 3 rows."
    )


@pytest.mark.parametrize("mark", ["point", "bar", "line"])
@pytest.mark.parametrize("name", ["points", "part", "rest", "relation", "context"])
def test_roles_may_have_the_names_of_what_statistics_make(mark: str, name: str) -> None:
    spec = own(mark, x=A, y={**B, "field": name})
    spec["data"]["values"] = [{"a": "x", name: 1}]
    plain = said(pk.plot_table(own(mark, x=A, y=B), AB, {"a": "k", "b": "v"}))
    assert said(pk.plot_table(spec, AB, {"a": "k", name: "v"})) == plain
    spec["encoding"]["y"] = {**A, "field": name}
    spec["data"]["values"] = [{"a": "x", name: "y"}]
    words_ = table(k=list("abc"), v=["density"] * 3)
    assert "density" in said(pk.plot_table(spec, words_, {"a": "k", name: "v"}))


# --- forks that draw less than their statistic makes ---------------------------------------------

BY_TWO: dict[str, Any] = {
    "scatter": {"x": [1, 2, 3], "y": [3, 1, 2]},
    "line": {"x": [1, 2, 1, 2], "y": [3, 4, 5, 6], "color": ["a", "a", "b", "b"]},
    "bar": {"label": ["a", "b"], "value": [1, 2]},
    "roc_curve": {"y_true": [0, 1, 1, 0], "score": [0.1, 0.9, 0.6, 0.7]},
    "pr_curve": {"y_true": [0, 1, 1, 0], "score": [0.1, 0.9, 0.6, 0.7]},
}
X_OFF, Y_OFF = {"x": None}, {"y": None}
JITTER = {"y": {"field": "jitter", "title": "shifted"}}


@pytest.mark.parametrize(
    ("name", "encoding", "text"),
    [
        ("scatter", Y_OFF, "Scatter plot. The x axis shows x, from 1 to 3. 3 points."),
        ("scatter", X_OFF, "Scatter plot. The y axis shows y, from 1 to 3. 3 points."),
        ("scatter", {**X_OFF, **Y_OFF}, "Scatter plot. 3 points."),
        (
            "scatter",
            {"y": {"field": None, "datum": 1}},
            "Scatter plot. The x axis shows x, from 1 to 3. 3 points.",
        ),
        (
            "scatter",
            {"y": {"field": None, "aggregate": "count"}},
            "Scatter plot. The x axis shows x, from 1 to 3. It is drawn from 3 rows.",
        ),
        (
            "scatter",
            {"y": {"aggregate": "mean"}},
            "Scatter plot. The x axis shows x, from 1 to 3. It is drawn from 3 rows.",
        ),
        (
            "scatter",
            JITTER,
            "Scatter plot. The x axis shows x, from 1 to 3; the y axis shows shifted. 3 points.",
        ),
        ("line", Y_OFF, "Line chart. The x axis shows x, from 1 to 2. 2 lines: a and b."),
        ("line", X_OFF, "Line chart. The y axis shows y, from 3 to 6. 2 lines: a and b."),
        ("line", {**X_OFF, **Y_OFF}, "Line chart. 2 lines: a and b."),
        (
            "line",
            JITTER,
            "Line chart. The x axis shows x, from 1 to 2; the y axis shows shifted. 2 lines: a "
            "and b.",
        ),
        ("bar", Y_OFF, "Bar chart. The x axis shows label, with 2 values, from a to b. 2 bars."),
        (
            "bar",
            X_OFF,
            "Bar chart. The bars show value. 2 bars. The largest is b with 2, the smallest is a "
            "with 1.",
        ),
        ("bar", {**X_OFF, **Y_OFF}, "Bar chart. 2 bars."),
        (
            "roc_curve",
            Y_OFF,
            "ROC curve. The x axis shows False positive rate, from 0 to 1. The area under the "
            "curve is 0.75.",
        ),
        ("roc_curve", {**X_OFF, **Y_OFF}, "ROC curve. The area under the curve is 0.75."),
        (
            "pr_curve",
            X_OFF,
            "Precision-recall curve. The y axis shows Precision, from 0 to 1. The average "
            "precision is 0.833. The baseline, the share of positives, is 0.5.",
        ),
    ],
)
def test_forks_without_an_axis(name: str, encoding: Mapping[str, Any], text: str) -> None:
    patch: dict[str, Any] = {"encoding": encoding}
    if encoding is JITTER:
        patch["transform"] = [{"calculate": "datum.y + 0.1", "as": "jitter"}]
    fork = pk.presets.get(f"plotkit/{name}").fork("me/less", patch=patch)
    chart = pk.plot_table(fork, table(**BY_TWO[name]), {c: c for c in BY_TWO[name]})
    assert said(chart) == text


def test_one_line_without_an_axis() -> None:
    fork = pk.presets.get("plotkit/line").fork("me/less", patch={"encoding": Y_OFF})
    text = said(pk.plot_table(fork, table(x=[1, 2], y=[3, 4]), {"x": "x", "y": "y"}))
    assert text == "Line chart. The x axis shows x, from 1 to 2. One line."


STRIPS = {
    "de": "Streudiagramm. Die x-Achse zeigt v, von 1,5 bis 4. 3 Punkte. 2 Kategorien: a und b.",
    "en": "Scatter plot. The x axis shows v, from 1.5 to 4. 3 points. 2 categories: a and b.",
}


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_a_strip_of_dots_is_drawn_and_told(language: str) -> None:
    fork = pk.presets.get("plotkit/scatter").fork("me/strip", patch={"encoding": Y_OFF})
    rows = table(v=[1.5, 2, 4], w=[1, 2, 3], k=list("aab"))
    chart = pk.plot_table(fork, rows, {"x": "v", "y": "w", "color": "k"})
    text = said(chart, language)
    assert text == STRIPS.get(language, text)
    assert words.voice(language).say("points", 3) in text
    assert text in chart.to_svg(language=language)


def test_thresholds_are_told_on_both_axes_alone() -> None:
    parent = pk.presets.get("plotkit/roc_curve")
    rows = table(**BY_TWO["roc_curve"])
    asked = {"y_true": "y_true", "score": "score"}
    whole = said(pk.plot_table(parent, rows, asked, params={"threshold": 0.65}))
    assert "At the threshold 0.65, False positive rate is" in whole
    fork = parent.fork("me/less", patch={"encoding": X_OFF})
    assert "threshold" not in said(pk.plot_table(fork, rows, asked, params={"threshold": 0.65}))


def test_points_whose_axes_are_swapped() -> None:
    """Each axis is told of with its own numbers, be there marks or an image of them."""
    rng = np.random.default_rng(0)
    swapped = {"x": {"field": "y"}, "y": {"field": "x"}}
    fork = pk.presets.get("plotkit/scatter").fork("me/swapped", patch={"encoding": swapped})
    for n in (100, 100_000):
        rows = table(a=rng.uniform(0, 1, n), b=rng.uniform(1000, 2000, n))
        chart = pk.plot_table(fork, rows, {"x": "a", "y": "b"})
        assert ("part" in chart.to_dict()["data"]["values"][0]) == (n > 100)
        assert re.search(
            r"x axis shows b, from 1,0.. to .*; the y axis shows a, from ", said(chart)
        )
        less = pk.presets.get("plotkit/scatter").fork("me/less", patch={"encoding": Y_OFF})
        text = said(pk.plot_table(less, rows, {"x": "a", "y": "b"}))
        assert f"{n:,} points." in text
        assert "y axis" not in text
        assert "relation" not in text


def test_a_histogram_that_lies() -> None:
    content = pk.presets.get("plotkit/histogram").content
    channels = content["encoding"]
    channels["x"], channels["y"] = channels["y"], channels["x"]
    meta = content["usermeta"]["plotkit"]
    meta.update(id="me/lying", strings={}, switches={})
    text = said(pk.plot_table(content, table(width=[1, 2, 2, 3]), {"value": "width"}))
    assert text.startswith("Histogram. It shows value. 4 values in")


def test_a_spec_of_vega_itself() -> None:
    spec = {
        "$schema": "https://vega.github.io/schema/vega/v6.json",
        "title": "Words",
        "data": [{"name": "table", "values": [{"v": 1}]}],
        "usermeta": {"plotkit": {"id": "me/words", "roles": {"v": {"types": ["number"]}}}},
    }
    chart = pk.plot_table(Preset(spec), table(v=[1, 2]), {"v": "v"})
    assert said(chart) == "Chart: “Words”. It is drawn from 2 rows."


def test_a_fork_keeps_its_text() -> None:
    chart = gallery_chart("fork_steps")
    assert said(chart).startswith("Line chart: “In 2009 renewables passed nuclear energy for good”")
    assert "3 lines. Fossil Fuels rises and then falls" in said(chart)


# --- languages -----------------------------------------------------------------------------------


def shape(node: Any, path: str = "") -> dict[str, set[str]]:
    """Path -> slots of each text; the forms of a plural are one text."""
    if isinstance(node, dict) and set(node) == {"one", "other"}:
        found = {name for form in node.values() for name in slots(form)}
        return {path: found - {"count"}}
    if isinstance(node, dict):
        return {
            p: s for key, value in node.items() for p, s in shape(value, f"{path}/{key}").items()
        }
    return {path: slots(node) - {"count"}} if isinstance(node, str) else {path: set()}


def slots(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def file(language: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((WORDS / f"{language}.json").read_text("utf-8"))
    return found


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_languages_have_the_same_sentences(language: str) -> None:
    assert shape(file(language)) == shape(file("en"))
    assert len(file(language)["dates"]["months"]) == 12


def test_every_file_is_a_language() -> None:
    assert tuple(sorted(path.stem for path in WORDS.glob("*.json"))) == words.LANGUAGES


def test_every_sentence_is_used() -> None:
    """What no code asks for is gone from the files."""
    rooms = [*Path(pk.__file__).parent.rglob("*.py")]
    code = "\n".join(path.read_text("utf-8") for path in rooms)
    built = ("point_", "part_", "relation_", "channel_", "tallest", "_measure", "range_")
    for key in file("en")["sentences"]:
        held = f'"{key}"' in code or any(part in key for part in built) or key in TRENDS
        assert held, key


def test_every_word_is_used() -> None:
    """What no report and no page says is gone from the files."""
    package = Path(pk.__file__).parent
    rooms = {
        "report": [*package.glob("report/*.py"), *package.glob("report/*.typ")],
        "page": [*package.glob("render/**/page*/**/*.*"), *package.glob("render/page*.py")],
    }
    for part, paths in rooms.items():
        code = "\n".join(path.read_text("utf-8") for path in paths if path.is_file())
        for key in file("en")[part]:
            said = ('"%s"', "'%s'", "words.%s", "texts.%s")
            assert any(form % key in code for form in said) or _is_kind(key), (part, key)


def _is_kind(key: str) -> bool:
    """`page.words[kind]` says what a block is."""
    return key in ("figure", "table")


TRENDS = ("rises", "falls", "rises_mostly", "falls_mostly", "rises_falls", "falls_rises", "unclear",
          "point", "empty")  # fmt: skip


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_words_of_reports(language: str) -> None:
    held = words.words(language)
    assert not {"notes", "page"} & set(held)
    assert held["figure"].format(number=3).replace(" ", "").endswith("3")
    assert "5" in held["rows_shown"].format(shown=5, total=9)
    with pytest.raises(TypeError):
        held["figure"] = ""  # type: ignore[index]


@pytest.mark.parametrize("language", [5, b"de", ["de"], None, True, "\ud800", "de-\udc00"])
def test_what_is_no_language(language: Any) -> None:
    chart = pk.bar(table(k=["a"], v=[1]), "k", "v")
    calls: list[Any] = [
        words.nearest,
        words.voice,
        words.words,
        lambda tag: describe(chart._built.spec, preset=chart.preset, strings={}, language=tag),
    ]
    if language is not None:
        calls.append(chart.describe)
    for call in calls:
        with pytest.raises(pk.errors.OptionError, match=r"^language=.*: expected a language's tag"):
            call(language)


def test_unknown_languages() -> None:
    assert words.nearest("de-AT") == "de"
    assert words.nearest("zh-Hant-TW") == "zh"
    assert words.nearest("PT_br") == "en"
    assert words.nearest("") == "en"
    assert words.words("tlh") == words.words("en")


@pytest.mark.parametrize(
    ("language", "value", "extent", "text"),
    [
        ("en", 0, None, "0"),
        ("en", -0.0, None, "0"),
        ("en", 1234.5, None, "1,235"),
        ("en", 999_999, None, "999,999"),
        ("en", 1_000_000, None, "1 million"),
        ("en", -2_345_678, None, "−2.35 million"),
        ("en", 2_345_678, 10, "2,345,678"),
        ("en", 0.1 + 0.2, None, "0.3"),
        ("en", 1000.25, 1.0, "1,000.25"),
        ("en", 1e-9, None, "10 to the power of −9"),
        ("en", -1e-9, None, "−10 to the power of −9"),
        ("en", 2.5e20, None, "2.5 times 10 to the power of 20"),
        ("en", 3e-9, 1.0, "3 times 10 to the power of −9"),
        ("en", 0.0456, 1000, "0.05"),
        ("en", -0.3, 2e5, "−0.3"),
        ("en", 146_000_000, 1e12, "146 million"),
        ("en", 1_234_567_891_234, 1e9, "1,234,567,891,234"),
        ("en", 1e15 + 0.125, 0.125, "1.0000000000000001 times 10 to the power of 15"),
        ("en", 999_999.5, None, "1,000,000"),
        ("en", 10**30 + 1, 1.0, f"1.{'0' * 29}1 times 10 to the power of 30"),
        ("en", 5e-324, 1e300, "5 times 10 to the power of −324"),
        ("ja", 12_345_678, None, "1,235万"),
        ("de", 1_000_000, None, "1 Million"),
        ("de", 2.5e9, None, "2,5 Milliarden"),
        ("fr", 1_500_000, None, "1,5 million"),
        ("fr", 12_345, None, "12\u202f345"),
        ("es", 2.5e9, None, "2.500 millones"),
        ("ja", 123_456_789, None, "1.23億"),
        ("zh", 5e12, None, "5万亿"),
    ],
)
def test_numbers(language: str, value: float, extent: float | None, text: str) -> None:
    assert words.voice(language).number(value, extent) == text


@given(st.integers(-(10**7), 10**7))
def test_days(day: int) -> None:
    known = np.datetime64(day, "D").astype(str)
    year, month, date = re.fullmatch(r"(-?\d+)-(\d\d)-(\d\d)", known).groups()  # type: ignore[union-attr]
    made = words._civil(day)
    assert made == (int(year), int(month), int(date))


def test_the_first_of_a_month_in_french() -> None:
    assert words.voice("fr").moment(0, clock=False) == "1er janvier 1970"
