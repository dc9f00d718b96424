"""Presets by id: found in their roots, checked, saved, counted, deleted, locked.

Three kinds of roots are looked through in order: the files beside the code (`beside.py`), the
user's own numbered versions (`versions.py`), and the built-in presets, which are only read.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from plotkit import accepted, beside, durable, errors, ids, layout, lock, versions
from plotkit.ids import PresetId
from plotkit.layout import Content
from plotkit.preset import Preset, digest_of
from plotkit.roots import (
    BUILTIN,
    PROJECT,
    STORE,
    Root,
    Stored,
    builtin,
    lock_path,
    project,
    roots,
    said,
)
from plotkit.roots import store as user_store

__all__ = [
    "Stored",
    "accept",
    "delete",
    "find",
    "forks_of",
    "get",
    "history",
    "is_accepted",
    "is_path",
    "list_all",
    "load",
    "lock_path",
    "lookalikes",
    "names",
    "open_file",
    "read",
    "read_lock",
    "rename",
    "roots",
    "save",
    "withdraw",
    "write_lock",
]

OWNER = "plotkit"

accept = accepted.accept
is_accepted = accepted.is_accepted
withdraw = accepted.withdraw
read_lock = lock.read


# Drawing: from whatever names a preset to one that may be drawn.

_shipped: dict[str, Preset] = {}


def names() -> list[str]:
    """The ids of the built-in presets."""
    return sorted(f"{OWNER}/{file.stem}" for file in builtin().folder.glob("*.json"))


def get(
    asked: str | Path | Mapping[str, Any] | Preset, *, allow: str | Path | Sequence[str | Path] = ()
) -> Preset:
    """The preset of an id ("carey/new_chart", "carey/new_chart@2"), a path, a dict, or itself.

    Plotkit's own may be named without their owner, and by W&B's ids. What is neither built in nor
    accepted is held to what untrusted presets may do.

    Raises `PresetError` where there is none, with the nearest id and the places looked in, where
    it is not what the project's lock file pins, or where a spec is not valid Vega-Lite.
    """
    if isinstance(asked, Preset):
        if asked.is_checked:
            return asked
        found = _checked(asked.content, asked.digest, asked.id, allow=allow)
        found.version = asked.version
        return found
    if isinstance(asked, Mapping):
        return _checked(asked, _digest(asked), "dict", allow=allow)
    if isinstance(asked, Path) or is_path(asked):
        content = open_file(asked)
        return _checked(content, _digest(content), str(asked), allow=allow)
    if isinstance(asked, str) and asked in _shipped:
        found = _shipped[asked]
        _hold_to_lock(found, lambda: read(asked)[1])
        return found
    stored, content = read(asked)
    if stored.origin == BUILTIN:
        found = _shipped[asked] = Preset(content, str(stored.path))
    else:
        whole = stored.origin == STORE
        found = _checked(content, stored.digest, str(stored), whole=whole, allow=allow)
        found.version = stored.version
    _hold_to_lock(found, lambda: content)
    return found


def open_file(path: str | Path) -> Content:
    """The content of a preset file anywhere; of one from a store, without the store's seal."""
    try:
        data = durable.read(os.path.realpath(os.path.expanduser(path)))
    except OSError as reason:
        raise errors.PresetError.from_unreadable(str(path), reason) from reason
    content = layout.parse(data, str(path))
    usermeta = content.get("usermeta")
    meta = usermeta.get("plotkit") if isinstance(usermeta, dict) else None
    if isinstance(meta, dict):
        meta.pop("stored", None)
    return content


def _digest(content: Mapping[str, Any]) -> str:
    """The digest of what may be no JSON at all; then none, and the checks will say so."""
    try:
        return digest_of(content)
    except (TypeError, ValueError, RecursionError):
        return "0" * 64


def is_path(asked: object) -> bool:
    """Whether a name of a preset is a path: an id never ends in .json nor starts with a slash."""
    return isinstance(asked, str) and (
        asked.endswith(".json") or asked.startswith(("/", "./", "../", "~"))
    )


def _checked(
    content: Mapping[str, Any],
    digest: str,
    where: str,
    *,
    whole: bool = False,
    allow: str | Path | Sequence[str | Path] = (),
) -> Preset:
    """A preset from outside, that may be drawn; `whole` where its schema was checked on saving."""
    from plotkit import trust, wandb_form  # built-in presets need none of these

    try:
        if trust.is_walkable(content) and wandb_form.is_wandb_form(content):
            content = _in_our_form(content, where)
        whole_content = content
        if not isinstance(allow, tuple) or allow:
            from plotkit import fetching  # it reads what the preset names, and the caller lets in

            whole_content = fetching.embed(content, allow, where)
            content = fetching.without_addresses(content)
        if not whole and trust.is_walkable(content) and not trust.is_vega(content):
            from plotkit import schema  # heavy

            # First of all, so that a misspelt word is told as one, and not as a danger.
            schema.check({k: v for k, v in content.items() if k != "usermeta"}, where)
            schema.check_meta(content, where)
        found = trust.findings(content)
        # Accepted was the file, or what it became in our form.
        accepted = bool(found) and (is_accepted(digest) or is_accepted(_digest(content)))
        if accepted:
            found = trust.findings(content, accepted=True)
        if found:
            raise errors.TrustError.from_findings(where, found, accepted)
        preset = Preset(whole_content, where)
    except RecursionError:
        told = ValueError("it is nested too deep")
        raise errors.PresetError.from_unreadable(where, told) from None
    return preset


def _in_our_form(content: Mapping[str, Any], where: str) -> Mapping[str, Any]:
    """A preset in W&B's form in ours. Its shape was checked by nobody yet, so any may fail."""
    from plotkit import wandb_form

    try:
        return wandb_form.load(content, where).content
    except (TypeError, AttributeError, KeyError, IndexError, ValueError) as reason:
        if isinstance(reason, errors.PlotkitError):
            raise
        raise errors.PresetError.from_malformed(where, str(reason)) from reason


def _hold_to_lock(preset: Preset, content: Callable[[], Content]) -> None:
    locked = lock.pinned(preset.id, preset.version)
    if locked is not None and locked.digest != preset.digest:
        raise lock.changed(locked, preset.version, preset.digest, content())


# Finding.


def find(asked: str) -> Stored:
    """Where the preset of an id stands; with "@2" that version, else the newest.

    Raises `PresetError` where there is none, or where it is damaged.
    """
    return _with_digest(*read(asked))


def read(asked: str) -> tuple[Stored, Content]:
    """Where the preset of an id stands, and its content.

    The digest of a built-in one is left empty, since few ask for it.
    """
    wanted = _parsed(asked)
    # Nobody saves under plotkit's own name, so the other roots need not be looked at.
    for root in roots() if wanted.owner != OWNER else [builtin()]:
        found = _read(root, wanted)
        if found is not None:
            return found
    raise _unknown(asked, wanted)


def load(stored: Stored) -> Content:
    """The content of a preset that was found.

    Raises `PresetChangedError` where its file has changed since then.
    """
    found = None
    for root in roots():
        if root.kind == stored.origin:
            number = None if root.kind == PROJECT else stored.version
            found = _read(root, ids.parse(stored.id)._replace(version=number))
    digest = digest_of(found[1]) if found else None
    if found is None or (stored.digest and digest != stored.digest):
        raise errors.PresetChangedError.from_digests(str(stored.path), stored.digest, digest)
    return found[1]


def list_all() -> list[Stored]:
    """Every preset that can be drawn with by its id, in its newest version, sorted by id.

    Those that cannot be read are there too, with their fault.
    """
    found: dict[str, Stored] = {}
    for root in reversed(roots()):
        for wanted in _known(root):
            found[str(wanted)] = _look(root, wanted)
    return [found[id] for id in sorted(found)]


def history(id: str) -> list[Stored]:
    """All that stands under an id: its versions in the store, oldest first, then a project's file.

    Versions that cannot be read are there too, with their fault.
    """
    wanted = _parsed(id)._replace(version=None)
    found = [entry for root in reversed(roots()) for entry in _all_of(root, wanted)]
    if not found:
        raise _unknown(id, wanted)
    return found


def forks_of(id: str, version: int | None = None) -> list[Stored]:
    """The presets, in all their versions, that were forked from one, or from one version of it."""
    found = []
    for root in _writable():
        for wanted in _known(root):
            for entry in _all_of(root, wanted) if str(wanted) != id else ():
                if entry.fault:
                    continue  # what cannot be read says nothing of where it came from
                parent = load(entry)["usermeta"]["plotkit"].get("parent")
                if (
                    isinstance(parent, dict)
                    and parent.get("id") == id
                    and version in (None, parent.get("version"))
                ):
                    found.append(entry)
    return found


def lookalikes(id: str) -> list[str]:
    """Ids of known presets that are easily taken for this one."""
    look = ids.skeleton(id)
    known = {str(wanted) for root in roots() for wanted in _known(root)}
    return sorted(other for other in known if other != id and ids.skeleton(other) == look)


# Changing.


def save(
    content: Mapping[str, Any],
    to: Literal["project", "store"] | None = None,
    *,
    expect_digest: str | None = None,
) -> Stored:
    """Keep a content under the id that it carries; by default beside the code, in a project.

    Once this returns the preset is on the disk, whole. Where it raises, the old state is there,
    or the new one, nothing else. In the store a content that equals the newest version makes no
    new one.

    Args:
        content: a checked preset; not changed.
        to: "project" or "store".
        expect_digest: what the project's file held when it was read, "" where there was none;
            `PresetChangedError` where that is no longer so. None: whatever is there is replaced.
            The store needs none, it replaces nothing.

    Raises:
        PresetError: for an id that cannot be saved under, or no project to save in.
        SaveError: where the system refuses.
    """
    usermeta = content.get("usermeta")
    meta = usermeta.get("plotkit") if isinstance(usermeta, Mapping) else None
    wanted = ids.parse_own(meta.get("id") if isinstance(meta, Mapping) else None)
    kept = layout.normal(content, str(wanted), str(wanted))
    if to not in (None, PROJECT, STORE):
        raise errors.OptionError.from_option("to", to, "'project', 'store' or None")
    root = None if to == STORE else project()
    if root is None and to == PROJECT:
        raise errors.PresetError.from_no_project(said())
    with _told(str(wanted), "saved"):
        if root is None:
            return versions.save(user_store(), wanted, kept)
        return beside.save(root, wanted, kept, expect_digest)


def delete(id: str, force: bool = False) -> list[Stored]:
    """Delete one version ("a/b@2") or all that stands under an id in its first root.

    Returns what was deleted. Numbers of deleted versions are not used again.

    Raises `PresetError` without `force` where others were forked from it, and where it is the
    newest of several versions.
    """
    wanted = _changeable(id, "deleted")
    with _told(id, "deleted"):
        root = _root_of(wanted)
        there = _all_of(root, wanted._replace(version=None))
        doomed = [entry for entry in there if wanted.version in (None, entry.version)]
        if not doomed:
            raise _unknown(id, wanted)
        if not force:
            _refuse_parents(doomed)
            if len(there) > 1 and doomed[-1] == there[-1]:
                raise errors.PresetError.from_delete(
                    id, f"version {there[-1].version} is the newest of {len(there)}"
                )
        for entry in doomed:  # the newest last: until then the preset draws as before
            if root.kind == PROJECT:
                beside.delete(root, wanted)
            else:
                versions.delete(root, wanted._replace(version=entry.version))
        return doomed


def _refuse_parents(doomed: list[Stored]) -> None:
    for entry in doomed:
        forks = forks_of(entry.id, entry.version)
        if forks:
            told = errors.listed(dict.fromkeys(str(fork) for fork in forks))
            raise errors.PresetError.from_delete(str(entry), f"forked from it were {told}")


def rename(old: str, new: str) -> Stored:
    """Give a preset another id, with all its versions, in its first root.

    What was accepted under the old id stays accepted. Forks keep the id that they were made from.
    """
    wanted, target = _changeable(old, "renamed"), ids.parse_own(new)
    if wanted.version is not None:
        raise errors.PresetError.from_bad_id(old, "a rename takes all versions, so name none")
    with _told(old, "renamed"):
        root = _root_of(wanted)
        before = _all_of(root, wanted)
        if not before:
            raise _unknown(old, wanted)
        for other in _writable():
            if target in _known(other):
                raise errors.PresetError.from_taken_id(new, f"it stands in {other}")
        (beside if root.kind == PROJECT else versions).rename(root, wanted, target)
        for was, entry in zip(before, _all_of(root, target), strict=False):
            if was.digest and entry.digest and is_accepted(was.digest):
                accept(entry.digest, entry.id)
        return _look(root, target)


def write_lock(asked: Iterable[str], *, keep: bool = True) -> Path:
    """Pin the presets of these ids as they are now; with `keep` the others stay pinned."""
    entries = dict(lock.read()) if keep else {}
    for id in asked:
        name = str(_parsed(id))
        stored, content = read(name)
        stored = _with_digest(stored, content)
        entries[name] = lock.Locked(name, stored.version, stored.origin, stored.digest, content)
    return lock.write(entries.values())


def _changeable(id: str, verb: str) -> PresetId:
    wanted = _parsed(id)
    if wanted.owner in ids.RESERVED:
        raise errors.PresetError.from_read_only(id, verb, str(builtin().folder))
    return wanted


def _root_of(wanted: PresetId) -> Root:
    """The root that a change to a preset is for."""
    root = project()
    in_project = root and wanted.version is None and beside.holds(root, wanted)
    return root if root and in_project else user_store()


@contextmanager
def _told(id: str, verb: str) -> Iterator[None]:
    """What the system refuses is said with the id and the roots."""
    try:
        yield
    except errors.PlotkitError:
        raise
    except OSError as reason:
        raise errors.SaveError.from_preset(id, verb, reason, said()) from reason


# One root of either kind.


def _writable() -> list[Root]:
    return [root for root in roots() if root.kind != BUILTIN]


def _read(root: Root, wanted: PresetId) -> tuple[Stored, Content] | None:
    try:
        if root.kind == PROJECT:
            return beside.read(root, wanted)
        if root.kind == STORE:
            return versions.read(root, wanted)
        return _read_builtin(root, wanted)
    except errors.PlotkitError:
        raise
    except OSError as reason:
        where = str(reason.filename or root.folder)
        raise errors.PresetError.from_unreadable(where, reason) from reason


def _read_builtin(root: Root, wanted: PresetId) -> tuple[Stored, Content] | None:
    path = root.folder / f"{wanted.name}.json"
    if wanted.owner != OWNER:
        return None
    try:
        content: Content = json.loads(durable.read(os.path.realpath(path)))
    except FileNotFoundError:
        return None
    version = content["usermeta"]["plotkit"].get("version")
    if wanted.version not in (None, version):
        return None
    return Stored(f"{OWNER}/{wanted.name}", version, path, BUILTIN, ""), content


def _known(root: Root) -> list[PresetId]:
    if root.kind == BUILTIN:
        return [ids.parse(name) for name in names()]
    try:
        return list((beside if root.kind == PROJECT else versions).known(root))
    except OSError as reason:
        where = str(reason.filename or root.folder)
        raise errors.PresetError.from_unreadable(where, reason) from reason


def _all_of(root: Root, wanted: PresetId) -> list[Stored]:
    """All that stands under an id in a root, also what cannot be read."""
    if root.kind == STORE:
        return [_look(root, wanted._replace(version=n)) for n in versions.numbers(root, wanted)]
    if root.kind == PROJECT:
        return [_look(root, wanted)] if beside.holds(root, wanted) else []
    return [_look(root, wanted)] if _read_builtin(root, wanted) else []


def _look(root: Root, wanted: PresetId) -> Stored:
    """A preset in a root, with its fault where it cannot be read."""
    number, path = wanted.version, ""
    try:
        if root.kind == STORE:
            number = number or max(versions.numbers(root, wanted), default=None)
            path = versions.path_of(root, wanted._replace(version=number))
        elif root.kind == PROJECT:
            path = beside.path_of(root, wanted)
        found = _read(root, wanted._replace(version=number))
        if found is not None:
            return _with_digest(*found)
        fault = "it is gone"
    except errors.PlotkitError as reason:
        fault = str(reason)
    return Stored(str(wanted._replace(version=None)), number, Path(path), root.kind, "", fault)


def _with_digest(stored: Stored, content: Content) -> Stored:
    return stored._replace(digest=stored.digest or digest_of(content))


# Ids as people give them.


def _parsed(asked: object) -> PresetId:
    if isinstance(asked, str) and "/" not in asked and f"{OWNER}/{asked}" in names():
        asked = f"{OWNER}/{asked}"  # plotkit's own may be named without their owner
    try:
        return ids.parse(asked)
    except errors.PresetError:
        near = errors.nearest(asked, names()) if isinstance(asked, str) else ""
        if not near:
            raise
        raise errors.PresetError.from_unknown_id(asked, names(), said()) from None


def _unknown(asked: object, wanted: PresetId) -> errors.PresetError:
    if wanted.version is not None:
        plain = wanted._replace(version=None)
        there = [entry for root in roots() for entry in _all_of(root, plain)]
        if there:
            numbers = [entry.version for entry in there if entry.version is not None]
            return errors.PresetError.from_unknown_version(asked, numbers, said())
    known = sorted({str(found) for root in roots() for found in _known(root)})
    return errors.PresetError.from_unknown_id(asked, known, said())
