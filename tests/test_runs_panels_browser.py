"""Logged objects in a real browser: they are seen, they answer, and nothing is asked for."""

from __future__ import annotations

import io
import struct
import threading
import wave
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import plotkit as pk
from plotkit.render import page as live_page
from plotkit.runs import panels
from plotkit.runs.media.scenes import Cloud, Mesh, Scene, packed
from plotkit.theme import config

pytestmark = pytest.mark.browser

HOSTILE = "</script><script>window.hurt=1</script><img src=x onerror='window.hurt=1'>"
Visit = Callable[..., Any]

# How many px of a 3D viewer are drawn on, and where their middle is.
DRAWN = """canvas => {
    const {width, height} = canvas, {data} = canvas.getContext('2d').getImageData(0, 0, width, height);
    let count = 0, x = 0, y = 0, sum = 0;
    for (let at = 0; at < width * height; at++) if (data[4 * at + 3] > 128) {
        count++; x += at % width; y += Math.floor(at / width); sum = (sum * 31 + data[4 * at] + at) % 1e9;
    }
    return [count, x / count, y / count, sum];
}"""  # noqa: E501


@pytest.fixture
def visit(browser: Any) -> Iterator[Visit]:
    """Opens a file; at the end nothing may have been complained about, asked for, or run."""
    opened: list[tuple[Any, list[str]]] = []

    def visit(path: Path | str, width: int = 1280, before: str = "", **context: Any) -> Any:
        made = browser.new_context(viewport={"width": width, "height": 900}, **context)
        page, said = made.new_page(), []
        page.on("console", lambda m: said.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        address = path.as_uri() if isinstance(path, Path) else path
        own = (address.rsplit("/", 1)[0], "data:", "about:", "blob:")
        page.on("request", lambda r: None if r.url.startswith(own) else said.append(r.url))
        if before:
            page.add_init_script(before)
        opened.append((made, said))
        page.goto(address)
        return page

    yield visit
    for context, said in opened:
        assert [page.evaluate("window.hurt") for page in context.pages] == [None]
        assert said == []
        context.close()


class Room:
    """A run's folder with one of every kind."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "media").mkdir(parents=True)
        self._count = 0

    def keep(self, content: bytes, suffix: str) -> str:
        self._count += 1
        file = f"media/{self._count:04d}{suffix}"
        (self.folder / file).write_bytes(content)
        return file

    def png(self, array: Any) -> str:
        held = io.BytesIO()
        Image.fromarray(np.asarray(array)).save(held, "PNG")
        return self.keep(held.getvalue(), ".png")

    def digit(self, shade: int) -> dict[str, Any]:
        file = self.png(np.full((8, 8), shade, np.uint8))
        return {"_type": "image", "file": file, "width": 8, "height": 8, "caption": f"{shade}"}

    def street(self, kind: type = np.uint8, car: int = 3) -> dict[str, Any]:
        labels = np.zeros((200, 300), kind)
        labels[100:], labels[40:80, 40:160] = 1, car
        names = {"0": "ground", "1": "road", str(car): "car"}
        return {
            "_type": "image",
            "file": self.png(np.zeros((200, 300, 3), np.uint8)),
            "width": 300,
            "height": 200,
            "masks": {"truth": {"file": self.png(labels), "classes": names}},
            "boxes": {
                "found": {
                    "boxes": [
                        {"x0": 0.1, "y0": 0.5, "x1": 0.5, "y1": 0.9, "class_id": 3, "score": 0.9},
                        {"x0": 0.6, "y0": 0.1, "x1": 0.9, "y1": 0.4, "class_id": 2, "score": 0.2},
                    ],
                    "classes": {"3": "car", "2": "tree"},
                }
            },
        }

    def ball(self, caption: str = "Ball") -> dict[str, Any]:
        trimesh = pytest.importorskip("trimesh")
        made = trimesh.creation.icosphere(subdivisions=3)
        # Off the middle, so that every turn is seen.
        extra = trimesh.creation.box(extents=[0.5, 0.5, 2.5])
        meshes = [Mesh(np.asarray(m.vertices), np.asarray(m.faces)) for m in (made, extra)]
        scene = self.keep(packed(Scene(meshes))[0], ".scene")
        return {"_type": "object3d", "file": "media/x.obj", "scene": scene, "caption": caption}

    def cloud(self, seed: int = 0) -> dict[str, Any]:
        rng = np.random.default_rng(seed)
        colours = np.tile(np.asarray([30, 160, 60, 255], np.uint8), (900, 1))
        corners = np.asarray([[0, 0, 0], [1, 1, 1]], float)
        scene = Scene(
            points=Cloud(rng.random((900, 3)), colours),
            lines=Cloud(corners),
            labels=[((0.5, 0.5, 1.0), "box 0.9")],
            up="z",
        )
        file = self.keep(packed(scene)[0], ".scene")
        return {"_type": "object3d", "file": "media/x.npy", "scene": file}

    def sound(self) -> dict[str, Any]:
        held = io.BytesIO()
        with wave.open(held, "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(8000)
            out.writeframes(b"\0\1" * 8000)
        return {"_type": "audio", "file": self.keep(held.getvalue(), ".wav"), "caption": "A tone"}

    def moving(self) -> dict[str, Any]:
        frames = [Image.fromarray(np.full((40, 40), shade, np.uint8)) for shade in (0, 120, 250)]
        held = io.BytesIO()
        frames[0].save(held, "GIF", save_all=True, append_images=frames[1:], duration=50)
        return {"_type": "video", "file": self.keep(held.getvalue(), ".gif"), "fps": 20}

    def page(self) -> dict[str, Any]:
        text = "<h1>Logged</h1><script>parent.hurt = 1; document.body.innerHTML = ''</script>"
        return {"_type": "html", "file": self.keep(text.encode(), ".html")}

    def table(self, rows: int = 23) -> dict[str, Any]:
        from plotkit.runs import media

        made = media.wrap(
            pk.Table({"id": list(range(rows)), "name": [f"n{i}" for i in range(rows)]})
        )
        assert made is not None
        return made.store(self.keep)


STEPS = (0, 10, 15, 60)


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Room:
    return Room(tmp_path_factory.mktemp("panels") / "run")


@pytest.fixture(scope="module")
def objects(room: Room) -> dict[str, list[tuple[int, Any]]]:
    counts, edges = np.histogram(np.random.default_rng(0).normal(size=500), 30)
    histogram = {"_type": "histogram", "counts": counts.tolist(), "edges": edges.tolist()}
    return {
        "digits": [(step, [room.digit(step + at) for at in range(7)]) for step in STEPS],
        "street": [(step, room.street()) for step in (10, 60)],
        "ball": [(step, room.ball()) for step in (0, 60)],
        "clouds": [(60, [room.cloud(0), room.cloud(1)])],
        "sound": [(3, room.sound())],
        "moving": [(3, room.moving())],
        "table": [(3, room.table())],
        "weights": [(step, histogram) for step in STEPS],
        "odd": [(3, {"_type": "molecule", "file": room.keep(b"x", ".pdb")})],
    }


@pytest.fixture(scope="module")
def report(
    room: Room, objects: dict[str, list[tuple[int, Any]]], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    made = pk.Report("Run").add("## Media")
    for name, steps in objects.items():
        made.add(panels.panel(name, steps, folder=room.folder))
    return made.save(tmp_path_factory.mktemp("report") / "run.html")


def saved(room: Room, folder: Path, *stored: Any, **options: Any) -> Path:
    made = pk.Report("Run")
    for at, one in enumerate(stored):
        steps = one if isinstance(one, list) else [(0, one)]
        made.add(panels.panel(f"panel {at}", steps, folder=room.folder))
    return made.save(folder / "page.html", **options)


def panel_of(page: Any, name: str) -> Any:
    return page.locator(f".pk-media[aria-label='{name}']")


def scroll_through(page: Any) -> None:
    for at in range(0, page.evaluate("document.documentElement.scrollHeight"), 400):
        page.evaluate(f"window.scrollTo(0, {at})")
        page.wait_for_timeout(80)
    page.evaluate("window.scrollTo(0, 0)")


def drawn(page: Any, canvas: Any) -> list[float]:
    """A viewer's picture, once it has come to rest."""
    canvas.scroll_into_view_if_needed()
    page.wait_for_timeout(150)
    before: list[float] = []
    for _ in range(100):
        page.wait_for_timeout(60)
        found: list[float] = canvas.evaluate(DRAWN)
        if found[0] and found == before:
            return found
        before = found
    raise AssertionError("nothing is drawn")


def until(node: Any, expression: str) -> None:
    """Wait for something to be true; the page's policy forbids to evaluate it in there."""
    for _ in range(150):
        if node.evaluate(expression):
            return
        node.page.wait_for_timeout(60)
    raise AssertionError(expression)


# --- the whole page ------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_fits_and_is_seen(report: Path, visit: Visit, width: int, scheme: str) -> None:
    page = visit(report, width, color_scheme=scheme)
    scroll_through(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    wide = page.evaluate(
        "[...document.querySelectorAll('.pk-m-view *')].filter(n => !n.closest('.pk-m-scroll')"
        " && n.getBoundingClientRect().right > innerWidth + 1).map(n => n.className)"
    )
    assert wide == []
    assert page.locator(".pk-media[data-pk-ready]").count() == 9
    for canvas in page.locator(".pk-m-viewer > canvas").all():
        assert drawn(page, canvas)[0] > 500
    # Everything that can be worked with says what it is.
    for node in page.locator("button, input, canvas, audio, video, [tabindex='0']").all():
        if node.is_visible() and node.get_attribute("class") != "pk-m-mask":
            named = node.evaluate(
                "n => n.ariaLabel || n.textContent.trim() || n.closest('label')?.textContent"
            )
            assert named


def test_a_reader_without_javascript_sees_the_last_step(report: Path, browser: Any) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(report.as_uri())
    digits = panel_of(page, "digits")
    assert "Step 60" in digits.inner_text()
    images = digits.locator("img").all()
    assert [image.get_attribute("alt") for image in images] == [f"{60 + at}" for at in range(7)]
    assert all((image.bounding_box() or {"width": 0})["width"] >= 100 for image in images)
    assert "JavaScript is turned off" in panel_of(page, "ball").inner_text()
    assert panel_of(page, "table").locator("tbody tr").count() == 10
    context.close()


def test_paper_shows_the_last_step(report: Path, visit: Visit) -> None:
    page = visit(report)
    digits = panel_of(page, "digits")
    digits.get_by_role("slider").fill("1")
    assert digits.locator("output").inner_text() == "Step 10"
    page.evaluate("window.shown = []; addEventListener('beforeprint', () => window.shown.push("
                  "document.querySelector('.pk-media output').textContent))")  # fmt: skip
    assert page.pdf().startswith(b"%PDF")
    page.wait_for_timeout(200)
    assert page.evaluate("window.shown") == ["Step 60"]
    assert digits.locator("output").inner_text() == "Step 10"


def test_live_charts_and_panels(room: Room, tmp_path: Path, visit: Visit) -> None:
    made = pk.Report("Run").add(pk.line({"x": [0, 1], "y": [1, 2]}, "x", "y"))
    made.add(panels.panel("digits", [(0, room.digit(9))], folder=room.folder))
    page = visit(made.save(tmp_path / "live.html", interactive=True))
    page.wait_for_selector(".pk-drawing svg")
    assert page.locator(".pk-m-frame img").evaluate("i => i.naturalWidth") == 8


def test_hostile_text(room: Room, tmp_path: Path, visit: Visit) -> None:
    stored = {**room.street(), "caption": HOSTILE, "note": HOSTILE}
    stored["boxes"]["found"]["classes"] = {"3": HOSTILE, "2": HOSTILE}
    made = pk.Report("Run").add(
        panels.panel(HOSTILE, [(0, stored), (1, stored)], folder=room.folder)
    )
    page = visit(made.save(tmp_path / "page.html"))
    page.locator(".pk-m-frame").click()
    page.wait_for_timeout(200)
    assert HOSTILE in page.locator("dialog").inner_text()


# --- steps ---------------------------------------------------------------------------------------


def test_the_slider_goes_through_the_logged_steps(report: Path, visit: Visit) -> None:
    page = visit(report)
    digits = panel_of(page, "digits")
    slider, told = digits.get_by_role("slider"), digits.locator("output")

    def captions() -> list[str]:
        return digits.locator("figcaption").all_inner_texts()

    slider.focus()
    seen = []
    for key in ("ArrowLeft", "ArrowLeft", "ArrowLeft", "ArrowLeft", "ArrowRight", "End"):
        page.keyboard.press(key)
        seen.append((told.inner_text(), captions()[0]))
    steps = (15, 10, 0, 0, 10, 60)
    assert seen == [(f"Step {step}", f"{step}") for step in steps]
    assert slider.evaluate("s => s.ariaValueText") == "Step 60"
    # Pixels of a tiny picture are squares, whole px wide.
    frame = digits.locator(".pk-m-frame").first
    assert frame.bounding_box()["width"] == 128
    assert frame.locator("img").evaluate("i => getComputedStyle(i).imageRendering") == "pixelated"


def test_sliders_go_together(report: Path, visit: Visit) -> None:
    page = visit(report)
    digits, street, weights = (panel_of(page, name) for name in ("digits", "street", "weights"))
    digits.get_by_role("checkbox", name="All sliders together").check()
    assert street.get_by_role("checkbox", name="All sliders together").is_checked()
    digits.get_by_role("slider").fill("2")
    assert weights.locator("output").inner_text() == "Step 15"
    # Where a step was not logged, the one before it is shown.
    assert street.locator("output").inner_text() == "Step 10"
    street.get_by_role("checkbox", name="All sliders together").uncheck()
    digits.get_by_role("slider").fill("0")
    assert weights.locator("output").inner_text() == "Step 15"


def test_steps_are_played(report: Path, visit: Visit) -> None:
    page = visit(report)
    digits = panel_of(page, "digits")
    digits.get_by_role("button", name="Play").click()
    assert digits.locator("output").inner_text() == "Step 0"
    digits.get_by_role("button", name="Pause").wait_for()
    digits.get_by_role("button", name="Play").wait_for(timeout=8000)
    assert digits.locator("output").inner_text() == "Step 60"


def test_all_steps_side_by_side(report: Path, visit: Visit) -> None:
    page = visit(report, 700)
    digits = panel_of(page, "digits")
    digits.get_by_role("checkbox", name="Side by side").check()
    columns = digits.locator(".pk-m-column")
    assert columns.locator("> .pk-m-step").all_inner_texts() == [f"Step {step}" for step in STEPS]
    assert columns.nth(1).locator("img").count() == 7
    digits.get_by_role("slider").fill("0")
    assert "chosen" in columns.nth(0).get_attribute("class")
    assert digits.locator(".pk-m-lane").evaluate("l => l.scrollLeft") < 20
    ball = panel_of(page, "ball")
    ball.get_by_role("checkbox", name="Side by side").check()
    for canvas in ball.locator(".pk-m-viewer > canvas").all():
        assert drawn(page, canvas)[0] > 100


def test_a_picture_as_large_as_the_window(report: Path, visit: Visit) -> None:
    page = visit(report)
    digits = panel_of(page, "digits")
    frame = digits.get_by_role("button", name="Enlarge: 61")
    frame.click()
    dialog = page.get_by_role("dialog")
    assert "61" in dialog.inner_text() and "Step 60" in dialog.inner_text()
    assert dialog.locator("img").bounding_box()["width"] >= 600
    page.keyboard.press("ArrowRight")
    assert "62" in dialog.inner_text()
    page.keyboard.press("Escape")
    assert not dialog.is_visible()
    assert frame.evaluate("f => f === document.activeElement")
    # A picture that stands alone goes through its steps.
    panel_of(page, "street").locator(".pk-m-frame").click()
    page.keyboard.press("ArrowLeft")
    assert "Step 10" in dialog.inner_text()


# --- overlays ------------------------------------------------------------------------------------


def shade(page: Any, x: int, y: int) -> list[int]:
    found: list[int] = page.locator(".pk-m-frame .pk-m-mask").evaluate(
        f"c => c.hidden ? [0, 0, 0, 0] : [...c.getContext('2d').getImageData({x}, {y}, 1, 1).data]"
    )
    return found


@pytest.mark.parametrize(("kind", "car"), [(np.uint8, 3), (np.uint16, 700)])
def test_masks(room: Room, tmp_path: Path, visit: Visit, kind: type, car: int) -> None:
    page = visit(saved(room, tmp_path, room.street(kind, car)))
    page.wait_for_timeout(300)
    road, tree = shade(page, 150, 150), shade(page, 100, 60)
    assert road[3] == tree[3] == round(0.55 * 255) and road[:3] != tree[:3]
    assert shade(page, 250, 20)[3] == 0  # the ground
    page.get_by_label("ground").check()
    assert shade(page, 250, 20)[3] > 100
    page.get_by_label("road").uncheck()
    assert shade(page, 150, 150)[3] == 0 and shade(page, 100, 60)[3] > 100
    page.get_by_label("Opacity").fill("1")
    assert shade(page, 100, 60)[3] == 255
    page.get_by_label("truth").uncheck()
    assert shade(page, 100, 60)[3] == 0
    page.get_by_label("truth").check()
    page.get_by_label("Overlays", exact=True).nth(1).uncheck()
    assert shade(page, 100, 60)[3] == 0 and page.locator(".pk-m-box:visible").count() == 0


def grey_png(width: int, height: int, lines: bytes) -> bytes:
    """A PNG of 8-bit grey that says this size and holds these lines, whatever it says."""
    made = b"\x89PNG\r\n\x1a\n"
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    for kind, body in ((b"IHDR", head), (b"IDAT", zlib.compress(lines)), (b"IEND", b"")):
        made += struct.pack(">I", len(body)) + kind + body
        made += struct.pack(">I", zlib.crc32(kind + body))
    return made


def test_masks_that_would_fill_the_memory(room: Room, tmp_path: Path, visit: Visit) -> None:
    stored = room.street(np.uint8, 3)
    size = stored["width"], stored["height"]
    long = room.keep(grey_png(*size, b"\0" + b"\7" * size[0] + b"\0" * 50_000_000), "long.png")
    wide = room.keep(grey_png(60_000, 60_000, b"\0" * 10), "wide.png")
    short = room.keep(grey_png(*size, b"\0" * 10), "short.png")
    stored["masks"] = {name: {"file": name} for name in (long, wide, short)}
    page = visit(saved(room, tmp_path, stored))
    for name in (wide, short):
        page.get_by_text(f"{name} cannot be read").wait_for()
    assert shade(page, 0, 0)[3] > 100 and shade(page, 0, 1)[3] == 0


def test_boxes(room: Room, tmp_path: Path, visit: Visit) -> None:
    page = visit(saved(room, tmp_path, room.street()))
    boxes = page.locator(".pk-m-box:visible")
    assert boxes.all_inner_texts() == ["car (0.9)", "tree (0.2)"]
    frame, box = page.locator(".pk-m-frame").bounding_box(), boxes.first.bounding_box()
    assert box["x"] - frame["x"] == pytest.approx(0.1 * frame["width"], abs=1)
    assert box["height"] == pytest.approx(0.4 * frame["height"], abs=1)
    page.get_by_label("Score at least").fill("0.5")
    assert boxes.all_inner_texts() == ["car (0.9)"]
    page.get_by_label("Score at least").fill("0.2")
    page.locator(".pk-m-group").nth(1).get_by_label("car").uncheck()
    assert boxes.all_inner_texts() == ["tree (0.2)"]


# --- 3D scenes -----------------------------------------------------------------------------------


@pytest.fixture
def scene(room: Room, tmp_path: Path, visit: Visit) -> tuple[Any, Any]:
    page = visit(saved(room, tmp_path, room.ball()))
    return page, page.locator(".pk-m-viewer > canvas")


def drag(page: Any, canvas: Any, x: float, y: float, button: str = "left") -> None:
    box = canvas.bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(*middle)
    page.mouse.down(button=button)
    page.mouse.move(middle[0] + x, middle[1] + y, steps=4)
    page.mouse.up(button=button)


def test_a_scene_fills_its_picture(scene: tuple[Any, Any]) -> None:
    page, canvas = scene
    count, x, y, _ = drawn(page, canvas)
    width, height = canvas.evaluate("c => [c.width, c.height]")
    assert count > 0.1 * width * height
    assert x == pytest.approx(width / 2, rel=0.1) and y == pytest.approx(height / 2, rel=0.1)


def test_dragging_turns(scene: tuple[Any, Any]) -> None:
    page, canvas = scene
    first = drawn(page, canvas)
    drag(page, canvas, 90, 30)
    turned = drawn(page, canvas)
    assert turned[3] != first[3]
    assert abs(turned[1] - first[1]) < 25 and abs(turned[2] - first[2]) < 25
    canvas.dblclick()
    assert drawn(page, canvas) == first


@pytest.mark.parametrize("how", ["Control", "right"])
def test_dragging_with_ctrl_moves(scene: tuple[Any, Any], how: str) -> None:
    page, canvas = scene
    first = drawn(page, canvas)
    if how == "Control":
        page.keyboard.down("Control")
        drag(page, canvas, 60, -40)
        page.keyboard.up("Control")
    else:
        drag(page, canvas, 60, -40, "right")
    moved = drawn(page, canvas)
    assert moved[1] - first[1] == pytest.approx(60, abs=8)
    assert moved[2] - first[2] == pytest.approx(-40, abs=8)
    assert moved[0] == pytest.approx(first[0], rel=0.1)


def test_the_wheel_zooms(scene: tuple[Any, Any]) -> None:
    page, canvas = scene
    first = drawn(page, canvas)
    canvas.click()
    page.mouse.wheel(0, -240)
    near = drawn(page, canvas)
    assert near[0] > first[0] * 1.3
    for _ in range(3):
        page.mouse.wheel(0, 150)
    assert drawn(page, canvas)[0] < first[0] * 0.8
    canvas.dblclick()
    assert drawn(page, canvas) == first


def test_the_wheel_is_the_page_s_until_the_scene_is_clicked(
    room: Room, tmp_path: Path, visit: Visit
) -> None:
    page = visit(saved(room, tmp_path, room.ball(), *(room.digit(at) for at in range(9))))
    canvas = page.locator(".pk-m-viewer > canvas")
    first = drawn(page, canvas)
    canvas.hover()
    page.mouse.wheel(0, 100)
    page.wait_for_timeout(300)
    assert page.evaluate("scrollY") >= 90
    assert canvas.evaluate(DRAWN) == first
    page.keyboard.down("Control")
    canvas.hover()
    page.mouse.wheel(0, -100)
    page.keyboard.up("Control")
    assert drawn(page, canvas)[0] > first[0] * 1.2


def test_keys_turn_move_and_zoom(scene: tuple[Any, Any]) -> None:
    page, canvas = scene
    first = drawn(page, canvas)
    canvas.focus()
    page.keyboard.press("ArrowLeft")
    assert drawn(page, canvas)[3] != first[3]
    page.keyboard.press("0")
    page.keyboard.press("Shift+ArrowRight")
    assert drawn(page, canvas)[1] - first[1] == pytest.approx(24, abs=5)
    page.keyboard.press("Home")
    page.keyboard.press("+")
    assert drawn(page, canvas)[0] > first[0] * 1.1
    page.keyboard.press("Home")
    assert drawn(page, canvas) == first


def test_fingers(room: Room, tmp_path: Path, visit: Visit) -> None:
    page = visit(saved(room, tmp_path, room.ball()), 400, has_touch=True)
    canvas = page.locator(".pk-m-viewer > canvas")
    first = drawn(page, canvas)
    box = canvas.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    canvas.tap()
    speaks = page.context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        held = [{"x": px, "y": py, "id": at} for at, (px, py) in enumerate(points)]
        speaks.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": held})

    touch("touchStart", (x - 20, y), (x + 20, y))
    for apart in (30, 45, 60):
        touch("touchMove", (x - apart, y), (x + apart, y))
    touch("touchEnd")
    assert drawn(page, canvas)[0] > first[0] * 1.5
    before = drawn(page, canvas)
    touch("touchStart", (x, y))
    for along in (20, 40):
        touch("touchMove", (x + along, y + along))
    touch("touchEnd")
    assert drawn(page, canvas)[3] != before[3]


def test_scenes_of_a_panel_are_seen_from_the_same_side(report: Path, visit: Visit) -> None:
    page = visit(report)
    one, two = panel_of(page, "clouds").locator(".pk-m-viewer > canvas").all()
    first = drawn(page, two)
    assert (
        panel_of(page, "clouds").locator(".pk-m-labels > span").all_inner_texts() == ["box 0.9"] * 2
    )
    drag(page, one, 80, 0)
    assert drawn(page, two)[3] != first[3]


def test_many_scenes_on_a_page(room: Room, tmp_path: Path, visit: Visit) -> None:
    page = visit(saved(room, tmp_path, *([room.cloud(at) for at in range(40)])))
    canvases = page.locator(".pk-m-viewer > canvas").all()
    assert len(canvases) == 40
    for canvas in canvases:
        assert drawn(page, canvas)[0] > 300
    # What was drawn first is still there.
    assert drawn(page, canvases[0])[0] > 300


def test_a_lost_context_comes_back(room: Room, tmp_path: Path, visit: Visit) -> None:
    catch = """const get = HTMLCanvasElement.prototype.getContext;
        HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
            const made = get.call(this, kind, ...rest);
            if (kind === "webgl2") window.lose = made.getExtension("WEBGL_lose_context");
            return made;
        };"""
    page = visit(saved(room, tmp_path, room.ball()), before=catch)
    canvas = page.locator(".pk-m-viewer > canvas")
    first = drawn(page, canvas)
    page.evaluate("lose.loseContext()")
    page.wait_for_timeout(200)
    drag(page, canvas, 60, 0)
    page.wait_for_timeout(200)
    assert canvas.evaluate(DRAWN) == first  # the last picture stays
    page.evaluate("lose.restoreContext()")
    page.wait_for_timeout(400)
    assert drawn(page, canvas)[3] != first[3]
    canvas.dblclick()
    assert drawn(page, canvas) == first


def test_without_webgl_it_says_so(room: Room, tmp_path: Path, visit: Visit) -> None:
    none = """const get = HTMLCanvasElement.prototype.getContext;
        HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
            return kind.startsWith("webgl") ? null : get.call(this, kind, ...rest);
        };"""
    page = visit(saved(room, tmp_path, room.ball()), before=none)
    page.get_by_text("This browser draws no 3D scenes").wait_for()


def test_a_damaged_scene_says_so(room: Room, tmp_path: Path, visit: Visit) -> None:
    bad = {"_type": "object3d", "scene": room.keep(b"\x04\0\0\0{}  ", ".scene")}
    good = room.ball()
    page = visit(saved(room, tmp_path, [(0, good), (1, bad)]))
    page.get_by_text("cannot be read").wait_for()
    page.get_by_role("slider").fill("0")
    assert drawn(page, page.locator(".pk-m-viewer > canvas"))[0] > 500


# --- everything else -----------------------------------------------------------------------------


def test_a_logged_page_runs_nothing(room: Room, tmp_path: Path, browser: Any) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(saved(room, tmp_path, [(0, room.page()), (1, room.page())]).as_uri())
    frame = page.frame_locator("iframe")
    assert frame.locator("h1").inner_text() == "Logged"
    page.get_by_role("slider").fill("0")
    assert frame.locator("h1").inner_text() == "Logged"
    assert page.evaluate("window.hurt") is None
    context.close()


def test_sound_and_moving_pictures(report: Path, visit: Visit) -> None:
    page = visit(report)
    sound = panel_of(page, "sound").locator("audio")
    until(sound, "a => a.readyState > 0")
    assert sound.evaluate("a => a.duration") == pytest.approx(1.0, abs=0.05)
    assert sound.get_attribute("aria-label") == "A tone"
    moving = panel_of(page, "moving").locator("img")
    assert moving.evaluate("i => i.naturalWidth") == 40


def test_a_video_plays(room: Room, tmp_path: Path, visit: Visit) -> None:
    encoder = pytest.importorskip("imageio_ffmpeg")
    file = tmp_path / "video.webm"
    out = encoder.write_frames(str(file), (64, 64), fps=10, codec="libvpx", pix_fmt_out="yuv420p")
    out.send(None)
    for at in range(12):
        out.send(np.full((64, 64, 3), at * 20, np.uint8).tobytes())
    out.close()
    stored = {"_type": "video", "file": room.keep(file.read_bytes(), ".webm")}
    page = visit(saved(room, tmp_path, stored))
    video = page.locator("video")
    until(video, "v => v.readyState > 1")
    assert video.evaluate("v => v.videoWidth") == 64
    # It can be wound, and it runs to its end.
    video.evaluate("v => { v.muted = true; v.currentTime = 0.8; return v.play(); }")
    until(video, "v => v.ended")


def test_a_table_has_pages(report: Path, visit: Visit) -> None:
    page = visit(report)
    table = panel_of(page, "table")
    assert table.locator("tbody tr").count() == 10
    assert "Rows 1 to 10 of 23" in table.inner_text()
    table.get_by_role("button", name="Next").click()
    table.get_by_role("button", name="Next").click()
    assert table.locator("tbody td").first.inner_text() == "20"
    assert "Rows 21 to 23 of 23" in table.inner_text()
    assert table.get_by_role("button", name="Next").is_disabled()


def test_a_histogram(report: Path, visit: Visit) -> None:
    page = visit(report)
    bars = panel_of(page, "weights").locator("svg[role=img]")
    assert "500 values from" in bars.get_attribute("aria-label")
    assert 20 <= bars.locator("rect").count() <= 30


def test_what_is_not_known_is_named(report: Path, visit: Visit) -> None:
    page = visit(report)
    assert "“molecule” cannot be shown here." in panel_of(page, "odd").inner_text()


# --- a page that is served -----------------------------------------------------------------------


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *facts: object) -> None:
        """Nothing is written to standard error."""


def test_a_served_page(room: Room, visit: Visit) -> None:
    def fragment(last: int) -> str:
        steps = [(step, [room.cloud(step), room.street()]) for step in range(last)]
        return panels.panel("live", steps, lambda file: f"/{file}", room.folder).html

    themes = {name: config(name) for name in ("light", "dark")}
    policy = live_page.policy([panels.SCRIPT], media=True).replace("img-src", "img-src 'self'")
    (room.folder / "page.html").write_text(
        f'<!DOCTYPE html><meta charset="utf-8"><link rel="icon" href="data:,">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}; connect-src \'self\'">'
        f"<style>{live_page.colours(themes)}{panels.STYLE}</style><main>{fragment(3)}</main>"
        f"<template>{fragment(5)}</template><script>{panels.SCRIPT}</script>",
        "utf-8",
    )
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(room.folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        page = visit(f"http://127.0.0.1:{server.server_port}/page.html")
        canvas = page.locator(".pk-m-viewer > canvas")
        assert drawn(page, canvas)[0] > 300
        page.wait_for_timeout(300)
        assert shade(page, 150, 150)[3] > 100
        page.get_by_role("slider", name="Step: live").fill("1")
        # The run has gone on: what comes in its place stays at the step that was chosen.
        page.evaluate(
            "document.querySelector('main').replaceChildren("
            "document.querySelector('template').content.cloneNode(true)),"
            "plotkitMedia.mount(document.querySelector('main'))"
        )
        assert page.locator("output").inner_text() == "Step 1"
        assert page.get_by_role("slider", name="Step: live").get_attribute("max") == "4"
        assert drawn(page, canvas)[0] > 300
    finally:
        server.shutdown()
        server.server_close()
