"""The digests of presets that this user accepted: one small file each, in the user's store."""

from __future__ import annotations

import json
import os
import re

from plotkit import durable, errors, roots

_FOLDER = ".accepted"
_DIGEST = re.compile("[0-9a-f]{64}")


def accept(digest: str, id: str) -> None:
    """Remember that the preset of this digest may do what untrusted ones may not."""
    path, top = _place(digest)
    data = json.dumps({"id": id, "digest": digest}).encode() + b"\n"
    try:
        durable.create(path, data, top)
    except FileExistsError:
        durable.settle(os.path.dirname(path), top)  # whoever made it may not have got to this
    except OSError as reason:
        raise errors.SaveError.from_preset(id, "accepted", reason, [str(roots.store())]) from reason


def is_accepted(digest: str) -> bool:
    """Whether the preset of this digest was accepted."""
    path, _ = _place(digest)
    return os.path.isfile(path)


def withdraw(digest: str) -> None:
    """Accept it no longer."""
    path, _ = _place(digest)
    try:
        durable.remove(path)
    except FileNotFoundError:
        pass
    except OSError as reason:
        raise errors.SaveError.from_preset(
            digest, "withdrawn", reason, [str(roots.store())]
        ) from reason


def all_accepted() -> dict[str, str]:
    """Each accepted digest, with the id it had then."""
    top = str(roots.store().folder)
    found = {}
    try:
        names = sorted(os.listdir(os.path.join(top, _FOLDER)))
    except (FileNotFoundError, NotADirectoryError):
        names = []
    for name in names:
        digest = name.removesuffix(".json")
        if _DIGEST.fullmatch(digest):
            try:
                told = json.loads(durable.read(os.path.join(top, _FOLDER, name)))["id"]
            except (OSError, ValueError, KeyError, TypeError):
                told = ""
            found[digest] = str(told)
    return found


def _place(digest: str) -> tuple[str, str]:
    if not _DIGEST.fullmatch(digest):
        raise errors.OptionError.from_option("digest", digest, "64 letters, 0 to 9 and a to f")
    top = str(roots.store().folder)
    return os.path.join(top, _FOLDER, f"{digest}.json"), top
