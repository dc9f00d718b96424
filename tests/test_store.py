"""The roots of presets: finding, saving, counting, deleting, renaming, locking."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from plotkit import accepted, durable, errors, layout, roots, store
from plotkit.preset import Preset, digest_of

HELPERS = Path(__file__).parent / "crash"
sys.path.insert(0, str(HELPERS))

import saving  # noqa: E402


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A store of our own, and no project."""
    monkeypatch.setenv("PLOTKIT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PLOTKIT_PRESETS", "")  # set, so that whatever a test sets is undone
    monkeypatch.delenv("PLOTKIT_PRESETS")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project around us; its folder of presets."""
    (tmp_path / "code" / "deep").mkdir(parents=True)
    (tmp_path / "code" / "pyproject.toml").write_text('[tool.plotkit]\npresets = "charts"\n')
    monkeypatch.chdir(tmp_path / "code" / "deep")
    return tmp_path / "code" / "charts"


def made(id: str = "carey/chart", title: str = "", **more: Any) -> dict[str, Any]:
    return {
        "mark": "bar",
        "data": {"values": [{"x": "a", "y": 1}, {"x": "b", "y": 2}]},
        "encoding": {"x": {"field": "x"}, "y": {"field": "y", "type": "quantitative"}},
        "usermeta": {"plotkit": {"format": 1, "id": id, "title": title, **more}},
    }


def titles(entries: list[store.Stored]) -> list[str]:
    return [store.load(entry)["usermeta"]["plotkit"]["title"] for entry in entries]


# The user's store.


def test_versions_are_counted_and_never_change(home: Path) -> None:
    first = store.save(made(title="one"))
    bytes_of_first = first.path.read_bytes()
    second = store.save(made(title="two"))
    assert (first.version, second.version) == (1, 2)
    assert first.path == home / "carey" / "chart" / "1.json"
    assert first.path.read_bytes() == bytes_of_first
    assert store.get("carey/chart").title == "two"
    assert store.get("carey/chart@1").title == "one"
    assert (store.get("carey/chart").version, store.get("carey/chart@1").version) == (2, 1)
    assert store.get("carey/chart").digest == second.digest == store.find("carey/chart").digest
    assert str(second) == "carey/chart@2"
    assert titles(store.history("carey/chart")) == ["one", "two"]


def test_identical_content_makes_no_version(home: Path) -> None:
    first = store.save(made(title="one"))
    assert store.save(made(title="one")) == first
    turned = {key: made(title="one")[key] for key in reversed(made())}
    assert store.save(turned) == first
    loaded = store.load(first)
    assert store.save(loaded) == first
    assert store.save(made(title="one", version=7)) == first, "versions are the store's"
    store.save(made(title="two"))
    assert store.save(made(title="one")).version == 3, "it is compared with the newest"
    assert len(list(home.rglob("*.json"))) == 3


def test_what_is_saved_is_not_touched_and_comes_back() -> None:
    content = made(title="\ud800 \u2028 </script> \U0001f600")
    before = json.dumps(content)
    stored = store.save(content)
    assert json.dumps(content) == before
    assert store.load(stored) == content
    assert digest_of(content) == stored.digest


@pytest.mark.parametrize("wrong", [{1, 2}, float("nan"), float("inf"), object(), b"x"])
def test_what_json_cannot_hold_is_not_saved(wrong: object, home: Path) -> None:
    with pytest.raises(errors.PresetError):
        store.save(made(extra=wrong))
    assert not home.exists()


def test_no_id_no_save() -> None:
    with pytest.raises(errors.PresetError, match="None is no preset id"):
        store.save({"mark": "bar"})
    with pytest.raises(errors.OptionError, match="'project', 'store' or None"):
        store.save(made(), "elsewhere")  # type: ignore[arg-type]


def test_every_flipped_byte_is_noticed_and_the_neighbours_load() -> None:
    for title in ("one", "two", "three"):
        stored = store.save(made(title=title))
    path = stored.path.with_name("2.json")
    data = path.read_bytes()
    path.chmod(0o644)
    for position in range(len(data)):
        # A lowest bit makes other letters, 0x20 other case, 0x2a turns a blank into a new line.
        for bits in (0x01, 0x20, 0x2A, 0xFF):
            flipped = bytearray(data)
            flipped[position] ^= bits
            path.write_bytes(flipped)
            with pytest.raises(errors.PresetError, match="damaged"):
                store.get("carey/chart@2")
    assert store.get("carey/chart@1").title == "one"
    assert store.get("carey/chart").title == "three"
    entries = store.history("carey/chart")
    assert [bool(entry.fault) for entry in entries] == [False, True, False]
    path.write_bytes(data)
    assert store.get("carey/chart@2").title == "two"


def test_what_is_not_the_version_saved_is_refused(home: Path) -> None:
    first = store.save(made(title="one"))
    second = store.save(made(title="two"))
    data = second.path.read_bytes()
    second.path.chmod(0o644)
    for wrong in (b"", b"{}", data[:-1], data + b" ", data * 2, first.path.read_bytes()):
        second.path.write_bytes(wrong)
        with pytest.raises(errors.PresetError, match="damaged"):
            store.get("carey/chart")
        assert store.get("carey/chart@1").title == "one"
    [listed] = [entry for entry in store.list_all() if entry.origin == "store"]
    assert listed.version == 2 and "damaged" in listed.fault and not listed.digest
    assert store.save(made(title="three")).version == 3, "the next one is whole again"
    assert store.get("carey/chart").title == "three"


def test_a_version_that_is_not_there_names_those_that_are() -> None:
    store.save(made(title="one"))
    store.save(made(title="two"))
    with pytest.raises(errors.PresetError, match=r"'carey/chart@9'; its versions: 1, 2\."):
        store.get("carey/chart@9")


def test_files_that_are_no_versions_are_passed_over(home: Path) -> None:
    stored = store.save(made(title="one"))
    for name in (".17-ab.tmp", "02.json", "3.JSON", "4.json.bak", "x.json", "0.json"):
        (stored.path.parent / name).write_text("nonsense")
    (home / "No" / "Thing").mkdir(parents=True)
    (home / "afile").write_text("nonsense")
    (home / "con" / "x").mkdir(parents=True)
    assert store.get("carey/chart").version == 1
    assert [str(e) for e in store.list_all() if e.origin == "store"] == ["carey/chart@1"]
    assert store.save(made(title="two")).version == 2


def test_what_killed_savers_left_is_swept_when_it_is_old(home: Path) -> None:
    folder = store.save(made(title="one")).path.parent
    old, young = folder / ".1-aa.tmp", folder / ".2-bb.tmp"
    old.write_text("half")
    young.write_text("half")
    os.utime(old, (0, 0))
    store.save(made(title="two"))
    assert not old.exists() and young.exists()


# Several at once.


@pytest.mark.parametrize("links", [True, False], ids=["hard links", "no hard links"])
def test_eight_processes_save_fifty_each(tmp_path: Path, links: bool) -> None:
    saving.use(str(tmp_path))
    script = [sys.executable, str(HELPERS / "many_savers.py"), str(tmp_path)]
    savers = [
        subprocess.Popen(
            [*script, str(n), "50", *([] if links else ["none"])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for n in range(8)
    ]
    for saver in savers:
        assert saver.stdin
        saver.stdin.write("go\n")
        saver.stdin.flush()
    seen = 0
    while any(saver.poll() is None for saver in savers):  # readers never wait, nor see a part
        for label in saving.labels("store", gaps=not links)[seen:]:
            assert label
            seen += 1
    given = [int(line) for saver in savers for line in saver.communicate()[0].split()]
    assert sorted(given) == list(range(1, 401))
    there = saving.labels("store")
    assert sorted(there) == sorted(f"{n}-{i}" for n in range(8) for i in range(50))
    for n in range(8):  # each one's in the order that it saved them
        own = [label for label in there if label.startswith(f"{n}-")]
        assert own == [f"{n}-{i}" for i in range(50)]
    names = os.listdir(tmp_path / "home" / "carey" / "chart")
    assert len(names) == 400, "nothing is left aside"


def test_without_hard_links_a_number_is_still_taken_once(
    monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(1, "no links here")

    monkeypatch.setattr(os, "link", refused)
    first = store.save(made(title="one"))
    folder = first.path.parent
    (folder / ".2.json.claim").touch()  # of a saver that was killed
    third = store.save(made(title="three"))
    assert third.version == 3, "its number is left to it for ever"
    with pytest.raises(FileExistsError):
        durable.create(str(third.path), b"other", str(home))
    assert store.get("carey/chart").title == "three"
    assert sorted(os.listdir(folder)) == [".2.json.claim", "1.json", "3.json"]
    (folder / ".3.json.claim").touch()  # of one that was killed after its file was there
    store.save(made(title="four"))
    assert not (folder / ".3.json.claim").exists()


def test_two_who_read_the_same_file_do_not_overwrite_each_other(project: Path) -> None:
    read = store.save(made(title="one"))
    script = (
        "import sys; from plotkit import store, errors\n"
        "content = store.read('carey/chart')[1]\n"
        "content['usermeta']['plotkit']['title'] = sys.argv[2]\n"
        "sys.stdin.readline()\n"
        "try: store.save(content, expect_digest=sys.argv[1]); print('saved')\n"
        "except errors.PresetChangedError: print('refused')\n"
    )
    savers = [
        subprocess.Popen(
            [sys.executable, "-c", script, read.digest, f"by {n}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for n in range(4)
    ]
    for saver in savers:
        assert saver.stdin
        saver.stdin.write("go\n")
        saver.stdin.flush()
    said = [saver.communicate()[0].strip() for saver in savers]
    assert sorted(said) == ["refused"] * 3 + ["saved"]
    assert store.get("carey/chart").title == f"by {said.index('saved')}"


# Disks that are full or read-only.


@contextmanager
def mounted(folder: Path, options: str) -> Iterator[None]:
    """A small file system in memory; needs root."""
    folder.mkdir(exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    if sys.platform != "linux" or os.geteuid() or subprocess.run(command, check=False).returncode:
        pytest.skip("mounting needs root on Linux")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("root", ["store", "project"])
def test_a_full_disk(root: Any, tmp_path: Path) -> None:
    full = tmp_path / "full"
    with mounted(full, "size=64k"):
        saving.use(str(full))
        saved: list[str] = []

        def fill() -> None:
            for n in range(100):
                if root == "project":  # it has one file: others fill the disk
                    (full / f"filler{n}").write_bytes(b"-" * 4096)
                store.save(saving.content(f"{n}"), root)
                saved.append(f"{n}")

        with pytest.raises(errors.SaveError, match=r"No space left .*Roots: project .*; store"):
            fill()
        assert len(saved) > 3
        assert saving.labels(root) == (saved if root == "store" else saved[-1:])
        assert not saving.left_aside(str(full))
        if root == "project":
            (full / "filler0").unlink()
            store.save(saving.content("later"), root)
            assert saving.labels(root) == ["later"]


def test_a_read_only_disk(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    with mounted(disk, "size=256k"):
        saving.use(str(disk))
        for root in ("store", "project"):
            store.save(saving.content("one"), root)  # type: ignore[arg-type]
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        for root in ("store", "project"):
            with pytest.raises(errors.SaveError, match=r"Read-only file system.*Roots: project"):
                store.save(saving.content("two"), root)  # type: ignore[arg-type]
            with pytest.raises(errors.SaveError, match=r"cannot be deleted: Read-only"):
                store.delete(saving.ID)
            with pytest.raises(errors.SaveError, match=r"cannot be renamed: Read-only"):
                store.rename(saving.ID, "carey/other")
            assert saving.labels(root) == ["one"]
        with pytest.raises(errors.SaveError, match="cannot be accepted: Read-only"):
            store.accept("0" * 64, "carey/chart")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write all")
def test_a_folder_that_is_not_ours_to_write(home: Path) -> None:
    store.save(made(title="one"))
    (home / "carey" / "chart").chmod(0o555)
    with pytest.raises(errors.SaveError, match="Permission denied"):
        store.save(made(title="two"))
    (home / "carey" / "chart").chmod(0o755)
    assert titles(store.history("carey/chart")) == ["one"]


def test_a_file_where_a_folder_is_needed(home: Path) -> None:
    home.mkdir()
    (home / "carey").write_text("a file")
    with pytest.raises(errors.SaveError, match="'carey/chart' cannot be saved: Not a directory"):
        store.save(made())


# Beside the code.


def test_the_nearest_project_names_its_folder(project: Path) -> None:
    stored = store.save(made(title="one"))
    assert stored.path == project / "carey" / "chart.json" and stored.version is None
    assert stored.origin == "project"
    assert store.get("carey/chart").title == "one"
    assert store.save(made(title="mine"), "store").version == 1
    assert store.get("carey/chart").title == "one", "the project comes first"
    assert store.get("carey/chart@1").title == "mine", "versions are in the store"
    assert titles(store.history("carey/chart")) == ["mine", "one"]
    assert [e.origin for e in store.list_all() if e.id == "carey/chart"] == ["project"]


def test_the_variable_comes_before_the_project(
    project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PLOTKIT_PRESETS", str(tmp_path / "elsewhere"))
    assert store.save(made()).path == tmp_path / "elsewhere" / "carey" / "chart.json"
    kinds = [(root.kind, root.by) for root in store.roots()]
    assert kinds[:2] == [("project", "PLOTKIT_PRESETS"), ("store", "PLOTKIT_HOME")]


def test_a_project_without_presets_is_none(project: Path) -> None:
    deep = project.parent / "deep"
    (deep / "pyproject.toml").write_text("[project]\nname = 'x'\n")  # the nearest one counts
    assert store.save(made()).origin == "store"
    with pytest.raises(errors.PresetError, match=r"no project here.*Looked in: store .*home"):
        store.save(made(), "project")


@pytest.mark.parametrize("text", ["[tool.plotkit", "[tool.plotkit]\npresets = 3", "\xff"])
def test_a_broken_project_file_is_told(project: Path, text: str) -> None:
    (project.parent / "pyproject.toml").write_bytes(text.encode("latin-1"))
    with pytest.raises(errors.OptionError, match=r"folder of presets from .*pyproject\.toml"):
        store.get("carey/chart")
    assert store.get("plotkit/line").id == "plotkit/line"


def test_without_a_variable_the_store_is_where_this_system_keeps_data(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import platformdirs

    monkeypatch.delenv("PLOTKIT_HOME")
    assert str(roots.store().folder) == platformdirs.user_data_dir("plotkit", appauthor=False)


def test_files_read_well_in_git(project: Path) -> None:
    path = store.save(made(title="one")).path
    text = path.read_text("utf-8")
    assert text == layout.pretty(made(title="one"))
    assert text.splitlines()[1:4] == [
        '  "data": {"values": [{"x": "a", "y": 1}, {"x": "b", "y": 2}]},',
        '  "mark": "bar",',
        '  "encoding": {"x": {"field": "x"}, "y": {"field": "y", "type": "quantitative"}},',
    ]
    # Another order of keys, one new key: one line changes.
    content = {key: made(title="one")[key] for key in reversed(made())}
    content["encoding"] = {
        "y": {"type": "quantitative", "field": "y"},
        "x": {"field": "x", "title": "X"},
    }
    store.save(content)
    changed = path.read_text("utf-8").splitlines()
    different = [(a, b) for a, b in zip(text.splitlines(), changed, strict=True) if a != b]
    assert different == [
        (
            '  "encoding": {"x": {"field": "x"}, "y": {"field": "y", "type": "quantitative"}},',
            '  "encoding": {"x": {"field": "x", "title": "X"}, '
            '"y": {"field": "y", "type": "quantitative"}},',
        )
    ]


def test_people_edit_and_copy_files_by_hand(project: Path) -> None:
    path = store.save(made(title="one")).path
    copied = path.with_name("copied.json")
    copied.write_text("\ufeff" + path.read_text("utf-8").replace("one", "by hand"), "utf-8")
    found = store.get("carey/copied")
    assert (found.id, found.title) == ("carey/copied", "by hand"), "its place says its id"
    copied.write_text('{"data": {"values": []}, "mark": "bar", "encoding": {"x": {"field": "a"}}}')
    assert list(store.get("carey/copied").roles) == ["a"]
    copied.write_text('{"mark": "bar",}')
    with pytest.raises(errors.PresetError, match=r"cannot read the preset .*copied\.json"):
        store.get("carey/copied")
    listed = {entry.id: entry for entry in store.list_all()}
    assert listed["carey/copied"].fault and not listed["carey/chart"].fault


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"mark": "bar", "layer": [{"a/b": 1, "a/b": 2}]}', "/layer/0/a~1b"),
        ('{"mark": "bar", "mark": "line"}', "at /mark: found 'mark'; expected each key only once"),
        ('{"mark": NaN}', "NaN is no JSON number"),
        ("[" * 100_000, "nested too deep"),
        ("[1]", "expected a JSON object"),
        ('{"usermeta": 3}', "/usermeta: found 3; expected an object"),
        ('{"usermeta": {"plotkit": []}}', "/usermeta/plotkit: found"),
        ("", "Expecting value"),
        ("\xff", "utf-8"),
    ],
)
def test_files_that_are_no_presets(project: Path, text: str, told: str) -> None:
    (project / "carey").mkdir(parents=True)
    (project / "carey" / "x.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(errors.PresetError) as caught:
        store.get("carey/x")
    assert told in str(caught.value) and "x.json" in str(caught.value)


def test_saving_refuses_what_changed_since_it_was_read(project: Path) -> None:
    first = store.save(made(title="one"), expect_digest="")
    with pytest.raises(errors.PresetChangedError, match="it was not there before"):
        store.save(made(title="two"), expect_digest="")
    assert store.save(made(title="one"), expect_digest="") == first, "nothing to overwrite"
    second = store.save(made(title="two"), expect_digest=first.digest)
    by_hand = second.path.read_text("utf-8").replace("two", "three")
    second.path.write_text(by_hand, "utf-8")
    with pytest.raises(errors.PresetChangedError, match=r"chart\.json' has changed: it was"):
        store.save(made(title="four"), expect_digest=second.digest)
    assert second.path.read_text("utf-8") == by_hand
    with pytest.raises(errors.PresetChangedError):
        store.load(second)
    second.path.unlink()
    with pytest.raises(errors.PresetChangedError, match="it is gone"):
        store.save(made(title="four"), expect_digest=second.digest)


def test_a_replaced_file_keeps_its_mode(project: Path) -> None:
    path = store.save(made(title="one")).path
    path.chmod(0o640)
    store.save(made(title="two"))
    assert path.stat().st_mode & 0o777 == 0o640


# Links and other files.


def test_links_do_not_lead_out(project: Path, home: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "chart.json").write_text(json.dumps(made(title="secret")))
    (project / "dana").mkdir(parents=True)
    (project / "carey").symlink_to(outside)
    (project / "dana" / "chart.json").symlink_to(outside / "chart.json")
    home.mkdir()
    (home / "emil").symlink_to(outside)
    for id in ("carey/chart", "dana/chart"):
        for refused in (store.get, store.delete, store.history):
            with pytest.raises(errors.PresetError, match="leads out of"):
                refused(id)
        with pytest.raises(errors.PresetError, match="leads out of"):
            store.save(made(id, "mine"))
    with pytest.raises(errors.PresetError, match="leads out of"):
        store.save(made("emil/chart"), "store")
    with pytest.raises(errors.PresetError, match="leads out of"):
        store.get("emil/chart")
    assert os.listdir(outside) == ["chart.json"]
    assert "secret" in (outside / "chart.json").read_text()
    listed = {entry.id: entry for entry in store.list_all()}
    assert "carey/chart" not in listed and "leads out of" in listed["dana/chart"].fault


def test_links_inside_of_a_root_are_followed(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.save(made(title="one"))
    (project / "dana").symlink_to(project / "carey")
    assert store.get("dana/chart").title == "one"
    (tmp_path / "linked").symlink_to(project)  # the root itself may be a link
    monkeypatch.setenv("PLOTKIT_PRESETS", str(tmp_path / "linked"))
    store.save(made(title="two"))
    assert store.get("carey/chart").title == "two"


def test_a_pipe_keeps_nobody_waiting(project: Path) -> None:
    (project / "carey").mkdir(parents=True)
    os.mkfifo(project / "carey" / "chart.json")
    with pytest.raises(errors.PresetError, match="not a plain file"):
        store.get("carey/chart")
    (project / "carey" / "folder.json").mkdir()
    with pytest.raises(errors.PresetError, match=r"folder\.json"):
        store.get("carey/folder")


# Deleting and renaming.


def parented(id: str, parent: store.Stored) -> dict[str, Any]:
    return made(id, parent={"id": parent.id, "version": parent.version, "digest": parent.digest})


def test_parents_and_the_newest_are_not_deleted_unasked(home: Path) -> None:
    first, second, third = (store.save(made(title=t)) for t in ("one", "two", "three"))
    store.save(parented("dana/fork", second))
    assert [str(fork) for fork in store.forks_of("carey/chart")] == ["dana/fork@1"]
    assert store.forks_of("carey/chart", 1) == []
    with pytest.raises(errors.PresetError, match=r"@2' is not deleted: .*'dana/fork@1'.*--force"):
        store.delete("carey/chart@2")
    for id in ("carey/chart@3", "carey/chart"):
        with pytest.raises(errors.PresetError, match="is not deleted"):
            store.delete(id)
    assert len(store.history("carey/chart")) == 3
    assert store.delete("carey/chart@1") == [first]
    assert store.delete("carey/chart@3", force=True) == [third]
    assert store.get("carey/chart").title == "two"
    assert store.delete("carey/chart", force=True) == [second]
    with pytest.raises(errors.PresetError, match="no preset 'carey/chart'"):
        store.get("carey/chart")
    assert store.save(made(title="new")).version == 4, "a number is never used again"


def test_a_single_version_is_deleted_unasked() -> None:
    store.save(made())
    assert [str(entry) for entry in store.delete("carey/chart")] == ["carey/chart@1"]
    for refused in (store.get, store.delete, store.history):
        with pytest.raises(errors.PresetError, match=r"no preset .*Looked in: store .*builtin"):
            refused("carey/chart")


def test_a_damaged_version_can_be_deleted() -> None:
    stored = store.save(made())
    stored.path.chmod(0o644)
    stored.path.write_text("nonsense")
    assert store.delete("carey/chart@1")[0].fault
    assert not stored.path.exists()


def test_a_project_file_is_deleted_before_versions(project: Path) -> None:
    store.save(made(), "store")
    parent = store.save(made(), "project")
    store.save(parented("dana/fork", parent))
    with pytest.raises(errors.PresetError, match="forked from it were 'dana/fork'"):
        store.delete("carey/chart")
    store.delete("carey/chart", force=True)
    assert store.find("carey/chart").origin == "store"


@pytest.mark.parametrize("id", ["plotkit/line", "line", "wandb/line/v0"])
def test_built_in_presets_stay(id: str) -> None:
    with pytest.raises(errors.PresetError, match=r"cannot be deleted: it is built in \(.*Fork it"):
        store.delete(id, force=True)
    with pytest.raises(errors.PresetError, match="cannot be renamed"):
        store.rename(id, "carey/line")


def test_renaming_takes_all_versions(home: Path) -> None:
    for title in ("one", "two"):
        old = store.save(made(title=title))
    store.accept(old.digest, old.id)
    renamed = store.rename("carey/chart", "dana/plot")
    assert str(renamed) == "dana/plot@2"
    assert titles(store.history("dana/plot")) == ["one", "two"]
    assert store.get("dana/plot").id == "dana/plot"
    assert store.is_accepted(renamed.digest)
    with pytest.raises(errors.PresetError, match="no preset 'carey/chart'"):
        store.get("carey/chart")
    assert str(store.rename("dana/plot", "carey/chart")) == "carey/chart@2", "and back"
    assert store.save(made(title="three")).version == 3


def test_renaming_takes_no_id_that_is_or_was() -> None:
    store.save(made("a/one"))
    store.save(made("a/two"))
    with pytest.raises(errors.PresetError, match="'a/two' is taken: it stands in store"):
        store.rename("a/one", "a/two")
    store.delete("a/two")
    with pytest.raises(errors.PresetError, match="its version 1 was deleted"):
        store.rename("a/one", "a/two")
    with pytest.raises(errors.PresetError, match="reserved"):
        store.rename("a/one", "wandb/x")
    with pytest.raises(errors.PresetError, match="name none"):
        store.rename("a/one@1", "a/three")
    with pytest.raises(errors.PresetError, match="no preset 'a/none'"):
        store.rename("a/none", "a/three")


def test_renaming_beside_the_code(project: Path) -> None:
    store.save(made(title="one"))
    renamed = store.rename("carey/chart", "dana/plot")
    assert renamed.path == project / "dana" / "plot.json"
    assert json.loads(renamed.path.read_text())["usermeta"]["plotkit"]["id"] == "dana/plot"
    assert not (project / "carey" / "chart.json").exists()


# The lock file, and what was accepted.


def test_the_lock_file_pins(project: Path) -> None:
    store.save(made(title="one"))
    store.save(made("me/own", "a"), "store")
    path = store.write_lock(["carey/chart", "me/own", "plotkit/line"])
    assert path == project.parent / "plotkit.lock.json"
    before = path.read_bytes()
    locked = store.read_lock()
    assert {id: entry.origin for id, entry in locked.items()} == {
        "carey/chart": "project", "me/own": "store", "plotkit/line": "builtin"
    }  # fmt: skip
    assert (locked["me/own"].version, locked["carey/chart"].version) == (1, None)
    for id in locked:
        store.get(id)
    assert store.write_lock([]).read_bytes() == before, "writing it again changes nothing"

    store.save(made(title="two"))
    store.save(made("me/own", "b"), "store")
    with pytest.raises(errors.LockError) as caught:
        store.get("carey/chart")
    message = str(caught.value)
    assert "'carey/chart' is no longer what" in message and "plotkit.lock.json" in message
    assert re.search(r'\n-.*"title": "one"', message) and re.search(r'\n\+.*"two"', message)
    with pytest.raises(errors.LockError, match=r"locked version 1, .* found version 2, "):
        store.get("me/own")
    assert store.get("me/own@1").title == "a", "the pinned version is still drawn"
    store.get("plotkit/line")
    store.write_lock(["me/own"])
    assert store.get("me/own").title == "b"
    with pytest.raises(errors.LockError):
        store.get("carey/chart")
    store.write_lock(["carey/chart"], keep=False)
    assert list(store.read_lock()) == ["carey/chart"]


def test_a_built_in_preset_is_held_to_its_lock(project: Path) -> None:
    path = store.write_lock(["plotkit/line"])
    told = json.loads(path.read_text())
    content = told["presets"]["plotkit/line"]["content"]
    content["width"] = 123
    told["presets"]["plotkit/line"]["digest"] = digest_of(content)
    path.write_text(json.dumps(told))
    for _ in range(2):
        with pytest.raises(errors.LockError, match='-  "width": 123,'):
            store.get("plotkit/line")
        with pytest.raises(errors.LockError):
            store.get("line")


def test_no_project_no_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert store.read_lock() == {}
    if roots.lock_path() is None:
        with pytest.raises(errors.PresetError, match="no project here"):
            store.write_lock(["plotkit/line"])
    monkeypatch.setenv("PLOTKIT_PRESETS", str(tmp_path / "shared"))
    assert store.write_lock(["plotkit/line"]) == tmp_path / "shared" / "plotkit.lock.json"
    assert [entry.id for entry in store.list_all()] == store.names()


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "{}", '{"format": 2, "presets": {}}',
        '{"format": 1, "presets": {"a/b": {}}}', '{"format": 1, "presets": {"a/b": 3}}',
        '{"format": 1, "presets": {"a/b": {"version": 1, "origin": "store", "digest": "x", '
        '"content": {}}}}',
    ],
)  # fmt: skip
def test_a_broken_lock_file_is_told(project: Path, text: str) -> None:
    (project.parent / "plotkit.lock.json").write_text(text)
    with pytest.raises(errors.LockError, match=r"cannot read the lock file .*plotkit\.lock"):
        store.get("plotkit/line")


def test_long_differences_are_cut(project: Path) -> None:
    content = made()
    content["data"]["values"] = [{"x": f"category {n}", "y": n} for n in range(200)]
    store.save(content)
    store.write_lock(["carey/chart"])
    for row in content["data"]["values"]:
        row["y"] += 1
    store.save(content)
    with pytest.raises(errors.LockError, match=r"\.\.\. and \d+ more lines"):
        store.get("carey/chart")


def test_accepted_digests_are_remembered(home: Path) -> None:
    digest = digest_of(made())
    assert not store.is_accepted(digest)
    store.accept(digest, "carey/chart")
    store.accept(digest, "carey/again")
    assert store.is_accepted(digest)
    assert accepted.all_accepted() == {digest: "carey/chart"}
    store.withdraw(digest)
    store.withdraw(digest)
    assert not store.is_accepted(digest) and accepted.all_accepted() == {}
    for wrong in ("", "../x", "A" * 64, "0" * 63):
        with pytest.raises(errors.OptionError):
            store.accept(wrong, "x")
        with pytest.raises(errors.OptionError):
            store.is_accepted(wrong)


def test_what_is_not_accepted_may_do_little(tmp_path: Path) -> None:
    content = made()
    content["encoding"]["href"] = {"field": "x"}
    stored = store.save(content)
    path = tmp_path / "sent.json"
    path.write_text(json.dumps(content))
    for asked in ("carey/chart", "carey/chart@1", content, path, str(path)):
        with pytest.raises(errors.TrustError, match="/encoding/href"):
            store.get(asked)  # type: ignore[arg-type]
    store.accept(stored.digest, stored.id)
    for asked in ("carey/chart", content, path):
        assert isinstance(store.get(asked), Preset)  # type: ignore[arg-type]
    content["encoding"]["href"] = {"field": "y"}
    with pytest.raises(errors.TrustError):
        store.get(content)


def test_every_way_to_name_a_preset(tmp_path: Path) -> None:
    stored = store.save(made(title="one"))
    preset = store.get("carey/chart")
    assert store.get(preset) is preset
    assert store.get(made(title="one")).digest == preset.digest
    assert store.get(stored.path).digest == preset.digest, "without the store's seal"
    assert store.get("line") is store.get("line")
    assert store.get("plotkit/line@1").id == "plotkit/line"
    with pytest.raises(errors.PresetError, match=r"'plotkit/line@2'; its versions: 1\."):
        store.get("plotkit/line@2")
    for wrong in (3, None, ["a"], b"a/b"):
        with pytest.raises(errors.PresetError, match="not text"):
            store.get(wrong)  # type: ignore[arg-type]
    with pytest.raises(errors.PresetError, match="cannot read the preset"):
        store.get(tmp_path / "none.json")
    with pytest.raises(errors.PresetError, match=r"Did you mean 'carey/chart'\?.*Looked in"):
        store.get("carey/chrat")


def test_a_built_in_preset_needs_no_other_root(tmp_path: Path) -> None:
    script = (
        "import sys; from plotkit import store; store.get('plotkit/line')\n"
        "late = {'tomllib', 'platformdirs', 'hashlib', 'tempfile', 'difflib', 'plotkit.trust'}\n"
        "print(*late & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.strip() == "" and done.stderr == ""
