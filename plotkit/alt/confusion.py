"""Confusion matrices in words: the share on the diagonal, and the most frequent error."""

from __future__ import annotations

from plotkit.alt.reading import Chart, is_number


def confusion(chart: Chart) -> list[str]:
    """The classes, how many predictions are right, and what is mistaken most often."""
    voice = chart.voice
    actual, predicted, count = (
        chart.field(name) for name in ("Actual", "Predicted", "nPredictions")
    )
    rows = [row for row in chart.rows if is_number(row.get(count))]
    diagonal = [row for row in rows if row.get(actual) == row.get(predicted)]
    # Where not all cells have a row, or one stands for many classes, the diagonal knows of all.
    totals = [row["total"] for row in diagonal if is_number(row.get("total"))]
    rights = [row["right"] for row in diagonal if is_number(row.get("right"))]
    named = diagonal if totals else rows
    names = list(dict.fromkeys(str(row.get(actual)) for row in named if not row.get("rest")))
    told = [voice.say("classes", len(names), names=voice.names(names))]
    total = sum(totals or [row[count] for row in rows])
    if not total:
        return told
    right = sum(rights or [row[count] for row in diagonal])
    share = voice.share(right, total)
    told.append(voice.say("right", total, right=voice.number(right), share=share))
    wrong = [row for row in rows if row.get(actual) != row.get(predicted) and not row.get("rest")]
    most = max((row[count] for row in wrong), default=0)
    if not most:
        return [*told, voice.say("never_wrong")] if right == total else told
    found = [row for row in wrong if row[count] == most]
    slots = {
        "actual": voice.name(found[0].get(actual)),
        "predicted": voice.name(found[0].get(predicted)),
        "times": voice.say("times", most),
    }
    kinds = rows[0].get("kinds")
    return [*told, voice.say("confused", kinds if is_number(kinds) else len(found), **slots)]
