"""What a run's file keeps: exactly, in blocks and rows, of any format, in any state."""

from __future__ import annotations

import math
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plotkit.errors import RunError
from plotkit.runs import blocks, folders, migrating, packed
from plotkit.runs.database import Database, Row

FORMAT_1 = Path(__file__).parent / "formats" / "runs_format_1"


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of a few rows, so that few rows make many."""
    monkeypatch.setattr(blocks, "_MOST_ROWS", 4)
    monkeypatch.setattr(blocks, "_KEPT_OPEN", 2)


def exact(value: Any) -> str:
    """Tells 1 from 1.0 and True, and knows NaN."""
    return repr(value)


def merged(rows: Iterable[Row]) -> dict[int, Row]:
    """What a database must hold after these writes."""
    held: dict[int, Row] = {}
    for row in rows:
        before = held[row.step].values if row.step in held else {}
        held[row.step] = Row(row.step, row.at, {**before, **row.values})
    return dict(sorted(held.items()))


def same_rows(found: Iterable[Row], expected: Iterable[Row]) -> None:
    def told(rows: Iterable[Row]) -> list[tuple[int, float, list[tuple[str, str]]]]:
        return [
            (row.step, row.at, sorted((n, exact(v)) for n, v in row.values.items())) for row in rows
        ]

    assert told(found) == told(expected)


numbers = st.one_of(
    st.floats(),
    st.integers(-(1 << 64), 1 << 64),
    st.integers(-5, 5),
    st.booleans(),
    st.none(),
)
values = st.one_of(
    numbers,
    st.floats(),
    st.text(max_size=5),
    st.lists(numbers, max_size=3),
    st.fixed_dictionaries({"_type": st.sampled_from(["image", "histogram"]), "x": numbers}),
)
rows_of = st.lists(
    st.builds(
        Row,
        st.integers(0, 60),
        st.floats(0, 2e9),
        st.dictionaries(st.sampled_from(["a", "b", "c", "損失", "x/y"]), values, max_size=4),
    ),
    min_size=10,
    max_size=60,
)


def with_blocks(database: Database) -> tuple[int, int]:
    """How many blocks there are, and how many rows in none."""
    with database._reading() as connection:
        return (
            connection.execute("SELECT count(*) FROM blocks").fetchone()[0],
            connection.execute("SELECT count(*) FROM rows").fetchone()[0],
        )


@pytest.mark.usefixtures("small_blocks")
def test_any_rows_in_any_order_come_back_exactly(tmp_path_factory: pytest.TempPathFactory) -> None:
    sealed = 0

    @settings(max_examples=80, deadline=None)
    @given(rows_of, st.integers(1, 30), st.integers(0, 60), st.integers(0, 60))
    def check(rows: list[Row], at_once: int, low: int, high: int) -> None:
        nonlocal sealed
        folder = tmp_path_factory.mktemp("run")
        database = Database(folder, create=True)
        for start in range(0, len(rows), at_once):
            database.write(rows[start : start + at_once])
        expected = merged(rows)
        same_rows(database.rows(), expected.values())
        same_rows(
            database.rows(low, high), [row for row in expected.values() if low <= row.step <= high]
        )
        assert database.last_step() == (max(expected) if expected else None)
        sealed += with_blocks(database)[0]
        for name in ("a", "x/y", "never"):
            check_series(database, name, expected, low, high)
        check_known(database, expected, rows)
        database.close()
        reopened = Database(folder)
        same_rows(reopened.rows(), expected.values())
        reopened.close()
        shutil.rmtree(folder)

    check()
    assert sealed > 100  # it is blocks that were tested


def check_series(
    database: Database, name: str, expected: dict[int, Row], low: int, high: int
) -> None:
    for span in ((None, None), (low, high)):
        having = [
            row
            for row in expected.values()
            if name in row.values and (span[0] is None or low <= row.step <= high)
        ]
        found = database.series([name], *span)[name]
        assert found.steps.tolist() == [row.step for row in having]
        assert found.at.tolist() == [row.at for row in having]
        plain = [row.values[name] for row in having]
        if isinstance(found.values, list):
            assert exact(found.values) == exact(plain)
            continue
        if found.values.dtype == float:  # it holds integers up to 2^53 as well
            assert exact(found.values.tolist()) == exact([float(value) for value in plain])
            assert all(abs(value) <= 1 << 53 for value in plain if isinstance(value, int))
            assert bool not in map(type, plain)
        else:
            assert exact(found.values.tolist()) == exact(plain)


def check_known(database: Database, expected: dict[int, Row], written: list[Row]) -> None:
    found = database.known()
    names = {name for row in expected.values() for name in row.values}
    assert set(found) == names
    for name in names:
        having = [row for row in expected.values() if name in row.values]
        told = found[name]
        assert (told.count, told.first_step, told.last_step) == (
            len(having),
            having[0].step,
            having[-1].step,
        )
        # What was replaced since may still be told of.
        if all(isinstance(row.values.get(name, ""), str) for row in written):
            assert told.kind == "text"


@pytest.mark.parametrize(
    ("logged", "kind"),
    [
        ([1, 2.5, math.nan], "number"),
        ([1.5, None], "number"),
        ([None], "none"),
        ([True], "bool"),
        ([True, 1], "mixed"),
        (["a", "b"], "text"),
        ([[1, 2]], "list"),
        ([[]], "list"),
        ([{"_type": "image", "file": "x"}], "image"),
        ([[{"_type": "image"}, {"_type": "image"}], {"_type": "image"}], "image"),
        ([[{"_type": "image"}, {"_type": "audio"}]], "list"),
        ([10**30], "number"),
    ],
)
@pytest.mark.usefixtures("small_blocks")
def test_the_kind_of_a_name_is_known(tmp_path: Path, logged: list[Any], kind: str) -> None:
    database = Database(tmp_path, create=True)
    database.write(Row(step, 1.0, {"a": value}) for step, value in enumerate(logged))
    assert database.known()["a"].kind == kind
    database.write(Row(len(logged) + step, 1.0, {"b": 1}) for step in range(20))
    assert with_blocks(database)[0] and database.known()["a"].kind == kind


def test_numbers_are_arrays_of_their_kind(tmp_path: Path) -> None:
    database = Database(tmp_path, create=True)
    big = (1 << 53) + 1
    database.write(
        Row(
            n,
            n / 4,
            {"float": n / 3, "int": big + n, "bool": n % 2 == 0, "both": n if n % 2 else n / 2},
        )
        for n in range(10_000)
    )
    assert with_blocks(database)[0] == 2
    found = database.series(["float", "int", "bool", "both"])
    kinds = {name: str(column.values.dtype) for name, column in found.items()}
    assert kinds == {"float": "float64", "int": "int64", "bool": "bool", "both": "float64"}
    assert found["int"].values[-1] == big + 9999
    assert np.array_equal(found["float"].values, np.arange(10_000) / 3)
    assert found["float"].steps is found["int"].steps  # so that tables need no matching
    assert found["float"].steps.dtype == "int64" and found["float"].at.dtype == "float64"


def test_what_json_does_not_know_becomes_text(tmp_path: Path) -> None:
    database = Database(tmp_path, create=True)
    database.write(
        [Row(0, 1.0, {"odd": {1, 2}, "key": {(1, 2): 3}, "half": "\ud800", "half name \ud800": 1})],
        {"config": {"odd": object, "half name \ud800": "\ud800"}},
    )
    (row,) = database.rows()
    assert row.values["odd"] == "{1, 2}"
    assert row.values["half"] == "\ud800"
    assert row.values["half name \\ud800"] == 1
    assert database.facts("config")["half name \\ud800"] == "\ud800"


# --- many names ----------------------------------------------------------------------------------


def test_500_columns(tmp_path: Path) -> None:
    database = Database(tmp_path, create=True)
    names = [f"layer.{n}" for n in range(500)]
    for start in range(0, 2000, 200):
        database.write(
            Row(step, 1.0, {name: step + at / 500 for at, name in enumerate(names)})
            for step in range(start, start + 200)
        )
    assert with_blocks(database)[0] >= 2
    found = database.series(names)
    assert all(
        np.array_equal(found[name].values, np.arange(2000) + at / 500)
        for at, name in enumerate(names)
    )
    assert database.known()["layer.499"].count == 2000


def test_5000_names_in_sparse_rows(tmp_path: Path) -> None:
    database = Database(tmp_path, create=True)
    expected = []
    for step in range(10_000):
        row = {f"n{(step * 7 + at * 611) % 5000}": float(step) for at in range(6)}
        expected.append(Row(step, 1.0, row))
    for start in range(0, 10_000, 1000):
        database.write(expected[start : start + 1000])
    known = database.known()
    assert len(known) == 5000
    assert sum(told.count for told in known.values()) == 60_000
    same_rows(database.rows(), expected)
    found = database.series(["n0"])["n0"]
    assert found.steps.tolist() == [row.step for row in expected if "n0" in row.values]
    database.close()
    assert (tmp_path / folders.DATABASE).stat().st_size < 8_000_000


def test_a_late_row_joins_the_block_it_falls_into(tmp_path: Path) -> None:
    database = Database(tmp_path, create=True)
    database.write(Row(2 * step, 1.0, {"a": step, "b": "x"}) for step in range(9000))
    assert with_blocks(database)[0] == 2
    database.write([Row(100, 2.0, {"a": -1}), Row(101, 3.0, {"c": 1}), Row(8_194, 4.0, {"c": 2})])
    assert next(iter(database.rows(100, 100))) == Row(100, 2.0, {"a": -1, "b": "x"})
    assert [row.step for row in database.rows(98, 104)] == [98, 100, 101, 102, 104]
    assert database.known()["a"].count == 9000
    assert database.known()["c"] == type(database.known()["c"])("number", 2, 101, 8194)
    found = database.series(["a"])["a"]
    assert found.values[50] == -1 and np.all(np.diff(found.steps) > 0)


# --- facts and versions --------------------------------------------------------------------------


def test_facts_are_set_and_forgotten(tmp_path: Path) -> None:
    database = Database(tmp_path, create=True)
    database.write(facts={"summary": {"a": math.inf, "b": [1, None]}, "config": {"a": 1}})
    database.write(facts={"summary": {"a": -math.inf}})
    assert database.facts("summary") == {"a": -math.inf, "b": [1, None]}
    database.forget("summary", ["a", "never"])
    assert database.facts("summary") == {"b": [1, None]}
    assert database.facts("config") == {"a": 1}


def test_a_version_tells_of_every_write(tmp_path: Path) -> None:
    database = Database(tmp_path, create=True)
    other = Database(tmp_path)
    seen = {database.version()}
    for step, writer in enumerate((database, other, database)):
        before = database.version(), other.version()
        assert before == (database.version(), other.version())
        writer.write([Row(step, 1.0, {"a": 1})])
        assert database.version() not in seen and other.version() != before[1]
        seen.add(database.version())


def test_a_failed_write_leaves_nothing_behind(tmp_path: Path) -> None:
    database = Database(tmp_path, create=True)
    database.write([Row(0, 1.0, {"a": 1})])
    with pytest.raises(OverflowError):
        database.write([Row(1, 1.0, {"new": 1}), Row(1 << 70, 1.0, {"a": 1})])
    database.write([Row(2, 1.0, {"newer": 2})])
    same_rows(database.rows(), [Row(0, 1.0, {"a": 1}), Row(2, 1.0, {"newer": 2})])


@pytest.mark.usefixtures("small_blocks")
def test_two_that_write_one_run_lose_nothing(tmp_path: Path) -> None:
    one, other = Database(tmp_path, create=True), Database(tmp_path)
    rows = [Row(step, 1.0, {"a": step, f"n{step % 3}": step}) for step in range(200)]
    for step, row in enumerate(rows):
        (one, other)[step % 2].write([row])
    same_rows(one.rows(), rows)
    same_rows(other.rows(), rows)


# --- formats -------------------------------------------------------------------------------------


def expected_of_format_1() -> list[Row]:
    picture = "media/c2e00ee18051c365674197a53299f940.png"
    image = {"_type": "image", "file": picture, "width": 2, "height": 2}
    histogram = {"_type": "histogram", "counts": [1, 2], "edges": [0.0, 0.5, 1.0]}
    at = 1700000000.0
    first = [
        Row(0, at, {"loss": 1.0, "epoch": 0, "note": "begun", "ok": True}),
        Row(1, at + 0.5, {"loss": 0.5, "epoch": 0, "none": None, "list": [1, 2.5, "a", None]}),
        Row(2, at + 1.25, {"loss": math.nan, "epoch": 1, "big": 2**63 + 1, "exact": 2**53 + 1}),
        Row(5, at + 2, {"loss": math.inf, "down": -math.inf, "image": image}),
        Row(7, at + 3, {"images": [image, image], "損失": 0.25, "many": histogram}),
    ]
    return first + [
        Row(step, at + 4 + step / 8, {"loss": 1 / step, "epoch": step // 10, "ok": step % 2 == 0})
        for step in range(10, 60)
    ]


@pytest.fixture
def format_1(tmp_path: Path) -> Path:
    """A run that an earlier plotkit recorded."""
    shutil.copytree(FORMAT_1, tmp_path / "run")
    return tmp_path / "run"


def test_format_1_is_read_as_it_is(format_1: Path) -> None:
    before = (format_1 / folders.DATABASE).read_bytes()
    database = Database(format_1)
    same_rows(database.rows(), expected_of_format_1())
    assert database.known()["images"].kind == "image"
    assert database.series(["epoch"])["epoch"].values.dtype == "int64"
    assert database.facts("config") == {"lr": 0.1, "model.depth": 3, "none": None}
    assert database.version() == database.version()
    database.close()
    assert (format_1 / folders.DATABASE).read_bytes() == before


def test_format_1_becomes_new_when_it_is_written_to(format_1: Path) -> None:
    database = Database(format_1)
    old = database.version()
    database.write([Row(60, 1.0, {"loss": 0.0})], {"summary": {"loss": 0.0}})
    assert database.version() != old
    expected = [*expected_of_format_1(), Row(60, 1.0, {"loss": 0.0})]
    same_rows(database.rows(), expected)
    assert database.facts("summary") == {"loss": 0.0, "note": "begun"}
    assert database.facts("metrics") == {"val_*": {"step_metric": "epoch"}}
    database.close()
    with sqlite3.connect(format_1 / folders.DATABASE) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (migrating.FORMAT,)
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    connection.close()
    assert not tables & {"rows_1", "facts_1"}


def test_a_migration_that_fails_leaves_the_old_format(
    format_1: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: object, rows: Iterable[Row]) -> None:
        list(rows)
        raise sqlite3.OperationalError("database or disk is full")

    database = Database(format_1)
    with monkeypatch.context() as patched:
        patched.setattr(blocks.Sealing, "write", fail)
        with pytest.raises(RunError, match=r"cannot be written: database or disk is full"):
            database.write(facts={"summary": {"a": 1}})
    same_rows(Database(format_1).rows(), expected_of_format_1())


def test_a_newer_format_is_a_clear_error(tmp_path: Path) -> None:
    Database(tmp_path, create=True).close()
    with sqlite3.connect(tmp_path / folders.DATABASE) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    for create in (False, True):
        with pytest.raises(RunError, match=r"run\.db' is of format 99, .* up to 2.*pip install -U"):
            Database(tmp_path, create=create)


# --- files that are not as they were -------------------------------------------------------------


@pytest.fixture
def finished(tmp_path: Path) -> Path:
    """A run of two blocks and some rows."""
    database = Database(tmp_path, create=True)
    for start in range(0, 9000, 3000):
        database.write(
            Row(step, 1.0, {"a": math.sin(step), "b": step, "c": f"text {step}", "d": None})
            for step in range(start, start + 3000)
        )
    database.write(facts={"config": {f"name{n}": n for n in range(300)}})
    database.close()
    return tmp_path


def read_all(folder: Path) -> list[Any]:
    database = Database(folder)
    try:
        facts = database.facts("config")
        columns = database.series(["a", "b", "c", "d"])
        told = [exact(list(columns[name].values)) for name in columns]
        return [facts, database.known(), told, list(database.rows()), database.last_step()]
    finally:
        database.close()


def test_a_finished_run_is_one_plain_file(finished: Path) -> None:
    read_all(finished)
    assert sorted(path.name for path in finished.iterdir()) == ["media", "run.db"]


@pytest.mark.parametrize("content", [b"", b"garbage " * 1000, b"SQLite format 3\0"])
def test_what_is_no_database_says_so(tmp_path: Path, content: bytes) -> None:
    (tmp_path / folders.DATABASE).write_bytes(content)
    for create in (False, True):
        with pytest.raises(RunError, match=r"run\.db' is damaged: it is .*\.recover"):
            Database(tmp_path, create=create)


def test_a_database_of_something_else_says_so(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / folders.DATABASE) as connection:
        connection.execute("CREATE TABLE t (x)")
    connection.close()
    with pytest.raises(RunError, match="but not one of a run"):
        Database(tmp_path)


def test_no_run_at_all_says_so(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "never"):
        with pytest.raises(RunError, match=r"no run lies here: there is no .*run\.db"):
            Database(folder)


def test_a_file_that_is_cut_off_says_so(finished: Path) -> None:
    file = finished / folders.DATABASE
    content = file.read_bytes()
    for length in (100, 4095, 4096, len(content) // 2, len(content) - 4096, len(content) - 1):
        file.write_bytes(content[:length])
        with pytest.raises(RunError, match=r"run\.db' is damaged: .*backup"):
            read_all(finished)


@pytest.mark.parametrize("fill", [b"\0", b"\xa5"])
def test_no_page_can_be_lost_without_a_word(finished: Path, fill: bytes) -> None:
    file = finished / folders.DATABASE
    content, whole = file.read_bytes(), read_all(finished)
    silent = []
    for start in range(0, len(content), 4096):
        file.write_bytes(content[:start] + fill * 4096 + content[start + 4096 :])
        try:
            found = read_all(finished)
        except RunError as reason:
            assert "run.db' is damaged" in str(reason)
        else:
            if found != whole:
                silent.append(start // 4096)
    assert not silent


def test_a_missing_log_says_so_and_how_to_go_on(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    database = Database(one, create=True)
    database.write(Row(step, 1.0, {"a": step}) for step in range(10))
    (other / "media").mkdir(parents=True)
    shutil.copyfile(one / "run.db", other / "run.db")
    for _ in range(2):  # looking does not make it look well
        with pytest.raises(
            RunError, match=r"run\.db-wal' is missing: .*Put it back beside run\.db"
        ):
            Database(other)
    with pytest.raises(RunError, match=r"run\.db-wal' is missing"):
        Database(other, create=True)
    (other / "run.db-wal").touch()
    assert list(Database(other).rows()) == []
    shutil.copyfile(one / "run.db-wal", other / "run.db-wal")
    assert len(list(Database(other).rows())) == 10


def test_a_log_that_another_tool_put_into_the_file_is_not_missed(tmp_path: Path) -> None:
    script = """
        import os, sys
        from pathlib import Path
        from plotkit.runs.database import Database, Row
        database = Database(Path(sys.argv[1]), create=True)
        for step in range(200):
            database.write([Row(step, 1.0, {"a": "x" * 50_000})])
        os._exit(0)
    """
    run(script, str(tmp_path))
    assert (tmp_path / "run.db-wal").stat().st_size > 0
    connection = sqlite3.connect(tmp_path / folders.DATABASE)
    connection.execute("SELECT count(*) FROM rows").fetchone()
    connection.close()
    assert not (tmp_path / "run.db-wal").exists()
    assert len(list(Database(tmp_path).rows())) == 200


# --- other processes -----------------------------------------------------------------------------


def run(script: str, *arguments: str, code: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), *arguments],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


READ = """
    import os, sys
    import numpy  # before we are somebody who may not read Python's own folder
    from pathlib import Path
    from plotkit.runs.database import Database
    if os.getuid() == 0:
        os.setgid(65534), os.setuid(65534)
    for folder in sys.argv[1:]:
        database = Database(Path(folder))
        version = database.version()
        print(len(list(database.rows())), len(database.series(["a"])["a"].values))
        assert version == database.version()
        database.close()
"""


@pytest.fixture
def closed_to_us() -> Iterator[list[Path]]:
    """Folders that nobody may write to while a test runs."""
    found: list[Path] = []
    yield found
    for folder in found:
        folder.chmod(0o755)


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="no modes of files")
@pytest.mark.parametrize("left", ["all", "no shm", "finished"])
def test_a_folder_that_cannot_be_written_can_be_read(closed_to_us: list[Path], left: str) -> None:
    folder = Path(tempfile.mkdtemp())  # pytest's own folders are closed to others
    try:
        database = Database(folder, create=True)
        database.write(Row(step, 1.0, {"a": step}) for step in range(5000))
        copy = folder / "copy"
        if left == "finished":
            database.close()
        else:
            copy.mkdir()
            for name in ("run.db", "run.db-wal", "run.db-shm")[: 3 if left == "all" else 2]:
                shutil.copyfile(folder / name, copy / name)
            closed_to_us.append(copy)
        for closed in (folder, *closed_to_us):
            closed.chmod(0o555)
        closed_to_us.append(folder)
        told = run(READ, str(folder), *map(str, closed_to_us[:-1]))
        assert set(told.split()) == {"5000"}
        database.close()
    finally:
        for closed in closed_to_us:
            closed.chmod(0o755)
        closed_to_us.clear()
        shutil.rmtree(folder)


def test_a_forked_child_reads_with_a_connection_of_its_own(finished: Path) -> None:
    script = """
        import os, sys
        from pathlib import Path
        from plotkit.runs.database import Database, Row
        database = Database(Path(sys.argv[1]))
        database.write([Row(9000, 1.0, {"a": 1.0})])
        if not os.fork():
            assert database.last_step() == 9000
            database.write([Row(9001, 1.0, {"a": 1.0})])
            sys.exit()
        assert os.wait()[1] == 0
        database.write([Row(9002, 1.0, {"a": 1.0})])
        print(len(list(database.rows())))
    """
    assert run(script, str(finished)).strip() == "9003"


def test_reading_needs_no_numpy_for_facts(finished: Path) -> None:
    script = """
        import sys
        from pathlib import Path
        from plotkit.runs.database import Database
        database = Database(Path(sys.argv[1]))
        print(len(database.facts("config")), database.last_step(), len(database.known()))
        assert "numpy" not in sys.modules
    """
    assert run(script, str(finished)).split() == ["300", "8999", "4"]


def test_the_same_rows_make_the_same_bytes() -> None:
    rows = [Row(step, 1.0, {"a": step / 3, "b": step, "c": "x"}) for step in range(5000)]
    for name, places, column in blocks.columns_of(rows):
        assert packed.pack_column(column) == packed.pack_column(list(column)), name
        assert packed.presence(places, 5000) is None
