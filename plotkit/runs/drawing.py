"""The charts of a run: its lines and heat maps, and every preset with its history as the table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from plotkit import plot
from plotkit.chart import Chart
from plotkit.table import Table

if TYPE_CHECKING:
    from plotkit.preset import Preset
    from plotkit.report.compose import Report
    from plotkit.runs.record import Record


class Drawing:
    """What a run can be drawn as.

    `chart` and `heatmap` know of steps and axes. The others are the functions of `plotkit`, with
    the names of columns where those take a table and columns, and the same keywords. Their table
    is the history: a row for each step in which all the named columns were logged; other steps are
    counted in `chart.notes`. "_step", "_runtime" and "_timestamp" are columns like any other.
    """

    def chart(self, keys: str | Sequence[str], x: str | None = None, **options: Any) -> Chart:
        """Lines of what was logged under one name or several; see `plotkit.runs.charts.chart`.

        >>> import plotkit as pk
        >>> with pk.init(project="doc", dir=getfixture("tmp_path"), name="first") as run:
        ...     for epoch in range(3):
        ...         run.log({"acc": epoch / 3, "val_acc": epoch / 4, "epoch": epoch})
        >>> run.chart(["acc", "val_acc"], x="epoch", smoothing=0.6)
        <Chart 'acc, val_acc' by plotkit/smoothed_line>
        """
        from plotkit.runs import charts  # NumPy is loaded where something is drawn

        return charts.chart(cast("Record", self), keys, x, **options)

    def report(self, **options: Any) -> Report:
        """A report of the whole run; see `plotkit.runs.report.report`.

        >>> import plotkit as pk
        >>> with pk.init(project="doc", dir=getfixture("tmp_path"), name="first") as run:
        ...     run.log({"loss": 0.5})
        >>> run.report().title
        'first'
        """
        from plotkit.runs.report import report

        return report(cast("Record", self), **options)

    def heatmap(self, key: str, x: str | None = None, **options: Any) -> Chart:
        """Histograms over time; see `plotkit.runs.charts.heatmap`."""
        from plotkit.runs import charts

        return charts.heatmap(cast("Record", self), key, x, **options)

    def line(
        self, x: str, y: str, stroke: str | None = None, title: str = "", **more: Any
    ) -> Chart:
        """As `plotkit.line`.

        >>> import plotkit as pk
        >>> with pk.init(project="doc", dir=getfixture("tmp_path")) as run:
        ...     for loss in (0.9, 0.4, 0.6):
        ...         run.log({"loss": loss})
        >>> run.line("_step", "loss")
        <Chart by plotkit/line>
        """
        table, said = self._rows(x, y, stroke, *_named(more, "color", "error_low", "error_high"))
        return plot.line(table, x, y, stroke, title, **more).noted(said)

    def scatter(self, x: str, y: str, title: str = "", **more: Any) -> Chart:
        """As `plotkit.scatter`."""
        table, said = self._rows(x, y, *_named(more, "color", "size"))
        return plot.scatter(table, x, y, title, **more).noted(said)

    def bar(self, label: str, value: str, title: str = "", **more: Any) -> Chart:
        """As `plotkit.bar`."""
        table, said = self._rows(label, value, *_named(more, "group"))
        return plot.bar(table, label, value, title, **more).noted(said)

    def histogram(self, value: str, title: str = "", **more: Any) -> Chart:
        """As `plotkit.histogram`: how often which value was logged."""
        table, said = self._rows(value, *_named(more, "group"))
        return plot.histogram(table, value, title, **more).noted(said)

    def area_under_curve(
        self, x: str, y: str, color: str | None = None, title: str = "", **more: Any
    ) -> Chart:
        """As `plotkit.area_under_curve`."""
        table, said = self._rows(x, y, color)
        return plot.area_under_curve(table, x, y, color, title, **more).noted(said)

    def line_series(
        self,
        xs: str,
        ys: Sequence[str],
        keys: Sequence[str] | None = None,
        title: str = "",
        **more: Any,
    ) -> Chart:
        """As `plotkit.line_series`: several columns over one, each of its own rows.

        The lines are called like their columns, where `keys` does not give other names.
        """
        held = [self._columns(xs, y) for y in ys]
        more = {"xname": xs, **more}
        made = plot.line_series(
            [x for (x, _), _ in held], [y for (_, y), _ in held], keys or list(ys), title, **more
        )
        return made.noted([note for _, said in held for note in said])

    def roc_curve(self, y_true: str, y_probas: str, *args: Any, **more: Any) -> Chart:
        """As `plotkit.roc_curve`, of a column of true labels and one of scores.

        Lists that were logged are put one after another.
        """
        columns, said, more = self._scored([y_true, y_probas], more)
        return plot.roc_curve(*columns, *args, **more).noted(said)

    def pr_curve(self, y_true: str, y_probas: str, *args: Any, **more: Any) -> Chart:
        """As `plotkit.pr_curve`, of a column of true labels and one of scores.

        Lists that were logged are put one after another.
        """
        columns, said, more = self._scored([y_true, y_probas], more)
        return plot.pr_curve(*columns, *args, **more).noted(said)

    def confusion_matrix(self, y_true: str, preds: str, *args: Any, **more: Any) -> Chart:
        """As `plotkit.confusion_matrix`, of a column of true labels and one of predicted ones.

        Lists that were logged are put one after another.
        """
        (truth, predicted), said, more = self._scored([y_true, preds], more)
        return plot.confusion_matrix(None, truth, predicted, *args, **more).noted(said)

    def plot_table(
        self,
        vega_spec_name: str | Path | Mapping[str, Any] | Preset,
        fields: Mapping[str, str | None],
        string_fields: Mapping[str, str] | None = None,
        **more: Any,
    ) -> Chart:
        """As `plotkit.plot_table`: any preset, its roles played by columns of the history."""
        table, said = self._rows(*fields.values())
        made = plot.plot_table(vega_spec_name, table, fields, string_fields, **more)
        return made.noted(said)

    def _rows(self, *names: str | None) -> tuple[Table, list[str]]:
        """A table of some columns, and what is to be said of it."""
        from plotkit.runs.charts import reading

        wanted = list(dict.fromkeys(name for name in names if name is not None))
        columns, said = reading.together(cast("Record", self), wanted)
        return Table(columns), said

    def _columns(self, *names: str) -> tuple[list[Any], list[str]]:
        from plotkit.runs.charts import reading

        columns, said = reading.together(cast("Record", self), names)
        return [columns[name] for name in names], said

    def _scored(
        self, names: list[str], more: dict[str, Any]
    ) -> tuple[list[Any], list[str], dict[str, Any]]:
        """Columns of labels and scores, with weights where those are a column too."""
        weight = more.get("sample_weight")
        if isinstance(weight, str):
            names = [*names, weight]
        held, said = self._columns(*names)
        if isinstance(held[0], list) and any(isinstance(value, list) for value in held[0]):
            held = [_flat(values) for values in held]
        if isinstance(weight, str):
            more = {**more, "sample_weight": held.pop()}
        return held, said, more


def _named(more: Mapping[str, Any], *roles: str) -> list[str | None]:
    """The columns that play optional roles."""
    return [more.get(role) for role in roles]


def _flat(values: Sequence[Any]) -> list[Any]:
    """Lists in a column, one after another; what is no list stands for itself."""
    return [one for value in values for one in (value if isinstance(value, list) else [value])]
