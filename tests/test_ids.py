"""Ids of presets: what is one, what is none and why (tests/cases/ids.json)."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest

from plotkit import errors, ids, store

CASES = json.loads((Path(__file__).parent / "cases" / "ids.json").read_text("utf-8"))


def _value(shown: str) -> Any:
    """The value that a repr in the file stands for."""
    return object if shown == "<class 'object'>" else ast.literal_eval(shown)


@pytest.fixture
def untouched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Roots in a folder that stays empty."""
    monkeypatch.setenv("PLOTKIT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PLOTKIT_PRESETS", str(tmp_path / "project"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(("shown", "verdict", "how"), CASES, ids=[case[0][:60] for case in CASES])
def test_the_cases(shown: str, verdict: str, how: str, untouched: Path) -> None:
    id = _value(shown)
    content = {"mark": "bar", "usermeta": {"plotkit": {"id": id}}}
    if verdict == "bad":
        for refused in (ids.parse, ids.parse_own, store.find, store.history, store.delete):
            with pytest.raises(errors.PresetError) as caught:
                refused(id)
            message = str(caught.value)
            assert "'" not in shown or ascii(id)[:40] in message or repr(id)[:20] in message
            assert message.isprintable() and "Traceback" not in message
        with pytest.raises(errors.PresetError):
            store.save(content)
        assert not list(untouched.iterdir()), "no path is touched"
        return
    assert str(ids.parse(id)) == id
    for root in ("store", "project"):
        saved = store.save(content, root)  # type: ignore[arg-type]
        assert saved.id == id and untouched in saved.path.parents
        assert store.load(saved)["usermeta"]["plotkit"]["id"] == id
    if verdict.startswith("clash:"):
        other = verdict.removeprefix("clash:")
        assert store.lookalikes(other) == [id]
        content["usermeta"]["plotkit"]["id"] = other  # type: ignore[index]
        store.save(content, "store")  # alike, but not the same
        assert store.lookalikes(id) == [other]


@pytest.mark.parametrize(
    ("id", "reason"),
    [
        ("../x/y", "'..'"),
        ("a/b..c", "'..'"),
        ("/etc/passwd", "a path"),
        ("~/x", "a path"),
        ("C:/x", "a path"),
        ("a\\b", "backslash"),
        ("a/b\0", "NUL"),
        ("a", "one '/'"),
        ("a/b/c", "one '/'"),
        ("x/con", "'con' is a device on Windows"),
        ("com1/x", "'com1' is a device on Windows"),
        ("x/nul.v2", "'nul' is a device on Windows"),
        ("Carey/x", "differs only by case or Unicode form from 'carey'"),
        ("carey/\uff58", "differs only by case or Unicode form from 'x'"),
        ("carey/" + "x" * 65, "65 letters, 64 is the most"),
        ("carey/.x", "inside"),
        ("carey/x-", "inside"),
        ("carey/x.json", "no file ending"),
        ("carey/x@0", "a number from 1 on"),
        ("carey/x@-1", "a number from 1 on"),
        ("carey/x@1.5", "a number from 1 on"),
        ("carey/x@\u0661", "a number from 1 on"),
        (None, "not text"),
    ],
)
def test_the_reason_is_told(id: object, reason: str) -> None:
    with pytest.raises(errors.PresetError) as caught:
        ids.parse(id)
    assert reason in str(caught.value) and ascii(id)[:40] in str(caught.value)


def test_an_error_for_an_id_that_looks_like_a_known_one_names_that(untouched: Path) -> None:
    with pytest.raises(errors.PresetError, match="Did you mean 'plotkit/line'"):
        store.get("Plotkit/Line")


@pytest.mark.parametrize("id", ["plotkit/mine", "wandb/mine", "wandb/line/v0"])
def test_reserved_owners_save_nothing(id: str, untouched: Path) -> None:
    with pytest.raises(errors.PresetError, match="owners 'plotkit', 'wandb' are reserved"):
        store.save({"mark": "bar", "usermeta": {"plotkit": {"id": id}}})
    assert not list(untouched.iterdir())


def test_nobody_saves_under_a_version(untouched: Path) -> None:
    with pytest.raises(errors.PresetError, match="the store counts them"):
        store.save({"mark": "bar", "usermeta": {"plotkit": {"id": "carey/x@2"}}})


@pytest.mark.parametrize("device", ["con", "prn", "aux", "nul", "com0", "com9", "lpt0", "lpt5"])
def test_devices_only_as_a_whole(device: str) -> None:
    assert str(ids.parse(f"x/{device}x")) == f"x/{device}x"
    for id in (f"x/{device}", f"{device}/x", f"x/{device}.b.c"):
        with pytest.raises(errors.PresetError, match="device"):
            ids.parse(id)
