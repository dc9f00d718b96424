"""`plotkit presets ...`: the presets that people own, on the command line.

Exit codes: 0 where all is well, 1 where something is wrong or (for `diff`) differs, 2 where the
command was typed wrong.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from plotkit import errors
from plotkit.telling import Json, print_json, told

app = typer.Typer(
    name="presets",
    help="List, fork, edit, share and check presets.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

To = Annotated[str | None, typer.Option("--to", help="project or store; default: the project.")]


_ORIGINS = ("project", "store", "builtin")
_WIDTHS = (16, 4000)  # px, of a thumbnail


def complete_ids(incomplete: str) -> list[str]:
    """Ids that a shell completes."""
    from plotkit import store

    try:
        return [entry.id for entry in store.list_all() if entry.id.startswith(incomplete)]
    except (errors.PlotkitError, OSError):
        return []  # a shell that completes is no place for messages


Id = Annotated[str, typer.Argument(help="A preset's id.", autocompletion=complete_ids)]


def _stored(entry: Any) -> dict[str, Any]:
    held = {**entry._asdict(), "path": str(entry.path)}
    return {key: value for key, value in held.items() if value != ""}


@app.command("list")
def list_command(
    owner: Annotated[str | None, typer.Option(help="Only those of this owner.")] = None,
    origin: Annotated[str | None, typer.Option(help="project, store or builtin.")] = None,
    role: Annotated[str | None, typer.Option(help="Only those with this role.")] = None,
    text: Annotated[str | None, typer.Option("--search", help="Only those about this.")] = None,
    as_json: Json = False,
) -> None:
    """List the presets that can be drawn with."""
    with told():
        from plotkit import presets

        if origin is not None and origin not in _ORIGINS:
            expected = f"one of {errors.listed(_ORIGINS)}"
            raise errors.OptionError.from_option("--origin", origin, expected)
        found = presets.list(owner, origin=origin, role=role)
        if text is not None:
            about = {entry.id for entry in presets.search(text)}
            found = [entry for entry in found if entry.id in about]
        if as_json:
            print_json([_stored(entry) for entry in found])
            return
        for entry in found:
            fault = f"  {entry.fault}" if entry.fault else ""
            typer.echo(f"{entry!s:40}  {entry.origin}{fault}")


@app.command()
def show(id: Id, as_json: Json = False) -> None:
    """Show a preset: its roles, strings, params, and what it was forked from."""
    with told():
        from plotkit import presets

        found = presets.get(id)
        if as_json:
            typer.echo(found.to_json())
            return
        version = f"@{found.version}" if found.version is not None else ""
        typer.echo(f"{found.id}{version}  {found.title}")
        if found.description:
            typer.echo(found.description)
        typer.echo(f"digest {found.digest}")
        if found.parent:
            at = found.parent.get("version")
            typer.echo(f"forked from {found.parent['id']}{f'@{at}' if at else ''}")
        for role in found.roles.values():
            needed = "required" if role.required else "optional"
            said = f"  {role.description}" if role.description else ""
            typer.echo(f"role   {role.name} ({' or '.join(role.types)}, {needed}){said}")
        for string in found.strings.values():
            typer.echo(f"string {string.name} = {string.default!r}")
        for param in found.params.values():
            typer.echo(f"param  {param.name} = {param.default!r}")
        for name, declared in found.vega_params.items():
            if "value" in declared:
                typer.echo(f"param  {name} = {declared['value']!r}")


def _patch(given: str | None) -> Any:
    """A patch as JSON text, or @file."""
    if given is None:
        return None
    try:
        text = Path(given[1:]).read_text("utf-8") if given.startswith("@") else given
    except (OSError, ValueError) as reason:
        said = getattr(reason, "strerror", None) or reason
        expected = f"@ and a file that can be read ({said})"
        raise errors.OptionError.from_option("--patch", given, expected) from None
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as reason:
        raise errors.OptionError.from_option("--patch", given, f"JSON ({reason})") from None


@app.command()
def fork(
    id: Id,
    new_id: Annotated[str, typer.Argument(help="The fork's id.")],
    title: Annotated[str | None, typer.Option(help="Its title.")] = None,
    patch: Annotated[
        str | None, typer.Option(help="JSON Merge Patch on the spec, or @file.")
    ] = None,
    role: Annotated[
        list[str] | None, typer.Option("--role", metavar="OLD=NEW", help="Rename a role.")
    ] = None,
    to: To = None,
) -> None:
    """Fork a preset under an id of your own, and save it."""
    with told():
        from plotkit import presets
        from plotkit.telling import pairs

        made = presets.get(id).fork(
            new_id, title=title, patch=_patch(patch), roles=pairs(role or [], "--role")
        )
        _say_saved(presets.save(made, to=to))  # type: ignore[arg-type]


@app.command()
def new(
    id: Annotated[str, typer.Argument(help="The new preset's id.")],
    source: Annotated[
        Path, typer.Option("--from", help="A spec: Vega-Lite, Vega, a saved chart, W&B's form.")
    ],
    to: To = None,
) -> None:
    """Make a preset of a spec; what it leaves unsaid is inferred, and said."""
    with told():
        from plotkit import presets

        made = presets.from_spec(source, id)
        for note in made.notes:
            typer.echo(f"note: {note}", err=True)
        _say_saved(presets.save(made, to=to))  # type: ignore[arg-type]


def _say_saved(saved: Any) -> None:
    version = f"@{saved.version}" if saved.version is not None else ""
    typer.echo(f"{saved.id}{version}")


@app.command()
def save(
    path: Annotated[Path, typer.Argument(help="A preset file.")],
    id: Annotated[str | None, typer.Option(help="The id; default the file's own.")] = None,
    to: To = None,
) -> None:
    """Check a preset file of your own, and keep it."""
    with told():
        from plotkit import presets

        _say_saved(presets.save(presets.get(path), id, to=to))  # type: ignore[arg-type]


@app.command("import")
def import_command(
    path: Annotated[Path, typer.Argument(help="A file: ours, Vega-Lite, Vega, W&B's form.")],
    id: Annotated[str | None, typer.Option(help="The id to keep it under.")] = None,
    to: To = None,
) -> None:
    """Keep a preset from elsewhere. It is checked, and not trusted."""
    with told():
        from plotkit import presets, trust

        found = presets.import_(path, id, to=to)  # type: ignore[arg-type]
        for note in found.notes:
            typer.echo(f"note: {note}", err=True)
        if trust.findings(found.content):
            typer.echo(
                f"note: it draws once you accept it: plotkit presets trust {found.id}", err=True
            )
        _say_saved(found)


@app.command()
def export(
    id: Id,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="File; default: print it.")
    ] = None,
) -> None:
    """Write a preset as one file, to be sent to somebody."""
    with told():
        from plotkit import presets

        if out is None:
            typer.echo(presets.export(id))
            return
        with _writing(out):
            presets.export(id, out)
        typer.echo(str(out))


@contextmanager
def _writing(out: Path) -> Iterator[None]:
    """No folder is made unasked, and a refusal of the system's is told as ours."""
    folder = out.absolute().parent
    if not folder.is_dir():
        raise errors.SaveError.from_missing_folder(str(out), str(folder))
    try:
        yield
    except errors.PlotkitError:
        raise
    except OSError as reason:
        raise errors.SaveError.from_os(str(out), reason.strerror or str(reason)) from reason


@app.command()
def validate(
    asked: Annotated[str, typer.Argument(help="An id or a path.", autocompletion=complete_ids)],
    fix: Annotated[
        bool, typer.Option("--fix", help="Write down what a file leaves to be inferred.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Say all that is wrong with a preset; exit code 1 where anything is."""
    with told():
        from plotkit import presets, store

        file = Path(asked).expanduser() if store.is_path(asked) else None
        if not fix:
            found = presets.get(asked)
        elif file is None:
            held = presets.get(asked)
            found = presets.from_spec(held.content, held.id)
        else:
            found = presets.from_spec(file, _id_for(file))
            with _writing(file):
                presets.export(found, file)
        for note in found.notes if fix else ():
            typer.echo(f"note: {note}", err=True)
        wrong = presets.validate(found)
        if as_json:
            print_json([fault._asdict() for fault in wrong])
        else:
            for fault in wrong:
                typer.echo(str(fault))
        raise typer.Exit(1 if wrong else 0)


def _id_for(file: Path) -> str:
    """The id that a file carries, else one of its name."""
    from plotkit import forking, ids, store

    carried = forking.meta_of(store.open_file(file)).get("id")
    if carried is not None:
        return str(carried)
    slug = re.sub("[^a-z0-9_-]+", "-", file.stem.lower())[:50].strip("-_") or "unnamed"
    return f"me/{slug if ids.is_part(slug) else f'preset-{slug}'}"


@app.command()
def diff(
    a: Id,
    b: Annotated[
        str | None, typer.Argument(help="The other; default: what A was forked from.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Show what differs between two presets; exit code 1 where anything does."""
    with told():
        from plotkit import presets

        changes = presets.get(a).diff() if b is None else presets.diff(a, b)
        if as_json:
            print_json([_change(change) for change in changes])
        else:
            for change in changes:
                typer.echo(str(change))
        raise typer.Exit(1 if changes else 0)


def _change(change: Any) -> dict[str, Any]:
    from plotkit.forking import MISSING

    return {key: value for key, value in change._asdict().items() if value is not MISSING}


@app.command()
def history(id: Id, as_json: Json = False) -> None:
    """List all versions of a preset, oldest first."""
    with told():
        from plotkit import presets

        found = presets.history(id)
        if as_json:
            print_json([_stored(entry) for entry in found])
            return
        for entry in found:
            typer.echo(f"{entry!s:40}  {entry.origin}  {entry.digest[:12]}  {entry.fault}".rstrip())


@app.command()
def rebase(id: Id, to: To = None) -> None:
    """Move a fork onto its parent's newest version, or say what collides."""
    with told():
        from plotkit import presets

        _say_saved(presets.save(presets.get(id).rebase(), to=to))  # type: ignore[arg-type]


@app.command()
def delete(
    id: Id,
    force: Annotated[bool, typer.Option("--force", help="Even where forks depend on it.")] = False,
) -> None:
    """Delete a version (a/b@2), or all that stands under an id."""
    with told():
        from plotkit import presets

        for entry in presets.delete(id, force=force):
            typer.echo(str(entry))


@app.command()
def rename(old: Id, new_id: Annotated[str, typer.Argument(help="The new id.")]) -> None:
    """Give a preset another id, with all its versions."""
    with told():
        from plotkit import presets

        typer.echo(str(presets.rename(old, new_id)))


@app.command()
def path(as_json: Json = False) -> None:
    """Show the places that presets are looked for in, in their order."""
    with told():
        from plotkit import store

        found = store.roots()
        if as_json:
            print_json([{**root._asdict(), "folder": str(root.folder)} for root in found])
            return
        for root in found:
            typer.echo(str(root))


@app.command()
def lock(
    ids: Annotated[list[str] | None, typer.Argument(help="Ids; default: the project's.")] = None,
) -> None:
    """Pin what the project draws with in its lock file."""
    with told():
        from plotkit import presets

        typer.echo(str(presets.lock(ids or [])))


@app.command()
def trust(
    id: Id,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Accept a preset from elsewhere, after showing what it contains."""
    with told():
        from plotkit import presets
        from plotkit import trust as rules

        found = presets.get(id)
        typer.echo(f"{found.id}  digest {found.digest}")
        held = rules.findings(found.content)
        for finding in held:
            typer.echo(f"  {finding}")
        if not held:
            typer.echo("It holds nothing that needs to be accepted.")
            return
        if not yes and not typer.confirm("Accept it?"):
            raise typer.Exit(1)
        presets.trust_preset(found)
        typer.echo("accepted")


@app.command()
def schema() -> None:
    """Print the JSON Schema of usermeta.plotkit, for editors."""
    from plotkit import presets

    print_json(presets.schema_of_presets())


@app.command()
def thumbnail(
    id: Id,
    out: Annotated[Path, typer.Option("--out", "-o", help="PNG file to write.")],
    width: Annotated[int, typer.Option(help="Its width in px.")] = 320,
) -> None:
    """Draw a preset's sample rows as a small PNG."""
    with told():
        from plotkit import durable, presets

        if not _WIDTHS[0] <= width <= _WIDTHS[1]:
            expected = f"{_WIDTHS[0]} to {_WIDTHS[1]} px"
            raise errors.OptionError.from_option("--width", width, expected)
        if out.suffix.lower() != ".png":
            raise errors.OptionError.from_option("--out", str(out), "a .png file")
        with _writing(out):
            made = presets.thumbnail(id, width)
            place = out.absolute()
            durable.replace(str(place), made, str(place.parent))
        typer.echo(str(out))


@app.command()
def edit(id: Id, to: To = None) -> None:
    """Open a preset in $EDITOR, check it on leaving, and save it.

    What does not pass is offered again; nothing that was typed is lost.
    """
    with told():
        from plotkit import ids, presets

        ids.parse_own(id.partition("@")[0])  # what cannot be saved is not opened
        found = presets.get(id)
        with tempfile.NamedTemporaryFile(
            "w", prefix="plotkit-", suffix=".json", delete=False, encoding="utf-8"
        ) as file:
            file.write(found.to_json())
        draft = Path(file.name)
        while True:
            _open_in_editor(draft)
            try:
                edited = presets.Preset(
                    presets.get(draft).content, found.id, read=found.read_digest
                )
                if edited.digest == found.digest:
                    typer.echo("not changed")
                else:
                    _say_saved(presets.save(edited, to=to))  # type: ignore[arg-type]
                break
            except errors.PlotkitError as error:
                typer.echo(f"plotkit: {error}", err=True)
                if not (sys.stdin.isatty() and typer.confirm("Edit it again?", default=True)):
                    typer.echo(f"what you wrote is kept in {draft}", err=True)
                    raise typer.Exit(1) from None
        draft.unlink()


def _open_in_editor(draft: Path) -> None:
    """Wait for the editor; where it fails, say so and where the draft is, and stop."""
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    named = f"the editor {errors.shown(editor)}"
    try:
        command = shlex.split(editor)
        if not command:
            raise ValueError("it names no command")
        code = subprocess.run([*command, str(draft)], check=False).returncode
    except (OSError, ValueError) as reason:
        said = getattr(reason, "strerror", None) or reason
        _stop(f"{named} cannot be run ({said}); the draft is kept in {draft}")
    if not draft.exists():
        _stop(f"{named} left no file: {draft} is gone, and nothing was saved")
    if code:
        _stop(f"{named} ended with code {code}; the draft is kept in {draft}")


def _stop(message: str) -> NoReturn:
    typer.echo(f"plotkit: {message}", err=True)
    raise typer.Exit(1)
