"""The same for the bare engine: the finished spec of the first argument, plotkit's fonts."""

import sys
import time

import vl_convert

with open(sys.argv[1], encoding="utf-8") as file:
    spec = file.read()
vl_convert.register_font_directory(sys.argv[2])

for request in sys.stdin:
    start = time.perf_counter()
    svg = vl_convert.vegalite_to_svg(spec)
    if request.strip() == "png":
        vl_convert.svg_to_png(svg, scale=2)
    print(time.perf_counter() - start, flush=True)
