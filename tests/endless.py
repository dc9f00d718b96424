"""A chart that the engine never gets done with, from a preset of one's own."""

from __future__ import annotations

import plotkit as pk


def endless() -> pk.Chart:
    """A regular expression that tries more ways than there are seconds; 61 letters are enough."""
    spec = {
        "data": {"values": [{"x": "aab", "y": 2}]},
        "transform": [{"calculate": "test(/^(a+)+$/, datum.x) ? 1 : 0", "as": "b"}],
        "mark": "point",
        "encoding": {
            "x": {"field": "x", "type": "nominal"},
            "y": {"field": "y", "type": "quantitative"},
            "color": {"field": "b", "type": "nominal"},
        },
    }
    saved = pk.presets.save(pk.presets.from_spec(spec, id="tests/endless"), to="store")
    return pk.plot_table(saved, {"x": ["a" * 60 + "b"], "y": [1]}, {"x": "x", "y": "y"})
