"""One of several processes that save at the same time: `python many_savers.py FOLDER NAME SAVES`.

With a fourth argument hard links are refused, as some file systems do.
"""

from __future__ import annotations

import errno
import os
import sys

from saving import content, use

from plotkit import store


def _no_links(*_: object, **__: object) -> None:
    raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))


if __name__ == "__main__":
    folder, name, saves = sys.argv[1:4]
    use(folder)
    if len(sys.argv) > 4:
        os.link = _no_links
    sys.stdin.readline()  # all start together
    for n in range(int(saves)):
        print(store.save(content(f"{name}-{n}"), "store").version)
