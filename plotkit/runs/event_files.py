"""TensorBoard's event files, read with TensorBoard's own reader (the extra `tensorboard`).

Every folder with event files is a run, as TensorBoard shows it; only what `add_hparams` writes into
a folder of its own belongs to the run around it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from plotkit import errors
from plotkit.runs.brought import Row, Source, Told

_MARK = "tfevents"
_HEADER = struct.Struct("<Q")  # of a record: its length; then 4 bytes, itself, 4 bytes
_AROUND = 16
_START = 256  # bytes of the first file, in which the time of its start stands
_MOST_BINS = 512


def sources(path: Path) -> list[Source]:
    """The runs of a log folder, or that of one event file.

    Raises `RunError` where there is none.
    """
    if path.is_file() and _MARK in path.name:
        return [_source(path.parent.name or "run", [path])]
    if not path.exists():
        raise errors.RunError.from_nothing_to_import(str(path), "there is no such file or folder")
    found: dict[Path, list[Path]] = {}
    for file in sorted(path.rglob(f"*{_MARK}*")) if path.is_dir() else ():
        if file.is_file():
            found.setdefault(file.parent, []).append(file)
    if not found:
        what = "no event files of TensorBoard's lie here (their names hold 'tfevents')"
        raise errors.RunError.from_nothing_to_import(str(path), what)
    sessions = _sessions(found)
    inside = set(sessions.values())
    return [
        _source(
            folder.relative_to(path).as_posix() if folder != path else path.name,
            files,
            found[sessions[folder]] if folder in sessions else (),
        )
        for folder, files in sorted(found.items())
        if folder not in inside
    ]


def _sessions(found: Mapping[Path, Sequence[Path]]) -> dict[Path, Path]:
    """Runs with the folder that `add_hparams` wrote inside theirs.

    Several inside one are trials of their own, and stay runs.
    """
    made: dict[Path, list[Path]] = {}
    for folder, files in found.items():
        if folder.parent in found and _is_session(files):
            made.setdefault(folder.parent, []).append(folder)
    return {parent: folders[0] for parent, folders in made.items() if len(folders) == 1}


def _is_session(files: Sequence[Path]) -> bool:
    """Whether files hold what `add_hparams` writes: settings and results, each once."""
    has_settings, results = False, set()
    for file in files:
        for event in _events(file, Told()):
            for value in event.summary.value:
                if _plugin(value) == "hparams":
                    has_settings = True
                elif _plugin(value) != "scalars" or value.tag in results:
                    return False
                results.add(value.tag)
    return has_settings


def _source(name: str, files: list[Path], settings: Sequence[Path] = ()) -> Source:
    with files[0].open("rb") as opened:
        start = opened.read(_START)
    (length,) = _HEADER.unpack(start[: _HEADER.size].ljust(_HEADER.size, b"\0"))
    return Source("TensorBoard", name, files, start[: min(length + _AROUND, _START)], settings)


def rows(source: Source, told: Told) -> Iterator[Row]:
    """What the files hold, in their order; values of one step that follow each other together."""
    for file in source.files:
        held: dict[str, Any] = {}
        step, at = 0, 0.0
        for event in _events(file, told):
            for value in event.summary.value:
                if value.tag == "_hparams_/session_start_info" or _plugin(value) == "hparams":
                    told.config.update(_settings(value))
                    continue
                found = _read(value, told)
                if found is None:
                    continue
                if held and (event.step != step or value.tag in held):
                    yield Row(step, at, held)
                    held = {}
                step, at = int(event.step), float(event.wall_time)
                held[value.tag] = found
        if held:
            yield Row(step, at, held)
    for file in source.settings:
        for event in _events(file, told):
            for value in event.summary.value:
                if _plugin(value) == "hparams":
                    told.config.update(_settings(value))
                elif (found := _read(value, told)) is not None:
                    told.summary[value.tag] = found


def _events(file: Path, told: Told) -> Iterator[Any]:
    """Events in today's form; of a torn file those that can be read."""
    try:
        from tensorboard import data_compat, dataclass_compat
        from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader
        from tensorboard.compat.proto import event_pb2
    except ImportError as reason:
        raise errors.MissingExtraError.from_extra(
            "tensorboard", "reading event files", "tensorboard"
        ) from reason

    whole, left = _records(file)
    known: dict[Any, Any] = {}
    count = 0
    for record in RawEventFileLoader(str(file)).Load():
        count += 1
        event = data_compat.migrate_event(event_pb2.Event.FromString(record))
        yield from dataclass_compat.migrate_event(event, known)
    if count < whole:
        told.notes.append(
            f"{file.name} is damaged after {count:,} of its {whole:,} records; those before are "
            "here."
        )
    elif left:
        told.notes.append(
            f"{file.name} is torn at its end: {count:,} whole records are here, and {left:,} bytes "
            "of another one are not."
        )


def _records(file: Path) -> tuple[int, int]:
    """How many whole records a file holds, and how many bytes lie after them."""
    size, place, count = file.stat().st_size, 0, 0
    with file.open("rb") as opened:
        while True:
            header = opened.read(_HEADER.size)
            if len(header) < _HEADER.size:
                break
            end = place + _AROUND + _HEADER.unpack(header)[0]
            if end > size:
                break
            place, count = end, count + 1
            opened.seek(place)
    return count, size - place


# --- values -------------------------------------------------------------------------------------


def _plugin(value: Any) -> str:
    return str(value.metadata.plugin_data.plugin_name)


def _read(value: Any, told: Told) -> Any:
    """A value as one of ours; None where nothing here shows its kind, which is counted."""
    from tensorboard.util import tensor_util

    kind = _plugin(value)
    reader = _READERS.get(kind)
    if reader is None or not value.HasField("tensor"):
        told.leave(f"of the kind {kind or 'without a name'!r} ({value.tag!r}, ...)")
        return None
    try:
        return reader(tensor_util.make_ndarray(value.tensor))
    except (errors.PlotkitError, ValueError, TypeError, IndexError) as reason:
        told.leave(f"of {value.tag!r} (the first: {reason})")
        return None


def _scalar(found: Any) -> Any:
    return found.reshape(-1)[0].item() if found.size == 1 else found.tolist()


def _histogram(found: Any) -> Any:
    """Buckets, each from where to where and how many."""
    import numpy as np

    from plotkit.runs.media.histogram import Histogram

    buckets = np.asarray(found, dtype=float).reshape(-1, 3)
    buckets = buckets[np.abs(buckets[:, :2]).max(axis=1) < np.finfo(float).max]
    buckets = buckets[buckets[:, 1] > buckets[:, 0]]
    if not len(buckets):  # all values are one, which is no bucket with a width
        value = float(np.asarray(found, dtype=float).reshape(-1, 3)[0, 0]) if found.size else 0.0
        total = float(np.asarray(found, dtype=float).reshape(-1, 3)[:, 2].sum())
        return Histogram(np_histogram=([total], [value - 0.5, value + 0.5]))
    edges = np.append(buckets[:, 0], buckets[-1, 1])
    counts = buckets[:, 2]
    if len(counts) > _MOST_BINS:  # neighbours together, so that no count is lost
        every = -(-len(counts) // _MOST_BINS)
        starts = np.arange(0, len(counts), every)
        counts = np.add.reduceat(counts, starts)
        edges = np.append(edges[:-1][starts], edges[-1])
    return Histogram(np_histogram=(counts.tolist(), edges.tolist()))


def _images(found: Any) -> Any:
    """Width, height, and then a file for each picture."""
    from plotkit.runs.media.image import Image

    pictures = [Image(bytes(content)) for content in found.reshape(-1)[2:]]
    return pictures[0] if len(pictures) == 1 else pictures


def _sounds(found: Any) -> Any:
    from plotkit.runs.media.audio import Audio

    table = (
        found.reshape(-1, 2) if found.ndim == 2 and found.shape[1] == 2 else found.reshape(-1, 1)
    )
    sounds = [Audio(bytes(row[0])) for row in table]
    return sounds[0] if len(sounds) == 1 else sounds


def _text(found: Any) -> Any:
    texts = [
        part.decode("utf-8", "replace") if isinstance(part, bytes) else str(part)
        for part in found.reshape(-1)
    ]
    return texts[0] if len(texts) == 1 else texts


_READERS = {
    "scalars": _scalar,
    "histograms": _histogram,
    "images": _images,
    "audio": _sounds,
    "text": _text,
}


def _settings(value: Any) -> dict[str, Any]:
    """What the hparams plugin says of a session."""
    from tensorboard.plugins.hparams import plugin_data_pb2

    content = plugin_data_pb2.HParamsPluginData.FromString(value.metadata.plugin_data.content)
    made: dict[str, Any] = {}
    for name, found in content.session_start_info.hparams.items():
        kind = found.WhichOneof("kind")
        if kind is None:
            continue
        held = getattr(found, kind)
        whole = kind == "number_value" and float(held).is_integer() and abs(held) < 2**53
        made[name] = int(held) if whole else held
    return made
