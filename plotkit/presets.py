"""Presets that people own: fork, save by id, list, compare, share.

`plotkit.presets` is the library's side of `plotkit presets` on the command line. What is saved or
imported has passed every check of `validation` first, so every preset that is kept draws.
"""

from __future__ import annotations

import json
from builtins import list as list_
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from plotkit import (
    durable,
    errors,
    forking,
    ids,
    importing,
    layout,
    preset,
    schema,
    store,
    trust,
    upgrade,
    validation,
    wandb_form,
)
from plotkit.forking import Change
from plotkit.render import png, svg, worker
from plotkit.schema import Fault
from plotkit.store import Stored

__all__ = [
    "Preset",
    "delete",
    "diff",
    "export",
    "from_altair",
    "from_spec",
    "get",
    "history",
    "import_",
    "list",
    "lock",
    "path",
    "rename",
    "save",
    "schema_of_presets",
    "search",
    "sized",
    "thumbnail",
    "trust_preset",
    "validate",
]

To = Literal["project", "store"] | None
_THUMBNAIL = 320  # px
_UNNAMED = "me/unnamed"


class Preset(preset.Preset):
    """A preset with what its owner does with it.

    >>> mine = get("plotkit/line").fork("carey/new_chart", title="Height by step")
    >>> mine
    Preset(carey/new_chart, roles: x, y, color, stroke, error_low, error_high)
    >>> mine.strings["title"].default
    'Height by step'
    """

    is_checked = False  # it may be anything, until it is drawn

    __slots__ = ("_read", "is_foreign", "notes")

    def __init__(
        self,
        content: Mapping[str, Any],
        where: str = "dict",
        *,
        read: str | None = None,
        notes: Sequence[str] = (),
        is_foreign: bool = False,
    ) -> None:
        schema.check_meta(content, where)
        super().__init__(content, where)
        self.is_foreign = is_foreign  # it came from elsewhere, and was not accepted
        self._read = read  # the digest of the project's file, so that no other change is lost
        self.notes = tuple(notes)

    @property
    def read_digest(self) -> str | None:
        """The digest that the project's file had when it was read, or None."""
        return self._read

    @property
    def parent(self) -> Mapping[str, Any] | None:
        """Id, version and digest of what it was forked from, or None."""
        return forking.meta_of(self.content).get("parent")

    def fork(
        self,
        id: str,
        *,
        title: str | None = None,
        description: str | None = None,
        patch: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
        roles: Mapping[str, str] | None = None,
    ) -> Preset:
        """A preset of one's own that draws as this one does, but for what is asked.

        Args:
            id: the fork's id, "owner/name".
            title: its title, and the default title of its charts.
            description: one sentence on it.
            patch: a JSON Merge Patch on the Vega-Lite spec, or a JSON Patch as a list.
            roles: old role name -> new one, renamed all through the spec.
        """
        parent = {"id": self.id, "version": self.version, "digest": self.digest}
        made = forking.fork(
            self.content,
            str(ids.parse_own(id)),
            {key: value for key, value in parent.items() if value is not None},
            title=title,
            description=description,
            patch=patch,
            roles=roles,
        )
        read = self._read if id == self.id else None
        return Preset(made, id, read=read, is_foreign=self.is_foreign)

    def save(self, to: To = None) -> Preset:
        """Check it, and keep it under its id: beside the code in a project, else in the store.

        Returns the preset as saved, with its version. Raises `PresetError` with all faults.
        """
        return save(self, to=to)

    def validate(self) -> list_[Fault]:
        """All that is wrong with it; empty where it can be kept."""
        return validate(self)

    def diff(self, other: Preset | str | None = None) -> list_[Change]:
        """What differs from another preset; by default what a fork changed of its parent."""
        if other is None:
            return forking.diff(_parent_of(self).content, self.content)
        return diff(self, other)

    def rebase(self) -> Preset:
        """The fork upon its parent's newest version.

        Raises `PresetError` that says what collides.
        """
        base = _parent_of(self)
        newest = get(base.id.partition("@")[0])
        parent = {"id": newest.id, "version": newest.version, "digest": newest.digest}
        made, collisions = forking.rebase(base.content, self.content, newest.content, parent)
        if collisions:
            raise errors.PresetError.from_collisions(self.id, [str(c) for c in collisions])
        foreign = self.is_foreign or newest.is_foreign
        return Preset(made, self.id, read=self._read, is_foreign=foreign)

    def thumbnail(self, width: int = _THUMBNAIL, theme: str = "light") -> bytes:
        """A small PNG of its sample rows."""
        return thumbnail(self, width, theme)

    def to_json(self) -> str:
        """The file's text, laid out so that git diffs read well."""
        return layout.pretty(self.content)


def _parent_of(fork: Preset) -> Preset:
    """The preset that a fork was made from, in the version it was made from."""
    parent = fork.parent
    if parent is None:
        raise errors.PresetError.from_no_parent(fork.id)
    version = parent.get("version")
    for asked in (f"{parent['id']}@{version}" if version else parent["id"], parent["id"]):
        try:
            found = get(asked)
        except errors.PresetError:
            continue
        if parent.get("digest") in (None, found.digest) or asked == parent["id"]:
            return found
    raise errors.PresetError.from_no_parent(fork.id, str(parent["id"]))


# --- getting -------------------------------------------------------------------------------------


def get(asked: str | Path | Mapping[str, Any] | preset.Preset) -> Preset:
    """The preset of an id ("a/b", "a/b@2"), a path, a dict, or itself, to be looked at or changed.

    Raises `PresetError` where there is none; the message says which places were looked in.
    """
    if isinstance(asked, Preset):
        return asked
    if isinstance(asked, preset.Preset):
        made = Preset(asked.content, asked.id)
        made.version = asked.version
        return made
    if isinstance(asked, Mapping):
        return Preset(asked)
    if isinstance(asked, Path) or store.is_path(asked):
        content = store.open_file(asked)
        return Preset(content, str(asked), is_foreign=_is_foreign(content))
    stored, content = store.read(asked)
    digest = preset.digest_of(content)
    found = Preset(
        content,
        str(stored),
        read=digest if stored.origin == "project" else None,
        is_foreign=stored.origin != "builtin" and _is_foreign(content),
    )
    if stored.version is not None:
        found.version = stored.version
    return found


def _is_foreign(content: Mapping[str, Any]) -> bool:
    """Whether a content holds more than untrusted presets may, and was not accepted."""
    return not trust.is_plain(content) and not store.is_accepted(preset.digest_of(content))


def list_presets(
    owner: str | None = None, *, origin: str | None = None, role: str | None = None
) -> list_[Stored]:
    """Every preset that can be drawn with, in its newest version.

    Args:
        owner: only those of this owner.
        origin: only those of "project", "store" or "builtin".
        role: only those that have this role.
    """
    found = [
        entry
        for entry in store.list_all()
        if owner in (None, entry.id.partition("/")[0]) and origin in (None, entry.origin)
    ]
    if role is not None:
        found = [entry for entry in found if role in _meta(entry).get("roles", {})]
    return found


def search(text: str) -> list_[Stored]:
    """Presets whose id, title, description or roles hold all the words of a text."""
    words = text.casefold().split()

    def about(entry: Stored) -> str:
        meta = _meta(entry)
        told = [
            entry.id,
            meta.get("title", ""),
            meta.get("description", ""),
            *meta.get("roles", {}),
        ]
        return " ".join(told).casefold()

    return [entry for entry in store.list_all() if all(word in about(entry) for word in words)]


def _meta(entry: Stored) -> dict[str, Any]:
    if entry.fault:
        return {}
    return forking.meta_of(store.load(entry))


def history(id: str) -> list_[Stored]:
    """All versions of a preset, oldest first."""
    return store.history(id)


def path() -> list_[str]:
    """The places that presets are looked for in, in their order."""
    return [str(root) for root in store.roots()]


# --- changing ------------------------------------------------------------------------------------


def save(
    found: preset.Preset | Mapping[str, Any], id: str | None = None, *, to: To = None
) -> Preset:
    """Check a preset and keep it under its id, or under another one.

    Whoever makes a preset knows it: it may use here what untrusted ones may not. One that came
    from elsewhere, or was forked from such a one, still has to be accepted (`trust_preset`).

    Raises `PresetError` with all faults, `PresetChangedError` where the project's file changed
    since it was read, `SaveError` where the system refuses.
    """
    held = found if isinstance(found, Preset) else get(found)
    saved = _keep(held, id, to, known=not held.is_foreign)
    if not held.is_foreign and not trust.is_plain(saved.content):
        store.accept(saved.digest, saved.id)
    return saved


def _keep(held: Preset, id: str | None, to: To, *, known: bool) -> Preset:
    content = held.content
    if id is not None and id != held.id:
        content = forking.with_meta(content, {**forking.meta_of(content), "id": id})
    ids.parse_own(forking.meta_of(content).get("id", held.id))
    wrong = validation.faults(content, known=known)
    if wrong:
        raise errors.PresetError.from_faults(held.id, [str(fault) for fault in wrong])
    # What was not read from a file beside the code must not replace one unseen.
    expected = held._read if held._read is not None else ""
    stored = store.save(content, to, expect_digest=expected)
    saved = Preset(
        store.load(stored),
        str(stored),
        read=stored.digest if stored.origin == "project" else None,
        notes=held.notes,
        is_foreign=held.is_foreign,
    )
    if stored.version is not None:
        saved.version = stored.version
    return saved


def delete(id: str, *, force: bool = False) -> list_[Stored]:
    """Delete a version ("a/b@2"), or all that stands under an id.

    Refused without `force` where others were forked from it, or where it is the newest of several.
    """
    return store.delete(id, force)


def rename(old: str, new: str) -> Stored:
    """Give a preset another id, with all its versions."""
    return store.rename(old, new)


def lock(ids: Sequence[str] = ()) -> Path:
    """Pin presets in the project's lock file: the given ones, else all of the project's folder."""
    asked = list_(ids) or [e.id for e in store.list_all() if e.origin == "project"]
    return store.write_lock([*asked, *store.read_lock()])


def trust_preset(id: str | Path | Preset) -> Preset:
    """Accept a preset from elsewhere: it may use what untrusted ones may not.

    Only this very content is accepted; a changed one is asked about again.
    """
    found = get(id)
    never = trust.findings(found.content, accepted=True)
    if never:
        raise errors.TrustError.from_findings(found.id, never, accepted=True)
    store.accept(found.digest, found.id)
    return found


# --- comparing and checking ----------------------------------------------------------------------


def diff(a: Preset | str, b: Preset | str) -> list_[Change]:
    """What differs between two presets, by JSON Pointer."""
    return forking.diff(get(a).content, get(b).content)


def validate(found: str | Path | Mapping[str, Any] | preset.Preset) -> list_[Fault]:
    """All that is wrong with a preset, each with its JSON path; empty where it can be kept."""
    if isinstance(found, preset.Preset):
        content: Mapping[str, Any] = found.content
    elif isinstance(found, Mapping):
        content = found
    elif isinstance(found, Path) or store.is_path(found):
        content = store.open_file(found)
    else:
        content = store.read(found)[1]
    if trust.is_walkable(content) and wandb_form.is_wandb_form(content):
        content = from_spec(content).content
    known = isinstance(found, Preset) and not found.is_foreign
    return validation.faults(upgrade.to_current(content, "the preset"), known=known)


def thumbnail(found: str | preset.Preset, width: int = _THUMBNAIL, theme: str = "light") -> bytes:
    """A small PNG of a preset's sample rows."""
    held = get(found)
    if held.is_foreign:
        raise errors.TrustError.from_findings(held.id, trust.findings(held.content))
    drawn = validation.draw_sample(held.spec, held.id, theme)
    wide, high = svg.size(drawn)
    height = max(round(high * width / wide), 1)
    made = worker.svg_to_png(svg.resized(drawn, width, height), scale=1, preset=held.id)
    return png.finish(made, width_px=width, height_px=height)


def schema_of_presets() -> dict[str, Any]:
    """The JSON Schema of `usermeta.plotkit`, for editors."""
    return schema.meta_schema()


# --- from elsewhere, and to it -------------------------------------------------------------------


def from_spec(source: str | Path | Mapping[str, Any], id: str = _UNNAMED) -> Preset:
    """A preset of a spec: Vega-Lite, Vega, or W&B's form; a dict, a path, or JSON text.

    What the spec leaves unsaid is inferred; `notes` of the result say what.
    """
    content, said = _read_source(source)
    if wandb_form.is_wandb_form(content):
        loaded = wandb_form.load(content, id)
        content, said = loaded.content, [*said, *loaded.notes]
    made, more = importing.completed(content, str(ids.parse_own(id)))
    foreign = not isinstance(source, Mapping) and _is_foreign(made)
    return Preset(made, id, notes=[*said, *more], is_foreign=foreign)


def from_altair(chart: Any, id: str = _UNNAMED) -> Preset:
    """A preset of any Altair chart; its rows become the sample, its fields the roles."""
    return from_spec(sized(chart.to_dict()), id)


def sized(given: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of a spec, such as Altair's, in our size where it says none of its own.

    >>> sized({"mark": "bar"})["width"]
    640
    """
    spec = dict(given)
    config = spec.get("config", {})
    if config == {"view": {"continuousWidth": 300, "continuousHeight": 300}}:
        del spec["config"]  # Altair's own default, which says nothing
    if "mark" in spec or "layer" in spec:
        spec.setdefault("width", 640)
        spec.setdefault("height", 400)
        spec.setdefault("autosize", {"type": "fit", "contains": "padding"})
    return spec


def _read_source(source: str | Path | Mapping[str, Any]) -> tuple[dict[str, Any], list_[str]]:
    if isinstance(source, Mapping):
        return json.loads(json.dumps(source)), []
    if isinstance(source, str) and source.lstrip().startswith("{"):
        return trust.loads(source), []
    return store.open_file(source), []


def import_(
    source: str | Path | Mapping[str, Any], id: str | None = None, *, to: To = None
) -> Preset:
    """Read a preset from elsewhere, check it, and keep it; it is not trusted by that.

    Args:
        source: a file's path, JSON text, or a dict; ours, Vega-Lite, Vega, or W&B's form.
        id: the id to keep it under; default the one that it carries.
        to: "project" or "store".
    """
    content, _ = _read_source(source)
    carried = forking.meta_of(content).get("id")
    wanted = id or carried
    if not isinstance(wanted, str):
        raise errors.OptionError.from_option("id", id, "an id, as the file carries none")
    made = from_spec(content, wanted)
    made.is_foreign = _is_foreign(made.content)
    return _keep(made, None, to, known=False)


def export(id: str | preset.Preset, path: str | Path | None = None) -> str:
    """The file of a preset as text, also written to `path` where it is given."""
    text = get(id).to_json()
    if path is not None:
        place = Path(path).absolute()
        durable.replace(str(place), layout.encoded(text), str(place.parent))
    return text


list = list_presets
