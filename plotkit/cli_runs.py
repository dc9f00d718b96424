"""`plotkit runs ...`, `plotkit watch` and `plotkit serve`: the run log, on the command line.

Exit codes: 0 where all is well, 1 where something is wrong, 2 where the command was typed wrong.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from plotkit import errors
from plotkit.telling import Json, print_json, told

if TYPE_CHECKING:
    from plotkit.runs.finding import Place
    from plotkit.runs.record import Record

app = typer.Typer(
    name="runs",
    help="List, show, compare, export, delete and import what was logged.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


def complete_runs(context: typer.Context, incomplete: str) -> list[str]:
    """Runs that a shell completes."""
    from plotkit.runs import finding

    return finding.completed(incomplete, context.params.get("folder"))


def complete_projects(context: typer.Context, incomplete: str) -> list[str]:
    """Projects that a shell completes."""
    from plotkit.runs import finding, folders

    found = finding.places(folders.root(context.params.get("folder")))
    return sorted({place.project for place in found if place.project.startswith(incomplete)})


_RUN = 'A run: "project/id", "project/latest", an id or a name, or its folder.'
Run = Annotated[str, typer.Argument(metavar="RUN", help=_RUN, autocompletion=complete_runs)]
Runs = Annotated[
    list[str], typer.Argument(metavar="RUN...", help=_RUN, autocompletion=complete_runs)
]
Several = Annotated[
    list[str],
    typer.Argument(
        metavar="RUN...",
        help=f"{_RUN} A project, or 'project/lr*', is all its runs.",
        autocompletion=complete_runs,
    ),
]
Dir = Annotated[
    Path | None,
    typer.Option("--dir", help="Where the runs lie; default: PLOTKIT_DIR, or plotkit-runs here."),
]
Keys = Annotated[
    list[str] | None,
    typer.Option("--keys", "-k", help="Only these names, such as 'val_*'. Repeatable."),
]
_Project = Annotated[
    str | None, typer.Argument(help="Default: all projects.", autocompletion=complete_projects)
]


def opened(asked: list[str], folder: Path | None) -> list[Record]:
    """The runs that are meant, each once."""
    from plotkit.runs import finding
    from plotkit.runs.record import Record

    found = [finding.locate(one, folder).folder for one in asked]
    return [Record(place) for place in dict.fromkeys(found)]


def opened_all(asked: list[str], folder: Path | None) -> list[Record]:
    """The runs that are meant, each once; of a project or a pattern all its runs."""
    from plotkit.runs import finding
    from plotkit.runs.record import Record

    found = [place.folder for one in asked for place in finding.locate_all(one, folder)]
    return [Record(place) for place in dict.fromkeys(found)]


def save_runs(
    records: Sequence[Record],
    out: Path,
    interactive: bool | None = None,
    formats: Sequence[str] | None = None,
    limit: int | None = None,
    **given: object,
) -> None:
    """Draw the report of runs; a page is live where nothing else is asked for."""
    from plotkit.render import worker

    worker.warm()  # it starts beside us while the runs are read
    from plotkit.runs.report import report

    options = {name: value for name, value in given.items() if value is not None}
    made = report(records, **options)  # type: ignore[arg-type]
    live = out.suffix.lower() == ".html" if interactive is None else interactive
    written = made.save(out, interactive=live, formats=formats, max_bytes=limit)
    typer.echo(str(written))
    for note in made.warnings:
        typer.echo(f"note: {note}", err=True)
    for name, error in made.failures:
        typer.echo(f"plotkit: {name}: {error}", err=True)
    if made.failures:
        raise typer.Exit(1)


@app.command("list")
def list_command(
    project: _Project = None,
    filters: Annotated[
        list[str] | None,
        typer.Option("--filter", help="'config.lr<0.1', state=finished, ... Repeatable."),
    ] = None,
    order: Annotated[
        str | None, typer.Option(help="summary.acc; -summary.acc with the largest first.")
    ] = None,
    keys: Keys = None,
    folder: Dir = None,
    as_json: Json = False,
) -> None:
    """List runs, the latest first."""
    with told():
        from plotkit.runs import listing

        found = listing.find(folder, project, filters or [], order)
        why = "" if found else listing.nothing(folder, project, filters or [])
        if as_json:
            print_json([listing.as_json(record) for record in found])
            return
        if not found:
            typer.echo(why, err=True)
            return
        from plotkit import tabled

        columns, rows, numbers = listing.table(found, project, keys)
        metrics = [name for name in columns if name not in listing.COLUMNS]
        spare = [*([] if keys else reversed(metrics)), *listing.NEEDLESS]
        tabled.table(columns, rows, numbers=numbers, spare=spare)
        for line in listing.torn(found):
            typer.echo(f"note: {line}", err=True)


@app.command()
def show(asked: Run, keys: Keys = None, folder: Dir = None, as_json: Json = False) -> None:
    """Show a run: its config, and of every metric its last and its best value."""
    with told():
        from plotkit import tabled
        from plotkit.runs import listing, overview

        (record,) = opened([asked], folder)
        if as_json:
            print_json(listing.as_json(record, metrics=True))
            return
        facts = overview.facts(record)
        typer.echo(facts.path if facts.name == facts.id else f"{facts.name}  {facts.path}")
        for line in (overview.sentence(facts), *overview.told(facts)):
            typer.echo(line)
        typer.echo(str(record.folder))
        for title, (columns, rows, numbers) in listing.shown(record, keys):
            typer.echo(f"\n{title}")
            tabled.table(columns, rows, numbers=numbers)
        for note in record.notes:
            typer.echo(f"note: {note}", err=True)


@app.command()
def compare(
    asked: Several,
    keys: Keys = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", help="A report (.html .pdf, a folder), or a chart (.png .svg)."
        ),
    ] = None,
    folder: Dir = None,
    as_json: Json = False,
) -> None:
    """Put runs side by side: what differs in their configs, and which is best."""
    with told():
        records = opened_all(asked, folder)
        if len(records) < 2:
            raise errors.OptionError.from_option("RUN", asked, "two runs or more")
        if out is not None:
            _save_comparison(records, keys, out)
            return
        from plotkit.runs import comparing, listing

        found = comparing.compare(records, keys)
        if as_json:
            print_json(listing.compared_json(records, found))
            return
        from plotkit import tabled

        for title, (columns, rows, numbers), marked in listing.compared(records, found):
            typer.echo(title)
            if columns:
                tabled.table(columns, rows, numbers=numbers, marked=marked)


def _save_comparison(records: list[Record], keys: list[str] | None, out: Path) -> None:
    """One chart as a picture, anything else as a report."""
    from plotkit.render import worker

    worker.warm()  # it starts beside us while the runs are read
    if out.suffix.lower() in (".html", ".pdf", ""):
        save_runs(records, out, keys=keys)
        return
    from plotkit.runs import charts, listing

    if not keys:
        raise errors.RunError.from_picture_of_nothing(out.name, listing.drawable(records))

    typer.echo(str(charts.chart(records, keys[0] if len(keys) == 1 else keys).save(out)))


@app.command()
def export(
    asked: Run,
    out: Annotated[Path, typer.Option("--out", "-o", help="A file: .parquet or .csv.")],
    keys: Keys = None,
    media: Annotated[
        Path | None, typer.Option(help="A folder that images and other files are copied to.")
    ] = None,
    folder: Dir = None,
) -> None:
    """Write all rows of a run to a file, exact and never sampled."""
    with told():
        from plotkit.runs import comparing

        (record,) = opened([asked], folder)
        names = comparing.names(record, keys)
        typer.echo(str(record.export(out, names)))
        if media is not None:
            from plotkit.runs import copying

            for path in copying.copy(record, media, names or list(record.database.known())):
                typer.echo(str(path))


@app.command()
def delete(
    asked: Runs,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Even where one is running.")] = False,
    folder: Dir = None,
) -> None:
    """Delete runs with all that they keep. It asks first; it cannot be undone."""
    with told():
        from plotkit.runs import deleting, finding, listing

        places = list(dict.fromkeys(finding.locate(one, folder) for one in asked))
        running = [str(place) for place in places if listing.is_running(place)]
        if running and not force:
            raise errors.RunError.from_running(running)
        if not yes:
            _ask(places)
        for place in places:
            deleting.delete(place.folder)
            typer.echo(str(place))


def _ask(places: list[Place]) -> None:
    """Show what would go, and stop unless somebody at a terminal says yes."""
    from plotkit.runs import listing

    for line in listing.doomed(places):
        typer.echo(line, err=True)
    if not sys.stdin.isatty():
        raise errors.RunError.from_not_asked([str(place) for place in places])
    if not typer.confirm("Delete? This cannot be undone.", err=True):
        typer.echo("nothing was deleted", err=True)
        raise typer.Exit(1)


@app.command("import")
def import_command(
    path: Annotated[
        Path, typer.Argument(help="TensorBoard's event file or a folder of them; a CSV file.")
    ],
    project: Annotated[str | None, typer.Option(help="The project they come into.")] = None,
    folder: Dir = None,
) -> None:
    """Bring in what TensorBoard recorded, or a CSV file, as runs."""
    with told():
        from plotkit.runs import bringing

        is_csv = path.suffix.lower() in (".csv", ".tsv")
        bring = bringing.bring_csv if is_csv else bringing.bring_tensorboard
        for record in bring(path, project, folder):
            typer.echo(record.path)


def watch(
    asked: Run,
    keys: Keys = None,
    every: Annotated[float, typer.Option(help="Seconds between two looks.")] = 0.5,
    folder: Dir = None,
) -> None:
    """Draw a run in the terminal as it goes, until it ends or Ctrl-C."""
    with told():
        from plotkit.runs import watching

        (record,) = opened([asked], folder)
        watching.watch(record, keys, every)


def serve(
    asked: Annotated[
        str | None,
        typer.Argument(metavar="RUN", help="Open this run.", autocompletion=complete_runs),
    ] = None,
    port: Annotated[
        int | None, typer.Option(help="Default: 8417, or a free one where that is taken.")
    ] = None,
    open_browser: Annotated[
        bool, typer.Option("--open/--no-open", help="Open it in the browser.")
    ] = True,
    folder: Dir = None,
) -> None:
    """Show the runs of this folder in the browser, live; only this machine reaches it."""
    with told():
        from plotkit.runs import finding, serving

        path = "" if asked is None else str(finding.locate(asked, folder))
        serving.serve(folder, port=port, path=path, open_browser=open_browser, say=typer.echo)
