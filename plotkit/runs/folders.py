"""Where runs lie: `<root>/<project>/<run id>/`, each with `run.db` and `media/`.

The root is `plotkit-runs` in the working folder, or what `PLOTKIT_DIR` names.
"""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

from plotkit import errors, filenames, ids

ROOT = "plotkit-runs"
DATABASE = "run.db"
MEDIA = "media"

_LONGEST = 100  # letters
_BYTES = 200
_FORBIDDEN = '/\\:*?"<>|'


def root(dir: str | os.PathLike[str] | None = None) -> Path:
    """The folder of all projects."""
    if dir is not None and not isinstance(dir, (str, os.PathLike)):
        raise errors.OptionError.from_option("dir", dir, "the path of a folder")
    return Path(dir or os.environ.get("PLOTKIT_DIR") or ROOT).expanduser().absolute()


def run(root: Path, project: str, id: str) -> Path:
    """The folder of one run."""
    return root / project / id


def checked(what: str, value: object) -> str:
    """A project or an id as the name of a folder on every system, in any script.

    Raises `RunError` with the reason, and a name that would do.

    >>> checked("project", "損失 2")
    '損失 2'
    >>> checked("id", "../../etc")
    Traceback (most recent call last):
        ...
    plotkit.errors.RunError: id='../../etc': it holds '/'. Ids name folders: ...
    """
    if not isinstance(value, str):
        raise errors.RunError.from_folder_name(what, value, "it is no text", "'digits'")
    name = unicodedata.normalize("NFC", value)
    why = _fault(name)
    if why:
        would_do = errors.shown(filenames.safe(value, "run"))
        raise errors.RunError.from_folder_name(what, value, why, would_do)
    return name


def near(folder: Path) -> str:
    """A folder as it is typed from here."""
    text = str(folder)
    try:
        here = os.getcwd()
    except OSError:  # the script has removed it
        return text
    return os.path.relpath(text, here) if text.startswith(here + os.sep) else text


def _fault(name: str) -> str:
    """Why this names no folder, or the empty text."""
    if not name.strip():
        return "it is empty"
    held = [char for char in name if char in _FORBIDDEN]
    if held:
        return f"it holds {errors.shown(held[0])}"
    if any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in name):
        return "it holds a control character"
    if name.startswith((".", "~", "-")):  # hidden, a home folder, an option on the command line
        return f"it begins with {errors.shown(name[0])}"
    if name != name.strip() or name.endswith("."):
        return "it begins or ends with a blank, or ends with a dot"
    if len(name) > _LONGEST or len(name.encode()) > _BYTES:
        return f"it has {len(name)} letters; {_LONGEST} is the most"
    first = unicodedata.normalize("NFKC", name.partition(".")[0]).casefold().strip()
    if first in ids.DEVICES:
        return f"{errors.shown(first)} is a device on Windows"
    if name.casefold() == "latest":
        return "'latest' stands for the newest run"
    return ""
