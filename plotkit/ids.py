"""Preset ids: `owner/name`, or `owner/name@3` for one version."""

from __future__ import annotations

import re
from typing import NamedTuple

from plotkit import errors

_PART = r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9_-])?"
_ID = re.compile(rf"({_PART})/({_PART})(?:@([1-9][0-9]{{0,8}}))?")

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

    Raises `PresetError` where the text cannot be an id.

    >>> parse("plotkit/line")
    PresetId(owner='plotkit', name='line', version=None)
    >>> str(parse("wandb/lineseries/v0"))
    'plotkit/line_series'
    """
    if not isinstance(text, str):
        raise errors.PresetError.from_bad_id(text, "it is not text")
    found = _ID.fullmatch(ALIASES.get(text, text))
    if found is None or ".." in text:
        raise errors.PresetError.from_bad_id(
            text, "owner and name are a to z, digits, '-', '_' and '.' inside, up to 64 each"
        )
    owner, name, version = found.groups()
    return PresetId(owner, name, int(version) if version else None)
