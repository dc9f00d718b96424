"""`plotkit report FILE -o OUT`: a report from a file, drawn again where something changed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from plotkit import errors
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
    file: Annotated[Path, typer.Argument(help="The report's file (TOML).")],
    out: Annotated[
        Path,
        typer.Option("--out", "-o", help="A folder, or a file that ends in .html or .pdf."),
    ],
    interactive: Annotated[
        bool, typer.Option("--interactive", help="Live charts in the page, in place of pictures.")
    ] = False,
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
) -> None:
    """Draw a report. A chart that fails leaves its error in its place; the exit code says so."""
    with told():
        limit = _bytes(max_size)
        formats = tuple(format or ("svg", "png"))
        files, failed = _draw(file, out, interactive, formats, limit)
        if watch:
            _watch(file, out, interactive, formats, limit, files)
        if failed:
            raise typer.Exit(1)


def _draw(
    file: Path, out: Path, interactive: bool, formats: tuple[str, ...], limit: int | None
) -> tuple[tuple[Path, ...], bool]:
    """Draw once; the files that the report is made from, and whether something failed."""
    from plotkit.render import worker

    worker.warm()  # it starts beside us while the data is read
    from plotkit.report.plan import load

    plan = load(file)
    written = plan.report.save(out, interactive=interactive, formats=formats, max_bytes=limit)
    typer.echo(str(written))
    for name, error in plan.report.failures:
        typer.echo(f"plotkit: {name}: {error}", err=True)
    return plan.files, bool(plan.report.failures)


def _watch(
    file: Path,
    out: Path,
    interactive: bool,
    formats: tuple[str, ...],
    limit: int | None,
    files: tuple[Path, ...],
) -> None:
    """Draw again at every change of a file that the report is made from."""
    try:
        import watchfiles
    except ImportError:
        raise errors.MissingExtraError.from_extra("watchfiles", "--watch", "report") from None
    while True:
        folders = {path.resolve().parent for path in files if path.parent.is_dir()}
        wanted = {path.resolve() for path in files}
        typer.echo("watching; Ctrl-C ends it", err=True)
        for changes in watchfiles.watch(*folders, recursive=False):
            if wanted.intersection(Path(path).resolve() for _, path in changes):
                break
        else:
            return
        try:
            files, _ = _draw(file, out, interactive, formats, limit)
        except errors.PlotkitError as error:  # a file that is half written: the next change helps
            typer.echo(f"plotkit: {error}", err=True)
