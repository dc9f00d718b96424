"""The same line by the bare engine, the floor of whatever draws with it."""

import json
import sys

import vl_convert

rows = [[i, (i * 37 % 101) / 101 + i / 500] for i in range(1000)]
spec = {
    "title": "Training loss",
    "width": 640,
    "height": 400,
    "autosize": {"type": "fit", "contains": "padding"},
    "data": {"values": [{"step": step, "loss": loss} for step, loss in rows]},
    "mark": "line",
    "encoding": {
        "x": {"field": "step", "type": "quantitative"},
        "y": {"field": "loss", "type": "quantitative"},
    },
}
png = vl_convert.vegalite_to_png(json.dumps(spec), scale=2)
with open(sys.argv[1], "wb") as file:
    file.write(png)
