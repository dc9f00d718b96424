"""The sentences of `chart.notes`: what was dropped, changed or aggregated, with counts."""

from __future__ import annotations

from collections.abc import Sequence

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


def many_series(column: str, count: int, named: list[str], end: str = "highest") -> str:
    """More series than colours; `end` is "highest" or "lowest"."""
    return (
        f"column {shown(column)} has {count:,} series: the {len(named)} that end {end} are in "
        f"colour and named ({listed(named)}), the other {count - len(named):,} are grey."
    )


def many_categories(column: str, count: int, colours: int) -> str:
    """More categories than colours; shapes tell them apart."""
    return (
        f"column {shown(column)} has {count:,} categories and there are {colours} colours; "
        "shapes tell those of one colour apart."
    )


def mixed_categories(column: str) -> str:
    """The colours of categories in one cell of an image."""
    return f"column {shown(column)}: the colours mix where categories overlap."


def more_categories_mixed(column: str, count: int, colours: int) -> str:
    """More categories than colours, in an image, which has no shapes."""
    return (
        f"column {shown(column)} has {count:,} categories and there are {colours} colours: some "
        "share one, and the colours mix where categories overlap."
    )


def other_categories(column: str, kept: int, others: int, rows: int) -> str:
    """Categories with a colour and shape each, and one for all the others."""
    return (
        f"column {shown(column)} has {kept + others:,} categories: the {kept:,} with the most rows "
        f"have a colour and shape each, the other {others:,} ({_rows(rows)}) are one category."
    )


def reduced(column: str, total: int, kept: int, fits: bool) -> str:
    """A long line, reduced to what the picture can show; `fits`: all of it can be drawn, too."""
    return (
        f"column {shown(column)}: {total:,} points are more than the picture can show; {kept:,} "
        "are drawn: the first, last, lowest and highest in each half pixel, so every peak, dip and "
        "gap stays visible and nothing is averaged or sampled"
        f"{' (reduce=False draws all)' if fits else ''}."
    )


def reduced_further(column: str, total: int, kept: int, parts: int, fits: bool) -> str:
    """Lines that share room for fewer points than the pixels can show."""
    where = f"each of {parts:,} parts" if parts > 1 else "the one part"
    return (
        f"column {shown(column)}: {total:,} points are more than there is room for; {kept:,} are "
        f"drawn: of each line the first, last, lowest and highest in {where} of the x axis "
        "(settings.line_points or reduce= sets the room"
        f"{', reduce=False draws all' if fits else ''})."
    )


def evaluated(total: int, left: int) -> str:
    """Rows that VegaFusion reduced by the preset's own transforms."""
    return (
        f"{_rows(total)} became {left:,} by the preset's own transforms, evaluated by VegaFusion; "
        "reduce=False leaves that to the drawing engine."
    )


def left_to_engine(names: Sequence[str], total: int, left: int) -> str:
    """Transforms that VegaFusion does not know."""
    return (
        f"VegaFusion cannot evaluate {listed(names)}: of {_rows(total)}, {left:,} went to the "
        "drawing engine, which does."
    )


def not_evaluated(why: str, total: int) -> str:
    """A preset that VegaFusion does not take."""
    return f"VegaFusion cannot evaluate this preset ({why}): {_rows(total)} went to the engine."


def fixed_controls() -> str:
    """Controls and selections that would need all rows in the page."""
    return (
        "the preset's controls and selections have no effect: they would need every row in the "
        "page. reduce=False sends them."
    )


def sent(total: int, transforms: bool) -> str:
    """Many rows that went to the drawing engine as they are."""
    more = (
        " VegaFusion would evaluate its transforms faster: pip install 'plotkit[scale]'."
        if transforms
        else ""
    )
    return f"{_rows(total)} went to the drawing engine, as this preset has no statistic.{more}"


def piled(total: int, marks: int) -> str:
    """Points that share a mark, since they fall on one pixel or nearly so."""
    return (
        f"{total:,} points drawn as {marks:,} marks: those that fall together share one, as dark "
        "as all of them (reduce=False draws each)."
    )


def piled_coarsely(total: int, marks: int) -> str:
    """Points of cells larger than a pixel, of which each has a mark."""
    return (
        f"{total:,} points drawn as {marks:,} marks: those of one cell share one, which stands at "
        "one of them and is darker the more they are (reduce=False draws each)."
    )


def density(total: int, across: int, down: int, marks: int) -> str:
    """So many points that a picture can only show how many are where."""
    alone = "" if not marks else f", and {marks:,} mark{'' if marks == 1 else 's'} where few lie"
    return (
        f"{total:,} points drawn as their density: an image of {across:,} x {down:,} cells, whose "
        f"points are counted{alone} (reduce=False draws each point)."
    )


def not_in_density(column: str) -> str:
    """Sizes of points that have no mark."""
    return f"column {shown(column)}: sizes are not shown where a density is drawn."


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


def curve_points_reduced(total: int, kept: int, measure: str, fewer: bool) -> str:
    """Curves of more points than pixels, reduced to what the picture can show, or to `fewer`."""
    return (
        f"{_points_drawn(total, kept, fewer)}; {measure} is of all rows. reduce=False draws all "
        "points."
    )


def points_reduced(total: int, kept: int, fewer: bool) -> str:
    """Curves of ready points, reduced to what the picture can show, or to `fewer`."""
    return f"{_points_drawn(total, kept, fewer)}. reduce=False draws all points."


def _points_drawn(total: int, kept: int, fewer: bool) -> str:
    said = f"{total:,} points of the curve drawn as {kept:,}"
    if fewer:
        return f"{said}, fewer than the picture can show"
    return (
        f"{said}: first, last, lowest and highest of each pixel column are kept, the picture is "
        "the same"
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


def image_of_classes(column: str, count: int, limit: int) -> str:
    """A confusion matrix of more classes than cells are drawn for."""
    return (
        f"column {shown(column)} has {count:,} classes, more than {limit}: the matrix is drawn as "
        "an image, a pixel or more for each cell, shaded by the square root of the share. "
        "most_confused=20 draws the 20 classes with the most errors instead."
    )


def most_confused(column: str, count: int, kept: int) -> str:
    """A confusion matrix of a part of the classes."""
    return (
        f"column {shown(column)} has {count:,} classes: the {kept:,} with the most errors (in "
        f"their row or column) are drawn, the other {count - kept:,} are one row and one column."
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


def other_labels(
    column: str, kept: int, others: int, rows: tuple[int, int], aggregate: str, whole: bool
) -> str:
    """Bars of few labels each, and one for all the others.

    `rows` are those behind the labels that are kept, and behind the others; `whole` says whether
    a bar for each label could be drawn.
    """
    shown_as = "their count" if aggregate == "count" else f"the {aggregate} of their rows"
    largest = "the largest holds" if kept == 1 else f"the {kept:,} largest hold"
    every = "reduce=False draws all, " if whole else ""
    return (
        f"column {shown(column)} has {kept + others:,} labels: {largest} {rows[0]:,} of "
        f"{_rows(sum(rows))}, the other {others:,} are one bar, {shown_as}. {every}reduce=N draws "
        "so many bars, the last one among them."
    )


def sorted_labels(column: str) -> str:
    """A lazy frame whose rows have no order."""
    return f"column {shown(column)}: the frame's rows have no order, so labels are sorted."


def without_x(key: str, x: str, count: int, total: int) -> str:
    """Values of a run logged in steps that have no value of the x axis."""
    return (
        f"{shown(key)}: {_rows(count)} of {total:,} left out, as they were logged without "
        f"{shown(x)}."
    )


def not_together(names: Sequence[str], count: int, total: int) -> str:
    """Steps of a run in which only some of several names were logged."""
    return f"{_rows(count)} of {total:,} left out, as not all of {listed(names)} were logged there."


def falling_x(key: str, x: str, count: int) -> str:
    """An x of a run that does not only rise."""
    return (
        f"{shown(key)}: {shown(x)} falls {count:,} time{'' if count == 1 else 's'} from one row to "
        "the next; the line is drawn along it, not in the order of logging."
    )


def runs_without(key: str, count: int, total: int, names: Sequence[str]) -> str:
    """Runs that have nothing to draw."""
    return (
        f"{shown(key)}: {count:,} of {total:,} runs have no value of it and are left out: "
        f"{listed(names)}."
    )


def no_spread(spread: str) -> str:
    """Groups of which no more than one run was logged at any place."""
    return f"no place along x has more than one run of a group, so no band shows their {spread}."


def interpolated(count: int, total: int) -> str:
    """Runs of one group, logged at different places along x."""
    return (
        f"the runs were not logged at the same places along x: of the {total:,} values behind the "
        f"means, {count:,} lie on the straight line between two that a run logged; none lies "
        "beyond a run's first or last."
    )


def averaged(key: str, x: str, count: int) -> str:
    """Several values of a run at one x, in a group."""
    return (
        f"{shown(key)}: {_rows(count)} repeat an {shown(x)} of the same run; their mean stands for "
        "them."
    )


def mean_of_x(key: str, x: str, rows: int, points: int) -> str:
    """Several rows of a line at one x, such as all batches of an epoch."""
    return (
        f"{shown(key)}: {rows:,} rows share {points:,} values of {shown(x)}; each point is the "
        "mean of its rows (reduce=False draws every row)."
    )


def below_log(key: str, count: int) -> str:
    """A band that would reach below zero, along a logarithmic axis."""
    return (
        f"{shown(key)}: the band is left out at {count:,} places where its lower edge is not above "
        "0, which a logarithmic axis cannot show."
    )


def raw_left_out(lines: int, most: int) -> str:
    """Smoothed lines without the raw ones behind them."""
    return (
        f"{lines:,} lines are smoothed; the raw ones are drawn behind no more than {most} "
        "(smoothing=0 draws them)."
    )


def steps_merged(key: str, total: int, columns: int) -> str:
    """Histograms over time, more than there are pixels for."""
    return (
        f"{shown(key)}: {total:,} histograms are drawn as {columns:,} columns; each is the sum of "
        "neighbouring ones, with all their counts."
    )


def rebinned(key: str, edges: int, bins: int) -> str:
    """Histograms over time whose edges differ."""
    return (
        f"{shown(key)}: the histograms have {edges:,} different sets of edges; their counts are "
        f"spread over {bins:,} common bins, in proportion to the overlap."
    )


def empty_histograms(key: str, count: int, total: int) -> str:
    """Histograms over time that count nothing."""
    return f"{shown(key)}: {count:,} of {total:,} histograms count no value and are left blank."


def logged_without_detail() -> str:
    """A chart of more rows than its picture shows, as a run keeps it."""
    return "Logged with the rows that the picture shows; a closer look shows no others."


def drawn_as_image(library: str, why: str) -> str:
    """A figure that is no live chart."""
    return f"This {library} figure is drawn as an image: {why}."


def drawn_live(library: str) -> str:
    """A figure that became a live chart."""
    return f"This {library} figure is drawn as a live chart of its data."


def kept_undrawn(library: str, why: str) -> str:
    """A figure that nothing here can draw."""
    return f"This {library} figure is kept as its data and not drawn: {why}."


def picture_grid(count: int, columns: int, rows: int) -> str:
    """A batch of pictures logged as one."""
    return f"{count:,} pictures in a grid of {columns:,} x {rows:,}."


def pixels_shown(low: float, high: float, start: float, end: float) -> str:
    """Values of a picture that are not colours as they stand."""
    return f"values {low:.6g} to {high:.6g}: {start:.6g} is drawn black and {end:.6g} white."


def pixels_clipped(count: int, total: int, low: float, high: float) -> str:
    """Values of a picture beyond black or white."""
    return (
        f"{count:,} of {total:,} values (from {low:.6g} to {high:.6g}) lie beyond black or white "
        "and were clipped."
    )


def pixels_missing(count: int, total: int) -> str:
    """Values of a picture that are NaN."""
    return f"{count:,} of {total:,} values are NaN and drawn black."


def picture_converted(found: str, made: str) -> str:
    """A picture in a form that browsers do not draw."""
    return f"{found} converted to {made}."


def unlabelled_classes(where: str, ids: Sequence[int]) -> str:
    """Class ids of a mask that have no name."""
    return f"{where}: no label for class {listed(ids)}."


def boxes_clipped(where: str, clipped: int, outside: int, total: int) -> str:
    """Boxes that reach beyond their picture, or lie beyond it."""
    parts = []
    if clipped:
        parts.append(f"{clipped:,} of {total:,} boxes reached beyond the picture and were clipped")
    if outside:
        parts.append(f"{outside:,} of {total:,} lay outside of it and were left out")
    return f"{where}: {', '.join(parts)}."


def samples_clipped(count: int, total: int) -> str:
    """Sound that is too loud, or no number."""
    return f"{count:,} of {total:,} samples were NaN or beyond the loudest, and were clipped."


def padded_video(width: int, height: int, found: tuple[int, int]) -> str:
    """A video whose format has only even sizes."""
    return f"{found[0]} x {found[1]} px filled up to {width} x {height}: its format has even sizes."


def gif_instead(library: str) -> str:
    """A video without an encoder for anything better."""
    return f"kept as a GIF of 256 colours: pip install {library} for mp4 and webm."


def reduced_scene(what: str, total: int, kept: int) -> str:
    """A 3D object of more parts than a page can hold."""
    return f"{total:,} {what} drawn as {kept:,}; the file holds all."


def points_without_place(count: int, total: int) -> str:
    """Points of a cloud whose coordinates are not finite."""
    return f"{count:,} of {total:,} points without a finite place left out of the picture."


def lines_left_out() -> str:
    """Lines among the parts of a 3D file."""
    return "its lines are not drawn; the file holds them."


def embedded_files(names: Sequence[str]) -> str:
    """Files beside a glTF that were put into it."""
    return f"taken into the file: {listed(names)}."


def steps_dropped(count: int, step: int, at: int, names: Sequence[str]) -> str:
    """Calls of log with a step that was past, whose values are not recorded."""
    return (
        f"{count:,} call{'' if count == 1 else 's'} of log with a step that was past dropped "
        f"(first: {listed(names, 4)} with step={step}, when the run was at step {at}). Log an x "
        "axis of your own beside it, such as 'epoch', or begin with strict=True for an error."
    )


def run_of_a_worker() -> str:
    """A worker process begins a run while it imports the script that started it."""
    return (
        "a worker process imports this script, and begins a run of its own here. Put what begins "
        "the run, and what logs to it, under: if __name__ == '__main__':"
    )


def values_replaced(count: int, name: str, step: int) -> str:
    """Values that a later one of the same name and step took the place of."""
    return (
        f"{count:,} value{'' if count == 1 else 's'} replaced by a later one of the same name and "
        f"step (first: {shown(name)} at step {step})."
    )


def spelled_otherwise(count: int, name: str, recorded: str) -> str:
    """Names that differ from another one by case alone."""
    more = f" ({count - 1:,} more such name{'' if count == 2 else 's'})" if count > 1 else ""
    return f"{shown(name)} is recorded as {shown(recorded)}: case does not tell names apart{more}."


def none_recorded(count: int, name: str) -> str:
    """None among what was logged."""
    return (
        f"{count:,} value{'' if count == 1 else 's'} of None recorded (first: {shown(name)}); "
        "charts leave a gap there."
    )


def recorded_as_histogram(count: int, name: str) -> str:
    """Arrays too large for a list."""
    return (
        f"{count:,} array{'' if count == 1 else 's'} of more than 64 values kept as "
        f"{'a histogram' if count == 1 else 'histograms'} (first: {shown(name)}). To keep every "
        "value, put the array into run.summary, or log a pk.Table."
    )


def charts_left_out(drawn: int, total: int) -> str:
    """More charts than a report of a run draws unasked."""
    return (
        f"{total - drawn:,} of {total:,} charts are not drawn. Choose metrics with "
        'keys="loss*" (--keys "loss*"), or draw more with charts=... (--charts).'
    )


def axes_left_out(count: int) -> str:
    """Charts against further axes that a report of a run does not draw unasked."""
    return (
        f"{count:,} chart{'' if count == 1 else 's'} against further axes not drawn. Choose "
        'metrics with keys="loss*" (--keys "loss*"), or draw more with charts=... (--charts).'
    )


def axes_not_drawn(names: Sequence[str]) -> str:
    """Counters, which are axes of the other metrics."""
    return f"Used as an axis, and drawn by itself only when asked for: {listed(names)}."


def hidden_not_drawn(names: Sequence[str]) -> str:
    """Metrics that `define_metric` hides."""
    return f"Hidden by define_metric, and drawn only when asked for: {listed(names)}."


def list_left_out(shown: int, total: int) -> str:
    """More objects in a list than a report shows."""
    return f"{shown:,} of {total:,} objects of this step are shown."
