"""Logged histograms, tensors and images with masks and boxes, as stored and read back."""

from __future__ import annotations

import io
import math
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from media_folder import Folder
from PIL import Image as Pillow
from PIL import ImageOps

from plotkit import errors, settings
from plotkit.runs import media
from plotkit.runs.media import overlays, pixels
from plotkit.runs.media.histogram import Histogram
from plotkit.runs.media.image import Image
from plotkit.runs.media.tensor import PERCENTILES, Tensor

Y, X = np.mgrid[:60, :90]
RGB = np.stack([X * 255 / 89, Y * 255 / 59, (X + Y) % 64 * 4], -1).astype(np.uint8)
PICTURE = Pillow.fromarray(RGB)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def pixels_of(image: Image) -> np.ndarray[Any, Any]:
    return np.asarray(image.image)


def saved(picture: Any, format: str, **options: Any) -> bytes:
    held = io.BytesIO()
    picture.save(held, format, **options)
    return held.getvalue()


# --- histograms ----------------------------------------------------------------------------------

RANDOM = np.random.default_rng(7)


@pytest.mark.parametrize(
    "values",
    [
        RANDOM.normal(size=1000),
        RANDOM.normal(size=(5, 7, 3)).astype(np.float32),
        RANDOM.integers(-100, 100, 500).astype(np.int8),
        RANDOM.integers(0, 2**63, 50, dtype=np.uint64),
        np.full(9, 3.0),
        np.zeros(0),
        np.array(5.0),
    ],
    ids=lambda array: f"{array.dtype}{array.shape}",
)
@pytest.mark.parametrize("bins", [1, 64, 512])
def test_a_histogram_is_numpys(values: np.ndarray[Any, Any], bins: int, folder: Folder) -> None:
    counts, edges = np.histogram(values, bins)
    before = values.copy()
    made = folder.back(Histogram(values, num_bins=bins))
    assert made.counts == counts.tolist() == made.histogram
    assert made.edges == edges.tolist() == made.bins
    assert made.missing == 0 and np.array_equal(values, before)


@given(
    arrays.arrays(
        np.float64, st.integers(0, 60), elements=st.floats(allow_nan=True, allow_infinity=True)
    )
)
def test_every_value_is_counted_or_missing(values: np.ndarray[Any, Any]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = Histogram(values)
    assert sum(made.counts) + made.missing == len(values)
    assert made.missing == np.count_nonzero(~np.isfinite(values))
    assert len(made.counts) == 64 and np.isfinite(made.edges).all()
    assert (np.diff(made.edges) > 0).all()


def test_lists_of_any_depth_and_length_are_counted() -> None:
    made = Histogram([1, [2.0, None], (3, np.array([[4, 5], [6, 7]])), np.float32(8)], num_bins=7)
    assert made.counts == [1, 1, 1, 1, 1, 1, 2] and made.missing == 1
    assert Histogram([True, False, True], num_bins=2).counts == [1, 2]
    assert Histogram(range(4), num_bins=4).counts == [1, 1, 1, 1]


def test_a_finished_histogram_is_kept(folder: Folder) -> None:
    values = RANDOM.normal(size=100)
    counts, edges = np.histogram(values, 512, density=True)
    made = folder.back(Histogram(np_histogram=(counts, edges)))
    assert (made.counts, made.edges) == (counts.tolist(), edges.tolist())
    assert "100 values" in repr(Histogram(np_histogram=np.histogram(values)))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "nothing"),
        ({"sequence": [1], "np_histogram": ([1], [0, 1])}, "both"),
        ({"sequence": [1], "num_bins": 513}, "1 to 512"),
        ({"sequence": [1], "num_bins": 0}, "1 to 512"),
        ({"sequence": [1], "num_bins": True}, "whole number"),
        ({"sequence": [1], "num_bins": 2.5}, "whole number"),
        ({"sequence": "abc"}, "str"),
        ({"sequence": ["a"]}, "numbers"),
        ({"sequence": {"a": 1}}, "dict"),
        ({"sequence": [1j]}, "complex"),
        ({"np_histogram": np.ones(3)}, "pair"),
        ({"np_histogram": ([1, 2], [0, 1])}, "one edge more"),
        ({"np_histogram": ([1, -2], [0, 1, 2])}, "not negative"),
        ({"np_histogram": ([1, math.nan], [0, 1, 2])}, "finite"),
        ({"np_histogram": ([1, 2], [0, 1, 1])}, "larger"),
        ({"np_histogram": ([1, 2], [0, 1, math.inf])}, "finite"),
        ({"np_histogram": (np.ones(513), np.arange(514))}, "512"),
        ({"np_histogram": ([], [0])}, "1 to 512"),
    ],
)
def test_a_wrong_histogram_says_what_is_wrong(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(errors.RunError, match=said):
        Histogram(**arguments)


# --- tensors -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "values",
    [
        RANDOM.random(1000),
        RANDOM.random((4, 5)).astype(np.float32),
        np.arange(12, dtype=">i4").reshape(3, 4).T,
        np.array([True, False]),
        np.array([1 + 1j, 2 - 3j]),
        np.float64(3.5),
    ],
    ids=lambda array: f"{array.dtype}{array.shape}",
)
def test_a_tensor_is_kept_whole_with_its_statistics(values: Any, folder: Folder) -> None:
    made = folder.back(Tensor(values))
    assert np.array_equal(np.asarray(made), values) and made.shape == values.shape
    flat = np.abs(values).ravel() if values.dtype.kind == "c" else np.asarray(values).ravel()
    wide = flat.astype(np.float64)
    assert made["min"] == flat.min() and made["max"] == flat.max()
    for name in ("mean", "var", "std"):
        assert made[name] == pytest.approx(getattr(np, name)(wide), abs=0)
    for q in PERCENTILES:
        assert made[f"p{q}"] == np.percentile(wide, q)
    assert made["count"] == flat.size and made["nans"] == 0
    assert dict(made)["p95"] == made["p95"]


def test_nan_is_left_out_of_the_statistics_and_counted(folder: Folder) -> None:
    made = folder.back(Tensor([1.0, math.nan, 3.0]))
    assert (made["count"], made["nans"], made["mean"], made["p50"]) == (3, 1, 2.0, 2.0)
    infinite = Tensor([1.0, math.inf])
    assert infinite["max"] == math.inf and math.isnan(infinite["var"])
    for empty in ([], [math.nan], np.zeros((0, 3))):
        assert folder.back(Tensor(empty))["mean"] is None
    with pytest.raises(errors.RunError, match="numbers"):
        Tensor(["a"])
    with pytest.raises(errors.RunError, match="lengths"):
        Tensor([[1], [1, 2]])


class Bfloat:
    """As tensors of PyTorch are reached."""

    def __init__(self, values: list[float], dtype: str) -> None:
        self.values, self.dtype, self.is_sparse = values, dtype, False

    def detach(self) -> Bfloat:
        return self

    cpu = resolve_conj = resolve_neg = detach

    def float(self) -> Bfloat:
        return Bfloat(self.values, "torch.float32")

    def numpy(self) -> Any:
        if self.dtype != "torch.float32":
            raise TypeError("Got unsupported ScalarType BFloat16")
        return np.array(self.values, dtype=np.float32)


Bfloat.__module__ = "torch"


def test_tensors_of_types_that_numpy_has_not() -> None:
    made = Tensor(Bfloat([1.0, 2.0], "torch.bfloat16"))
    assert made.dtype == "bfloat16" and made.numpy().dtype == np.float32
    assert Histogram(Bfloat([1.0, 2.0], "torch.bfloat16"), num_bins=1).counts == [2]


def test_tensors_of_pytorch() -> None:
    torch = pytest.importorskip("torch")
    tensor = torch.rand(3, 8, 10, requires_grad=True)
    assert Histogram(tensor).counts == np.histogram(tensor.detach().numpy(), 64)[0].tolist()
    image = Image(tensor)
    assert (image.width, image.height, image.image.mode) == (10, 8, "RGB")
    assert Tensor(tensor).dtype == "float32"


# --- numbers as pictures -------------------------------------------------------------------------

_DEGREES = np.array([[0, 64, 128, 255]])


@pytest.mark.parametrize(
    ("array", "expected", "said"),
    [
        (_DEGREES.astype(np.uint8), _DEGREES, None),
        (_DEGREES, _DEGREES, None),
        (_DEGREES.astype(np.float32), _DEGREES, None),
        (_DEGREES / 255.0, _DEGREES, None),
        (_DEGREES / 127.5 - 1, _DEGREES, "-1 is drawn black and 1 white"),
        (_DEGREES / 255.0 * 4 - 9, _DEGREES, "-9 is drawn black and -5 white"),
        (_DEGREES > 100, [[0, 0, 255, 255]], None),
        (np.array([[0, 1]]), [[0, 255]], "1 white"),
        (np.array([[-5, 300]]), [[0, 255]], "2 of 2 values"),
        (np.array([[0.5, 300.0]]), [[0, 255]], "1 of 2 values"),
        (np.array([[0.5, np.nan]]), [[128, 0]], "1 of 2 values are NaN"),
        (np.array([[0.5, np.inf]]), [[128, 255]], "clipped"),
        (np.array([[-0.02, 1.03]]), [[0, 255]], "clipped"),
        (np.array([[-1e-9, 1 + 1e-7]]), [[0, 255]], None),
        (np.array([[0.0, 1.2]]), [[0, 1]], "values 0 to 1.2: 0 is drawn black and 255 white"),
        (np.array([[np.nan, np.nan]]), [[0, 0]], "NaN"),
    ],
)
def test_what_numbers_mean_as_colours(array: Any, expected: Any, said: str | None) -> None:
    before = array.copy()
    made = Image(array)
    assert np.array_equal(np.asarray(made.image.convert("L")), expected)
    assert made.note is None if said is None else said in str(made.note)
    assert np.array_equal(array, before, equal_nan=array.dtype.kind == "f")


def test_sixteen_bits_stay_where_png_has_them(folder: Folder) -> None:
    deep = (X * 700).astype(np.uint16)
    assert np.array_equal(pixels_of(folder.back(Image(deep))), deep)
    coloured = Image(RGB.astype(np.uint16) * 257)
    assert np.array_equal(pixels_of(coloured), RGB) and "65535" in str(coloured.note)


@pytest.mark.parametrize(
    ("array", "mode"),
    [
        (RGB, "RGB"),
        (RGB[..., :1], "L"),
        (RGB[..., :2], "LA"),
        (np.dstack([RGB, RGB[..., 0]]), "RGBA"),
        (RGB.transpose(2, 0, 1), "RGB"),
        (RGB[None], "RGB"),
        (RGB.tolist(), "RGB"),
        (RGB[::2, ::-1], "RGB"),
    ],
)
def test_axes_of_pictures(array: Any, mode: str) -> None:
    image = Image(array).image
    assert image.mode == mode
    if mode == "RGB" and image.size == (90, 60) and not isinstance(array, list):
        assert np.array_equal(np.asarray(image), array if array.shape == RGB.shape else RGB)


def test_a_batch_is_a_grid() -> None:
    batch = np.stack([np.full((4, 6, 3), 10 * at, np.uint8) for at in range(1, 12)])
    made = Image(batch)
    assert (made.width, made.height) == (8 * 8 - 2, 2 * 6 - 2)
    drawn = pixels_of(made)
    assert drawn[0, 0, 0] == 10 and drawn[6, 8, 0] == 100 and drawn[6, 40, 0] == 0
    assert made.note == "11 pictures in a grid of 8 x 2."
    first = Image(batch.transpose(0, 3, 1, 2))
    assert first.read() == made.read()


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (np.zeros((0, 3)), "at least one pixel"),
        (np.zeros((4, 0, 3)), "at least one pixel"),
        (np.zeros(5), r"shape \(5,\)"),
        (np.zeros((9, 9, 7)), r"shape \(9, 9, 7\)"),
        (np.zeros((2, 2), complex), "real numbers"),
        (np.array([["a"]]), "real numbers"),
    ],
)
def test_no_picture_in_such_arrays(array: Any, said: str) -> None:
    with pytest.raises(errors.RunError, match=said):
        Image(array)


def test_too_many_pixels() -> None:
    settings.max_pixels = 5000
    try:
        for huge in (np.zeros((60, 90)), PICTURE, saved(PICTURE, "PNG"), np.zeros((9, 30, 30, 1))):
            with pytest.raises(errors.RunError, match=r"settings\.max_pixels"):
                Image(huge)
    finally:
        del settings.max_pixels


# --- pictures of other kinds ---------------------------------------------------------------------

_MODES = ("1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "HSV")


@pytest.mark.parametrize("file_type", [None, "jpg", "jpeg", "webp", "bmp"])
@pytest.mark.parametrize(
    "mode",
    [*_MODES, "LAB", "I", "F", "I;16"],
)
def test_pillow_images_of_every_mode(mode: str, file_type: str | None) -> None:
    by_way = {"La": "LA", "RGBa": "RGBA", "PA": "P", "I": "L", "F": "L"}
    picture: Any = PICTURE.convert(by_way[mode]).convert(mode) if mode in by_way else None
    if mode == "I;16":
        picture = Pillow.fromarray((X * 700).astype(np.uint16))
    if mode == "LAB":
        picture = Pillow.merge("LAB", PICTURE.split())
    picture = picture or PICTURE.convert(mode)
    made = Image(picture, file_type=file_type)
    assert made.image.size == (90, 60) and picture.mode == mode
    assert made.format == {"jpeg": "jpg"}.get(file_type or "png", file_type or "png")
    assert made.read() == Image(picture, file_type=file_type).read()
    if mode in ("RGB", "L") and file_type in (None, "webp", "bmp"):
        assert np.array_equal(np.asarray(made.image.convert("RGB")), picture.convert("RGB"))


@pytest.mark.parametrize("format", ["PNG", "JPEG", "GIF", "WEBP", "BMP"])
def test_files_are_kept_byte_for_byte(format: str, tmp_path: Path, folder: Folder) -> None:
    path = tmp_path / f"picture.{format.lower()}"
    path.write_bytes(saved(PICTURE, format))
    content = path.read_bytes()
    with path.open("rb") as opened:
        opened.read(3)
        for given in (path, str(path), opened, content, io.BytesIO(content)):
            made = folder.back(Image(given))
            assert made.read() == content and (made.width, made.height) == (90, 60)
        assert opened.tell() == 3
    assert made.path.suffix == {"JPEG": ".jpg"}.get(format, f".{format.lower()}")
    assert Image(path, file_type="png", mode="L").image.mode == "L"


def test_a_file_goes_by_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "camera.png"
    path.write_bytes(saved(PICTURE, "JPEG"))
    assert Image(path).format == "jpg"
    tiff = Image(saved(PICTURE, "TIFF"))
    assert tiff.format == "png" and tiff.note == "TIFF converted to PNG."


def test_a_turned_photograph_has_the_size_it_is_shown_with() -> None:
    exif = Pillow.Exif()
    exif[0x0112] = 6
    content = saved(PICTURE, "JPEG", exif=exif)
    made = Image(content, masks={"m": {"mask_data": np.zeros((90, 60), int)}})
    assert (made.width, made.height) == (60, 90) and made.read() == content
    upright = ImageOps.exif_transpose(Pillow.open(io.BytesIO(content)))
    assert np.array_equal(pixels_of(Image(content, file_type="png")), np.asarray(upright))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("nowhere.png", "nowhere.png' cannot be read: No such file"),
        (b"abc", "png, jpg, gif, webp"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "pk.Html"),
        ("https://example.com/a.png", "nothing is fetched"),
        (3, "int"),
        ("a\0b", "cannot be read"),
    ],
)
def test_what_holds_no_picture(given: Any, said: str) -> None:
    with pytest.raises(errors.RunError, match=said):
        Image(given)


def test_a_damaged_picture_is_said_when_it_is_logged() -> None:
    for format in ("JPEG", "PNG", "GIF", "WEBP"):
        content = saved(PICTURE, format)
        with pytest.raises(errors.RunError, match=r"damaged|no format"):
            Image(content[: len(content) // 2])


def test_figures_and_charts() -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    import plotkit as pk

    plt.close("all")
    with pytest.raises(errors.RunError, match="plt without a figure"):
        Image(plt)
    figure, axes = plt.subplots(figsize=(3, 2))
    line = axes.plot([1, 2, 3])
    bars = axes.bar([1, 2], [2, 1])
    canvas = figure.canvas
    expected = Image(figure)
    assert (expected.width, expected.height) == (300, 200)
    for drawn in (plt, axes, line, line[0], bars):
        assert Image(drawn).read() == expected.read()
    assert figure.canvas is canvas and plt.get_fignums() == [figure.number]
    assert b"matplotlib" not in expected.read().lower()
    parts = plt.figure(figsize=(3, 2)).subfigures(1, 2)
    assert Image(parts[0].subplots()).width == 300
    plt.close("all")
    chart = pk.line({"x": [1, 2], "y": [2, 1]}, "x", "y")
    assert Image(chart).read() == chart.to_png()


def test_what_changes_after_logging_does_not_change_what_was_logged(folder: Folder) -> None:
    array = RGB.copy()
    made = Image(array)
    array[:] = 0
    assert np.array_equal(pixels_of(folder.back(made)), RGB)


def test_an_image_shows_itself_and_is_copied() -> None:
    made = Image(RGB, caption='<a "b">')
    shown = made._repr_html_()
    assert "&lt;a &quot;b&quot;&gt;" in shown and "data:image/png;base64," in shown
    again = Image(made)
    assert again.read() == made.read() and again.caption == made.caption
    assert Image(made, caption="new").caption == "new"


# --- overlays ------------------------------------------------------------------------------------

MASK = np.zeros((60, 90), int)
MASK[10:30, 20:50] = 1
MASK[40:] = 7
BOX = {"minX": 0.1, "maxX": 0.5, "minY": 0.2, "maxY": 0.6}


def _of(**box: Any) -> dict[str, Any]:
    return {"p": {"box_data": [{"position": BOX, **box}], "class_labels": {1: "car", 2: "road"}}}


def test_masks_and_boxes(folder: Folder) -> None:
    made = folder.back(
        Image(
            RGB,
            masks={"truth": {"mask_data": MASK, "class_labels": {1: "car"}}},
            boxes={
                "found": {
                    "box_data": [
                        {
                            "position": BOX,
                            "class_id": 1,
                            "box_caption": "a car",
                            "scores": {"p": 1},
                        },
                        {
                            "position": {"middle": [45, 30], "width": 9, "height": 6},
                            "domain": "pixel",
                            "class_id": np.int64(3),
                        },
                        {"position": BOX | {"maxX": 1.5}},
                        {"position": BOX | {"minX": 1.1, "maxX": 1.2}},
                    ],
                }
            },
        )
    )
    assert np.array_equal(made.masks["truth"].array(), MASK)
    assert made.masks["truth"].classes == {1: "car"}
    first, second, third = made.boxes["found"].boxes
    assert first == {
        "x0": 0.1, "y0": 0.2, "x1": 0.5, "y1": 0.6, "class_id": 1, "label": "class 1",
        "caption": "a car", "scores": {"p": 1.0},
    }  # fmt: skip
    assert second == pytest.approx(
        {"x0": 0.45, "y0": 0.45, "x1": 0.55, "y1": 0.55, "class_id": 3, "label": "class 3"}
    )
    assert third["x1"] == 1.0
    assert "no label for class 7" in made.note
    assert "1 of 4 boxes reached beyond the picture and were clipped, 1 of 4 lay out" in made.note


def test_labels_come_from_the_image_where_an_overlay_has_none(folder: Folder) -> None:
    classes = [{"id": 1, "name": "car"}, {"id": 7, "name": "road"}]
    boxes = {"p": {"box_data": [{"position": BOX, "class_id": 7}]}}
    made = folder.back(Image(RGB, classes=classes, boxes=boxes, masks={"m": {"mask_data": MASK}}))
    assert made.classes == made.masks["m"].classes == {1: "car", 7: "road"}
    assert made.boxes["p"].boxes[0]["label"] == "road" and made.note is None


@pytest.mark.parametrize(
    "ids",
    [MASK.astype(np.uint8), MASK > 0, MASK.astype(float), MASK[..., None], MASK[None], MASK * 900],
)
def test_masks_of_many_kinds_keep_their_ids(ids: Any, folder: Folder) -> None:
    made = folder.back(Image(RGB, masks={"m": {"mask_data": ids}}))
    assert np.array_equal(made.masks["m"].array(), ids.squeeze())


def test_masks_from_files(tmp_path: Path) -> None:
    flat = Pillow.fromarray(MASK.astype(np.uint8))
    indexed = Pillow.fromarray(MASK.astype(np.uint8), "L").convert("L")
    palette = Pillow.fromarray(MASK.astype(np.uint8))
    palette.putpalette([at % 256 for at in range(768)])
    for at, picture in enumerate((flat, indexed, palette, flat.convert("RGB"))):
        path = tmp_path / f"{at}.png"
        picture.save(path)
        made = Image(RGB, masks={"m": {"path": str(path)}})
        assert np.array_equal(made.masks["m"].array(), MASK)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"masks": {"t": {"mask_data": MASK[:5]}}}, r"90 x 5 pixels.*90 x 60"),
        ({"masks": {"t": {"mask_data": MASK - 1}}}, "0 to 65535"),
        ({"masks": {"t": {"mask_data": MASK * 0.3}}}, "whole numbers"),
        ({"masks": {"t": {"mask_data": RGB}}}, r"\(height, width\)"),
        ({"masks": {"t": {}}}, "either 'mask_data' or 'path'"),
        ({"masks": {"t": {"path": "none.png"}}}, "No such file"),
        ({"masks": {"t": {"mask_data": MASK, "class_labels": {"a": "car"}}}}, "class id 'a'"),
        ({"masks": [MASK]}, "a dict"),
        ({"masks": {"t": MASK}}, "a dict"),
        ({"boxes": {"p": {"box_data": "x"}}}, "a list of boxes"),
        ({"boxes": {"p": {"box_data": [3]}}}, "position"),
        ({"boxes": _of(position={})}, "'minX'"),
        ({"boxes": _of(position={"middle": [1], "width": 1, "height": 1})}, r"\[x, y\]"),
        ({"boxes": _of(position={"middle": 5, "width": 1, "height": 1})}, r"\[x, y\]"),
        ({"boxes": _of(position=BOX | {"maxX": math.nan})}, "finite"),
        ({"boxes": _of(position=BOX | {"maxX": 0.05})}, "no larger"),
        ({"boxes": _of(position=BOX | {"maxX": 80})}, "'domain': 'pixel'"),
        ({"boxes": _of(domain="px")}, "'pixel'"),
        ({"boxes": _of(class_id=9)}, r"9; expected one of 1 \(car\), 2 \(road\)"),
        ({"boxes": _of(class_id=1.5)}, "class id 1.5"),
        ({"boxes": _of(scores=[1])}, "a dict"),
        ({"boxes": _of(scores={"p": "high"})}, "finite number"),
        ({"classes": ["car"]}, "names by class id"),
        ({"file_type": "tga"}, "png, jpg"),
        ({"mode": "XYZ"}, "XYZ"),
    ],
)
def test_a_wrong_overlay_says_what_is_wrong(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(errors.RunError, match=said):
        Image(RGB, **arguments)


def test_a_stored_form_names_only_files_of_its_run(folder: Folder) -> None:
    stored = Image(RGB).store(folder.keep)
    for file in ("../secret.png", "media/../../x.png", "/etc/passwd", "media/.hidden", None, 3):
        with pytest.raises(errors.RunError, match="no file of the run"):
            media.load(stored | {"file": file}, folder.path)
    with pytest.raises(errors.RunError, match="no file of the run"):
        overlays.Mask.load({"file": "media/../run.db"}, folder.path)
    gone: Any = media.load(stored | {"file": "media/gone.png"}, folder.path)
    with pytest.raises(errors.RunError, match="cannot be read"):
        gone.read()


@pytest.mark.parametrize(
    "stored",
    [
        {"_type": "histogram"},
        {"_type": "histogram", "counts": 5, "edges": []},
        {"_type": "image", "file": "media/a.png", "width": math.inf, "height": 1},
        {"_type": "image", "file": "media/a.png", "width": 1, "height": 1, "classes": {"a": "b"}},
        {"_type": "image", "file": "media/a.png", "width": 1, "height": 1, "masks": [1]},
        {"_type": "table", "file": "media/a.parquet"},
        {"_type": "table", "file": "media/a.parquet", "columns": ["a"], "rows": 1, "objects": 5},
    ],
)
def test_a_torn_stored_form_is_said(stored: dict[str, Any], folder: Folder) -> None:
    with pytest.raises(errors.MediaError, match="is torn, or no"):
        media.load(stored, folder.path)


# --- wrapping ------------------------------------------------------------------------------------


def test_wrap_takes_objects_and_leaves_the_rest() -> None:
    made = Histogram([1])
    assert media.wrap(made) is made
    wrapped = media.wrap(PICTURE)
    assert isinstance(wrapped, Image)
    for plain in (1, "a", None, [1, 2], np.zeros(3), {"a": 1}, object()):
        assert media.wrap(plain) is None


def test_every_kind_has_its_class() -> None:
    from importlib import import_module

    for kind, (module, name) in media.KINDS.items():
        assert getattr(import_module(module), name).kind == kind
    assert media.load({"_type": "hologram"}, Path()) is None
    assert pixels.CHANNELS == (1, 2, 3, 4)
