"""The data of 200 different charts, as (kind, number, columns); what draws them stands elsewhere."""

import random

KINDS = ("line", "lines", "scatter", "bar", "histogram")
COUNT = 200


def charts():
    """Yield kind, number and the columns of each chart; everywhere the same."""
    for number in range(COUNT):
        kind, draw = KINDS[number % len(KINDS)], random.Random(number)
        steps = 200 + 7 * number
        if kind == "line":
            loss = [2 / (1 + i / 50) + draw.gauss(0, 0.05) for i in range(steps)]
            columns = {"step": list(range(steps)), "loss": loss}
        elif kind == "lines":
            columns = {"step": list(range(200))}
            for name in ("train", "test", "dev"):
                level = draw.uniform(1, 3)
                columns[name] = [level / (1 + i / 40) + draw.gauss(0, 0.02) for i in range(200)]
        elif kind == "scatter":
            size = [draw.lognormvariate(3, 0.6) for _ in range(150 + number)]
            columns = {"size": size, "price": [x * 3 + draw.gauss(0, 12) for x in size]}
        elif kind == "bar":
            names = [f"model {chr(65 + i)}" for i in range(4 + number % 9)]
            columns = {"model": names, "score": [draw.uniform(0.5, 1) for _ in names]}
        else:
            columns = {"seconds": [draw.gammavariate(3, 2) for _ in range(2000)]}
        yield kind, number, columns
