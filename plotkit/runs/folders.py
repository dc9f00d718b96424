"""Where runs lie: `<root>/<project>/<run id>/`, each with `run.db` and `media/`.

The root is `plotkit-runs` in the working folder, or what `PLOTKIT_DIR` names.
"""

from __future__ import annotations

import os
from pathlib import Path

ROOT = "plotkit-runs"
DATABASE = "run.db"
MEDIA = "media"


def root(dir: str | os.PathLike[str] | None = None) -> Path:
    """The folder of all projects."""
    return Path(dir or os.environ.get("PLOTKIT_DIR") or ROOT).absolute()


def run(root: Path, project: str, id: str) -> Path:
    """The folder of one run."""
    return root / project / id
