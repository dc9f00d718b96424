"""The run that a script is recording: `pk.init`, `pk.log`, `pk.run`, `pk.config`, `pk.finish`."""

from __future__ import annotations

import atexit
import os
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from plotkit import errors, notes, settings
from plotkit.runs import config as configs
from plotkit.runs import folders, process, remarks
from plotkit.runs.database import Database
from plotkit.runs.definitions import Definition
from plotkit.runs.details import checked_tags
from plotkit.runs.run import Run
from plotkit.runs.writing import say

if TYPE_CHECKING:
    from types import TracebackType

PROJECT = "uncategorized"
RESUME = ("allow", "must", "never", "auto")
# What W&B's init takes besides: kept with the run, or without effect where all is local.
_KEPT = ("tags", "notes", "group", "job_type")
_IDLE = (
    "entity", "mode", "reinit", "settings", "save_code", "anonymous", "force", "resume_from",
    "fork_from", "magic", "monitor_gym", "sync_tensorboard", "tensorboard", "allow_val_change",
)  # fmt: skip

_open: Run | None = None
_hooked = False
_worker = 0  # the process whose end multiprocessing tells us of
_failed = False
_told: set[str] = set()
_LAST = -100  # among the ends of a worker: its own children have ended then
_passing: list[tuple[int, str]] = []  # folders to remove at the end, and who made them


def init(
    project: str | None = None,
    name: str | None = None,
    config: object = None,
    dir: str | os.PathLike[str] | None = None,
    id: str | None = None,
    resume: bool | str | None = None,
    *,
    strict: bool | None = None,
    **more: Any,
) -> Run:
    """Begin a run, or go on with one; a run that is still open ends first.

    Args:
        project: what the run belongs to, a folder; default "uncategorized".
        name: what people call it; default its id.
        config: its settings: a dict, an `argparse.Namespace`, absl's FLAGS, a dataclass, an object
            with attributes, or the path of a JSON or TOML file. Nested ones get dotted names.
        dir: the folder of all projects; default `PLOTKIT_DIR`, else `plotkit-runs` here.
        id: the run's folder in its project; default eight random letters and digits.
        resume: None or "never": a new run. "allow": go on with the run of this id where there is
            one. "must": there has to be one. "auto" or True: go on with the run of this project
            that began last and did not finish, if there is one. A run that goes on keeps its rows,
            summary and config, and its next step is the one after its last.
        strict: a step that is past, and two values for one name and step, are errors; default
            `settings.strict_log`.
        **more: `tags`, `notes`, `group` and `job_type` are kept with the run. Other arguments of
            `wandb.init` (`entity`, `mode`, `settings`, ...) have no effect, which is said once;
            with `mode="disabled"` what is logged goes into a folder that is removed at the end.

    Returns the run: `pk.run`, until it ends.

    Raises:
        RunError: a project or id that cannot name a folder, an id that is taken, a run that is
            not there or that another process is recording, a config that cannot be read.
        OptionError: an unknown argument.

    Warns `RunWarning` where a worker process of multiprocessing begins a run of its own, as it
    imports the script.
    """
    global _open
    kept = _checked(more)
    _warn_in_worker()
    wanted = _resume(resume)
    given = configs.checked(config)
    project = folders.checked("project", PROJECT if project is None else project)
    if id is not None:
        id = folders.checked("id", id)
    if name is not None and not isinstance(name, str):
        raise errors.OptionError.from_option("name", name, "text")
    if _open is not None and _open.is_open:
        say(f"{_open.path} ends here, as another run begins")
        _open.finish()
    root = folders.root(_passing_folder() if more.get("mode") == "disabled" else dir)
    folder, goes_on = _folder(root, project, id, wanted)
    meta: dict[str, Any] = {"state": "running", **kept}
    if not goes_on:
        meta |= {"created": time.time(), "name": name or folder.name, **_surroundings()}
    elif name is not None:
        meta["name"] = name
    strictly = settings.strict_log if strict is None else strict
    _open = Run(folder, meta, given, strict=bool(strictly), resumed=goes_on)
    _hook()
    return _open


def log(data: Mapping[str, Any], step: int | None = None, commit: bool | None = None) -> None:
    """Record values with a step of the current run, as `Run.log` does.

    Where there was no run yet, one begins in the project "uncategorized".
    """
    _current().log(data, step, commit)


def define_metric(name: str, *args: Any, **options: Any) -> Definition:
    """Say what is drawn and summed up of a metric of the current run; see `Run.define_metric`."""
    return _current().define_metric(name, *args, **options)


def finish(exit_code: int | None = None, quiet: bool = False) -> None:
    """End the current run, if there is one: all that was logged is on the disk then."""
    if _open is not None:
        _open.finish(exit_code, quiet=quiet)


def _current() -> Run:
    """The open run; where none ever was, one begins."""
    if _open is not None:
        return _open  # which says so if it has ended
    made = init()
    say(f"no run was begun, so {made.path} begins in {made.folder}. pk.init(project=...) names one")
    return made


class _NoRun:
    """Stands for the config and the summary of a run while there is none: any use is an error."""

    def __init__(self, what: str) -> None:
        object.__setattr__(self, "_what", what)

    def __repr__(self) -> str:
        return f"<no run is open, so there is no {object.__getattribute__(self, '_what')}>"

    def _refuse(self, *_: object) -> NoReturn:
        raise errors.RunError.from_nothing_open(object.__getattribute__(self, "_what"))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        self._refuse()

    __setattr__ = __getitem__ = __setitem__ = __delitem__ = __contains__ = __iter__ = _refuse
    __len__ = _refuse


def __getattr__(name: str) -> Any:
    """`run`, `config` and `summary` are those of the moment."""
    if name not in ("run", "config", "summary"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    run = _open if _open is not None and not _open.has_ended else None
    if name == "run":
        return run
    return _NoRun(name) if run is None else getattr(run, name)


# --- inside --------------------------------------------------------------------------------------


def _checked(more: Mapping[str, Any]) -> dict[str, Any]:
    """What of W&B's arguments is kept with the run."""
    known = ("project", "name", "config", "dir", "id", "resume", "strict", *_KEPT, *_IDLE)
    for name in more:
        if name not in known:
            raise errors.OptionError.from_unknown("argument", name, known, "init")
    idle = sorted(name for name in more if name in _IDLE and more[name] is not None)
    new = [name for name in idle if name not in _told]
    _told.update(new)
    if new and more.get("mode") != "disabled":
        told = ", ".join(f"{name}=" for name in new if name != "reinit")
        if told:
            why = "runs stay in this folder, and nothing is sent anywhere"
            say(f"init({told}) has no effect: {why}")
        if "reinit" in new:
            say("init(reinit=) has no effect: a second init ends the first run")
    kept = {name: more[name] for name in _KEPT if more.get(name) is not None}
    return {name: checked_tags(v) if name == "tags" else str(v) for name, v in kept.items()}


def _resume(given: object) -> str:
    if given is None or given is False:
        return "never"
    if given is True:
        return "auto"
    if given not in RESUME:
        raise errors.OptionError.from_option(
            "resume", given, "None, 'allow', 'must', 'never', or 'auto' (or True)"
        )
    return str(given)


def _folder(root: Path, project: str, id: str | None, resume: str) -> tuple[Path, bool]:
    """The run's folder, and whether the run goes on."""
    if id is None and resume == "auto":
        found = _unfinished(root / project)
        if found is not None:
            return found, True
    if id is None and resume == "must":
        raise errors.OptionError.from_option("resume", "must", "also id=, the run to go on with")
    folder = folders.run(root, project, id or secrets.token_hex(4))
    there = (folder / folders.DATABASE).exists()
    if there and resume == "never":
        raise errors.RunError.from_existing(f"{project}/{id}")
    if not there and resume == "must":
        known = sorted(path.parent.name for path in (root / project).glob(f"*/{folders.DATABASE}"))
        raise errors.RunError.from_nothing_to_resume(
            f"{project}/{id}", [f"{project}/{one}" for one in known]
        )
    if there:
        meta = _meta(folder)
        if meta.get("state") == "running" and process.is_alive(meta):
            raise errors.RunError.from_recorded_elsewhere(
                f"{project}/{id}", meta.get("pid"), meta.get("host")
            )
    return folder, there


def _unfinished(project: Path) -> Path | None:
    """The run that began last and did not finish, unless it goes on elsewhere."""
    found = []
    for path in project.glob(f"*/{folders.DATABASE}"):
        try:
            meta = _meta(path.parent)
        except errors.RunError:
            continue
        ended_well = meta.get("state") == "finished"
        if not ended_well and not (meta.get("state") == "running" and process.is_alive(meta)):
            found.append((float(meta.get("created", 0.0)), path.parent))
    return max(found)[1] if found else None


def _meta(folder: Path) -> dict[str, Any]:
    database = Database(folder)
    try:
        return database.facts("meta")
    finally:
        database.close()


def _surroundings() -> dict[str, Any]:
    """Where a run began."""
    import platform

    from plotkit import __version__

    return {
        "script": os.path.abspath(sys.argv[0]) if sys.argv and sys.argv[0] else "",
        "python": platform.python_version(),
        "plotkit": __version__,
    }


def _passing_folder() -> str:
    """A folder that is removed at the end of the program."""
    made = tempfile.mkdtemp(prefix="plotkit-")
    _passing.append((os.getpid(), made))
    return made


def _warn_in_worker() -> None:
    """A worker that is not forked imports the script anew, with all that stands at its top."""
    frame = sys._getframe(1)
    while frame.f_back is not None:
        frame = frame.f_back
        if (frame.f_globals.get("__name__"), frame.f_code.co_name) == ("__mp_main__", "<module>"):
            remarks.warn(notes.run_of_a_worker())
            return


def _hook() -> None:
    """An open run ends with the program, and knows whether an exception ended that."""
    global _hooked
    _hook_worker()
    if _hooked:
        return
    _hooked = True
    before = sys.excepthook

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        global _failed
        _failed = True
        before(kind, error, trace)

    sys.excepthook = hook
    atexit.register(_at_exit)


def _hook_worker() -> None:
    """The processes of multiprocessing end by `os._exit`, and call only what it knows itself."""
    global _worker
    util = sys.modules.get("multiprocessing.util")
    if util is None or _worker == os.getpid():
        return
    _worker = os.getpid()
    # It forgets the ends it knows where a process begins its work: after a fork, or an import.
    util.register_after_fork(_end_with_worker, _end_with_worker)
    if sys.modules["multiprocessing"].parent_process() is not None:
        _end_with_worker()


def _end_with_worker(_: object = None) -> None:
    from multiprocessing.util import Finalize

    Finalize(None, _at_end_of_worker, exitpriority=_LAST)


def _at_end_of_worker() -> None:
    """Called while the exception that ended the work, if any, is on its way."""
    global _failed
    error = sys.exception()
    code = error.code if isinstance(error, SystemExit) else error
    _failed = _failed or code not in (None, 0)
    _at_exit()


def _at_exit() -> None:
    if _open is not None and _open.is_open:
        try:
            _open.end("failed" if _failed else "finished")
        except errors.RunError as reason:
            say(str(reason))
    for process_id, folder in _passing:
        if process_id == os.getpid():
            shutil.rmtree(folder, ignore_errors=True)
