"""Reports: one page, one PDF, or a folder; what fails stays in its place, nothing hostile runs."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pypdf
import pytest
from lxml import html as lxml_html
from markdown_it import MarkdownIt
from typer.testing import CliRunner

import plotkit as pk
from plotkit import errors
from plotkit.cli import app
from plotkit.render import worker
from plotkit.report import markdown, marked, plan, web

DIGITS = Path(__file__).parent.parent / "gallery" / "digits" / "report.toml"
TABLE = pk.Table({"step": [0, 1, 2], "loss": [1.9, 1.1, 0.7], "run": ["a", "b", "a"]})
HOSTILE = [
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "javascript:alert(1)",
    "<!-- <svg onload=alert(1)> -->",
    "line\u2028separator\u2029",
    "lone \ud800 surrogate",
    "control \x00\x1b[31m",
    "\"'`&{{payload}}$title",
]


def line(title: str = "Loss") -> pk.Chart:
    return pk.line(TABLE, "step", "loss", title=title)


def broken() -> pk.Chart:
    return pk.line(TABLE, "step", "lost")


def small() -> pk.Report:
    report = pk.Report("Experiment 12", description="With *warm-up*.")
    return report.add(
        "## Training",
        line(),
        "Text in *Markdown* with `code` and [a link](https://example.org).",
        TABLE,
        pk.row(line("Left"), pk.figure(line("Right"), "On the **right**.", alt="A falling line.")),
        "## Second\n\n### Deeper",
    )


def parsed(path: Path) -> Any:
    return lxml_html.document_fromstring(path.read_text("utf-8"))


# --- the page ------------------------------------------------------------------------------------


def test_a_page_holds_everything(tmp_path: Path) -> None:
    page = parsed(small().save(tmp_path / "report.html"))
    assert page.get("lang") == "en"
    assert page.xpath("string(//h1)") == page.xpath("string(//title)") == "Experiment 12"
    assert page.xpath("//header//em/text()") == ["warm-up"]
    assert page.xpath("//figcaption/*[@class='number']/text()") == [
        "Figure 1", "Table 1", "Figure 2", "Figure 3",
    ]  # fmt: skip
    assert page.xpath("//figure/@id") == ["figure-1", "table-1", "figure-2", "figure-3"]
    assert page.xpath("string(//figure[@id='figure-3']/figcaption)") == "Figure 3 On the right."
    # Every entry of the contents leads somewhere.
    links = [link.removeprefix("#") for link in page.xpath("//nav//a/@href")]
    assert links == ["training", "second", "deeper"]
    assert all(page.xpath(f"//*[@id='{link}']") for link in links)
    # Every picture stands there light and dark, and says what it shows.
    assert len(page.xpath("//*[@class='canvas light']/svg")) == 3
    assert len(page.xpath("//*[@class='canvas dark']/svg")) == 3
    for picture in page.xpath("//svg"):
        named = picture.get("aria-labelledby").split()
        told = " ".join(page.xpath(f"string(//*[@id='{name}'])") for name in named)
        assert picture.get("role") == "img" and len(told) > 20
    assert page.xpath("//*[@id='figure-3']//desc/text()") == ["A falling line."] * 2
    # Ids are those of one element each.
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))
    rows = [row.xpath("td/text()") for row in page.xpath("//*[@id='table-1']//tbody/tr")]
    assert rows == [["0", "1.9", "a"], ["1", "1.1", "b"], ["2", "0.7", "a"]]


def test_a_static_page_has_no_script_and_lets_none_in(tmp_path: Path) -> None:
    page = parsed(small().save(tmp_path / "report.html"))
    assert not page.xpath("//script")
    policy = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]
    assert "default-src 'none'" in policy and "script-src 'none'" in policy
    assert "base-uri 'none'" in policy and "form-action 'none'" in policy


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_hostile_text_stays_text(text: str, tmp_path: Path) -> None:
    # Control characters in a column's name are refused: that is another test.
    column = re.sub("[\x00\x1b\ud800]", "", text)
    table = pk.Table({"x": [0, 1], column: [1, 2], "kind": [text, "b"]})

    def chart() -> pk.Chart:
        return pk.scatter(table, "x", column, color="kind", title=text)

    def fails() -> pk.Chart:
        raise ValueError(text)

    report = pk.Report(text, text).add(
        f"## {text}\n\n{text}\n\n`{text}`\n\n[{text}](javascript:alert(1))",
        pk.figure(chart, caption=text, alt=text),
        pk.figure(fails, caption=text),
        pk.figure(table, caption=text),
    )
    page = parsed(report.save(tmp_path / "report.html"))
    assert [name for name, _ in report.failures] == ["figure 2"]
    everything = page.xpath("//*")
    assert not page.xpath("//script | //img | //iframe | //object | //embed | //form | //base")
    assert not [name for one in everything for name in one.attrib if name.startswith("on")]
    links = page.xpath("//@href | //@src | //@xlink:href", namespaces={"xlink": "xlink"})
    assert all(link.startswith("#") for link in links), links
    folder = report.save(tmp_path / "out")
    assert not parsed(folder / "index.html").xpath("//script | //iframe")
    beside = (folder / "index.md").read_text("utf-8")
    shown = MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(beside)
    inside = lxml_html.document_fromstring(shown).xpath("//body//*")
    allowed = {"h1", "h2", "p", "code", "strong", "em", "picture", "source", "img", "br"}
    allowed |= {"table", "thead", "tbody", "tr", "th", "td", "blockquote"}
    assert {one.tag for one in inside} <= allowed
    assert not [name for one in inside for name in one.attrib if name.startswith("on")]
    assert pypdf.PdfReader(report.save(tmp_path / "report.pdf")).pages


def test_themes(tmp_path: Path) -> None:
    one = parsed(pk.Report("R", theme="dark").add(line()).save(tmp_path / "dark.html"))
    assert len(one.xpath("//svg")) == 1
    assert one.xpath("//meta[@name='color-scheme']/@content") == ["dark"]
    own = pk.Report("R").add(pk.figure(line(), theme="dark")).save(tmp_path / "own.html")
    assert len(parsed(own).xpath("//svg")) == 1


def test_other_languages(tmp_path: Path) -> None:
    report = pk.Report("Bericht", language="de").add("## A", line(), "## B", TABLE)
    page = parsed(report.save(tmp_path / "de.html"))
    assert page.get("lang") == "de"
    numbers = page.xpath("//figcaption/*[@class='number']/text()")
    assert numbers == ["Abbildung 1", "Tabelle 1"]
    assert page.xpath("string(//nav/h2)") == "Inhalt"
    assert page.xpath("string(//svg/desc)") == line().describe("de")
    hebrew = parsed(pk.Report("R", language="he").add(line()).save(tmp_path / "he.html"))
    assert hebrew.get("dir") == "rtl"


def test_tables_in_a_locale(tmp_path: Path) -> None:
    pytest.importorskip("babel")
    table = pk.Table({"n": [-1234567, 2], "share": [0.5, None], "day": ["a", "b"]})
    report = pk.Report("R", locale="de-DE").add(table)
    page = parsed(report.save(tmp_path / "r.html"))
    cells = page.xpath("//tbody/tr/td/text()")
    assert cells == ["−1.234.567", "0,5", "a", "2", "–", "b"]
    assert page.get("lang") == "de"


def test_times_in_tables() -> None:
    import datetime as dt

    from plotkit.report.cells import printed

    tokyo = dt.timezone(dt.timedelta(hours=9))
    times = [dt.datetime(2024, 1, 1, 9, tzinfo=tokyo), dt.datetime(2024, 1, 1, tzinfo=dt.UTC)]
    assert printed(pk.Table({"t": times}), 9, str).rows == [["2024-01-01 00:00 UTC"]] * 2
    halves = [dt.datetime(2024, 1, 1, 8, 0, 0, 250_000), dt.datetime(2024, 1, 2)]
    assert printed(pk.Table({"t": halves}), 9, str).rows[0] == ["2024-01-01 08:00:00.250000"]
    days = [dt.datetime(2024, 1, 1), dt.datetime(2024, 1, 2)]
    assert printed(pk.Table({"t": days}), 9, str).rows == [["2024-01-01"], ["2024-01-02"]]


def test_a_report_in_a_report(tmp_path: Path) -> None:
    """A function that draws a report of its own does not wait for itself."""

    def inner() -> pk.Chart:
        pk.Report("inner").add(lambda: line("inner")).save(tmp_path / "inner.html")
        return line("outer")

    report = pk.Report("outer").add(inner)
    report.save(tmp_path / "outer.html")
    assert not report.failures and (tmp_path / "inner.html").exists()


def test_headings_stand_below_the_title(tmp_path: Path) -> None:
    report = pk.Report("T", "# D").add("> # q\n\n- # i\n\n# Figure 1\n\n[s](#figure-1)", line())
    page = parsed(report.save(tmp_path / "r.html"))
    assert len(page.xpath("//h1")) == 1
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids)) and page.xpath("//figure/@id") == ["figure-1"]


def test_notes_stand_under_the_chart(tmp_path: Path) -> None:
    gaps = pk.Table({"x": [0, 1, 2], "y": [1, None, 2]})
    chart = pk.scatter(gaps, "x", "y")
    page = parsed(pk.Report("R").add(chart).save(tmp_path / "r.html"))
    assert page.xpath("//*[@id='figure-1']//li/text()") == list(chart.notes)


def test_a_huge_picture_is_held_as_pixels(tmp_path: Path) -> None:
    pk.settings.inline_svg_bytes = 1024
    try:
        page = parsed(pk.Report("R").add(line()).save(tmp_path / "r.html"))
    finally:
        del pk.settings.inline_svg_bytes
    pictures = page.xpath("//*[@class='canvas light']/img")
    assert len(pictures) == 1 and pictures[0].get("alt") == line().describe()
    assert pictures[0].get("src").startswith("data:image/png;base64,")


def test_a_size_limit_of_a_folder(tmp_path: Path) -> None:
    with pytest.raises(errors.SaveError, match="more than the limit"):
        small().save(tmp_path / "out", max_bytes=10_000)
    assert list((tmp_path / "out").iterdir()) == []


def test_charts_beside_each_other_are_laid_out_for_it(tmp_path: Path) -> None:
    page = parsed(small().save(tmp_path / "r.html"))
    widths = [float(one.get("width")) for one in page.xpath("//*[@class='canvas light']/svg")]
    assert widths == [640, 400, 400]


def test_a_size_limit(tmp_path: Path) -> None:
    target = tmp_path / "r.html"
    with pytest.raises(errors.SaveError, match=r"more than the limit of 0\.01 MB.*figure 1 \("):
        small().save(target, max_bytes=10_000)
    assert not target.exists()
    assert small().save(target, max_bytes=1_000_000) == target


# --- what fails ----------------------------------------------------------------------------------


def test_one_failure_leaves_the_others(tmp_path: Path) -> None:
    def bug() -> pk.Chart:
        raise KeyError("nothing of ours")

    report = pk.Report("R").add(line("One"), pk.figure(broken, "Lost."), bug, line("Four"))
    page = parsed(report.save(tmp_path / "r.html"))
    assert len(page.xpath("//*[@class='canvas light']/svg")) == 2
    assert [name for name, _ in report.failures] == ["figure 2", "figure 3"]
    told = page.xpath("string(//*[@id='figure-2']//*[@class='error'])")
    assert "This chart could not be drawn" in told and "Did you mean 'loss'?" in told
    assert "KeyError: 'nothing of ours'" in page.xpath("string(//*[@id='figure-3'])")
    text = "".join(p.extract_text() for p in pypdf.PdfReader(report.save(tmp_path / "r.pdf")).pages)
    assert "could not be drawn" in text
    with pytest.raises(errors.ReportError, match="is written, but not everything could be drawn"):
        report.save(tmp_path / "strict.html", strict=True)
    assert (tmp_path / "strict.html").exists()
    report.save(tmp_path / "out")
    figures = json.loads((tmp_path / "out" / "manifest.json").read_text())["figures"]
    assert [bool(figure["error"]) for figure in figures] == [False, True, True, False]


def test_a_table_that_cannot_be_read_stays_in_its_place(tmp_path: Path) -> None:
    lines = tmp_path / "lines.csv"
    lines.write_text("a,b\n1,2\n")
    table = pk.Table.read(lines)
    lines.unlink()
    report = pk.Report("R").add(table, line())
    page = parsed(report.save(tmp_path / "r.html"))
    assert [name for name, _ in report.failures] == ["table 1"]
    assert page.xpath("//*[@id='table-1']//*[@class='error']")
    report.save(tmp_path / "r.pdf")
    report.save(tmp_path / "out")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: pk.Report(5), "title=5: expected text."),  # type: ignore[arg-type]
        (lambda: pk.Report("R", them="dark"), "has no keyword 'them'. Did you mean 'theme'?"),  # type: ignore[call-arg]
        (lambda: pk.Report("R").save("r.docx"), "cannot tell the format of 'r.docx'"),
        (lambda: pk.Report("R").save("no/where/r.html"), "the folder 'no/where' does not exist"),
        (lambda: pk.row(), "row=(): expected at least one item."),
        (lambda: pk.row(pk.row("a")), "items that are no rows themselves"),
        (lambda: pk.figure(TABLE, rows=0), "rows=0: expected a whole number, at least 1."),
        (lambda: pk.figure(line, alt=5), "alt=5: expected text."),  # type: ignore[arg-type]
        (lambda: pk.figure(line, name=5), "name=5: expected text."),  # type: ignore[arg-type]
        (lambda: pk.figure(line, theme={1: 2}), "expected a Vega-Lite config"),
        (lambda: pk.figure(line, theme={"a": float("nan")}), "expected a Vega-Lite config"),
        (lambda: pk.figure(TABLE, alt="x"), "figure='alt': expected for a table caption and rows"),
        (lambda: pk.Report("R", alt="x"), "alt='x': expected it for one figure only"),
        (lambda: pk.Report("R", background="blu"), "background='blu': expected"),
        (lambda: pk.Report("R", language="d\ud800"), "expected a language's tag"),
        (lambda: pk.Report("R").save("r.pdf", interactive=True), "for a page (.html) only"),
        (lambda: pk.Report("R").save("r.html", formats=("png",)), "for a folder only"),
        (lambda: pk.Report("R").save("r.html", max_bytes="5MB"), "max_bytes='5MB': expected"),  # type: ignore[arg-type]
        (lambda: pk.Report("R").save("a\ud800.html"), "expected the path of a file"),
        (lambda: pk.figure(TABLE, 5), "caption=5: expected text."),  # type: ignore[arg-type]
        (lambda: pk.Report("R").save("x", formats=("gif",)), "formats='gif': expected some of"),
    ],
)
def test_messages(
    make: Callable[[], object], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(errors.PlotkitError) as caught:
        make()
    assert message in str(caught.value)


# --- on paper ------------------------------------------------------------------------------------


def test_a_pdf_of_pages(tmp_path: Path) -> None:
    report = small()
    for number in range(12):
        report.add(f"## Section {number}", line(f"Chart {number}"))
    reader = pypdf.PdfReader(report.save(tmp_path / "report.pdf"))
    assert len(reader.pages) > 3
    assert reader.metadata is not None and reader.metadata.title == "Experiment 12"
    assert reader.metadata.creation_date is None
    text = "\n".join(page.extract_text() for page in reader.pages)
    for told in ("Contents", "Training", "Figure 15", "Table 1", "Chart 11", "With warm-up."):
        assert told in text
    assert not any("/Image" in str(page.images) for page in reader.pages), "all is vector"
    # The contents are linked, and so is the outline that a reader shows beside the pages.
    annotations = [a.get_object() for a in reader.pages[0].get("/Annots", [])]
    assert sum("/Dest" in a or "/A" in a for a in annotations) >= 12
    titles = [entry["/Title"] for entry in reader.outline if not isinstance(entry, list)]
    assert titles[0] == "Training" and "Section 11" in titles
    # Screen readers get what a picture shows.
    assert reader.trailer["/Root"]["/Lang"] == "en"
    found = _alternatives(reader.trailer["/Root"]["/StructTreeRoot"])
    assert "A falling line." in found and line().describe() in found


def _alternatives(node: Any, depth: int = 0) -> set[str]:
    node = node.get_object()
    if isinstance(node, list):
        return set().union(*(_alternatives(kid, depth + 1) for kid in node)) if node else set()
    if not isinstance(node, dict) or depth > 60:
        return set()
    found = {str(node["/Alt"])} if "/Alt" in node else set()
    return found | (_alternatives(node["/K"], depth + 1) if "/K" in node else set())


def test_a_pdf_without_typst_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from plotkit.report import paged

    monkeypatch.setattr(paged, "find_spec", lambda name: None)
    with pytest.raises(errors.MissingExtraError, match="pip install typst"):
        small().save(tmp_path / "r.pdf")


# --- a folder ------------------------------------------------------------------------------------


def drawn(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Counts what is asked of the engine."""
    asked: list[str] = []
    real = worker.Pool.request

    def request(self: Any, operation: str, *rest: Any, **more: Any) -> bytes:
        asked.append(operation)
        return real(self, operation, *rest, **more)

    monkeypatch.setattr(worker.Pool, "request", request)
    return asked


def test_a_folder_holds_everything(tmp_path: Path) -> None:
    folder = small().save(tmp_path / "out")
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert [figure["name"] for figure in manifest["figures"]] == ["01-loss", "02-left", "03-right"]
    for figure in manifest["figures"]:
        assert set(figure["files"]) == {"light.svg", "dark.svg", "light.png", "dark.png"}
        for file in figure["files"].values():
            data = (folder / file["path"]).read_bytes()
            assert hashlib.sha256(data).hexdigest() == file["sha256"]
    assert manifest["figures"][2]["alt"] == "A falling line."
    page = parsed(folder / "index.html")
    shown = page.xpath("//img/@src") + page.xpath("//source/@srcset")
    assert len(shown) == 6 and all((folder / path).is_file() for path in shown)
    text = (folder / "index.md").read_text("utf-8")
    assert "# Experiment 12" in text and "| 0 | 1\\.9 | a |".replace("\\", "") in text
    assert all((folder / path).is_file() for path in re.findall(r'(?:src|srcset)="([^"]+)"', text))


def test_only_what_changed_is_drawn_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "out"
    small().save(folder)
    before = {path: path.stat().st_mtime_ns for path in (folder / "figures").iterdir()}
    asked = drawn(monkeypatch)
    small().save(folder)
    assert not asked
    assert {path: path.stat().st_mtime_ns for path in (folder / "figures").iterdir()} == before
    # A file that is not what it was is drawn again, and so is a chart that changed.
    next(path for path in before if path.name == "02-left.svg").write_text("something else")
    small().save(folder)
    assert asked.count("vegalite_to_svg") == 2
    asked.clear()
    changed = pk.Report("Experiment 12").add(line("Another"), line("Loss"))
    changed.save(folder)
    assert asked.count("vegalite_to_svg") == 2
    names = sorted({path.stem for path in (folder / "figures").iterdir()})
    assert names == ["01-another", "01-another-dark", "02-loss", "02-loss-dark"]


def test_a_manifest_of_somebody_else_harms_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    precious = tmp_path / "precious.txt"
    precious.write_text("mine")
    entry = {
        "digest": "x", "source": "", "error": "",
        "files": {"light.svg": {"path": "../precious.txt", "sha256": "0"}},
    }  # fmt: skip
    for content in (json.dumps({"figures": [entry]}), "{", "[]", '{"figures": 5}'):
        (folder / "manifest.json").write_text(content)
        small().save(folder)
        assert precious.read_text() == "mine"


def test_formats_of_a_folder(tmp_path: Path) -> None:
    folder = pk.Report("R").add(line()).save(tmp_path / "out", formats=("pdf", "webp"))
    names = sorted(path.name for path in (folder / "figures").iterdir())
    assert names == ["01-loss-dark.pdf", "01-loss-dark.webp", "01-loss.pdf", "01-loss.webp"]
    assert parsed(folder / "index.html").xpath("//img/@src") == ["figures/01-loss.webp"]


def planted(folder: Path, **entry: Any) -> None:
    """A manifest as somebody else might write it, over a folder that we drew."""
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["figures"][0] |= entry
    (folder / "manifest.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    "key", ["own./../../../victim", "light.svg/../../../victim", "../victim.svg", "light.html"]
)
def test_a_planted_manifest_writes_nothing_elsewhere(tmp_path: Path, key: str) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    folder = pk.Report("R").add(line()).save(tmp_path / "out", formats=("svg",))
    bad = folder / "figures" / "01-bad.svg"
    bad.write_text("theirs")
    (folder / "figures" / "01-l.").mkdir()
    sha = hashlib.sha256(b"theirs").hexdigest()
    planted(folder, files={key: {"path": "figures/01-bad.svg", "sha256": sha}})
    pk.Report("R").add(line()).save(folder, formats=("svg",))
    assert victim.read_text() == "mine"
    held = [path for path in tmp_path.rglob("*") if path.is_file() and path != bad]
    assert not [path for path in held if path.read_bytes() == b"theirs"]


@pytest.mark.parametrize(
    "entry", [{"notes": 5}, {"title": None}, {"files": 5}, {"digest": []}, {"error": {}}]
)
def test_a_manifest_that_is_damaged_is_drawn_anew(tmp_path: Path, entry: dict[str, Any]) -> None:
    folder = pk.Report("R").add(line()).save(tmp_path / "out", formats=("svg",))
    planted(folder, **entry)
    report = pk.Report("R").add(line())
    report.save(folder, formats=("svg",))
    assert not report.failures
    (folder / "manifest.json").write_text("[" * 200_000)
    report.save(folder, formats=("svg",))


def test_links_in_a_folder_lead_nowhere(tmp_path: Path) -> None:
    victim = tmp_path / "victim.txt"
    victim.write_text("mine")
    (tmp_path / "out" / "figures").mkdir(parents=True)
    for name in ("figures/01-loss.svg", "index.html", "index.md", "manifest.json"):
        (tmp_path / "out" / name).symlink_to(victim)
    pk.Report("R").add(line()).save(tmp_path / "out", formats=("svg",))
    assert victim.read_text() == "mine"
    assert not (tmp_path / "out" / "figures" / "01-loss.svg").is_symlink()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "figures").symlink_to(elsewhere)
    with pytest.raises(errors.SaveError, match="a link to somewhere else"):
        pk.Report("R").add(line()).save(tmp_path / "other")
    assert not list(elsewhere.iterdir())


def test_a_file_that_was_changed_by_hand_is_not_deleted(tmp_path: Path) -> None:
    folder = pk.Report("R").add(line("One")).save(tmp_path / "out", formats=("svg",))
    edited = folder / "figures" / "01-one.svg"
    edited.write_text("edited by hand")
    pk.Report("R").add(line("Two")).save(folder, formats=("svg",))
    assert edited.read_text() == "edited by hand"


def test_alt_texts_stay_on_their_line_in_markdown(tmp_path: Path) -> None:
    alt = "a\n\n![x](http://example.org/p.png)\n\n"
    folder = pk.Report("R").add(pk.figure(line(), alt=alt)).save(tmp_path / "out")
    shown = MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(
        (folder / "index.md").read_text("utf-8")
    )
    images = lxml_html.document_fromstring(shown).xpath("//img/@src")
    assert images == ["figures/01-loss.svg"]


# --- the same bytes ------------------------------------------------------------------------------

PROGRAM = """
import sys, hashlib, pathlib, tempfile
import plotkit as pk
table = pk.Table({"x": [0, 1, 2], "y": [2, 1, 3], "c": ["a", "b", "a"]})
report = pk.Report("R", "D").add("## A", pk.line(table, "x", "y", color="c"), table,
                                 pk.row(pk.bar(table, "c", "y"), pk.scatter(table, "x", "y")))
folder = pathlib.Path(tempfile.mkdtemp())
report.save(folder / "r.html"); report.save(folder / "r.pdf"); report.save(folder / "out")
for path in sorted(folder.rglob("*")):
    if path.is_file():
        print(path.relative_to(folder), hashlib.sha256(path.read_bytes()).hexdigest())
"""


def test_bytes_repeat_in_every_process() -> None:
    said = set()
    for seed in ("0", "1", "77"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": f"Etc/GMT+{len(said)}"}
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        said.add(done.stdout)
    assert len(said) == 1
    assert len(said.pop().splitlines()) == 17


# --- from a file ---------------------------------------------------------------------------------


def write(folder: Path, text: str) -> Path:
    (folder / "curves.csv").write_text("step,loss\n0,1.9\n1,1.1\n2,0.7\n")
    path = folder / "report.toml"
    path.write_text(textwrap.dedent(text))
    return path


SMALL = """
    title = "From a file"
    theme = "light"

    [data]
    curves = "curves.csv"

    [[block]]
    text = "## Training"

    [[block]]
    chart = "plotkit/line"
    data = "curves"
    fields = { x = "step", y = "loss" }
    strings = { title = "Loss" }
    caption = "It *falls*."

    [[block]]
    row = [{ table = "curves", rows = 2 }, { text = "beside" }]
"""


def test_a_report_from_a_file(tmp_path: Path) -> None:
    found = plan.load(write(tmp_path, SMALL))
    assert {path.name for path in found.files} == {"report.toml", "curves.csv"}
    page = parsed(found.report.save(tmp_path / "r.html"))
    assert not found.report.failures
    assert page.xpath("//figcaption/em/text()") == ["falls"]
    assert page.xpath("string(//*[@id='table-1']/p)") == "2 of 3 rows"


def test_the_command_draws_what_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, out = write(tmp_path, SMALL), tmp_path / "out"
    run = CliRunner()
    first = run.invoke(app, ["report", str(path), "-o", str(out)])
    assert first.exit_code == 0, first.output
    asked = drawn(monkeypatch)
    built: list[object] = []
    real = plan.plot_table
    monkeypatch.setattr(plan, "plot_table", lambda *a, **k: (built.append(a), real(*a, **k))[1])
    assert run.invoke(app, ["report", str(path), "-o", str(out)]).exit_code == 0
    assert "vegalite_to_svg" not in asked and not built, "not even the data is read"
    (tmp_path / "curves.csv").write_text("step,loss\n0,2.9\n1,1.1\n")
    assert run.invoke(app, ["report", str(path), "-o", str(out)]).exit_code == 0
    assert asked.count("vegalite_to_svg") == 1 and len(built) == 1


def test_the_exit_code_says_that_something_failed(tmp_path: Path) -> None:
    path = write(tmp_path, SMALL.replace('y = "loss"', 'y = "lost"'))
    done = CliRunner().invoke(app, ["report", str(path), "-o", str(tmp_path / "r.html")])
    assert done.exit_code == 1
    assert "figure 1: no column 'lost' for role 'y'. Did you mean 'loss'?" in done.output
    assert (tmp_path / "r.html").exists()
    done = CliRunner().invoke(
        app, ["report", str(path), "-o", str(tmp_path / "s.html"), "--max-size", "1kB"]
    )
    assert done.exit_code == 1 and "more than the limit of 0.001 MB" in done.output
    assert not (tmp_path / "s.html").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("title =", "titel ="), "has no key 'titel'. Did you mean 'title'?"),
        (("fields =", "feilds ="), "block 2, has no key 'feilds'. Did you mean 'fields'?"),
        (
            ('data = "curves"', 'data = "curve"'),
            "has no data source 'curve'. Did you mean 'curves'?",
        ),
        (('text = "## Training"', "txt = 5"), "block 1 has none of text, chart, table and row"),
        (('text = "## Training"', "text = 5"), "block 1: text is no text"),
        (('text = "## Training"', 'text = "a"\n    table = "b"'), "block 1 has text and table of"),
        (("{ text = ", "{ row = [], text = "), "block 3, cell 2 has text and row of text"),
        (("[data]", "[data"), "it is no TOML"),
        (('theme = "light"', 'theme = "drak"'), "theme='drak'"),
        (("[[block]]\n    text", "[block]\n    text"), "it is no TOML"),
    ],
)
def test_messages_of_a_file(change: tuple[str, str], message: str, tmp_path: Path) -> None:
    path = write(tmp_path, SMALL.replace(*change, 1))
    with pytest.raises(errors.PlotkitError) as caught:
        plan.load(path).report.save(tmp_path / "r.html", strict=True)
    assert message in str(caught.value)


def test_watching_draws_again(tmp_path: Path) -> None:
    pytest.importorskip("watchfiles")
    path, out = write(tmp_path, SMALL), tmp_path / "r.html"
    process = subprocess.Popen(
        [sys.executable, "-m", "plotkit", "report", str(path), "-o", str(out), "--watch"],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        assert "watching" in process.stderr.readline()
        first = out.read_bytes()
        # The watch begins a moment after it is said.
        until = time.monotonic() + 60
        while out.read_bytes() == first and time.monotonic() < until:
            (tmp_path / "curves.csv").write_text(f"step,loss\n0,1\n1,{time.monotonic()}\n")
            time.sleep(0.5)
        assert out.read_bytes() != first
    finally:
        process.terminate()
        process.communicate(timeout=20)


def test_the_gallery_report(tmp_path: Path) -> None:
    found = plan.load(DIGITS)
    page = parsed(found.report.save(tmp_path / "digits.html"))
    assert not found.report.failures
    assert len(page.xpath("//*[@class='canvas light']/svg")) == 6


# --- text ----------------------------------------------------------------------------------------

SAMPLE = """
# Title

A *word*, **two**, `code`, ~~gone~~, [link](https://example.org) and
another line.

- one
- two
  1. deep

> quoted

```py
x < 1
```

| a | b |
|--:|:--|
| 1 | 2 |

---
"""


def test_markdown_as_html() -> None:
    made = web.prose(markdown.parse(SAMPLE))
    for part in (
        "<h1>Title</h1>",
        "<em>word</em>",
        "<strong>two</strong>",
        "<s>gone</s>",
        '<a href="https://example.org" rel="noreferrer noopener">link</a>',
        "<ul><li>one</li>",
        "<blockquote><p>quoted</p></blockquote>",
        "x &lt; 1",
        "<th class=right>a</th>",
        "<hr>",
    ):
        assert part in made, made


def test_markdown_as_markdown_means_the_same() -> None:
    nodes = markdown.parse(SAMPLE)
    assert markdown.parse(marked.blocks(nodes)) == nodes


def test_deep_lists_are_kept() -> None:
    source = "\n".join(f"{'  ' * depth}- level {depth}" for depth in range(15))
    assert "level 14" in web.prose(markdown.parse(source))
    assert "text" in web.prose(markdown.parse(">" * 25 + " text"))
    assert "a" in web.prose(markdown.parse("*" * 3000 + "a" + "*" * 3000))


@pytest.mark.parametrize(
    "target",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "vbscript:x",
        "//host/x",
    ],
)
def test_links_lead_to_the_web_or_nowhere(target: str) -> None:
    made = web.prose(markdown.parse(f"[words]({target}) ![alt]({target}) <{target}>"))
    assert "<a " not in made and "<img" not in made
    assert "words" in made
