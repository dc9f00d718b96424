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
    from plotkit.runs.current import define_metric, finish, init, log
    from plotkit.runs.media.audio import Audio
    from plotkit.runs.media.histogram import Histogram
    from plotkit.runs.media.hypertext import Html
    from plotkit.runs.media.image import Image
    from plotkit.runs.media.object3d import Object3D
    from plotkit.runs.media.video import Video
    from plotkit.runs.remarks import RunWarning
    from plotkit.runs.run import Run
    from plotkit.table import Table

__version__ = "0.1.0"

# Public name -> the module that defines it. Nothing is imported before it is used.
_HOMES = {
    "Api": "plotkit.runs.api",
    "Audio": "plotkit.runs.media.audio",
    "Chart": "plotkit.chart",
    "Histogram": "plotkit.runs.media.histogram",
    "Html": "plotkit.runs.media.hypertext",
    "Image": "plotkit.runs.media.image",
    "Object3D": "plotkit.runs.media.object3d",
    "PlotkitError": "plotkit.errors",
    "Preset": "plotkit.presets",
    "Report": "plotkit.report.compose",
    "Run": "plotkit.runs.run",
    "RunWarning": "plotkit.runs.remarks",
    "Table": "plotkit.table",
    "Video": "plotkit.runs.media.video",
    "area_under_curve": "plotkit.plot",
    "bar": "plotkit.plot",
    "confusion_matrix": "plotkit.plot",
    "define_metric": "plotkit.runs.current",
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
_OF_THE_RUN = ("config", "run", "summary")

__all__ = [
    "Api",
    "Audio",
    "Chart",
    "Histogram",
    "Html",
    "Image",
    "Object3D",
    "PlotkitError",
    "Preset",
    "Report",
    "Run",
    "RunWarning",
    "Table",
    "Video",
    "area_under_curve",
    "bar",
    "confusion_matrix",
    "define_metric",
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
    # Not `from plotkit import ...`, which would ask here again.
    from plotkit.instead import MODULE, told

    hint = told(MODULE, name)
    raise AttributeError(f"module 'plotkit' has no attribute {name!r}{hint}")


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
