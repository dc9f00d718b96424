"""Charts and figures of any library as logged values: `wrap` says what each becomes.

A value's library is recognised, never imported: where it was not imported no value is of it.

    plotkit's charts            as they are
    Matplotlib, seaborn         a live chart where that is faithful, else an image
    Plotly                      the figure as given, and a live chart, else an image, else a note
    Altair, other Vega-Lite     a live chart as given

What became of a figure is said in its notes.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from plotkit import notes

if TYPE_CHECKING:
    from plotkit.runs.media.base import Media

_HERE = "plotkit.runs.media."
_VEGA_LITE = "application/vnd.vegalite.v"


def wrap(value: object) -> Media | None:
    """What a chart or a figure is logged as; None where a value is neither.

    Args:
        value: a `Chart`; a Matplotlib figure, axes, or `matplotlib.pyplot` itself (its current
            figure); a grid of seaborn's; a Plotly figure; an Altair chart, or anything that shows
            itself as Vega-Lite. None of them is changed, shown or closed.

    Raises:
        RunError: pyplot has no open figure.
        TrustError: a Vega-Lite spec that holds what no preset may.

    >>> import plotkit as pk
    >>> wrap(pk.bar({"fruit": ["apple", "fig"], "kg": [3, 1]}, "fruit", "kg"))
    <LoggedChart by plotkit/bar>
    >>> wrap([1, 2, 3]) is None
    True
    """
    if isinstance(value, (bool, int, float, str, bytes, list, tuple, dict, set)) or value is None:
        return None
    if _is_ours(value):
        made: Media = _charts().LoggedChart.of(value)
        return made
    if "matplotlib.figure" in sys.modules:
        theirs = import_module(_HERE + "live.matplotlib_figure")
        figure = theirs.figure_of(value)
        if figure is not None:
            return _of_matplotlib(figure, theirs)
    if _is_of(value, "plotly", "BaseFigure"):
        found: Media = import_module(_HERE + "live.plotly_figure").wrap(value)
        return found
    return _of_vega_lite(value)


def _charts() -> Any:
    return import_module(_HERE + "charts")


def _is_of(value: object, package: str, name: str) -> bool:
    return any(
        kind.__name__ == name and kind.__module__.partition(".")[0] == package
        for kind in type(value).__mro__
    )


def _is_ours(value: object) -> bool:
    return _is_of(value, "plotkit", "Chart")


def _of_matplotlib(figure: Any, live: Any) -> Media:
    from plotkit.runs.media.image import Image

    try:
        found = live.live(figure)
    except live.UnfaithfulError as reason:
        image = Image(figure)
        image.note = notes.drawn_as_image("Matplotlib", str(reason))
        return image
    made: Media = _charts().from_drawn(found, "matplotlib/figure", "Matplotlib")
    return made


# --- Vega-Lite ----------------------------------------------------------------------------------


def _of_vega_lite(value: Any) -> Media | None:
    """An Altair chart, or an object that shows itself as Vega-Lite."""
    if _is_of(value, "altair", "TopLevelMixin"):
        spec: Any = value.to_dict()
    else:
        spec = _shown(value)
    if not isinstance(spec, Mapping):
        return None
    root = type(value).__module__.partition(".")[0]
    made: Media = _charts().from_spec(spec, "altair/chart" if root == "altair" else "me/chart")
    return made


def _shown(value: Any) -> Any:
    """The Vega-Lite spec that an object shows itself as in a notebook; None without one."""
    show = getattr(type(value), "_repr_mimebundle_", None)
    if show is None or isinstance(value, type):
        return None
    try:
        bundle = value._repr_mimebundle_(include=None, exclude=None)
    except Exception:  # it is not ours, and shows itself to notebooks only
        return None
    found = bundle[0] if isinstance(bundle, tuple) and bundle else bundle
    if not isinstance(found, Mapping):
        return None
    kinds = [kind for kind in found if str(kind).startswith(_VEGA_LITE)]
    return found[kinds[0]] if kinds else None
