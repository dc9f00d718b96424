"""All limits in one place, checked when they are set."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from plotkit import errors, settings


@pytest.fixture(autouse=True)
def _reset() -> Iterator[None]:
    yield
    for name in settings._KNOWN:
        delattr(settings, name)


def test_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in settings._KNOWN:
        delattr(settings, name)
        monkeypatch.delenv(f"PLOTKIT_{name.upper()}", raising=False)
    assert {name: getattr(settings, name) for name in dir(settings)} == {
        "timeout": 60.0,
        "memory_mb": 2048,
        "max_rows": 100_000,
        "transform_rows": 20_000,
        "progress": True,
        "bar_labels": 100,
        "scatter_marks": 8_000,
        "max_panels": 100,
        "line_points": 90_000,
        "fetch_bytes": 64 * 1024 * 1024,
        "max_expression_nesting": 64,
        "missing_glyphs": "note",
        "preset_bytes": 200_000,
        "preset_nesting": 30,
        "preset_generated": 1000,
        "preset_pixels": 25_000_000,
        "preset_length": 10_000,
        "max_svg_bytes": 64 * 1024 * 1024,
        "max_pixels": 100_000_000,
        "in_process": False,
        "python": "",
        "workers": min(4, settings._cores()),
        "worker_charts": 1000,
        "idle_seconds": 600.0,
        "font_folders": (),
        "inline_svg_bytes": 1_000_000,
        "detail_bytes": 2_000_000,
        "row_names": 10_000,
        "strict_log": False,
        "report_media_bytes": 50_000_000,
        "png_level": 6,
    }


def test_every_setting_is_declared() -> None:
    assert set(settings.__annotations__) - {"_KNOWN"} == set(settings._KNOWN)


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("timeout", 5, 5.0),
        ("timeout", 0.5, 0.5),
        ("memory_mb", 512, 512),
        ("memory_mb", 512.0, 512),
        ("in_process", True, True),
        ("python", Path("/usr/bin/python3"), "/usr/bin/python3"),
        ("font_folders", ["/a", Path("/b")], ("/a", "/b")),
        ("font_folders", "relative", (os.path.abspath("relative"),)),
    ],
)
def test_assigned(name: str, value: object, read: object) -> None:
    setattr(settings, name, value)
    assert getattr(settings, name) == read
    assert type(getattr(settings, name)) is type(read)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("timeout", 0),
        ("timeout", -1),
        ("timeout", float("nan")),
        ("timeout", float("inf")),
        ("timeout", "soon"),
        ("timeout", None),
        ("timeout", True),
        ("memory_mb", 1),
        ("memory_mb", 512.5),
        ("workers", 0),
        ("png_level", 10),
        ("in_process", 1),
        ("in_process", "perhaps"),
        ("python", 3),
        ("font_folders", [3]),
        ("font_folders", 3),
    ],
)
def test_refused(name: str, value: object) -> None:
    before = getattr(settings, name)
    with pytest.raises(errors.OptionError, match=f"settings.{name}"):
        setattr(settings, name, value)
    assert getattr(settings, name) == before


@pytest.mark.parametrize(
    ("name", "text", "read"),
    [
        ("timeout", "2.5", 2.5),
        ("memory_mb", "100", 100),
        ("in_process", "1", True),
        ("in_process", "off", False),
        ("in_process", "", False),
        ("font_folders", os.pathsep.join(("/a", "", "/b")), ("/a", "/b")),
        ("png_level", " 9 ", 9),
    ],
)
def test_environment(name: str, text: str, read: object, monkeypatch: pytest.MonkeyPatch) -> None:
    delattr(settings, name)
    monkeypatch.setenv(f"PLOTKIT_{name.upper()}", text)
    assert getattr(settings, name) == read
    monkeypatch.undo()
    assert getattr(settings, name) == read  # read once


def test_wrong_environment_is_an_error_when_used(monkeypatch: pytest.MonkeyPatch) -> None:
    delattr(settings, "timeout")
    monkeypatch.setenv("PLOTKIT_TIMEOUT", "soon")
    with pytest.raises(errors.OptionError, match=r"PLOTKIT_TIMEOUT.*'soon'.*number of seconds"):
        _ = settings.timeout


def test_unknown() -> None:
    with pytest.raises(AttributeError, match=r"no setting 'time_out'\. Did you mean 'timeout'\?"):
        settings.time_out = 3  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match="Did you mean 'timeout'"):
        _ = settings.timeoutt  # type: ignore[attr-defined]


def test_import_is_light() -> None:
    code = "import sys; before = set(sys.modules); from plotkit import settings; "
    code += "print(*set(sys.modules) - before)"
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        env={**os.environ, "PYTHONPATH": str(Path(settings.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=True,
    )
    assert not set(done.stdout.split()) & {"typing", "re", "enum", "collections", "dataclasses"}
