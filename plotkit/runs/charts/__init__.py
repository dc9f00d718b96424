"""Charts of what runs recorded: lines, heat maps of histograms, sparklines; and their axes."""

from __future__ import annotations

from plotkit.runs.charts.heat import heatmap
from plotkit.runs.charts.lines import chart
from plotkit.runs.charts.reading import Best, axes, best, default_x
from plotkit.runs.charts.sparks import sparkline, text_sparkline

__all__ = ["Best", "axes", "best", "chart", "default_x", "heatmap", "sparkline", "text_sparkline"]
