"""The sentences of `chart.notes`: what was dropped, changed or aggregated, with counts."""

from __future__ import annotations

from plotkit.errors import listed, shown


def _rows(count: int) -> str:
    return f"{count:,} row{'' if count == 1 else 's'}"


def _first(row: int | None) -> str:
    """Where the first of several rows is; rows of a lazy frame have no numbers."""
    return f" (first: row {row})" if row is not None else ""


def dropped(column: str, count: int, total: int, first: int | None) -> str:
    """Rows left out because a value is missing or infinite; lazy frames have no first row."""
    return (
        f"column {shown(column)}: {_rows(count)} of {total:,} without a finite value left out"
        f"{_first(first)}."
    )


def gaps(column: str, count: int, total: int, first: int | None) -> str:
    """Missing values drawn as gaps."""
    return (
        f"column {shown(column)}: {_rows(count)} of {total:,} without a finite value "
        f"drawn as a gap{_first(first)}."
    )


def kept_missing(column: str, count: int, total: int, label: str) -> str:
    """Missing categories kept under a label of their own."""
    return f"column {shown(column)}: {_rows(count)} of {total:,} without a value shown as {label}."


def big_integers(column: str, count: int, first: int | None) -> str:
    """Integers that a double cannot hold exactly."""
    return (
        f"column {shown(column)}: {_rows(count)} beyond 2^53 drawn at the nearest "
        f"number that the axis can hold{_first(first)}."
    )


def denormals(column: str, count: int, first: int | None) -> str:
    """Numbers so small that an axis cannot separate them."""
    return (
        f"column {shown(column)}: {_rows(count)} closer to 0 than 1e-290 drawn as 0{_first(first)}."
    )


def cleaned(column: str, count: int, first: int | None) -> str:
    """Characters that no font draws, replaced."""
    return (
        f"column {shown(column)}: control characters in {_rows(count)} shown as U+FFFD"
        f"{_first(first)}."
    )


def cleaned_string(value: str) -> str:
    """Control characters in a title or label, replaced; `value` as it is shown in messages."""
    return f"text {value}: control characters shown as U+FFFD."


def shortened(length: int, limit: int) -> str:
    """A text cut because nobody could read it whole."""
    return f"a text of {length:,} characters is cut to {limit:,}."


def empty_labels(column: str, count: int, first: int | None, label: str) -> str:
    """Categories of no characters, shown under a name."""
    return f"column {shown(column)}: empty text in {_rows(count)} shown as {label}{_first(first)}."


def look_alikes(column: str, groups: list[list[str]]) -> str:
    """Distinct categories that a reader cannot tell apart."""
    said = "; ".join(listed(ascii_names(group)) for group in groups[:3])
    return f"column {shown(column)}: different values look alike: {said}."


def ascii_names(names: list[str]) -> list[str]:
    """Names with everything outside ASCII escaped, so that look-alikes differ in a message."""
    return [ascii(name)[1:-1] if not name.isascii() else name for name in names]


def duplicate_x(column: str, count: int, first: int) -> str:
    """A line that passes one x more than once."""
    return (
        f"column {shown(column)}: {_rows(count)} repeat an x of the same line, drawn as a "
        f"vertical step (first: row {first})."
    )


def many_series(column: str, count: int, named: list[str]) -> str:
    """More series than colours."""
    return (
        f"column {shown(column)} has {count:,} series: the {len(named)} that end highest are in "
        f"colour and named ({listed(named)}), the other {count - len(named):,} are grey."
    )


def many_categories(column: str, count: int, colours: int) -> str:
    """More categories than colours; shapes tell them apart."""
    return (
        f"column {shown(column)} has {count:,} categories and there are {colours} colours; "
        "shapes tell those of one colour apart."
    )


def unstyled_categories(column: str, count: int, limit: int) -> str:
    """More categories than pairs of colour and shape."""
    return (
        f"column {shown(column)} has {count:,} categories, more than the {limit} pairs of "
        "colour and shape: some pairs stand for more than one."
    )


def reduced(column: str, total: int, kept: int) -> str:
    """A long line, reduced to what the picture can show."""
    return (
        f"column {shown(column)}: {total:,} points drawn as {kept:,}: first, last, lowest and "
        "highest of each pixel column are kept, the picture is the same."
    )


def missing_glyphs(named: str, remedy: str = "") -> str:
    """Characters that no installed font draws, and what to install."""
    return f"no font here draws {named}: they show as boxes. {remedy}".rstrip()


def colour_glyphs(named: str) -> str:
    """Characters that only colour fonts draw, in a PDF."""
    return (
        f"a PDF cannot use colour fonts, and no other font here draws {named}: they show as "
        "\ufffd. Install one that does, such as Symbola (the package fonts-symbola)."
    )


def positive_label(column: str, positive: str, negative: str) -> str:
    """Which of two text classes counts as positive."""
    return (
        f"column {shown(column)}: {shown(positive)} counts as positive, {shown(negative)} as "
        f"negative (pos_label={shown(negative)} turns it round)."
    )


def classes_left_out(column: str, names: list[str], lacking: str) -> str:
    """Classes without a curve, since all their rows are of one kind."""
    many = len(names) != 1
    return (
        f"column {shown(column)}: {len(names):,} class{'es' if many else ''} with no {lacking} "
        f"row left out: {listed(names)}."
    )


def curve_points_reduced(total: int, kept: int, measure: str) -> str:
    """Curves of more points than pixels, reduced to what the picture can show."""
    return (
        f"{total:,} points of the curve drawn as {kept:,}: first, last, lowest and highest of each "
        f"pixel column are kept, the picture is the same; {measure} is of all rows."
    )


def macro_average(measure: str, curves: int) -> str:
    """What the macro average is."""
    return (
        f"the macro average is the mean of {curves:,} curves at each point of the x axis; its "
        f"{measure} is the mean of theirs."
    )


def micro_average(curves: int) -> str:
    """What the micro average is."""
    return f"the micro average pools the rows of {curves:,} classes into one curve."


def mean_prevalence(curves: int) -> str:
    """One baseline for curves that each have their own."""
    return f"the baseline is the mean prevalence of {curves:,} classes."


def many_classes(column: str, count: int, limit: int) -> str:
    """A confusion matrix too fine to read."""
    return (
        f"column {shown(column)} has {count:,} classes; cells of more than {limit} are too small "
        "to read. Keep the classes that matter, or draw the picture larger."
    )


def capped_bins(column: str, asked: str, wanted: int, limit: int) -> str:
    """A histogram rule that asks for more bins than are drawn."""
    return f"column {shown(column)}: bins={asked} asks for {wanted:,} bins; {limit:,} are drawn."


def outside_edges(column: str, count: int, total: int, low: float, high: float) -> str:
    """Values that lie in none of the given bins."""
    return (
        f"column {shown(column)}: {_rows(count)} of {total:,} outside the edges {low:g} to "
        f"{high:g} not counted."
    )


def aggregated(column: str, aggregate: str, rows: int, bars: int, total: int) -> str:
    """Bars that stand for several rows each."""
    return (
        f"column {shown(column)}: {bars:,} of {total:,} bar{'' if total == 1 else 's'} stand for "
        f"more than one row ({rows:,} rows in all) and show their {aggregate}."
    )


def sorted_labels(column: str) -> str:
    """A lazy frame whose rows have no order."""
    return f"column {shown(column)}: the frame's rows have no order, so labels are sorted."
