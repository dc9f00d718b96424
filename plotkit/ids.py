"""Preset ids: `owner/name`, or `owner/name@3` for one version."""

from __future__ import annotations

import re
from typing import NamedTuple

from plotkit import errors

_PART = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?")
_VERSION = re.compile(r"[1-9][0-9]{0,8}")
_LONGEST = 64
# Windows keeps these names for devices, whatever ending follows.
DEVICES = {
    "con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))
}  # fmt: skip
# Whose presets come with plotkit; nobody saves under them.
RESERVED = ("plotkit", "wandb")
# Letters that look like others in most fonts.
_ALIKE = (("rn", "m"), ("vv", "w"), ("cl", "d"), ("0", "o"), ("1", "l"), ("i", "l"), ("5", "s"))

# The W&B ids whose roles and strings our presets share, so that code written for them runs.
ALIASES = {
    "wandb/line/v0": "plotkit/line",
    "wandb/scatter/v0": "plotkit/scatter",
    "wandb/bar/v0": "plotkit/bar",
    "wandb/histogram/v0": "plotkit/histogram",
    "wandb/lineseries/v0": "plotkit/line_series",
    "wandb/area-under-curve/v0": "plotkit/area_under_curve",
    "wandb/confusion_matrix/v1": "plotkit/confusion_matrix",
}


class PresetId(NamedTuple):
    """A parsed id; `version` is None for the newest."""

    owner: str
    name: str
    version: int | None = None

    def __str__(self) -> str:
        at = f"@{self.version}" if self.version is not None else ""
        return f"{self.owner}/{self.name}{at}"


def parse(text: object) -> PresetId:
    """Parse an id, resolving W&B's names to ours.

    Raises `PresetError` with the reason where the text cannot be an id.

    >>> parse("plotkit/line")
    PresetId(owner='plotkit', name='line', version=None)
    >>> parse("carey/new_chart@2").version
    2
    >>> str(parse("wandb/lineseries/v0"))
    'plotkit/line_series'
    >>> parse("carey/con.txt")
    Traceback (most recent call last):
        ...
    plotkit.errors.PresetError: 'carey/con.txt' is no preset id: 'con' is a device on Windows...
    """
    if not isinstance(text, str):
        raise errors.PresetError.from_bad_id(text, "it is not text")
    wanted, at, version = ALIASES.get(text, text).partition("@")
    owner, slash, name = wanted.partition("/")
    why = _fault(owner, name if slash else None)
    if not why and at and not _VERSION.fullmatch(version):
        why = "what follows '@' is not a version, a number from 1 on"
    if why:
        raise errors.PresetError.from_bad_id(text, why)
    return PresetId(owner, name, int(version) if at else None)


def parse_own(text: object) -> PresetId:
    """Parse an id to save under: without a version, and not of a reserved owner.

    >>> parse_own("plotkit/line")
    Traceback (most recent call last):
        ...
    plotkit.errors.PresetError: 'plotkit/line' cannot be saved...
    """
    if isinstance(text, str) and text in ALIASES:
        raise errors.PresetError.from_reserved_owner(text, RESERVED)
    wanted = parse(text)
    if wanted.version is not None:
        raise errors.PresetError.from_bad_id(
            text, "an id to save under has no version, the store counts them"
        )
    if wanted.owner in RESERVED:
        raise errors.PresetError.from_reserved_owner(text, RESERVED)
    return wanted


def is_part(text: str) -> bool:
    """Whether a text can be an owner or a name."""
    return not _fault(text, "x")


def skeleton(text: str) -> str:
    """What an id looks like at a glance: two ids with the same skeleton are easily confused.

    >>> skeleton("carey/rn") == skeleton("carey/m")
    True
    """
    for seen, taken_for in _ALIKE:
        text = text.replace(seen, taken_for)
    return re.sub("[-_.]", "", text)


def _fault(owner: str, name: str | None) -> str:
    """Why these are no owner and name, or the empty text."""
    both = owner if name is None else f"{owner}/{name}"
    if "\0" in both:
        return "it holds a NUL character"
    if "\\" in both:
        return "it holds a backslash"
    if ".." in both:
        return "it holds '..'"
    if both.startswith(("/", "~")) or re.match("[A-Za-z]:", both):
        return "it is a path"
    if name is None or "/" in name or not owner or not name:
        return "it is not two parts with one '/' between"
    for part in (owner, name):
        why = _part_fault(part)
        if why:
            return why
    return ""


def _part_fault(part: str) -> str:
    if len(part) > _LONGEST:
        return f"a part of it has {len(part)} letters, {_LONGEST} is the most"
    if not _PART.fullmatch(part):
        plain = _plain(part)
        if plain != part and _PART.fullmatch(plain):
            return f"it differs only by case or Unicode form from {plain!r}; write that"
        return "owner and name are a to z and 0 to 9, with '-', '_' and '.' inside"
    if part.partition(".")[0] in DEVICES:
        return f"{part.partition('.')[0]!r} is a device on Windows"
    if part.endswith(".json"):
        return "an id has no file ending"
    return ""


def _plain(text: str) -> str:
    """Text without the differences of case and Unicode form."""
    import unicodedata  # only on the way to an error

    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
