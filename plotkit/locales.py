"""Numbers and dates as a reader's own language and country write them.

A locale is a language tag such as "ja-JP". What it means comes from CLDR, through Babel (the
extra `locale`): decimal and grouping marks, digits, the order of day, month and year. It goes
into a chart in three ways: as the engine's own locale (`config.locale`), which every format of
an axis, a legend or a tooltip obeys; in the theme's label expressions, whose patterns of dates
are English ones; and in the rows' texts that statistics made of numbers, such as those at the
ends of bars.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from plotkit import errors

if TYPE_CHECKING:
    from babel import Locale

    from plotkit.preset import Preset

# What a tooltip on times has from `fill.set_types`; other units were somebody's own choice.
_TOOLTIP_UNIT = "utcyearmonthdatehoursminutesseconds"

# The patterns in the themes' label expressions -> CLDR's skeletons for them, or lengths of times.
_SKELETONS = {
    "%-d %b %Y": "yMMMd",
    "%-d %b": "MMMd",
    "%b %Y": "yMMM",
    "%b": "MMM",
    "%Y": "y",
    "%H:%M": "short",
    "%H:%M:%S": "medium",
}

# CLDR's fields of a date (UTS 35, part 4) -> the directives of d3-time-format. Names of months
# that stand alone are drawn in the form that they have beside a day: d3 knows one form only.
_DIRECTIVES = {
    "y": "%Y", "yy": "%y", "yyyy": "%Y",
    "M": "%-m", "MM": "%m", "MMM": "%b", "MMMM": "%B",
    "L": "%-m", "LL": "%m", "LLL": "%b", "LLLL": "%B",
    "d": "%-d", "dd": "%d", "E": "%a", "EEE": "%a", "EEEE": "%A", "ccc": "%a", "cccc": "%A",
    "H": "%-H", "HH": "%H", "h": "%-I", "hh": "%I", "K": "%-I", "k": "%-H",
    "m": "%M", "mm": "%M", "s": "%S", "ss": "%S", "a": "%p", "b": "%p", "B": "%p",
}  # fmt: skip
# ... -> the same as an expression of Vega, for digits that d3-time-format does not write.
_PARTS = {
    "%Y": "format(utcyear({0}),'d')",
    "%y": "format(utcyear({0})%100,'02d')",
    "%-m": "format(utcmonth({0})+1,'d')",
    "%m": "format(utcmonth({0})+1,'02d')",
    "%-d": "format(utcdate({0}),'d')",
    "%d": "format(utcdate({0}),'02d')",
    "%-H": "format(utchours({0}),'d')",
    "%H": "format(utchours({0}),'02d')",
    "%-I": "format((utchours({0})+11)%12+1,'d')",
    "%I": "format((utchours({0})+11)%12+1,'02d')",
    "%M": "format(utcminutes({0}),'02d')",
    "%S": "format(utcseconds({0}),'02d')",
}

# The digit zero of CLDR's numbering systems that are ten digits in a row.
_ZEROS = {
    "adlm": 0x1E950, "arab": 0x660, "arabext": 0x6F0, "beng": 0x9E6, "cakm": 0x11136,
    "deva": 0x966, "gujr": 0xAE6, "guru": 0xA66, "hmnp": 0x1E140, "khmr": 0x17E0, "knda": 0xCE6,
    "laoo": 0xED0, "latn": 0x30, "mlym": 0xD66, "mtei": 0xABF0, "mymr": 0x1040, "nkoo": 0x7C0,
    "olck": 0x1C50, "orya": 0xB66, "tamldec": 0xBE6, "telu": 0xC66, "thai": 0xE50, "tibt": 0xF20,
}  # fmt: skip

_LTR_MARK = "\u200e"
_FIELD = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*")
_DIRECTIVE = re.compile(r"%-?[A-Za-z]|%%")
_UTC_FORMAT = re.compile(r"utcFormat\(datum\.value,'((?:[^'\\]|\\.)*)'\)")
# Numbers as statistics write them into texts: 12,345.6
_NUMERAL = re.compile(r"(?<![\d.,])(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?(?![\d,])")
# ... at the end of a curve's name: "cat · AUC 0.912"
_MEASURE = re.compile(r"(?:(?<=AUC )|(?<=\bAP )|(?<=revalence ))\d[\d.e+-]*$")

# The fields in which a statistic writes numbers as text, by its name.
_TEXT_FIELDS = {
    "bar": "value_label",
    "confusion_matrix": "label",
    "pr_curve": "end",
    "roc_curve": "end",
}


class Marks(NamedTuple):
    """What a locale writes numbers with.

    Attributes:
        decimal, group: the marks before decimals and between groups of digits.
        minus: the sign before negative numbers, a true minus where CLDR has a hyphen.
        percent: what stands behind a number that is a share in hundreds.
        sizes: digits of a group, from the decimal mark on; the last one repeats.
        digits: the ten digits.
        edge: what stands at both ends of a date: without it, the lines of a label that run from
            right to left are drawn into each other.
        currency: what stands around an amount; "$" stays the dollar that a format names.
    """

    decimal: str
    group: str
    minus: str
    percent: str
    sizes: tuple[int, int]
    digits: str
    edge: str
    currency: tuple[str, str]

    @property
    def latin(self) -> bool:
        """Whether its digits are 0 to 9."""
        return self.digits == "0123456789"


def language_of(locale: str) -> str:
    """The language of a locale's tag; needs no library, and raises `OptionError` for no text.

    >>> language_of("ja-JP"), language_of("zh_Hant_TW")
    ('ja', 'zh')
    """
    if not isinstance(locale, str):
        raise errors.OptionError.from_locale(locale, ())
    return re.split("[-_]", locale.strip(), maxsplit=1)[0].lower()


def number(text: str, locale: str) -> str:
    """A number that is written as in English, such as "−12,345.6", as it is in a locale.

    Raises as `localised` does.
    """
    return _written(text, _marks(_read(locale), locale))


def localised(config: Mapping[str, Any], locale: str) -> dict[str, Any]:
    """A Vega-Lite (or Vega) config whose numbers and dates are written as in `locale`.

    Its `locale` is set, and the patterns of dates in its label expressions are replaced by the
    locale's own; other patterns than the themes' stay as they are. The config is not changed.

    Raises:
        OptionError: a tag that CLDR does not know; the nearest is named.
        MissingExtraError: Babel is not installed.
    """
    found = _read(locale)
    marks = _marks(found, locale)
    made: dict[str, Any] = json.loads(json.dumps(config))
    for part in made.values():
        if isinstance(part, dict) and isinstance(part.get("labelExpr"), str):
            part["labelExpr"] = _label_expression(part["labelExpr"], found, marks)
    made["locale"] = {"number": _number_locale(marks), "time": _time_locale(found)}
    return made


def localised_spec(spec: Mapping[str, Any], preset: Preset, locale: str) -> dict[str, Any]:
    """A finished spec, with theme and rows, whose numbers and dates are written as in `locale`.

    Its config is `localised`; texts that the preset's statistic made of numbers are written
    anew, and so are the times in tooltips. The spec is not changed; its rows are shared with the
    new one where nothing in them changes. Raises as `localised` does.
    """
    found = _read(locale)
    marks = _marks(found, locale)
    made = dict(spec)
    made["config"] = localised(spec.get("config", {}), locale)
    name = _TEXT_FIELDS.get(preset.statistic or "")
    data = made.get("data")
    if name is not None and isinstance(data, Mapping) and isinstance(data.get("values"), list):
        field = preset.inputs.get(name, name)
        made["data"] = {**data, "values": _relabelled(data["values"], field, name, marks)}
    return made if preset.vega else _with_tooltips(made, found, marks)


# --- which locale --------------------------------------------------------------------------------


def _read(tag: str) -> Locale:
    """Babel's locale of a tag such as "de-DE", "zh-Hant-TW" or "ar-EG-u-nu-latn"."""
    try:
        from babel import Locale, UnknownLocaleError
        from babel.localedata import locale_identifiers
    except ImportError:
        raise errors.MissingExtraError.from_extra("babel", "locale=...", "locale") from None
    if isinstance(tag, str):
        try:
            return Locale.parse(_plain(tag).replace("-", "_"))
        except (UnknownLocaleError, ValueError, TypeError):
            pass
    known = [name.replace("_", "-") for name in sorted(locale_identifiers())]
    raise errors.OptionError.from_locale(tag, known)


def _plain(tag: str) -> str:
    """The tag without the extension that names its digits."""
    return re.split("[-_][uU][-_]", tag.strip(), maxsplit=1)[0]


def _numbering(found: Locale, tag: str) -> str:
    """The numbering system: what the tag asks for ("-u-nu-latn"), else CLDR's default."""
    asked = re.search("[-_]u[-_](?:.*[-_])?nu[-_]([a-z]+)", tag.lower())
    system = asked[1] if asked else str(found.default_numbering_system)
    return system if system in _ZEROS else "latn"


def _marks(found: Locale, tag: str) -> Marks:
    system = _numbering(found, tag)
    symbols = {**found.number_symbols.get("latn", {}), **found.number_symbols.get(system, {})}
    first, second = found.decimal_formats[None].grouping
    percent = str(symbols.get("percentSign", "%"))
    before = re.search(r"[\s\u200e\u200f\u061c]*(?=%)", found.percent_formats[None].pattern)
    amount = str(found.currency_formats["standard"].pattern).partition(";")[0]
    head, _, tail = amount.partition("¤")
    zero = _ZEROS[system]
    return Marks(
        decimal=str(symbols.get("decimal", ".")),
        group=str(symbols.get("group", ",")),
        # A chart runs from left to right, so the sign stands left of its number in any script.
        minus=str(symbols.get("minusSign", "-")).replace("-", "−").replace("\u061c", _LTR_MARK),
        percent=(before[0] if before else "") + percent,
        sizes=(first, second),
        digits="".join(chr(zero + digit) for digit in range(10)),
        edge=_LTR_MARK if found.character_order == "right-to-left" else "",
        currency=("$", "") if "0" in tail else ("", _blank_end(head) + "$"),
    )


def _blank_end(head: str) -> str:
    """The blank between an amount and the sign behind it."""
    return head[len(head.rstrip()) :]


# --- the engine's locales ------------------------------------------------------------------------


def _number_locale(marks: Marks) -> dict[str, Any]:
    """The locale object of d3-format."""
    first, second = marks.sizes
    made: dict[str, Any] = {
        "decimal": marks.decimal,
        "thousands": marks.group,
        # d3 would begin again with the first one.
        "grouping": [first] if first == second else [first, *[second] * 9],
        "currency": list(marks.currency),
        "percent": marks.percent,
        "minus": marks.minus,
    }
    return made if marks.latin else {**made, "numerals": list(marks.digits)}


def _time_locale(found: Locale) -> dict[str, Any]:
    """The locale object of d3-time-format.

    Its names are those that stand within a date: Babel's names that stand alone depend, for some
    languages, on which other one was asked for before.
    """
    months, days = found.months["format"], found.days["format"]
    periods = found.day_periods["format"]["abbreviated"]
    date, time = (
        _joined(_tokens(str(formats["medium"].pattern)))
        for formats in (found.date_formats, found.time_formats)
    )
    both = str(found.datetime_formats["medium"]).replace("'", "")
    sunday_first = [6, 0, 1, 2, 3, 4, 5]
    return {
        "dateTime": both.replace("{1}", date).replace("{0}", time),
        "date": _joined(_tokens(str(found.date_formats["short"].pattern))),
        "time": time,
        "periods": [str(periods.get("am", "AM")), str(periods.get("pm", "PM"))],
        "days": [str(days["wide"][day]) for day in sunday_first],
        "shortDays": [str(days["abbreviated"][day]) for day in sunday_first],
        "months": [str(months["wide"][month]) for month in range(1, 13)],
        "shortMonths": [str(months["abbreviated"][month]) for month in range(1, 13)],
    }


# --- dates ---------------------------------------------------------------------------------------


def _pattern(found: Locale, name: str) -> str:
    """CLDR's pattern for a skeleton, or for a time of a length, of the Gregorian calendar."""
    if name in ("short", "medium"):
        return str(found.time_formats[name].pattern)
    return str(found.datetime_skeletons[name].pattern)


def _tokens(pattern: str) -> Iterator[str]:
    """A CLDR pattern as directives of d3 and literal texts, "%" doubled in these."""
    place = 0
    for match in _FIELD.finditer(pattern):
        yield pattern[place : match.start()].replace("%", "%%")
        place = match.end()
        if match[1] is not None:
            yield (match[1].replace("''", "'") or "'").replace("%", "%%")
        else:  # eras and zones have no directive, and are not asked for
            yield _DIRECTIVES.get(match[0], "")
    yield pattern[place:].replace("%", "%%")


def _joined(tokens: Iterator[str]) -> str:
    return "".join(tokens).strip()


def _moment(pattern: str, value: str, marks: Marks) -> str:
    """An expression of Vega that writes the time `value` (an expression too) by a CLDR pattern."""
    joined = f"{marks.edge}{_joined(_tokens(pattern))}{marks.edge}"
    if marks.latin:
        return f"utcFormat({value},{_quoted(joined)})"
    made, place = [], 0
    for match in _DIRECTIVE.finditer(joined):
        made.append(_quoted(joined[place : match.start()]))
        place = match.end()
        written = _PARTS.get(match[0])
        made.append(written.format(value) if written else f"utcFormat({value},'{match[0]}')")
    made.append(_quoted(joined[place:]))
    return "(" + "+".join(part for part in made if part != "''") + ")"


def _quoted(text: str) -> str:
    """A text as a literal of Vega's expressions."""
    return "'" + json.dumps(text, ensure_ascii=False)[1:-1].replace("'", "\\'") + "'"


def _label_expression(expression: str, found: Locale, marks: Marks) -> str:
    def rewritten(match: re.Match[str]) -> str:
        name = _SKELETONS.get(match[1])
        return match[0] if name is None else _moment(_pattern(found, name), "datum.value", marks)

    made = _UTC_FORMAT.sub(rewritten, expression)
    if not marks.latin:  # numbers that the themes write as text
        for number in ("0", "1", "10"):
            made = re.sub(
                rf"(?<=[?:]|\+)'(×?){number}'(?=[:+])", rf"'\1'+format({number},'d')", made
            )
    return made


# --- tooltips ------------------------------------------------------------------------------------


def _with_tooltips(spec: dict[str, Any], found: Locale, marks: Marks) -> dict[str, Any]:
    """Times in tooltips as texts that are calculated: Vega-Lite's own pattern is English."""
    names: dict[str, str] = {}
    if not _keeps_fields(spec):
        return spec
    made = _view_with_tooltips(spec, names)
    if not names:
        return spec
    date = _pattern(found, "yMMMd")
    time = _pattern(found, "medium")
    both = str(found.datetime_formats["medium"]).replace("{1}", date).replace("{0}", time)
    transforms = []
    for field, name in names.items():
        value = f"datum[{_quoted(field)}]"
        clock = "||".join(
            f"utc{part}({value})" for part in ("hours", "minutes", "seconds", "milliseconds")
        )
        written = f"{clock}?{_moment(both, value, marks)}:{_moment(date, value, marks)}"
        transforms.append({"calculate": f"isValid({value})?({written}):null", "as": name})
    return {**made, "transform": [*transforms, *spec.get("transform", [])]}


def _view_with_tooltips(view: Mapping[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """A copy of a view and the views in it, its tooltips on times reading calculated fields."""
    made = dict(view)
    encoding = view.get("encoding")
    if isinstance(encoding, Mapping) and "tooltip" in encoding:
        told = encoding["tooltip"]
        own = [_own_text(entry, names) for entry in told] if isinstance(told, list) else None
        made["encoding"] = {**encoding, "tooltip": own or _own_text(told, names)}
    for key in ("layer", "hconcat", "vconcat", "concat"):
        if isinstance(view.get(key), list):
            made[key] = [_inner_view(part, names) for part in view[key]]
    if isinstance(view.get("spec"), Mapping):
        made["spec"] = _inner_view(view["spec"], names)
    return made


def _inner_view(view: Any, names: dict[str, str]) -> Any:
    """A view inside another, left alone where the calculated fields would not reach it."""
    if not isinstance(view, Mapping) or "data" in view or not _keeps_fields(view):
        return view
    return _view_with_tooltips(view, names)


def _keeps_fields(view: Mapping[str, Any]) -> bool:
    """Whether all fields of the rows are still there after a view's transforms."""
    transforms = view.get("transform", [])
    return all("filter" in step or "calculate" in step for step in transforms)


def _own_text(definition: Any, names: dict[str, str]) -> Any:
    if not isinstance(definition, Mapping) or definition.get("timeUnit") != _TOOLTIP_UNIT:
        return definition
    if not isinstance(definition.get("field"), str) or "aggregate" in definition:
        return definition
    name = names.setdefault(definition["field"], f"_time_{len(names)}")
    kept = {key: value for key, value in definition.items() if key == "title"}
    return {**kept, "field": name, "type": "nominal"}


# --- texts in rows -------------------------------------------------------------------------------


def _relabelled(
    rows: Sequence[Mapping[str, Any]], field: str, name: str, marks: Marks
) -> list[dict[str, Any]]:
    """Rows with the numbers in a field's texts written anew; other texts come back as they are."""
    write = _measure_written if name == "end" else _written

    @cache
    def anew(text: str) -> str:
        return write(text, marks)

    return [
        {**row, field: anew(row[field])} if isinstance(row.get(field), str) else dict(row)
        for row in rows
    ]


def _measure_written(text: str, marks: Marks) -> str:
    return _MEASURE.sub(lambda match: _written(match[0], marks), text)


def _written(text: str, marks: Marks) -> str:
    """A number as text, such as "−12,345.6" or "0.3%", with the locale's marks."""
    made = _NUMERAL.sub(lambda match: _numeral(match[1], match[2] or "", marks), text)
    return made.replace("−", marks.minus).replace("%", marks.percent)


def _numeral(whole: str, decimals: str, marks: Marks) -> str:
    grouped = _grouped(whole.replace(",", ""), marks) if "," in whole else whole
    written = grouped + decimals.replace(".", marks.decimal, 1)
    return written.translate({ord(str(d)): marks.digits[d] for d in range(10)})


def _grouped(digits: str, marks: Marks) -> str:
    first, second = marks.sizes
    parts = [digits[-first:]]
    digits = digits[:-first]
    while digits:
        parts.append(digits[-second:])
        digits = digits[:-second]
    return marks.group.join(reversed(parts))
