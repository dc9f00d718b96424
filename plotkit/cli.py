"""The command line: `plotkit render`, `report`, `presets ...`, `gallery`, `runs ...` and more.

Everything heavy is imported inside the commands, so that help and completion answer at once, and
so that the engine starts while the data is still being read.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

import plotkit
from plotkit.cli_presets import app as presets_app
from plotkit.cli_presets import complete_ids
from plotkit.cli_report import report
from plotkit.cli_runs import app as runs_app
from plotkit.cli_runs import serve, watch
from plotkit.telling import pairs, told

app = typer.Typer(
    name="plotkit",
    help="Any table, through a named preset, to a finished chart file.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

app.add_typer(presets_app)
app.add_typer(runs_app)
app.command()(report)
app.command()(watch)
app.command()(serve)

# Formats that need no engine, so that none is started for them.
_WITHOUT_ENGINE = (".html", ".json")


def _value(text: str) -> Any:
    """A parameter's value: JSON where it is JSON (numbers, lists, true), else the text itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _length(text: str | None) -> float | str | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return text


def _reduce(text: str) -> bool | int:
    """`yes`, `no` or a number; anything else is refused where it is checked."""
    if text in ("yes", "no"):
        return text == "yes"
    return int(text) if text.isdecimal() else text  # type: ignore[return-value]


def _sizes(started: str) -> list[str]:
    from plotkit.sizes import NAMES

    return [name for name in NAMES if name.startswith(started)]


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"plotkit {plotkit.__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Any table, through a named preset, to a finished chart file."""


@app.command()
def render(
    data: Annotated[
        str,
        typer.Argument(
            help="A CSV, TSV, JSON lines, Parquet or Arrow file; a folder of them, or a pattern in "
            "quotes, such as 'runs/*.parquet'; or - for standard input."
        ),
    ],
    out: Annotated[
        list[Path],
        typer.Option(
            "--out", "-o", help="File to write: .png .svg .pdf .jpg .webp .html .json. Repeatable."
        ),
    ],
    preset: Annotated[
        str,
        typer.Option(
            "--preset",
            "-P",
            help="A preset's id, or the path of its file.",
            autocompletion=complete_ids,
        ),
    ] = "plotkit/line",
    field: Annotated[
        list[str] | None,
        typer.Option("--field", "-f", metavar="ROLE=COLUMN", help="The column for a role."),
    ] = None,
    string: Annotated[
        list[str] | None,
        typer.Option("--string", "-s", metavar="NAME=TEXT", help="A text, such as title=..."),
    ] = None,
    param: Annotated[
        list[str] | None,
        typer.Option("--param", "-p", metavar="NAME=VALUE", help="A parameter of the preset."),
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option(
            "--type", "-t", metavar="COLUMN=KIND", help="Read a column as number, text, bool, time."
        ),
    ] = None,
    reduce: Annotated[
        str,
        typer.Option(
            help="yes: what no pixel can show is left out; no: every row is drawn; or the most "
            "rows to draw."
        ),
    ] = "yes",
    theme: Annotated[str | None, typer.Option(help="light or dark.")] = None,
    width: Annotated[str | None, typer.Option(help="Figure's width: px, or 8cm, 3in.")] = None,
    height: Annotated[str | None, typer.Option(help="Figure's height.")] = None,
    scale: Annotated[
        float | None, typer.Option(help="Pixels for each px of an image; default 2.")
    ] = None,
    dpi: Annotated[float | None, typer.Option(help="Pixels for each inch.")] = None,
    size: Annotated[
        str | None,
        typer.Option(
            help="A named size, such as nature-single or slide-16:9.", autocompletion=_sizes
        ),
    ] = None,
    background: Annotated[
        str | None, typer.Option(help="transparent, or a colour; default: the theme's.")
    ] = None,
    locale: Annotated[
        str | None, typer.Option(help="Numbers and dates as in ja-JP, de-DE, ...")
    ] = None,
    alt: Annotated[
        str | None, typer.Option(help="Alternative text; default: made from the data.")
    ] = None,
    language: Annotated[
        str | None, typer.Option(help="Language of the alternative text: de, ja, ...")
    ] = None,
    quality: Annotated[
        int | None, typer.Option(help="1 to 100, for JPEG (default 90) and WebP (lossless).")
    ] = None,
) -> None:
    """Draw a file's table with a preset, into one or more files."""
    with told():
        fields = pairs(field or [], "--field")
        strings = pairs(string or [], "--string")
        params = {name: _value(text) for name, text in pairs(param or [], "--param").items()}
        if any(path.suffix.lower() not in _WITHOUT_ENGINE for path in out):
            from plotkit.render import worker

            worker.warm()  # it starts beside us while the data is read
        from plotkit.plot import plot_table
        from plotkit.table import Table

        table = Table.read(data, types=pairs(kind or [], "--type"))
        chart = plot_table(preset, table, fields, strings, params=params, reduce=_reduce(reduce))
        for path in out:
            written = chart.save(
                path,
                theme=theme,
                width=_length(width),
                height=_length(height),
                scale=scale,
                dpi=dpi,
                size=size,
                background=background,
                locale=locale,
                alt=alt,
                language=language,
                quality=quality,
            )
            typer.echo(str(written))
        for note in (*chart.notes, *chart.warnings):
            typer.echo(f"note: {note}", err=True)


@app.command()
def gallery(
    out: Annotated[Path, typer.Argument(help="Folder to write the pictures and the page to.")],
    scripts: Annotated[
        Path | None, typer.Option(help="Folder of the scripts; default: plotkit's own gallery.")
    ] = None,
) -> None:
    """Draw every script of the gallery, and a page that shows them all."""
    with told():
        from plotkit.gallery import build_gallery

        typer.echo(str(build_gallery(out, scripts)))
