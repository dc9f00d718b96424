"""`plotkit report`: a report from a file, drawn again where something changed; or one of runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from plotkit import errors
from plotkit.cli_runs import Dir, Keys, complete_runs, opened_all, save_runs
from plotkit.telling import told


def _bytes(text: str | None) -> int | None:
    """A size such as "20MB" or "500kB" in bytes."""
    if text is None:
        return None
    units = {"gb": 10**9, "mb": 10**6, "kb": 10**3, "b": 1, "": 1}
    number = text.strip().lower()
    unit = next(unit for unit in units if number.endswith(unit))
    try:
        return int(float(number.removesuffix(unit)) * units[unit])
    except (ValueError, OverflowError):
        raise errors.OptionError.from_option("--max-size", text, "a size such as 20MB") from None


def report(
    asked: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE|RUN...",
            help='A report\'s file (.toml); or a run ("project/id", "project/latest", an id or a '
            "name, a folder), or several to compare; a project, or 'project/lr*', is all its runs.",
            autocompletion=complete_runs,
        ),
    ],
    out: Annotated[
        Path,
        typer.Option("--out", "-o", help="A folder, or a file that ends in .html or .pdf."),
    ],
    interactive: Annotated[
        bool | None,
        typer.Option(
            "--interactive/--still",
            help="Live charts in the page, or pictures; default: live of runs, pictures of a file.",
        ),
    ] = None,
    format: Annotated[
        list[str] | None,
        typer.Option("--format", help="Of a folder: png, svg, pdf, ... Repeatable."),
    ] = None,
    max_size: Annotated[
        str | None, typer.Option(help="The most that it may have, such as 20MB.")
    ] = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Draw again whenever a file changes, until Ctrl-C.")
    ] = False,
    keys: Keys = None,
    charts: Annotated[
        int | None, typer.Option(help="Of runs: the most charts of metrics; default 60.")
    ] = None,
    smoothing: Annotated[
        float | None, typer.Option(help="Of runs: 0 to 1, as TensorBoard's.")
    ] = None,
    folder: Dir = None,
) -> None:
    """Draw a report. A chart that fails leaves its error in its place; the exit code says so."""
    with told():
        limit = _bytes(max_size)
        formats = tuple(format) if format else None
        file = _file(asked)
        of_runs = {"--keys": keys, "--charts": charts, "--smoothing": smoothing, "--dir": folder}
        if file is None:
            if watch:
                raise errors.OptionError.from_option("--watch", True, "it for a file (.toml) only")
            records = opened_all(asked, folder)
            given = {"keys": keys, "charts": charts, "smoothing": smoothing}
            save_runs(records, out, interactive, formats, limit, **given)
            return
        for option, value in of_runs.items():
            if value is not None:
                raise errors.OptionError.from_option(option, value, "it for runs only")
        drawn = _draw(file, out, bool(interactive), formats, limit)
        if watch:
            _watch(file, out, bool(interactive), formats, limit, drawn)
        if drawn.failed:
            raise typer.Exit(1)


def _file(asked: Sequence[str]) -> Path | None:
    """The report's file, where one is given; None for runs.

    A run is a folder, or is called by a name without an ending; a file is there, or ends in .toml.
    """
    files = [one for one in asked if one.lower().endswith(".toml") or Path(one).is_file()]
    if not files:
        return None
    if len(asked) > 1:
        expected = "one report's file, or runs"
        raise errors.OptionError.from_option("FILE|RUN", " ".join(asked), expected)
    return Path(files[0])


class _Drawn(NamedTuple):
    """The files that a report was made from, as they were then, and whether something failed."""

    files: tuple[Path, ...]
    stamps: list[tuple[int, int] | None]
    failed: bool


def _draw(
    file: Path, out: Path, interactive: bool, formats: tuple[str, ...] | None, limit: int | None
) -> _Drawn:
    """Draw once."""
    from plotkit.render import worker

    worker.warm()  # it starts beside us while the data is read
    from plotkit.report.plan import load

    own = _stamps((file,))
    plan = load(file)
    stamps = [*own, *_stamps(plan.files[1:])]
    written = plan.report.save(out, interactive=interactive, formats=formats, max_bytes=limit)
    typer.echo(str(written))
    for note in plan.report.warnings:
        typer.echo(f"note: {note}", err=True)
    for name, error in plan.report.failures:
        typer.echo(f"plotkit: {name}: {error}", err=True)
    return _Drawn(plan.files, stamps, bool(plan.report.failures))


def _watch(
    file: Path,
    out: Path,
    interactive: bool,
    formats: tuple[str, ...] | None,
    limit: int | None,
    drawn: _Drawn,
) -> None:
    """Draw again at every change of a file that the report is made from."""
    try:
        import watchfiles
    except ImportError:
        raise errors.MissingExtraError.from_extra("watchfiles", "--watch", "report") from None
    while True:
        folders = {path.resolve().parent for path in drawn.files if path.parent.is_dir()}
        typer.echo("watching; Ctrl-C ends it", err=True)
        # The watch tells of most changes at once; a look every second finds what changed before
        # it began, while the report was still being drawn.
        watching = watchfiles.watch(
            *folders, recursive=False, rust_timeout=1000, yield_on_timeout=True
        )
        for _ in watching:
            if _stamps(drawn.files) != drawn.stamps:
                break
        else:
            return
        try:
            drawn = _draw(file, out, interactive, formats, limit)
        except errors.PlotkitError as error:  # a file that is half written: the next change helps
            typer.echo(f"plotkit: {error}", err=True)
            drawn = drawn._replace(stamps=_stamps(drawn.files))


def _stamps(files: tuple[Path, ...]) -> list[tuple[int, int] | None]:
    """Times of change and sizes; None for files that are not there."""
    found: list[tuple[int, int] | None] = []
    for path in files:
        try:
            facts = path.stat()
            found.append((facts.st_mtime_ns, facts.st_size))
        except OSError:
            found.append(None)
    return found
