"""What people who write `import plotkit as wandb` look for, and what there is instead.

It is read only where a name was not found.
"""

from __future__ import annotations

_FILES = "Files stay where they are; name them in run.config, or log objects."
_SWEEPS = "There are no sweeps; a loop over pk.init(config=...) makes the runs."
_MESSAGES = "Nothing is sent anywhere; print it."
_CURVES = "pk.roc_curve, pk.pr_curve and pk.confusion_matrix draw charts that log takes."
_OUT = "Leave the call out."

_BOTH = {
    "alert": _MESSAGES,
    "log_artifact": _FILES,
    "log_code": "The script's path is in run.meta['script']; its text stays where it is.",
    "log_model": _FILES,
    "mark_preempting": f"{_OUT} pk.init(id=..., resume='allow') goes on with an interrupted run.",
    "restore": "Files stay where they are; open them by their own path.",
    "save": "Files stay where they are; objects are kept by log.",
    "unwatch": _OUT,
    "use_artifact": "Files stay where they are; open them by their own path.",
    "use_model": "Files stay where they are; open them by their own path.",
    "watch": "Log histograms of weights yourself: log({name: pk.Histogram(parameter)}).",
}
# In the module `plotkit`.
MODULE = {
    **_BOTH,
    "AlertLevel": _MESSAGES,
    "Artifact": _FILES,
    "Classes": "Give names of classes as a dict: pk.Image(..., classes={1: 'car'}).",
    "Molecule": "Log pk.Object3D for scenes and point clouds.",
    "Settings": "Leave settings= out; pk.settings has what can be set.",
    "agent": _SWEEPS,
    "controller": _SWEEPS,
    "login": "There is no account and no server; leave the call out.",
    "sklearn": _CURVES,
    "setup": _OUT,
    "sweep": _SWEEPS,
    "teardown": _OUT,
    "termerror": "Print it.",
    "termlog": "Print it.",
    "termwarn": "Print it.",
    "util": "Leave id= out for an id of eight letters and digits; secrets.token_hex(4) makes one.",
}
# In a run that is recorded.
RUN = {
    **_BOTH,
    "get_url": "run.url is where it lies.",
    "link_artifact": _FILES,
    "log_exception": _MESSAGES,
    "project_name": "run.project is its project.",
    "status": "run.state is its state.",
    "to_html": "run.report().save('report.html') writes a page.",
}


def told(names: dict[str, str], name: str) -> str:
    """What follows the sentence that there is no such name: the hint, or nothing."""
    return f". {names[name]}" if name in names else ""
