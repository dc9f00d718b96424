"""plotkit: any table, through a named preset, to a finished chart file.

>>> import plotkit as pk
>>> table = pk.Table(data=[[0, 1.9], [1, 1.1], [2, 0.7]], columns=["step", "loss"])
>>> pk.line(table, "step", "loss", title="Training loss")
<Chart 'Training loss' by plotkit/line>
"""

from __future__ import annotations

TYPE_CHECKING = False  # type checkers know the name; importing typing here would cost 5 ms
if TYPE_CHECKING:
    from plotkit import errors, fonts, office, plot, presets, settings, sizes
    from plotkit.chart import Chart
    from plotkit.errors import PlotkitError
    from plotkit.exporting import export
    from plotkit.plot import (
        area_under_curve,
        bar,
        confusion_matrix,
        histogram,
        line,
        line_series,
        plot_table,
        pr_curve,
        roc_curve,
        scatter,
    )
    from plotkit.presets import Preset
    from plotkit.report.blocks import figure, row
    from plotkit.report.compose import Report
    from plotkit.runs.api import Api
    from plotkit.runs.current import finish, init, log
    from plotkit.runs.run import Run
    from plotkit.table import Table

__version__ = "0.1.0"

# Public name -> the module that defines it. Nothing is imported before it is used.
_HOMES = {
    "Api": "plotkit.runs.api",
    "Chart": "plotkit.chart",
    "PlotkitError": "plotkit.errors",
    "Preset": "plotkit.presets",
    "Report": "plotkit.report.compose",
    "Run": "plotkit.runs.run",
    "Table": "plotkit.table",
    "area_under_curve": "plotkit.plot",
    "bar": "plotkit.plot",
    "confusion_matrix": "plotkit.plot",
    "export": "plotkit.exporting",
    "figure": "plotkit.report.blocks",
    "finish": "plotkit.runs.current",
    "histogram": "plotkit.plot",
    "init": "plotkit.runs.current",
    "line": "plotkit.plot",
    "line_series": "plotkit.plot",
    "log": "plotkit.runs.current",
    "plot_table": "plotkit.plot",
    "pr_curve": "plotkit.plot",
    "roc_curve": "plotkit.plot",
    "row": "plotkit.report.blocks",
    "scatter": "plotkit.plot",
}
_MODULES = ("errors", "fonts", "office", "plot", "presets", "settings", "sizes")
# What `plotkit.runs.current` holds at the moment: the run of this process, and its config.
_OF_THE_RUN = ("config", "run")

__all__ = [
    "Api",
    "Chart",
    "PlotkitError",
    "Preset",
    "Report",
    "Run",
    "Table",
    "area_under_curve",
    "bar",
    "confusion_matrix",
    "errors",
    "export",
    "figure",
    "finish",
    "fonts",
    "histogram",
    "init",
    "line",
    "line_series",
    "log",
    "office",
    "plot",
    "plot_table",
    "pr_curve",
    "presets",
    "roc_curve",
    "row",
    "scatter",
    "settings",
    "sizes",
]


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name in _HOMES:
        found = getattr(import_module(_HOMES[name]), name)
        globals()[name] = found
        return found
    if name in _MODULES:
        return import_module(f"plotkit.{name}")
    if name in _OF_THE_RUN:  # asked anew each time: another run may have begun
        return getattr(import_module("plotkit.runs.current"), name)
    raise AttributeError(f"module 'plotkit' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
