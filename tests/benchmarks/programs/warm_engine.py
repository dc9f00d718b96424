"""The same for the bare engine: the finished spec of the first argument, plotkit's fonts."""

import sys

import vl_convert
from serving import serve

with open(sys.argv[1], encoding="utf-8") as file:
    spec = file.read()
vl_convert.register_font_directory(sys.argv[2])


def draw(form):
    svg = vl_convert.vegalite_to_svg(spec)
    if form == "png":
        vl_convert.svg_to_png(svg, scale=2)


serve(draw)
