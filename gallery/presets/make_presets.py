"""Makes the forked presets and their diffs: python gallery/presets/make_presets.py."""

from pathlib import Path

from plotkit import presets

HERE = Path(__file__).parent

FORKS = [
    presets.get("plotkit/line").fork(
        "carey/steps",
        title="Steps",
        description="A line that stays at each value and then leaps to the next.",
        patch={"mark": {"type": "line", "interpolate": "step", "strokeWidth": 1.5}},
    ),
    presets.get("plotkit/scatter").fork(
        "carey/bubbles",
        title="Bubbles",
        description="A ring for each row; its area shows a third number.",
        patch={
            "mark": {"filled": False, "strokeWidth": 1.2},
            "encoding": {"size": {"scale": {"zero": False, "range": [8, 300]}}},
        },
    ),
]


def main() -> None:
    """Write each fork and its difference from what it was forked from."""
    for fork in FORKS:
        path = HERE / f"{fork.id}.json"
        path.parent.mkdir(exist_ok=True)
        presets.export(fork, path)
        diff = "".join(f"{change}\n" for change in fork.diff())
        path.with_suffix(".diff.txt").write_text(diff, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
