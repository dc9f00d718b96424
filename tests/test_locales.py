"""Numbers and dates as a locale writes them: in pictures, tooltips, and texts that rows carry."""

from __future__ import annotations

import datetime as dt
import importlib
import json
import re
import sys
from collections.abc import Mapping
from html import unescape
from typing import Any

import pytest

import plotkit as pk
from plotkit import errors, expression, locales, theme
from plotkit.preset import Preset, is_vega
from plotkit.render import worker

babel = pytest.importorskip("babel")

DAYS = pk.Table(
    {
        "day": [dt.date(2023, 11, 1) + dt.timedelta(days=3 * i) for i in range(90)],
        "sales": [1234.5 * i - 20_000 for i in range(90)],
    }
)
HOURS = pk.Table(
    {
        "time": [dt.datetime(2024, 1, 5, 6) + dt.timedelta(minutes=40 * i) for i in range(50)],
        "v": [i * 0.25 for i in range(50)],
    }
)
BARS = pk.Table({"label": list("abcd"), "value": [1_234_567, -123_456, 2_500_000, 45_678]})


def drawn(chart: pk.Chart, locale: str | None, themed: str = "light") -> list[str]:
    """The texts of a picture in their order."""
    spec = chart.to_dict(theme=themed)
    if locale is not None:
        spec = locales.localised_spec(spec, chart.preset, locale)
    svg = worker.vegalite_to_svg(json.dumps(spec), preset="test")
    found = re.findall(r"<text[^>]*>(.*?)</text>", svg, re.S)
    return [unescape(re.sub("</tspan><tspan[^>]*>", "\n", t)) for t in found]


def plain(text: str) -> str:
    return re.sub("<[^>]*>", "", text)


def texts(chart: pk.Chart, locale: str | None) -> list[str]:
    return [plain(text) for text in drawn(chart, locale)]


# --- in pictures ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("locale", "first", "month", "number"),
    [
        ("ja-JP", "11月\n2023年", "12月", "20,000"),
        ("de-DE", "Nov.\n2023", "Dez.", "20.000"),
        ("fr-FR", "nov.\n2023", "déc.", "20\u202f000"),
        ("en-US", "Nov\n2023", "Dec", "20,000"),
        ("zh-CN", "11月\n2023年", "12月", "20,000"),
        ("hi-IN", "नव॰\n2023", "दिस॰", "20,000"),
        ("ar-EG", "\u200eنوفمبر\u200e\n\u200e٢٠٢٣\u200e", "\u200eديسمبر\u200e", "٢٠٬٠٠٠"),
        ("ko-KR", "11월\n2023년", "12월", "20,000"),
    ],
)
def test_months_and_numbers_of_a_line(locale: str, first: str, month: str, number: str) -> None:
    found = texts(pk.line(DAYS, "day", "sales"), locale)
    assert first in found
    assert month in found
    assert number in found


@pytest.mark.parametrize(
    ("locale", "first", "later"),
    [
        ("ja-JP", "6:00\n2024年1月5日", "12:00"),
        ("de-DE", "06:00\n5. Jan. 2024", "12:00"),
        ("fr-FR", "06:00\n5 janv. 2024", "12:00"),
        ("en-US", "6:00\u202fAM\nJan 5, 2024", "12:00\u202fPM"),
        ("en-GB", "06:00\n5 Jan 2024", "12:00"),
        ("zh-CN", "06:00\n2024年1月5日", "12:00"),
        ("pt-BR", "06:00\n5 de jan. de 2024", "12:00"),
        ("fi-FI", "6.00\n5.1.2024", "12.00"),
        ("ar-EG", "\u200e٦:٠٠ ص\u200e\n\u200e٥ يناير ٢٠٢٤\u200e", "\u200e١٢:٠٠ م\u200e"),
        ("fa-IR", "\u200e۶:۰۰\u200e\n\u200e۵ ژانویهٔ ۲۰۲۴\u200e", "\u200e۱۲:۰۰\u200e"),
    ],
)
def test_hours_and_dates_of_a_line(locale: str, first: str, later: str) -> None:
    found = [text.replace(" ", " ") for text in texts(pk.line(HOURS, "time", "v"), locale)]
    if locale == "en-US":  # older versions of CLDR have a plain blank there
        found = [re.sub(r"\s(?=[AP]M)", "\u202f", text) for text in found]
    if locale == "fa-IR":
        found = [text.replace("ژانویه ", "ژانویهٔ ") for text in found]
    assert first in found
    assert later in found


@pytest.mark.parametrize(
    ("locale", "axis", "labels"),
    [
        ("de-DE", "0,5M", ["1,23M", "−123k", "2,50M", "46k"]),
        ("ar-EG", "٠٫٥M", ["١٫٢٣M", "\u200e−١٢٣k", "٢٫٥٠M", "٤٦k"]),
    ],
)
def test_values_at_the_ends_of_bars(locale: str, axis: str, labels: list[str]) -> None:
    found = texts(pk.bar(BARS, "label", "value"), locale)
    assert axis in found
    assert [text for text in found if text in labels] == labels


def test_groups_of_two_and_three_digits() -> None:
    table = pk.Table({"label": list("ab"), "value": [91_234, 1]})
    assert "91,234" in texts(pk.bar(table, "label", "value"), "hi-IN")
    assert "1,00,000" in texts(pk.bar(table, "label", "value"), "hi-IN")
    made = locales.localised({}, "hi-IN")["locale"]["number"]
    assert made["grouping"][:4] == [3, 2, 2, 2]


def test_cells_of_a_confusion_matrix() -> None:
    shares = pk.confusion_matrix(y_true=[0, 0, 0, 1], preds=[0, 0, 1, 1], normalize="true")
    assert "66,7\u202f%" in [t.replace("\xa0", "\u202f") for t in texts(shares, "fr-FR")]
    assert "66.7%" in texts(shares, "ja-JP")
    counts = pk.confusion_matrix(matrix=[[12_345, 1], [0, 3]])
    assert "12.345" in texts(counts, "de-DE")


def test_areas_in_the_legend_and_a_marked_threshold() -> None:
    y_true, score = [0, 1, 0, 1, 1, 0], [0.2, 0.8, 0.3, 0.6, 0.4, 0.5]
    found = texts(pk.roc_curve(y_true, score, threshold=0.45), "de-DE")
    assert "AUC 0,889" in found
    assert "0,8" in found
    assert "threshold 0,45" in found
    found = texts(pk.pr_curve(y_true, score), "de-DE")
    assert "AP 0,917" in found
    assert "Prevalence 0,50" in found


def test_only_the_end_of_a_name_is_a_number_of_ours() -> None:
    ready = pk.Table({"x": [0.0, 1.0], "y": [0.0, 1.0], "c": ["v1.5 (1,000 rows)"] * 2})
    chart = pk.plot_table("plotkit/roc_curve", ready, {"x": "x", "y": "y", "class": "c"})
    assert "v1.5 (1,000 rows)" in texts(chart, "de-DE")


def test_other_names_in_the_rows_stay() -> None:
    table = pk.Table({"label": ["1,000.5", "2%"], "value": [1000.5, 2]})
    found = texts(pk.bar(table, "label", "value"), "de-DE")
    assert "1,000.5" in found
    assert "2%" in found


def test_times_along_y() -> None:
    table = pk.Table({"n": [1, 2, 3], "day": [dt.date(2024, m, 1) for m in (1, 5, 9)]})
    chart = pk.scatter(table, "n", "day")
    assert {"2024", "März"} <= set(texts(chart, "de-DE"))
    assert {"2024年", "3月"} <= set(texts(chart, "ja-JP"))
    assert {"2024", "Mar"} <= set(texts(chart, None))


def test_powers_of_ten_in_other_digits() -> None:
    table = pk.Table({"x": [1.0, 2.0], "y": [1e-9, 1e7]})
    found = texts(pk.line(table, "x", "y", y_scale="log"), "ar-EG")
    assert "١٠⁻⁵" in found
    assert "١" in found
    assert not any(re.search("[0-9]", text) for text in found)


@pytest.mark.parametrize("themed", theme.NAMES)
def test_both_themes_speak_it(themed: str) -> None:
    found = map(plain, drawn(pk.line(HOURS, "time", "v"), "de-DE", themed))
    assert "06:00\n5. Jan. 2024" in found


def test_a_locale_does_not_reach_the_next_chart() -> None:
    chart = pk.line(DAYS, "day", "sales")
    before = texts(chart, None)
    assert texts(chart, "de-DE") != before
    assert texts(chart, None) == before


# --- tooltips ------------------------------------------------------------------------------------


def tooltips(chart: pk.Chart, locale: str) -> set[str]:
    """What tooltips say of times, as the engine writes it: drawn as text in their place."""
    spec = locales.localised_spec(chart.to_dict(), chart.preset, locale)
    fields = {
        told["field"]
        for layer in spec["layer"]
        for told in layer.get("encoding", {}).get("tooltip", [])
        if told["field"].startswith("_time")
    }
    assert fields == {"_time_0"}
    spec["layer"] = [{"mark": "text", "encoding": {"text": {"field": "_time_0"}}}]
    del spec["params"]
    svg = worker.vegalite_to_svg(json.dumps(spec), preset="test")
    return {unescape(plain(text)) for text in re.findall(r"<text[^>]*>(.*?)</text>", svg)}


def test_times_in_tooltips() -> None:
    hours = pk.line(HOURS, "time", "v")
    assert "5. Jan. 2024, 06:40:00" in tooltips(hours, "de-DE")
    assert "2024年1月5日 6:40:00" in tooltips(hours, "ja-JP")
    # Whole days need no time of day.
    assert "4. Nov. 2023" in tooltips(pk.line(DAYS, "day", "sales"), "de-DE")


def test_tooltips_are_left_alone_where_fields_are_gone() -> None:
    chart = pk.line(HOURS, "time", "v")
    spec = chart.to_dict()
    spec["transform"] = [{"aggregate": [], "groupby": ["x"]}]
    made = locales.localised_spec(spec, chart.preset, "de-DE")
    assert made["layer"] == spec["layer"]
    assert made["transform"] == spec["transform"]


# --- configs -------------------------------------------------------------------------------------


def test_nothing_that_is_given_is_changed() -> None:
    chart = pk.bar(BARS, "label", "value")
    spec = chart.to_dict()
    before = json.dumps(spec)
    locales.localised_spec(spec, chart.preset, "de-DE")
    assert json.dumps(spec) == before


def test_labels_of_ones_own_stay() -> None:
    config = {"axisX": {"labelExpr": "utcFormat(datum.value,'%A')"}, "legend": {"labelExpr": "'0'"}}
    made = locales.localised(config, "de-DE")
    assert made["axisX"] == config["axisX"]
    assert made["legend"] == config["legend"]


def number_locale(tag: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = locales.localised({}, tag)["locale"]["number"]
    return found


def test_marks_of_numbers() -> None:
    assert number_locale("de-DE")["decimal"] == ","
    assert number_locale("de-CH")["thousands"] == "’"
    assert number_locale("sv-SE")["minus"] == "−"
    assert number_locale("tr-TR")["percent"] == "%"
    assert number_locale("ar-EG")["numerals"][3] == "٣"
    assert "numerals" not in number_locale("ar-AE")


def test_dollars_stay_dollars() -> None:
    """A format's "$" names the amount, which no locale converts; only its place changes."""
    assert number_locale("en-US")["currency"] == ["$", ""]
    assert number_locale("de-DE")["currency"] == ["", "\xa0$"]


def test_a_tag_may_name_its_digits() -> None:
    assert "numerals" not in number_locale("ar-EG-u-nu-latn")
    assert number_locale("hi-IN-u-nu-deva")["numerals"][1] == "१"


def test_weeks_begin_with_sunday_for_the_engine() -> None:
    time = locales.localised({}, "de-DE")["locale"]["time"]
    assert time["days"][0] == "Sonntag"
    assert len(time["months"]) == len(time["shortMonths"]) == 12
    assert time["date"] == "%d.%m.%y"


def test_every_locale_of_cldr() -> None:
    """All of them give complete locale objects, and label expressions without a CLDR field."""
    from babel.localedata import locale_identifiers

    config = theme.config("light")
    for name in locale_identifiers():
        made = locales.localised(config, name.replace("_", "-"))
        number, time = made["locale"]["number"], made["locale"]["time"]
        assert number["decimal"], name
        assert all(isinstance(mark, str) for mark in (number["thousands"], number["minus"])), name
        assert all(time["shortMonths"]), name
        assert all(time["shortDays"]), name
        labels = made["axisXTemporal"]["labelExpr"]
        for pattern in re.findall(r"utcFormat\(datum.value,'([^']*)'\)", labels):
            assert not re.search("MM|yy|LL|dd|HH", pattern), (name, pattern)
        expression.parse(labels)


def test_the_order_of_locales_does_not_matter() -> None:
    """Some of Babel's names depend on which language was read before; none of ours may."""
    tags = ["ja-JP", "fr-FR", "sv-SE", "ru-RU", "de-DE"]
    there = [json.dumps(locales.localised({}, tag)) for tag in tags]
    importlib.reload(sys.modules["babel.localedata"])
    back = [json.dumps(locales.localised({}, tag)) for tag in reversed(tags)]
    assert there == back[::-1]


# --- tags ----------------------------------------------------------------------------------------


def test_language_of() -> None:
    assert locales.language_of("ja-JP") == "ja"
    assert locales.language_of("zh_Hant_TW") == "zh"
    assert locales.language_of(" DE ") == "de"


@pytest.mark.parametrize("tag", ["xx-YY", "", "C", "english", "de-XX", 7, None])
def test_unknown_tags(tag: Any) -> None:
    with pytest.raises(errors.OptionError, match=r"^no locale .*'de', 'en-GB', 'ja-JP'\.$"):
        locales.localised({}, tag)


def test_the_nearest_tag_is_named() -> None:
    with pytest.raises(errors.OptionError, match="Did you mean 'ja-JP'"):
        locales.localised({}, "jp-JP")


def test_without_babel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "babel", None)
    with pytest.raises(errors.MissingExtraError) as caught:
        locales.localised({}, "de-DE")
    assert str(caught.value) == (
        "locale=... needs babel: pip install babel (plotkit's extra 'locale' brings it)"
    )


def test_a_spec_of_vega_itself() -> None:
    spec: dict[str, Any] = {
        "$schema": "https://vega.github.io/schema/vega/v6.json",
        "width": 100,
        "height": 100,
        "data": [{"name": "table", "values": [{"v": 1234.5}]}],
        "marks": [
            {
                "type": "text",
                "from": {"data": "table"},
                "encode": {"enter": {"text": {"signal": "format(datum.v, ',.1f')"}}},
            }
        ],
    }
    assert is_vega(spec)
    spec["usermeta"] = {"plotkit": {"id": "me/words", "roles": {"v": {"types": ["number"]}}}}
    chart = pk.plot_table(Preset(spec), pk.Table({"v": [1234.5]}), {"v": "v"})
    made = locales.localised_spec(chart.to_dict(), chart.preset, "de-DE")
    assert "1.234,5" in worker.vega_to_svg(json.dumps(made), preset="test")
