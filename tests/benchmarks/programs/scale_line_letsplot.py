"""The same line by Lets-Plot: FILE ROWS."""

import sys

import lets_plot as lp
import scale_data
from serving import made, serve

x, y = made(scale_data.walk, int(sys.argv[2]))


def draw():
    data = lp.ggplot({"step": x, "loss": y}, lp.aes("step", "loss"))
    plot = data + lp.geom_line() + lp.ggtitle("A line") + lp.ggsize(640, 400)
    lp.ggsave(plot, sys.argv[1], scale=2)


serve(draw)
