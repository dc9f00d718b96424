"""Logged sound, pages, tables and videos, as files that are read back."""

from __future__ import annotations

import datetime as dt
import io
import math
import sys
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import chromium
import numpy as np
import pytest
from media_folder import Folder
from PIL import Image as Pillow

from plotkit import Table, errors
from plotkit.runs import media
from plotkit.runs.media import encoding
from plotkit.runs.media.audio import Audio
from plotkit.runs.media.hypertext import Html
from plotkit.runs.media.image import Image
from plotkit.runs.media.table import LoggedTable
from plotkit.runs.media.video import Video

Y, X = np.mgrid[:60, :90]
RGB = np.stack([X * 255 / 89, Y * 255 / 59, (X + Y) % 64 * 4], -1).astype(np.uint8)
PICTURE = Pillow.fromarray(RGB)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def pixels_of(image: Image) -> np.ndarray[Any, Any]:
    return np.asarray(image.image)


# --- sound ---------------------------------------------------------------------------------------

SOUND = np.sin(np.arange(8000) / 10)


def samples(made: Audio) -> np.ndarray[Any, Any]:
    with wave.open(io.BytesIO(made.read())) as opened:
        kind = {1: np.uint8, 2: np.dtype("<i2"), 4: np.dtype("<i4")}[opened.getsampwidth()]
        found = np.frombuffer(opened.readframes(opened.getnframes()), kind)
        return found.reshape(-1, opened.getnchannels())


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (SOUND, np.round(SOUND * 32767)[:, None]),
        (np.stack([SOUND, -SOUND], 1), np.round(np.stack([SOUND, -SOUND], 1) * 32767)),
        (np.stack([SOUND, -SOUND]), np.round(np.stack([SOUND, -SOUND], 1) * 32767)),
        ((SOUND * 1000).astype(np.int16), (SOUND * 1000).astype(np.int16)[:, None]),
        ((SOUND * 1e9).astype(np.int32), (SOUND * 1e9).astype(np.int32)[:, None]),
        ((SOUND * 1000).astype(np.int64), (SOUND * 1000).astype(np.int16)[:, None]),
        ((SOUND * 100 + 128).astype(np.uint8), (SOUND * 100 + 128).astype(np.uint8)[:, None]),
        ((SOUND * 100).astype(np.int8), (SOUND * 100).astype(np.int8)[:, None] + 128.0),
        (SOUND[:50].tolist(), np.round(SOUND[:50] * 32767)[:, None]),
    ],
)
def test_samples_as_wav(array: Any, expected: Any, folder: Folder) -> None:
    made = folder.back(Audio(array, sample_rate=8000, caption="hum"))
    assert np.array_equal(samples(made), expected) and made.caption == "hum"
    assert made.rate == 8000 and made.seconds == len(expected) / 8000 and made.note is None


def test_loud_samples_are_clipped_and_counted() -> None:
    made = Audio(np.array([0.5, 2.0, -3.0, np.nan, np.inf]), 100)
    assert samples(made)[:, 0].tolist() == [16384, 32767, -32767, 0, 32767]
    assert "4 of 5 samples" in str(made.note)


def test_sound_files_are_kept(tmp_path: Path, folder: Folder) -> None:
    content = Audio(SOUND, 8000).read()
    path = tmp_path / "hum.WAV"
    path.write_bytes(content)
    for source in (path, content, io.BytesIO(content)):
        made = folder.back(Audio(source))
        assert made.read() == content and made.seconds == 1 and made.path.suffix == ".wav"
    assert Audio(b"OggS" + b"\0" * 30).format == "ogg"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((SOUND,), "sample_rate"),
        ((SOUND, -1), "sample_rate"),
        ((SOUND, np.nan), "sample_rate"),
        ((SOUND, np.inf), "sample_rate"),
        ((SOUND, 10**10), "10,000,000 samples per second"),
        ((np.zeros((2, 3, 4)), 8000), "shape"),
        ((np.zeros(0), 8000), "at least one"),
        ((np.zeros(5, complex), 8000), "floats"),
        ((np.array([2**40]), 8000), "32 bits"),
        ((b"nothing",), "wav, mp3"),
        (("no.wav",), "No such file"),
    ],
)
def test_wrong_sound(arguments: tuple[Any, ...], said: str) -> None:
    with pytest.raises(errors.RunError, match=said):
        Audio(*arguments)


def test_a_sound_file_must_be_what_its_name_says(tmp_path: Path) -> None:
    for name, said in (("a.wav", "no WAV data"), ("a.txt", "no format")):
        (tmp_path / name).write_bytes(b"hello")
        with pytest.raises(errors.RunError, match=said):
            Audio(tmp_path / name)


# --- pages ---------------------------------------------------------------------------------------


def test_html_from_text_paths_and_files(tmp_path: Path, folder: Folder) -> None:
    text = "<!doctype html><html><head><title>é</title></head><body>b</body></html>"
    path = tmp_path / "page.html"
    path.write_text(text, "utf-8")
    with path.open(encoding="utf-8") as opened:
        for given in (text, path, str(path), opened, io.StringIO(text), text.encode()):
            made = folder.back(Html(given, inject=False))
            assert made.html == text and made.path.suffix == ".html"
    styled = Html(path).html
    assert styled.startswith("<!doctype html><html><head><base") and styled.endswith(text[28:])
    assert Html("plain").html.endswith("</style>plain")
    assert Html("a.html", data_is_not_path=True, inject=False).html == "a.html"
    assert "sandbox" in Html("<script>x</script>")._repr_html_()
    with pytest.raises(errors.RunError, match="No such file"):
        Html("missing.html")
    with pytest.raises(errors.RunError, match="UTF-8"):
        Html(b"\xff\xfe\x00")
    with pytest.raises(errors.RunError, match="int"):
        Html(3)


# --- tables --------------------------------------------------------------------------------------


def rows_of(made: LoggedTable) -> list[tuple[Any, ...]]:
    import duckdb

    with duckdb.connect() as connection:
        return connection.execute("SELECT * FROM read_parquet(?)", [str(made.path)]).fetchall()


def test_tables_keep_their_types(folder: Folder) -> None:
    day, moment = dt.date(2024, 2, 29), dt.datetime(2024, 2, 29, 1, 2, 3, 456)
    columns: dict[str, Any] = {
        "whole": [1, None, 2**60 + 1],
        "float": [1.5, None, math.nan],
        "bool": [True, None, False],
        "text": ["a", None, "日本語"],
        "day": [day, None, day],
        "moment": [moment, None, moment],
        "nothing": [None, None, None],
        "unsigned": np.array([1, 2, 2**63], np.uint64),
        "single": np.array([0.1, np.nan, 1], np.float32),
        "nano": np.array(["2024-01-01T00:00:00.123456789", "NaT", "2025-01-01"], "M8[ns]"),
    }
    logged = LoggedTable(Table(columns))
    made = folder.back(logged)
    assert made.columns == list(columns) and len(made) == 3
    found = rows_of(made)
    for at, name in enumerate(list(columns)[:7]):
        got = [row[at] for row in found]
        assert str(got) == str(columns[name]), name
    assert [row[7] for row in found] == [1, 2, 2**63]
    assert np.float32(found[0][8]) == np.float32(0.1) and math.isnan(found[1][8])
    again = made.table
    assert again.get_column("text") == columns["text"]
    assert again.get_column("whole") == columns["whole"]
    assert "kept" not in repr(again) and LoggedTable(Table(columns)).store(folder.keep) == (
        logged.store(folder.keep)
    )


def test_moments_are_kept_in_utc(folder: Folder) -> None:
    tokyo = dt.timezone(dt.timedelta(hours=9))
    given = dt.datetime(2024, 1, 1, 8, tzinfo=tokyo)
    made = folder.back(LoggedTable({"at": [given, None]}))
    assert made.table.get_column("at") == [given, None]


def _frames() -> dict[str, Callable[[], Any]]:
    import duckdb
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    data = {"n": [1, 2], "x": [0.5, 1.5], "s": ["a", None]}
    return {
        "pandas": lambda: pd.DataFrame(data),
        "polars": lambda: pl.DataFrame(data),
        "lazy": lambda: pl.DataFrame(data).lazy(),
        "pyarrow": lambda: pa.table(data),
        "duckdb": lambda: duckdb.sql(
            "SELECT * FROM (VALUES (1, 0.5::DOUBLE, 'a'), (2, 1.5, NULL)) t(n, x, s)"
        ),
        "rows": lambda: Table([[1, 0.5, "a"], [2, 1.5, None]], ["n", "x", "s"]),
    }


@pytest.mark.parametrize("kind", ["pandas", "polars", "lazy", "pyarrow", "duckdb", "rows"])
def test_frames_are_tables(kind: str, folder: Folder) -> None:
    wrapped = media.wrap(_frames()[kind]())
    assert isinstance(wrapped, LoggedTable)
    made = folder.back(wrapped)
    assert made.columns == ["n", "x", "s"] and rows_of(made) == [(1, 0.5, "a"), (2, 1.5, None)]


def test_pandas_types(folder: Folder) -> None:
    import pandas as pd

    frame = pd.DataFrame(
        {
            "whole": pd.array([1, None], dtype="Int64"),
            "flag": pd.array([True, None], dtype="boolean"),
            "kind": pd.Categorical(["u", None]),
            "at": pd.to_datetime(["2024-01-01", None]),
        }
    )
    moment = dt.datetime(2024, 1, 1)
    assert rows_of(folder.back(LoggedTable(frame))) == [(1, True, "u", moment), (None,) * 4]


def test_a_table_that_grows_is_logged_as_it_was(folder: Folder) -> None:
    table = Table(columns=["n"])
    table.add_data(1)
    made = LoggedTable(table)
    table.add_data(2)
    assert rows_of(folder.back(made)) == [(1,)]
    assert rows_of(folder.back(LoggedTable(Table({"n": []})))) == []


def test_columns_converted_by_types_are_kept_converted(folder: Folder) -> None:
    made = LoggedTable(Table({"n": ["1", "2"]}, types={"n": "number"}))
    assert rows_of(folder.back(made)) == [(1,), (2,)]


def test_images_in_cells(folder: Folder) -> None:
    table = Table(columns=["picture", "guess"])
    table.add_data(Image(RGB, caption="first"), 3)
    table.add_data(None, 4)
    table.add_data(PICTURE, 5)
    made = folder.back(LoggedTable(table))
    found = [row[0] for row in made.table.given()[0].items() if row[0] == "picture"]
    pictures = made.table.given()[0]["picture"]
    assert found == ["picture"] and pictures[1] is None
    assert pictures[0].caption == "first" and np.array_equal(pixels_of(pictures[2]), RGB)
    assert made.table.get_column("guess") == [3, 4, 5]


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"a": [[1], [2]]}, r"column 'a', row 0: \[1\]"),
        ({"a": [None, {"x": 1}]}, "row 1"),
        ({"a": [np.zeros(2)]}, "row 0"),
        ({"a": [1, "x"]}, "mixes kinds"),
        ({"a": [2**70]}, "64 bits"),
        ({"a": [1], "A": [2]}, "capital"),
        ({}, "without columns"),
        ({"a": [Image(RGB), 3]}, "among objects"),
    ],
)
def test_cells_that_no_table_keeps(columns: dict[str, Any], said: str) -> None:
    with pytest.raises(errors.PlotkitError, match=said):
        LoggedTable(columns)


def test_nested_frames_are_refused_by_name() -> None:
    import polars as pl

    with pytest.raises(errors.RunError, match="'deep' with values of type BIGINT"):
        LoggedTable(pl.DataFrame({"deep": [[1, 2]]}))


# --- videos --------------------------------------------------------------------------------------


def frames(height: int = 30, width: int = 40, count: int = 6) -> np.ndarray[Any, Any]:
    """Frames (time, height, width, 3) of flat colours, each another."""
    made = np.zeros((count, height, width, 3), np.uint8)
    for at in range(count):
        made[at] = (40 * at, 255 - 40 * at, 128)
    return made


def decoded(made: Video) -> np.ndarray[Any, Any]:
    if made.format == "gif":
        picture = Pillow.open(io.BytesIO(made.read()))
        shots = []
        for at in range(picture.n_frames):
            picture.seek(at)
            shots.append(np.asarray(picture.convert("RGB")))
        return np.stack(shots)
    import av

    with av.open(io.BytesIO(made.read())) as opened:
        return np.stack([one.to_ndarray(format="rgb24") for one in opened.decode(video=0)])


@pytest.mark.parametrize("format", ["mp4", "webm", "gif"])
def test_frames_come_back(format: str, folder: Folder) -> None:
    given = frames()
    made = folder.back(Video(given, fps=5, format=format, caption="fade"))
    found = decoded(made)
    assert found.shape == given.shape and (made.width, made.height) == (40, 30)
    assert np.abs(found.astype(int) - given).max() <= 12
    assert made.fps == 5 and made.caption == "fade" and made.note is None
    assert Video(given, fps=5, format=format).read() == made.read()
    again = Video(made.path)
    assert again.read() == made.read() and (again.width, again.height) == (40, 30)


@pytest.mark.parametrize("format", ["mp4", "webm"])
def test_the_same_frames_are_the_same_bytes_whatever_lay_in_memory(format: str) -> None:
    y, x = np.mgrid[:61, :97]
    given = np.stack([np.stack([x * 2 + k * 8, y * 3, x + y + k * 4], -1) % 256 for k in range(24)])
    random, seen = np.random.default_rng(1), set()
    for _ in range(6):
        for _ in range(30):
            _garbage = [random.bytes(int(n)) for n in random.integers(1000, 200_000, 20)]
        seen.add(Video(given.astype(np.uint8), fps=8, format=format).read())
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("array", "size"),
    [
        (frames().transpose(0, 3, 1, 2), (40, 30)),
        (frames()[..., :1], (40, 30)),
        (frames()[..., 0], (40, 30)),
        (frames() / 255.0, (40, 30)),
        (frames() > 100, (40, 30)),
        (np.concatenate([frames(), frames()[..., :1]], axis=-1), (40, 30)),
        (np.stack([frames()] * 3), (80, 60)),
        (np.stack([frames()] * 2).transpose(0, 1, 4, 2, 3), (80, 30)),
        (frames().tolist(), (40, 30)),
    ],
)
def test_axes_of_videos(array: Any, size: tuple[int, int]) -> None:
    made = Video(array, format="gif")
    assert (made.width, made.height) == size and made.fps == 4


def test_odd_sizes_are_filled_up_where_the_format_has_none() -> None:
    made = Video(frames(31, 41), format="mp4")
    assert (made.width, made.height) == (42, 32)
    assert made.note == "41 x 31 px filled up to 42 x 32: its format has even sizes."
    assert (decoded(made)[:, -1].mean(axis=-1) < 40).all()
    gif = Video(frames(31, 41), format="gif")
    assert (gif.width, gif.height, gif.note) == (41, 31, None)


def test_without_an_encoder_a_video_is_a_gif(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Video(frames()).format == "mp4"
    monkeypatch.setitem(sys.modules, "av", None)
    monkeypatch.setattr(encoding, "has_encoder", lambda: False)
    made = Video(frames())
    assert made.format == "gif" and "pip install av" in str(made.note)
    with pytest.raises(errors.MissingExtraError, match="'media'"):
        Video(frames(), format="mp4")


def test_a_gif_keeps_its_time() -> None:
    picture = Pillow.open(io.BytesIO(Video(frames(), fps=30, format="gif").read()))
    times = []
    for at in range(6):
        picture.seek(at)
        times.append(picture.info["duration"])
    assert sum(times) == 200 and picture.info["loop"] == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((np.zeros((3, 3)),), "shape"),
        ((np.zeros((3, 8, 8, 9)),), "shape"),
        ((np.zeros((0, 8, 8, 3)),), "shape"),
        ((np.zeros((3, 8, 8, 3), complex),), "real numbers"),
        ((frames(), None, 0), "fps"),
        ((frames(), None, 4, "avi"), "mp4, webm, gif"),
        (("no.mp4",), "No such file"),
        ((b"hello",), "no format"),
    ],
)
def test_wrong_videos(arguments: tuple[Any, ...], said: str) -> None:
    with pytest.raises(errors.RunError, match=said):
        Video(*arguments)


def test_a_video_file_must_be_what_its_name_says(tmp_path: Path) -> None:
    for name, said in (("a.mp4", "no MP4 data"), ("a.avi", "no format")):
        (tmp_path / name).write_bytes(b"hello, hello")
        with pytest.raises(errors.RunError, match=said):
            Video(tmp_path / name)


@pytest.mark.browser
def test_videos_and_sound_play_in_a_browser() -> None:
    shown = [Video(frames(31, 41), fps=12, format=end)._repr_html_() for end in ("mp4", "webm")]
    shown.append(Audio(np.sin(np.arange(4000) / 10), 8000)._repr_html_())
    with chromium.running() as browser:
        page = browser.new_page()
        page.set_content("".join(shown))
        found = page.evaluate(
            """async () => {
                const told = [];
                for (const one of document.querySelectorAll("video, audio")) {
                    one.muted = true;
                    one.loop = false;
                    const end = new Promise((done) => (one.onended = done));
                    await one.play();
                    await end;
                    told.push([one.duration, one.videoWidth ?? 0, one.videoHeight ?? 0]);
                }
                return told;
            }"""
        )
    assert found == [[0.5, 42, 32], [0.5, 42, 32], [0.5, 0, 0]]
