"""Vega-Lite's own schema, with faults a person can read.

A preset of the user's is checked when it is loaded, without its rows; built-in ones are checked
by the tests. The schema is the one that Altair ships; Altair itself is not imported.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from plotkit import errors, upgrade

if TYPE_CHECKING:
    from jsonschema import Draft7Validator, ValidationError

_LIMIT = 3


@cache
def _validator() -> Draft7Validator:
    from jsonschema import Draft7Validator  # 0.2 s; only a preset that is not ours needs it

    found = find_spec("altair")
    assert found is not None
    assert found.origin is not None
    path = Path(found.origin).parent / "vegalite" / "v6" / "schema" / "vega-lite-schema.json"
    return Draft7Validator(json.loads(path.read_text("utf-8")))


class Fault(NamedTuple):
    """One thing that is wrong with a preset: where, and what is to be there instead."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path or '/'}: {self.message}"


def check(spec: Mapping[str, Any], where: str) -> None:
    """Raise `PresetError` with at most three readable faults where the spec is no Vega-Lite."""
    faults = spec_faults(spec)
    if faults:
        raise errors.PresetError.from_schema(where, [str(fault) for fault in faults[:_LIMIT]])


def check_meta(content: Mapping[str, Any], where: str) -> None:
    """Raise `PresetError` where the block `usermeta.plotkit` of a content is not as it must be."""
    usermeta = content.get("usermeta")
    if usermeta is None:
        return
    meta = usermeta.get("plotkit") if isinstance(usermeta, Mapping) else usermeta
    if meta is None or (isinstance(meta, Mapping) and "roles" not in meta):
        return  # a spec that declares nothing is a preset too
    if not isinstance(meta, Mapping):
        raise errors.PresetError.from_file(where, "/usermeta/plotkit", meta, "an object")
    held = {"format": upgrade.CURRENT, "id": "", **meta}
    if held["format"] != upgrade.CURRENT or isinstance(held["format"], bool):
        return  # it is upgraded, or refused, when it is made a preset
    faults = meta_faults(held)
    if faults:
        raise errors.PresetError.from_faults(where, [str(fault) for fault in faults[:_LIMIT]])


def spec_faults(spec: Mapping[str, Any]) -> list[Fault]:
    """What is wrong with a spec by Vega-Lite's schema, the most specific places only.

    A spec of Vega itself is not looked at: there is no schema of it here.
    """
    if "/schema/vega/" in str(spec.get("$schema", "")):
        return []
    bare = {**spec, "data": {"values": []}} if "values" in _data(spec) else dict(spec)
    if isinstance(bare.get("datasets"), Mapping):
        bare["datasets"] = {name: [] for name in bare["datasets"]}  # rows, like those of data
    faults = list(_leaves(_validator().iter_errors(bare)))
    deepest = max((len(fault.absolute_path) for fault in faults), default=0)
    told = [_said(f, "") for f in faults if len(f.absolute_path) >= deepest - 1]
    return list(dict.fromkeys(told))


def meta_faults(meta: Mapping[str, Any]) -> list[Fault]:
    """What is wrong with the block `usermeta.plotkit`, by our own schema."""
    found = _leaves(_meta_validator().iter_errors(dict(meta)))
    return list(dict.fromkeys(_said(fault, "/usermeta/plotkit") for fault in found))


@cache
def _meta_validator() -> Draft7Validator:
    from jsonschema import Draft7Validator

    return Draft7Validator(meta_schema())


def meta_schema() -> dict[str, Any]:
    """Our JSON Schema of the block `usermeta.plotkit`, for editors too."""
    text = Path(__file__).with_name("preset.schema.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def _data(spec: Mapping[str, Any]) -> Mapping[str, Any]:
    data = spec.get("data")
    return data if isinstance(data, Mapping) else {}


def _leaves(found: Iterable[ValidationError]) -> Iterable[ValidationError]:
    """The faults at the ends of `anyOf` trees, in the branch that fits best."""
    for fault in found:
        if not fault.context:
            yield fault
            continue
        branches: dict[Any, list[ValidationError]] = {}
        for inner in fault.context:
            branches.setdefault(inner.schema_path[0], []).append(inner)
        leaves = [list(_leaves(branch)) for branch in branches.values()]
        # A branch that fails deep inside was the intended one; then the one with fewest faults.
        best = max(leaves, key=_fits)
        yield from best


def _fits(leaves: Sequence[ValidationError]) -> tuple[int, int, bool]:
    """How far into its branch the spec came; a list of names says most about a wrong one."""
    deepest = max(len(fault.absolute_path) for fault in leaves)
    return deepest, -len(leaves), any(fault.validator == "enum" for fault in leaves)


def _said(fault: ValidationError, under: str) -> Fault:
    path = under + "".join(f"/{part}" for part in fault.absolute_path)
    value: Any = fault.validator_value
    schema: Any = fault.schema
    if fault.validator == "additionalProperties" and isinstance(fault.instance, Mapping):
        legal = list(schema.get("properties", {}))
        unknown = [key for key in fault.instance if key not in legal]
        near = errors.nearest(unknown[0], legal) if unknown else ""
        return Fault(path, f"unknown {errors.listed(unknown)}.{near}")
    if fault.validator == "enum":
        near = errors.nearest(fault.instance, value)
        allowed = errors.listed(value)
        return Fault(path, f"found {errors.shown(fault.instance)}.{near} Allowed: {allowed}")
    if fault.validator == "required":
        return Fault(path, fault.message)
    return Fault(path, f"found {errors.shown(fault.instance)}; expected {_wanted(fault)}")


def _wanted(fault: ValidationError) -> str:
    value: Any = fault.validator_value
    if fault.validator == "type":
        return value if isinstance(value, str) else " or ".join(value)
    if fault.validator == "const":
        return errors.shown(value)
    return f"{fault.validator} {errors.shown(value)}"
