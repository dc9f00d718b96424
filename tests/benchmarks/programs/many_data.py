"""The data of 200 different charts; what draws them stands elsewhere."""

import random

KINDS = ("line", "lines", "scatter", "bar", "histogram")
COUNT = 200


def charts():
    """Yield kind, number and the columns by name of each chart, the same on every run."""
    for number in range(COUNT):
        kind, draw = KINDS[number % len(KINDS)], random.Random(number)
        steps = list(range(200 + number))
        if kind == "line":
            columns = {"step": steps, "loss": _falling(steps, draw)}
        elif kind == "lines":
            columns = {"step": steps}
            for name in ("train", "test", "dev"):
                columns[name] = _falling(steps, draw)
        elif kind == "scatter":
            sizes = [draw.lognormvariate(3, 0.6) for _ in steps]
            columns = {"size": sizes, "price": [x * 3 + draw.gauss(0, 12) for x in sizes]}
        elif kind == "bar":
            names = [chr(65 + i) * 3 for i in range(4 + number % 9)]
            columns = {"model": names, "score": [draw.uniform(0.5, 1) for _ in names]}
        else:
            columns = {"seconds": [draw.gammavariate(3, 2) for _ in range(2000)]}
        yield kind, number, columns


def _falling(steps, draw):
    level = draw.uniform(1, 3)
    return [level / (1 + i / 50) + draw.gauss(0, 0.05) for i in steps]
