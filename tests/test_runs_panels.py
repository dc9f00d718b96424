"""How logged objects come into pages: what is carried, what is said, what is left out."""

from __future__ import annotations

import base64
import io
import json
import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import plotkit as pk
from plotkit import errors, settings, words
from plotkit.render import page as live_page
from plotkit.report.folder import MANIFEST
from plotkit.runs import panels
from plotkit.runs.media.scenes import Cloud, Mesh, Scene, packed
from plotkit.runs.panels import scene as drawing
from plotkit.runs.panels import stills, writing
from plotkit.runs.panels.carrying import evenly, fitting

HOSTILE = "</script><script>window.hurt=1</script><img src=x onerror='window.hurt=1'>"


def png(array: Any) -> bytes:
    held = io.BytesIO()
    Image.fromarray(np.asarray(array, np.uint8)).save(held, "PNG")
    return held.getvalue()


class Room:
    """A run's folder with files in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "media").mkdir()

    def keep(self, content: bytes, name: str) -> str:
        (self.folder / "media" / name).write_bytes(content)
        return f"media/{name}"

    def image(self, shade: int, side: int = 8, name: str = "", **facts: Any) -> dict[str, Any]:
        # Noise, so that no two sizes compress to the same.
        noise = np.random.default_rng(shade).integers(0, 256, (side, side, 3))
        file = self.keep(png(noise), name or f"{shade}.png")
        return {"_type": "image", "file": file, "width": side, "height": side, **facts}


@pytest.fixture
def room(tmp_path: Path) -> Room:
    (tmp_path / "run").mkdir()
    return Room(tmp_path / "run")


class Reader(HTMLParser):
    """The elements of a page, the texts of its scripts, and what readers see of it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.scripts: list[tuple[str, str]] = []
        self.seen = ""
        self._tag = ""
        self._kind = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = {name: value or "" for name, value in attrs}
        self.elements.append((tag, held))
        self._tag, self._kind = tag, held.get("type", "")

    def handle_endtag(self, tag: str) -> None:
        self._tag = ""

    def handle_data(self, data: str) -> None:
        if self._tag == "script":
            self.scripts.append((self._kind, data))
        elif self._tag != "style":
            self.seen += data

    def data(self) -> list[Any]:
        return [json.loads(text) for kind, text in self.scripts if kind == "application/json"]

    def all(self, tag: str) -> list[dict[str, str]]:
        return [held for name, held in self.elements if name == tag]


# --- a page --------------------------------------------------------------------------------------


def test_a_report_carries_its_panels(room: Room, tmp_path: Path) -> None:
    steps = [(step, room.image(step, caption=f"at {step}")) for step in (0, 10, 35)]
    report = pk.Report("Run").add(panels.panel("examples", steps, folder=room.folder))
    text = report.save(tmp_path / "run.html").read_text("utf-8")
    read = Reader(text)
    (data,) = read.data()
    assert data["steps"] == [0, 10, 35]
    assert [step[0]["caption"] for step in data["items"]] == ["at 0", "at 10", "at 35"]
    # Each file stands in the page once: the last step's as what is seen without JavaScript.
    (image,) = read.all("img")
    assert image["alt"] == "at 35" and image["data-pk-file"] == "media/35.png"
    assert set(data["files"]) == {"media/0.png", "media/10.png"}
    for step in (0, 10, 35):
        content = base64.b64encode((room.folder / "media" / f"{step}.png").read_bytes()).decode()
        assert text.count(content) == 1
    # The one script that runs is named by its hash; nothing comes from elsewhere.
    running = [script for kind, script in read.scripts if kind == ""]
    assert running == [panels.SCRIPT]
    policy = live_page.policy(running, media=True).replace("'", "&#x27;")
    assert policy.replace("&#x27;", "'") in text
    assert "Step 35" in read.seen


def test_a_report_without_panels_is_as_before(tmp_path: Path) -> None:
    text = pk.Report("Run").add("Text").save(tmp_path / "run.html").read_text("utf-8")
    assert "<script" not in text and "pk-media" not in text and "media-src" not in text
    assert "script-src 'none'" in text


def test_live_charts_and_panels_share_a_page(room: Room, tmp_path: Path) -> None:
    report = pk.Report("Run").add(pk.line({"x": [0, 1], "y": [1, 2]}, "x", "y"))
    report.add(panels.panel("examples", [(0, room.image(1))], folder=room.folder))
    read = Reader(report.save(tmp_path / "run.html", interactive=True).read_text("utf-8"))
    running = [script for kind, script in read.scripts if kind == ""]
    assert running[-1] == panels.SCRIPT and len(running) == 3
    policy = next(held["content"] for held in read.all("meta") if "http-equiv" in held)
    assert policy == live_page.policy(running, media=True)


def test_a_file_used_twice_is_carried_once(room: Room, tmp_path: Path) -> None:
    same = room.image(7)
    report = pk.Report("Run")
    report.add(panels.panel("a", [(0, same), (1, [same, same])], folder=room.folder))
    report.add(pk.row(panels.panel("b", [(3, same)], folder=room.folder), "text"))
    text = report.save(tmp_path / "run.html").read_text("utf-8")
    assert text.count("data:image/png;base64,") == 1
    assert [image["data-pk-file"] for image in Reader(text).all("img")] == [same["file"]] * 3


def test_equal_input_gives_equal_text(room: Room, tmp_path: Path) -> None:
    def made(name: str) -> bytes:
        report = pk.Report("Run")
        report.add(panels.panel("a", [(0, room.image(7))], folder=room.folder))
        return report.save(tmp_path / name).read_bytes()

    assert made("one.html") == made("two.html")


def test_a_served_page_has_addresses(room: Room) -> None:
    steps = [(step, room.image(step)) for step in (0, 1)]
    made = panels.panel("a", steps, lambda file: f"/files/{file}?v=1&w=2", room.folder)
    read = Reader(made.html)
    assert [image["src"] for image in read.all("img")] == ["/files/media/1.png?v=1&w=2"]
    # The same picture twice is seen twice, also without JavaScript.
    twice = panels.panel("a", [(0, [room.image(0), room.image(0)])], lambda f: f"/{f}", room.folder)
    assert [image["src"] for image in Reader(twice.html).all("img")] == ["/media/0.png"] * 2
    assert read.data()[0]["files"] == {"media/0.png": "/files/media/0.png?v=1&w=2"}
    assert "data:" not in made.html.replace("img-src data:", "").replace("media-src data:", "")\
        .replace("font-src data:", "")  # fmt: skip


def test_no_steps() -> None:
    with pytest.raises(errors.OptionError, match="at least one step"):
        panels.panel("a", [])


# --- a limit -------------------------------------------------------------------------------------


def test_steps_beyond_the_limit_are_left_out_evenly(room: Room, tmp_path: Path) -> None:
    steps = [(10 * step, room.image(step, side=60)) for step in range(21)]
    size = len(base64.b64encode((room.folder / "media/0.png").read_bytes()))
    settings.report_media_bytes = size * 6
    try:
        report = pk.Report("Run").add(panels.panel("a", steps, folder=room.folder))
        read = Reader(report.save(tmp_path / "run.html").read_text("utf-8"))
    finally:
        del settings.report_media_bytes
    (data,) = read.data()
    assert data["steps"] == [0, 40, 80, 120, 160, 200]
    assert len(data["files"]) == 5
    assert "6 of 21 steps are in this file" in read.seen


def test_a_step_that_is_too_large_alone(room: Room, tmp_path: Path) -> None:
    settings.report_media_bytes = 1000
    try:
        report = pk.Report("Run").add(
            panels.panel("a", [(4, room.image(1, side=60))], folder=room.folder)
        )
        text = report.save(tmp_path / "run.html").read_text("utf-8")
    finally:
        del settings.report_media_bytes
    assert "are more than the 1.0 kB left for it" in text and "data:image" not in text


def test_panels_share_what_a_page_may_carry(room: Room, tmp_path: Path) -> None:
    size = len(base64.b64encode(png(np.random.default_rng(0).integers(0, 256, (60, 60, 3)))))
    settings.report_media_bytes = 14 * size
    try:
        report = pk.Report("Run")
        few = [(step, room.image(step, side=60)) for step in range(2)]
        many = [(step, room.image(100 + step, side=60)) for step in range(30)]
        report.add(panels.panel("few", few, folder=room.folder))
        report.add(panels.panel("many", many, folder=room.folder))
        text = report.save(tmp_path / "run.html").read_text("utf-8")
    finally:
        del settings.report_media_bytes
    few_data, many_data = Reader(text).data()
    assert len(few_data["steps"]) == 2
    # What the first one left is the second one's.
    assert 8 <= len(many_data["steps"]) <= 12
    assert many_data["steps"][0] == 0 and many_data["steps"][-1] == 29


@given(st.lists(st.integers(1, 50), min_size=1, max_size=60), st.integers(0, 800))
def test_what_is_chosen_fits(sizes: list[int], limit: int) -> None:
    weights = [{str(at): size} for at, size in enumerate(sizes)]
    chosen, total = fitting(weights, limit)
    assert total == sum(sizes)
    assert sum(sizes[at] for at in chosen) <= limit
    if chosen:
        assert chosen[-1] == len(sizes) - 1
        assert len(chosen) == 1 or chosen[0] == 0
    else:
        assert sizes[-1] > limit
    if sum(sizes) <= limit:
        assert chosen == list(range(len(sizes)))


@given(st.integers(1, 300), st.integers(1, 300))
def test_evenly_spaced(count: int, keep: int) -> None:
    chosen = evenly(count, keep)
    assert chosen == sorted(set(chosen)) and chosen[-1] == count - 1
    assert len(chosen) == min(count, keep)
    gaps = {b - a for a, b in pairwise(chosen)}
    assert not gaps or max(gaps) - min(gaps) <= 1


# --- what is logged ------------------------------------------------------------------------------


def test_hostile_text_stays_text(room: Room, tmp_path: Path) -> None:
    stored = room.image(1, caption=HOSTILE, note=HOSTILE)
    stored["boxes"] = {HOSTILE: {"boxes": [{"x0": 0, "y0": 0, "x1": 1, "y1": 1, "label": HOSTILE}]}}
    report = pk.Report("Run").add(panels.panel(HOSTILE, [(0, stored)], folder=room.folder))
    read = Reader(report.save(tmp_path / "run.html").read_text("utf-8"))
    assert len(read.scripts) == 2 and len(read.all("img")) == 1
    assert not any(name.startswith("on") for _, held in read.elements for name in held)
    assert read.data()[0]["name"] == HOSTILE


@pytest.mark.parametrize(
    "file",
    ["/etc/passwd", "media/../../secret", "../secret.png", "javascript:alert(1)", "", None, 5,
     "media/a/b.png", "media\\x.png", "https://example.com/x.png"],
)  # fmt: skip
def test_only_files_of_the_run_are_shown(room: Room, tmp_path: Path, file: Any) -> None:
    (tmp_path / "secret.png").write_bytes(png(np.zeros((4, 4))))
    asked: list[str] = []

    def address(name: str) -> str:
        asked.append(name)
        return "x"

    for kind in ("image", "video", "audio", "html", "object3d", "table", "molecule"):
        stored = {"_type": kind, "file": file, "scene": file, "masks": {"m": {"file": file}}}
        made = panels.panel("a", [(0, stored)], address, room.folder)
        read = Reader(made.html)
        assert asked == [] and read.data()[0]["files"] == {}
        assert read.data()[0]["items"][0][0]["kind"] == "other"
        assert made.pictures == ()


def test_links_are_not_followed(room: Room, tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(png(np.zeros((4, 4))))
    (room.folder / "media" / "x.png").symlink_to(tmp_path / "secret.png")
    stored = {"_type": "image", "file": "media/x.png", "width": 4, "height": 4}
    made = panels.panel("a", [(0, stored)], folder=room.folder)
    assert "data:image" not in made.carried("en", None, set())
    assert made.pictures == ()
    linked = tmp_path / "linked"
    linked.mkdir()
    (linked / "media").symlink_to(tmp_path)
    stored["file"] = "media/secret.png"
    made = panels.panel("a", [(0, stored)], folder=linked)
    assert "data:image" not in made.carried("en", None, set())
    assert made.pictures == ()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
KEYS = ("file", "scene", "width", "height", "caption", "note", "masks", "boxes", "classes",
        "counts", "edges", "rows", "columns", "objects")  # fmt: skip
KINDS = ("image", "video", "audio", "object3d", "html", "table", "histogram", "tensor", "x")


@given(
    st.dictionaries(st.sampled_from(KEYS), JSON, max_size=6),
    st.sampled_from(KINDS) | JSON,
    st.text(max_size=20),
)
def test_any_stored_form_is_shown_or_named(stored: dict[str, Any], kind: Any, name: str) -> None:
    made = panels.panel(name, [(3, {**stored, "_type": kind}), (4, [stored, kind])])
    assert len(Reader(made.carried("en", 10_000, set())).data()) == 1
    assert made.text and len(made.pictures) == 0


def nested(deep: int) -> Any:
    made: Any = 1
    for _ in range(deep):
        made = [made]
    return made


BOX = {"x0": 0, "y0": 0, "x1": 1, "y1": 1}
STRANGE: dict[str, dict[str, Any]] = {
    "a width beyond floats": {"width": 10**400},
    "a corner beyond floats": {"boxes": {"b": {"boxes": [{**BOX, "x0": 10**400}]}}},
    "a score beyond floats": {"boxes": {"b": {"boxes": [{**BOX, "score": 10**400}]}}},
    "classes that are no numbers": {
        "classes": {"--5": "a", "9" * 5000: "b", "²": "c", "-": "d"},
        "boxes": {"b": {"boxes": [{**BOX, "class_id": "9" * 5000}]}},
    },
    "counts beyond floats": {"_type": "histogram", "counts": [10**400], "edges": [0, 1]},
    "counts below 0": {"_type": "histogram", "counts": [-1], "edges": [0, 1]},
    "edges that fall": {"_type": "histogram", "counts": [1], "edges": [1, 0]},
    "edges too far apart": {"_type": "histogram", "counts": [1], "edges": [-1.7e308, 1.7e308]},
    "lists in lists": {"_type": "tensor", "shape": nested(900)},
}


@pytest.mark.parametrize("strange", STRANGE.values(), ids=list(STRANGE))
def test_what_a_stranger_may_have_stored(room: Room, strange: dict[str, Any]) -> None:
    made = panels.panel("a", [(0, {**room.image(1), **strange})], folder=room.folder)
    assert len(Reader(made.carried("en", None, set())).data()) == 1
    assert made.text and len(made.pictures) == (strange.get("_type") is None)
    if strange.get("_type") == "histogram":
        assert Reader(made.html).data()[0]["items"][0][0]["kind"] == "other"


@pytest.mark.parametrize("objects", [5, None, [["a"]], ["a"], ["b"], ["c"], "ab", ["gone"]])
def test_tables_that_say_wrongly_where_objects_are(room: Room, objects: Any) -> None:
    from plotkit.runs import media

    made = media.wrap(pk.Table({"a": [1, 2], "b": ["no json", "5"], "c": ["[" * 9999, "{}"]}))
    assert made is not None
    stored = {**made.store(lambda content, suffix: room.keep(content, f"t{suffix}"))}
    read = Reader(panels.panel("a", [(0, {**stored, "objects": objects})], folder=room.folder).html)
    assert read.data()[0]["items"][0][0]["kind"] in ("table", "other")


def test_pictures_that_would_fill_the_memory(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = {**room.image(1), "boxes": {"b": {"boxes": [BOX]}}}
    assert len(panels.panel("a", [(0, plain)], folder=room.folder).pictures) == 1
    masks = [np.zeros((5000, 4000), np.uint8), np.zeros((8, 8, 3), np.uint8)]
    for at, mask in enumerate(masks):
        named = {"m": {"file": room.keep(png(mask), f"mask{at}.png")}}
        stored = {**room.image(1), "masks": named}
        assert panels.panel("a", [(0, stored)], folder=room.folder).pictures == ()
    flat = {**room.image(2), "file": room.keep(png(np.zeros((200, 200))), "large.bmp")}
    monkeypatch.setattr(pk.settings, "max_pixels", 39_999)
    assert panels.panel("a", [(0, flat)], folder=room.folder).pictures == ()
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 4)
    assert panels.panel("a", [(0, plain)], folder=room.folder).pictures == ()


def test_files_that_are_missing_or_no_pictures(room: Room, tmp_path: Path) -> None:
    items = [
        {"_type": "image", "file": "media/gone.png", "width": 8, "height": 8},
        {"_type": "image", "file": room.keep(b"no picture", "odd.png"), "width": 8, "height": 8},
        {"_type": "object3d", "file": "media/x.obj", "scene": room.keep(b"\0\0\0\0{}", "a.scene")},
        {"_type": "object3d", "scene": room.keep(b"\0\x10\0\0" + b"[" * 4096, "b.scene")},
        {"_type": "table", "file": room.keep(b"no table", "odd.parquet")},
        {"_type": "html", "file": "media/gone.html"},
    ]
    report = pk.Report("Run").add(panels.panel("a", [(0, items)], folder=room.folder))
    report.add(panels.panel("b", [(0, room.image(1))], folder=room.folder))
    report.save(tmp_path / "run.html")
    assert report.save(tmp_path / "run").joinpath("index.md").is_file()
    assert report.failures == ()


def test_tables_have_exact_values(room: Room) -> None:
    table = pk.Table(
        {"n": [0.1 + 0.2, float("nan"), None], "i": [2**53 + 1, -4, 0], "t": ["a|b", None, "ü"]}
    )
    from plotkit.runs import media

    made = media.wrap(table)
    assert made is not None
    stored = made.store(lambda content, suffix: room.keep(content, f"t{suffix}"))
    panel = panels.panel("t", [(0, stored)], folder=room.folder)
    page = Reader(panel.carried("en", None, set()))
    item = page.data()[0]["items"][0][0]
    assert item["columns"] == ["n", "i", "t"] and item["numeric"] == [True, True, False]
    # What is read is short; every digit is there where it is pointed at.
    assert item["rows"][0] == ["0.3", "9,007,199,254,740,993", "a|b"]
    assert item["exact"]["0"][0] == "0.30000000000000004"
    assert item["exact"]["1"][0] == "9007199254740993"
    titles = [cell.get("title") for cell in page.all("td")]
    assert titles[:3] == ["0.30000000000000004", "9007199254740993", None]
    assert item["rows"][1][1] == "\N{MINUS SIGN}4" and item["rows"][2][2] == "ü"
    assert "a\\|b" in panel.text


def test_a_table_without_rows(room: Room) -> None:
    from plotkit.runs import media

    made = media.wrap(pk.Table(columns=["id", "score"]))
    assert made is not None
    stored = made.store(lambda content, suffix: room.keep(content, f"t{suffix}"))
    panel = panels.panel("t", [(0, stored)], folder=room.folder)
    page = Reader(panel.carried("en", None, set()))
    assert len(page.all("th")) == 2 and not page.all("td")
    assert "| id | score |" in panel.text


def test_objects_in_the_cells_of_a_table(room: Room) -> None:
    from plotkit.runs import media

    cells = [pk.Image(np.full((4, 4), shade, np.uint8)) for shade in (0, 200)]
    made = media.wrap(pk.Table(columns=["id", "picture"], data=list(enumerate(cells))))
    assert made is not None
    names = iter(("p0", "p1", "table"))
    stored = made.store(lambda content, suffix: room.keep(content, f"{next(names)}{suffix}"))
    read = Reader(panels.panel("t", [(0, stored)], folder=room.folder).carried("en", None, set()))
    item = read.data()[0]["items"][0][0]
    assert [row[1]["kind"] for row in item["rows"]] == ["image", "image"]
    assert set(read.data()[0]["files"]) == {"media/p0.png", "media/p1.png"}


def test_a_tensor_is_a_table_of_facts() -> None:
    stored = {"_type": "tensor", "file": "media/x.npy", "shape": [3, 4], "dtype": "f4", "min": -1.5}
    panel = panels.panel("w", [(0, stored)])
    item = Reader(panel.html).data()[0]["items"][0][0]
    assert item["rows"] == [["shape", "3, 4"], ["dtype", "f4"], ["min", "−1.5"]]
    assert "| dtype | f4 |" in panel.text


def test_a_logged_page_is_sealed(room: Room, tmp_path: Path) -> None:
    stored = {"_type": "html", "file": room.keep(b"<script>1</script><p>\xff", "x.html")}
    report = pk.Report("Run").add(panels.panel("p", [(0, stored)], folder=room.folder))
    read = Reader(report.save(tmp_path / "run.html").read_text("utf-8"))
    (frame,) = read.all("iframe")
    assert frame["sandbox"] == "" and frame["srcdoc"].startswith(writing.GUARD)
    assert "default-src 'none'" in frame["srcdoc"].split("<script>")[0]


# --- Markdown and paper --------------------------------------------------------------------------


def test_a_folder_has_the_last_step_as_pictures(room: Room, tmp_path: Path) -> None:
    steps = [(s, [room.image(s, caption="first"), room.image(s + 50)]) for s in (0, 1)]
    sound = {"_type": "audio", "file": room.keep(b"RIFF", "a.wav"), "caption": "A *440*"}
    report = pk.Report("Run").add(panels.panel("val/examples", steps, folder=room.folder))
    report.add(panels.panel("sound", [(1, sound)], folder=room.folder))
    folder = report.save(tmp_path / "out")
    text = (folder / "index.md").read_text("utf-8")
    assert '<img alt="first" src="figures/01-media-val-examples-1.png">' in text
    assert "**val/examples**" in text and "Step 1" in text
    assert r"A \*440\*: `media/a.wav`" in text
    # Tiny pictures are drawn larger, every pixel a square.
    with Image.open(folder / "figures" / "01-media-val-examples-1.png") as shown:
        assert shown.size == (280, 280)
    assert panels.SCRIPT in (folder / "index.html").read_text("utf-8")
    # Drawn again with fewer pictures, what is left over goes.
    report = pk.Report("Run").add(panels.panel("sound", [(1, sound)], folder=room.folder))
    report.save(folder)
    assert list((folder / "figures").iterdir()) == []
    assert "panels" not in json.loads((folder / MANIFEST).read_text("utf-8"))


def test_a_pdf_shows_pictures(room: Room, tmp_path: Path) -> None:
    pypdf = pytest.importorskip("pypdf")
    pytest.importorskip("typst")
    items = [room.image(step, side=40, caption=f"Nummer {step} 猫") for step in range(6)]
    report = pk.Report("Lauf", language="de")
    report.add(pk.row(panels.panel("x", [(7, items)], folder=room.folder), "beside"))
    found = pypdf.PdfReader(report.save(tmp_path / "run.pdf"))
    assert "Schritt 7" in found.pages[0].extract_text()
    assert len(found.pages[0].images) == 6


def test_masks_and_boxes_are_drawn_into_pictures(room: Room) -> None:
    labels = np.zeros((120, 120), np.uint8)
    labels[:, 60:] = 2
    plain = room.keep(png(np.zeros((120, 120, 3))), "black.png")
    stored = {
        "_type": "image", "file": plain, "width": 120, "height": 120,
        "masks": {"m": {"file": room.keep(png(labels), "m.png"), "classes": {"2": "car"}}},
        "boxes": {"b": {"boxes": [
            {"x0": 0.1, "y0": 0.5, "x1": 0.4, "y1": 0.9, "class_id": 1, "score": 0.5}]}},
    }  # fmt: skip
    (still,) = panels.panel("a", [(0, stored)], folder=room.folder).pictures
    shown = np.asarray(Image.open(io.BytesIO(still.content)))
    colour = [int(stills.colours()[2][at : at + 2], 16) for at in (1, 3, 5)]
    assert np.abs(shown[20, 100] - np.asarray(colour) * 0.55).max() <= 2
    assert shown[20, 20].tolist() == [0, 0, 0]
    frame = [int(stills.colours()[1][at : at + 2], 16) for at in (1, 3, 5)]
    assert shown[80, 12].tolist() == frame


def cube(up: str = "y") -> bytes:
    square = np.asarray([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 0, 0], [1, 1, 0], [0, 1, 0]], float)
    sides = []
    for axis in range(3):
        front = np.roll(square, axis, axis=1)
        front[:, (axis + 2) % 3] = 1
        sides += [front, np.roll(square, axis, axis=1)[::-1]]
    flat = np.concatenate(sides)
    red = np.tile(np.asarray([200, 30, 30, 255], "u1"), (len(flat), 1))
    mesh = Mesh(flat, np.arange(len(flat)).reshape(-1, 3), red)
    return packed(Scene([mesh], up=up))[0]


def test_a_scene_is_drawn_for_paper() -> None:
    for up in ("y", "z"):
        shown = np.asarray(drawing.drawn(cube(up))).astype(int)
        red = shown[..., 0] - shown[..., 1] > 40
        # It stands in the middle, fills much of the picture, and has no holes.
        assert 0.2 < red.mean() < 0.6 and red[240, 320]
        rows = np.flatnonzero(red.any(axis=1))
        for row in rows[4:-4]:
            columns = np.flatnonzero(red[row])
            assert red[row, columns[0] : columns[-1] + 1].all()
    assert np.array_equal(drawing.drawn(cube()), drawing.drawn(cube()))


def test_points_and_lines_are_drawn_for_paper() -> None:
    line = Cloud(np.asarray([[0, 0, 0], [1, 1, 1]], "f4"), None)
    points = Cloud(
        np.random.default_rng(0).random((500, 3)).astype("f4"),
        np.tile(np.asarray([0, 160, 0, 255], "u1"), (500, 1)),
    )
    shown = np.asarray(drawing.drawn(packed(Scene(points=points, lines=line))[0])).astype(int)
    assert (shown[..., 1] - shown[..., 0] > 60).mean() > 0.02
    assert (shown[..., 2] - shown[..., 0] > 60).mean() > 0.0005


@pytest.mark.parametrize("content", [b"", b"\xff\xff\xff\xff", b"\2\0\0\0{}", b"\2\0\0\0[]"])
def test_what_is_no_scene(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        drawing.drawn(content)


# --- words ---------------------------------------------------------------------------------------


def test_every_word_is_used() -> None:
    room = Path(panels.__file__).parent
    code = "\n".join(p.read_text("utf-8") for p in room.rglob("*.*") if p.suffix in (".py", ".js"))
    program = "\n".join(path.read_text("utf-8") for path in room.glob("page/*.js"))
    for key in words.words("en", "media"):
        assert f'"{key}"' in code, key
    # What the program says is handed to it.
    for key in re.findall(r'said\("(\w+)"', program):
        assert key in writing._SPOKEN, key


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_words_of_all_languages(language: str, room: Room) -> None:
    def slots(text: str) -> list[str]:
        return sorted(re.findall(r"\{\w+\}", text))

    english, own = words.words("en", "media"), words.words(language, "media")
    assert own.keys() == english.keys()
    for key, text in own.items():
        assert slots(text) == slots(english[key]), key
    made = panels.panel("a{step}", [(1234, [room.image(1), room.image(2)])], folder=room.folder)
    shown = made.carried(language, None, set())
    assert own["step"].format(step=1234) in shown
    assert own["numbered"].format(name="a{step}", number=2) in shown
