"""How the command line speaks: errors of ours in one message, arguments as name=value."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from plotkit import errors, progress

Json = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]


@contextmanager
def told() -> Iterator[None]:
    """Errors of plotkit's own are for people: one message, exit code 1, no traceback.

    Ctrl-C is one line and exit code 130, as shells expect it.
    """
    try:
        with progress.listening():
            yield
    except KeyboardInterrupt:
        typer.echo("interrupted", err=True)
        raise typer.Exit(130) from None
    except errors.PlotkitError as error:
        typer.echo(f"plotkit: {error}", err=True)
        raise typer.Exit(1) from None
    except BrokenPipeError:  # the reader of our output went away, which is its right
        sys.stderr.close()
        raise typer.Exit(1) from None


def pairs(given: list[str], option: str) -> dict[str, str]:
    """name=value arguments as a dict; the value may hold further equals signs."""
    made = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise errors.OptionError.from_option(option, text, "name=value")
        if name in made:
            raise errors.OptionError.from_option(option, text, f"{name} only once")
        made[name] = value
    return made


def print_json(found: Any) -> None:
    """Print what scripts read."""
    typer.echo(json.dumps(found, indent=2, ensure_ascii=False, default=str))
