"""Many charts into one folder: names that are safe and never clash, and an account of failures."""

from __future__ import annotations

import gc
import os
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from endless import endless
from hypothesis import given
from hypothesis import strategies as st

import plotkit as pk
from plotkit import errors, settings
from plotkit.exporting import Exported, export
from plotkit.filenames import Names, safe

ROWS = {"step": [0, 1, 2], "loss": [1.9, 1.1, 0.7]}
HOSTILE = (
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "javascript:alert(1)",
    "<!-- a -->",
    "a\u2028b\u2029c",
    "\ud800lone",
    "\x00\x1b[31mred\x07",
    "../../../etc/passwd",
    "C:\\Windows\\system32",
    "/absolute",
    "~root",
    "$(rm -rf .)",
    "`id`",
    "-rf",
    ".hidden",
    "name.",
    "name ",
    'a"b|c?d*e:f',
    "%PATH%",
    "a\r\nb",
    "\u202egnp.exe",
)
DEVICES = ("CON", "con.txt", "Prn", "aux", "NUL", "com1", "LPT9.png", "COM\u00b9", "nul.tar.gz")


def line(title: str = "", **more: Any) -> pk.Chart:
    return pk.line(ROWS, "step", "loss", title=title, **more)


class TestNames:
    @pytest.mark.parametrize(
        ("text", "name"),
        [
            ("Training loss", "Training-loss"),
            ("ROC, fold 3 (AUC 0.91)", "ROC-fold-3-AUC-0.91"),
            ("Größe – täglich", "Größe-täglich"),
            ("学習曲線", "学習曲線"),
            ("منحنى التعلم", "منحنى-التعلم"),
            ("सीखने की अवस्था", "सीखने-की-अवस्था"),
            ("เส้นโค้ง", "เส้นโค้ง"),
            ("a/b\\c", "a-b-c"),
            ("v1.2...final", "v1.2.final"),
            ("under_score-and-dash", "under_score-and-dash"),
            ("", "chart"),
            ("***", "chart"),
            ("🎉🎉", "chart"),
            ("CON", "chart-CON"),
            ("con.txt", "chart-con.txt"),
            ("console", "console"),
        ],
    )
    def test_of_titles(self, text: str, name: str) -> None:
        assert safe(text) == name
        assert safe(name) == name

    @given(st.text(st.characters(codec=None), max_size=300))
    def test_of_any_text(self, text: str) -> None:
        self.check(safe(text))

    @pytest.mark.parametrize("text", [*HOSTILE, *DEVICES, "長" * 500, "e\u0301" * 400, "." * 9])
    def test_of_hostile_texts(self, text: str) -> None:
        self.check(safe(text))

    @staticmethod
    def check(name: str) -> None:
        assert 0 < len(name) <= 90
        assert len(name.encode()) <= 190  # of 255
        assert not set(name) & set("<>:\"/\\|?*'`$%&;!#~ \t\r\n\x00")
        assert name[0] not in "-." and name[-1] not in ". "
        assert name.partition(".")[0].upper() not in {"CON", "PRN", "AUX", "NUL", "COM1", "LPT9"}
        assert safe(name) == name

    def test_cut_between_letters(self) -> None:
        name = safe("é" * 300)
        assert name == "é" * len(name)
        hindi = safe("की" * 100)
        assert hindi == "की" * (len(hindi) // 2)

    @given(st.lists(st.text("aAbBéE\u0301\u212b-2. ", max_size=4), max_size=30))
    def test_all_differ_for_every_file_system(self, texts: list[str]) -> None:
        import unicodedata

        names = Names()
        found = [names.take(text) for text in texts]
        for form in ("NFC", "NFD", "NFKC", "NFKD"):
            assert len({unicodedata.normalize(form, name).casefold() for name in found}) == len(
                found
            )

    def test_long_names_are_numbered_within_the_limit(self) -> None:
        names = Names()
        found = [names.take("長" * 500) for _ in range(1200)]
        assert len(set(found)) == 1200
        assert max(len(name.encode()) for name in found) <= 180


class TestExport:
    def test_by_name(self, tmp_path: Path) -> None:
        out = tmp_path / "out"
        charts = {"loss by step": line("A"), "损失": line("B")}
        result = export(charts, out, ("png", "svg"))
        assert isinstance(result, Exported)
        assert [path.name for path in result.paths] == [
            "loss-by-step.png", "loss-by-step.svg", "损失.png", "损失.svg",
        ]  # fmt: skip
        assert sorted(out.iterdir()) == sorted(result.paths)
        assert result.paths[0].read_bytes() == charts["loss by step"].to_png()
        assert result.paths[3].read_text("utf-8") == charts["损失"].to_svg()
        assert (result.folder, result.failures, result.notes) == (out, {}, {})

    def test_names_from_titles(self, tmp_path: Path) -> None:
        titles = ["Loss", "loss", "Loss", "", "a/b", "", "CON"]
        made = export([line(title) for title in titles], tmp_path, "json")
        assert [path.stem for path in made.paths] == [
            "Loss", "loss-2", "Loss-3", "line", "a-b", "line-2", "chart-CON",
        ]  # fmt: skip
        assert "Loss-3" in [path.stem for path in tmp_path.iterdir()]

    def test_names_are_the_same_on_every_run(self, tmp_path: Path) -> None:
        """Also when charts are made by functions that end in another order."""
        found = []
        for run in range(3):
            waits = [threading.Event() for _ in range(8)]

            def make(number: int, waits: list[threading.Event] = waits, run: int = run) -> pk.Chart:
                # In some runs a chart is made only when a later one is.
                if run and number % 2 == 0:
                    waits[number + 1].wait(30)
                waits[number].set()
                return pk.line({**ROWS, "loss": [number] * 3}, "step", "loss", title="same")

            tasks = [lambda n=n: make(n) for n in range(8)]  # type: ignore[misc]
            made = export(tasks, tmp_path / str(run), "json", workers=2)
            found.append([(path.name, path.read_text()) for path in made.paths])
        assert found[0] == found[1] == found[2]
        assert [name for name, _ in found[0]] == ["same.json"] + [
            f"same-{n}.json" for n in range(2, 9)
        ]

    def test_given_names(self, tmp_path: Path) -> None:
        made = export((line() for _ in range(2)), tmp_path, ".JSON", names=["x", "X"])
        assert [path.name for path in made.paths] == ["x.json", "X-2.json"]

    def test_options_are_those_of_save(self, tmp_path: Path) -> None:
        one = line("t")
        made = export([one], tmp_path, ["png", "svg", "png"], theme="dark", width="8cm", dpi=200)
        assert len(made.paths) == 2
        assert made.paths[0].read_bytes() == one.to_png(theme="dark", width="8cm", dpi=200)
        assert made.paths[1].read_text("utf-8") == one.to_svg(theme="dark", width="8cm")

    def test_notes(self, tmp_path: Path) -> None:
        noted = pk.line({"x": [0, 1, None], "y": [1, 2, 3]}, "x", "y", title="gaps")
        made = export([line("fine"), noted], tmp_path, "json")
        assert made.notes == {"gaps": noted.notes}
        assert noted.notes

    def test_nothing(self, tmp_path: Path) -> None:
        assert export([], tmp_path / "new") == Exported(tmp_path / "new", (), {}, {})
        assert (tmp_path / "new").is_dir()

    def test_charts_are_let_go_of(self, tmp_path: Path) -> None:
        """What makes 5,000 charts holds a few of them."""
        refs: list[weakref.ref[pk.Chart]] = []
        most = 0

        def charts() -> Iterator[Callable[[], pk.Chart]]:
            nonlocal most
            for number in range(40):
                gc.collect()
                most = max(most, sum(ref() is not None for ref in refs))
                yield lambda number=number: made(number)  # type: ignore[misc]

        def made(number: int) -> pk.Chart:
            found = line(f"chart {number}")
            refs.append(weakref.ref(found))
            return found

        export(charts(), tmp_path, "json", workers=2)
        assert most <= 10

    def test_pictures_do_not_stay_with_the_charts(self, tmp_path: Path) -> None:
        one = line("t")
        export([one], tmp_path, ("png", "svg"), scale=0.5)
        assert one._svgs == {}

    @pytest.mark.parametrize("title", HOSTILE)
    def test_hostile_titles_stay_in_the_folder(self, title: str, tmp_path: Path) -> None:
        out = tmp_path / "out"
        made = export({title: line(title)}, out, "json")
        assert [path.parent for path in made.paths] == [out]
        assert [path.name for path in tmp_path.iterdir()] == ["out"]
        assert list(out.iterdir()) == list(made.paths)


class TestFailures:
    def test_the_others_are_written(self, tmp_path: Path) -> None:
        def fails() -> pk.Chart:
            raise KeyError("no such file")

        bad = line("bad")
        charts = [line("one"), bad, fails, lambda: 7, line("two")]
        theme = {"title": {"fontSize": 1}}
        with pytest.raises(errors.ExportError) as caught:
            export(charts, tmp_path, ("json", "svg"), theme=theme, names=None)  # type: ignore[arg-type]
        result = caught.value.result
        assert isinstance(result, Exported)
        assert list(result.failures) == ["charts[2]", "charts[3]"]
        assert isinstance(result.failures["charts[2]"], KeyError)
        assert str(caught.value) == (
            f"2 of 5 charts failed; the others are in {str(tmp_path)!r}:\n"
            "  'charts[2]': 'no such file'\n"
            "  'charts[3]': charts=7: expected a chart, or a function without arguments that "
            "returns one."
        )
        assert caught.value.__cause__ is result.failures["charts[2]"]
        assert [path.name for path in result.paths] == [
            f"{name}.{ending}" for name in ("one", "bad", "two") for ending in ("json", "svg")
        ]
        assert sorted(tmp_path.iterdir()) == sorted(result.paths)

    def test_one_format_of_a_chart_fails(self, tmp_path: Path) -> None:
        (tmp_path / "a.svg").mkdir()  # in its way
        with pytest.raises(errors.ExportError, match="1 of 2 charts failed") as caught:
            export([line("a"), line("b")], tmp_path, ("json", "svg"))
        result = caught.value.result
        assert isinstance(result, Exported)
        assert [path.name for path in result.paths] == ["a.json", "b.json", "b.svg"]
        assert isinstance(result.failures["a"], errors.SaveError)
        assert not [name for name in os.listdir(tmp_path) if name.startswith(".")]

    def test_drawing_fails(self, tmp_path: Path) -> None:
        settings.timeout = 4
        late = endless()
        charts = [*(line(f"{n}") for n in range(4)), late, *(line(f"{n}") for n in range(4, 8))]
        with pytest.raises(errors.ExportError) as caught:
            export(charts, tmp_path, scale=0.5)
        result = caught.value.result
        assert isinstance(result, Exported)
        assert {name: type(e) for name, e in result.failures.items()} == {
            "endless": errors.RenderTimeoutError
        }
        assert [path.name for path in result.paths] == [f"{n}.png" for n in range(8)]

    def test_all_fail(self, tmp_path: Path) -> None:
        with pytest.raises(errors.ExportError) as caught:
            export([line(f"c{n}") for n in range(20)], tmp_path, colour="red")
        told = str(caught.value).splitlines()
        assert told[0] == "20 of 20 charts failed:"
        assert told[-1] == "  and 8 more"
        assert list(tmp_path.iterdir()) == []

    def test_no_room_left(self, tmp_path: Path) -> None:
        if not Path("/dev/full").exists():
            pytest.skip("no /dev/full")
        (tmp_path / "a.json").symlink_to("/dev/full/a.json")
        with pytest.raises(errors.ExportError) as caught:
            export([line("a"), line("b")], tmp_path, "json")
        result = caught.value.result
        assert isinstance(result, Exported)
        assert [path.name for path in result.paths] == ["b.json"]


class TestWrongArguments:
    """Said before anything is drawn or written."""

    @pytest.mark.parametrize("formats", ["gif", ("png", "bmp"), (), "", ("png", 3), "png,svg"])
    def test_formats(self, formats: Any, tmp_path: Path) -> None:
        with pytest.raises(errors.OptionError, match="expected some of png, svg, pdf, "):
            export([line()], tmp_path / "out", formats)
        assert not (tmp_path / "out").exists()

    @pytest.mark.parametrize("charts", [line(), 3, None])
    def test_charts(self, charts: Any, tmp_path: Path) -> None:
        with pytest.raises(errors.OptionError, match="charts in a list, or by name"):
            export(charts, tmp_path / "out")

    def test_names(self, tmp_path: Path) -> None:
        out = tmp_path / "out"
        with pytest.raises(errors.OptionError, match="as the charts have names: their keys"):
            export({"a": line()}, out, names=["b"])
        with pytest.raises(errors.OptionError, match="one text for each chart"):
            export([line()], out, names="b")
        with pytest.raises(errors.OptionError, match="one text for each chart"):
            export({3: line()}, out)  # type: ignore[dict-item]
        with pytest.raises(errors.DataError, match="'names' has 1, 'charts' has 2"):
            export([line(), line()], out, names=["a"])
        assert not out.exists()
        with pytest.raises(errors.DataError, match="'names' has 3, 'charts' has 2"):
            export(iter([line(), line()]), out, "json", names=["a", "b", "c"])
        with pytest.raises(errors.DataError, match="'names' has 1, 'charts' has 2"):
            export(iter([line(), line()]), out, "json", names=["a"])

    def test_folder(self, tmp_path: Path) -> None:
        with pytest.raises(errors.SaveError, match="does not exist"):
            export([line()], tmp_path / "a" / "b")
        file = tmp_path / "file"
        file.write_text("kept")
        with pytest.raises(errors.SaveError, match="cannot write"):
            export([line()], file)
        assert file.read_text() == "kept"

    def test_workers(self, tmp_path: Path) -> None:
        with pytest.raises(errors.OptionError, match="workers=0"):
            export([line()], tmp_path, workers=0)


@pytest.mark.skipif(sys.platform == "win32", reason="looks at files as POSIX has them")
def test_same_bytes_as_one_after_the_other(tmp_path: Path) -> None:
    charts = [
        pk.line(ROWS, "step", "loss", title="line"),
        pk.bar(ROWS, "step", "loss", title="bar"),
        pk.scatter(ROWS, "step", "loss", title="scatter"),
        pk.histogram(ROWS, "loss", title="histogram"),
        pk.confusion_matrix(y_true=[0, 1, 1], preds=[0, 1, 0], title="matrix"),
    ]
    formats = ("png", "svg", "pdf", "html", "json")
    for workers in (1, 2, 3):
        export(charts, tmp_path / str(workers), formats, workers=workers)
    files = sorted(path.name for path in (tmp_path / "1").iterdir())
    assert len(files) == 25
    for name in files:
        one, *others = ((tmp_path / str(n) / name).read_bytes() for n in (1, 2, 3))
        assert others == [one, one], name
