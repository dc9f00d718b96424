"""Filling a copy of a preset's spec: each function is one step of `build`, and does one thing.

All of them change the copy in place and know nothing of the kind of chart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from plotkit import errors, notes, settings, text, theme
from plotkit.column import Column
from plotkit.preset import EXPRESSION_KEYS, Param, Preset, channels

_TYPE_OF_KIND = {"number": "quantitative", "time": "temporal", "text": "nominal", "bool": "nominal"}
_TITLES = ("title", "subtitle", "text")
_AXES = ("x", "y", "x2", "y2")
_NEEDS = "needs:"
_TEXT_LIMIT = 1000  # characters of a title or a cell that a picture could possibly show
_LAST_OF_PLANE = "\uffff"  # characters beyond it take two units of UTF-16
_IMAGE = re.compile("data:image/png;base64,[A-Za-z0-9+/=]*")  # a picture, and no text to be read
_LABEL_ROOM, _LABEL_SIZE = 220.0, 12.0  # px that a label may take, and of its letters
_PARAM_TYPES: dict[str, tuple[type, ...]] = {
    "number": (int, float),
    "text": (str,),
    "bool": (bool,),
    "list": (list, tuple),
}


def options(preset: Preset, given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The parameters of the statistic with the caller's values, and those of the spec.

    Raises `OptionError` for an unknown name or a value of another type.
    """
    available = [*preset.params, *preset.vega_params]
    if not isinstance(given, Mapping):
        raise errors.OptionError.from_option("params", given, "a dict of name -> value")
    chosen = {name: param.default for name, param in preset.params.items()}
    vega = {}
    for name, value in given.items():
        if name in preset.params:
            chosen[name] = _checked(preset.params[name], value)
        elif name in preset.vega_params:
            vega[name] = _checked(_vega_param(name, preset.vega_params[name]), value)
        else:
            raise errors.OptionError.from_unknown("param", name, available, preset.id)
    return chosen, vega


def _vega_param(name: str, declared: Mapping[str, Any]) -> Param:
    """A Vega-Lite param takes what its default is, or one of its listed options."""
    default, bind = declared.get("value"), declared.get("bind")
    listed: Any = bind.get("options") if isinstance(bind, Mapping) else None
    if isinstance(listed, list):
        return Param(name, default, ("one of", *map(errors.shown, listed)))
    for kind in ("bool", "number", "text"):
        if isinstance(default, _PARAM_TYPES[kind]):
            return Param(name, default, (kind,))
    return Param(name, default)


def _checked(param: Param, value: Any) -> Any:
    """The value where the param takes it; arrays as lists."""
    if value is None or not param.types:
        return value
    if param.types[0] == "one of":
        if errors.shown(value) in param.types[1:]:
            return value
        expected = "one of " + ", ".join(param.types[1:])
        raise errors.OptionError.from_option(param.name, value, expected)
    if hasattr(value, "tolist"):
        value = value.tolist()
    for kind in param.types:
        # True is an int to Python, and no number to anybody else.
        if isinstance(value, _PARAM_TYPES[kind]) and (isinstance(value, bool) == (kind == "bool")):
            return [*value] if isinstance(value, tuple) else value
    raise errors.OptionError.from_option(param.name, value, " or ".join(param.types))


def with_default_columns(
    preset: Preset, available: Sequence[str], fields: Mapping[str, Any]
) -> Mapping[str, Any]:
    """The caller's mapping, with the column that a role names for itself where the table has it."""
    if not isinstance(fields, Mapping):
        return fields
    own = {name: role.column for name, role in preset.roles.items() if role.column in available}
    return {**own, **fields} if own else fields


def with_constants(preset: Preset, columns: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
    """The columns, and those that are the same in every row, or are coloured by another one."""
    made = dict(columns)
    count = len(next(iter(columns.values()), ()))
    for name, role in preset.roles.items():
        if name not in columns and isinstance(role.value, str):
            made[name] = [role.value] * count
    for name, role in preset.roles.items():
        if name not in made and isinstance(role.value, Mapping):
            colours = theme.config("light")["range"]["category"]
            coloured = made.get(role.value.get("palette", ""), [None] * count)
            place = {value: at for at, value in enumerate(dict.fromkeys(coloured))}
            made[name] = [colours[place[value] % len(colours)] for value in coloured]
    return made


class Placed(str):
    """A text that the preset put together on purpose: no column's name takes its place."""

    __slots__ = ()


def set_texts(
    spec: dict[str, Any],
    preset: Preset,
    strings: Mapping[str, str | None],
    titles: Mapping[str, str],
) -> None:
    """Put together the texts that are made of parts: words, strings, names of columns.

    It comes before anything moves in the spec. What a part brings is never looked through again.
    """
    if not preset.texts:
        return
    import jsonpointer

    for pointer, parts in preset.texts.items():
        made = "".join(
            part
            if isinstance(part, str)
            else (strings.get(part["string"]) if "string" in part else titles.get(part["role"]))
            or ""
            for part in parts
        )
        try:
            parent, key = jsonpointer.JsonPointer(pointer).to_last(spec)
        except (jsonpointer.JsonPointerException, KeyError, TypeError):
            continue  # a fork took it out
        if isinstance(parent, dict) or _is_item(parent, key):
            parent[key] = Placed(made)


def remove_unmapped(spec: dict[str, Any], absent: set[str]) -> None:
    """Take out the channels of roles without a column, and whatever else names them."""
    if absent:
        pruned = _pruned(spec, absent)
        spec.clear()
        spec.update(pruned)


class _Gone:
    """Says that a node went with its role."""


def _pruned(node: Any, absent: set[str]) -> Any:
    if isinstance(node, list):
        parts = (_pruned(part, absent) for part in node)
        return [part for part in parts if part is not _Gone]
    if not isinstance(node, Mapping):
        return node
    name = node.get("name")
    if isinstance(name, str) and name.startswith(_NEEDS):
        needed = re.split(r"[+ ]", name.removeprefix(_NEEDS))
        if absent.intersection(needed):
            return _Gone
    if node.get("field") in absent or _mentions(node, absent):
        return _Gone
    made = {}
    for key, value in node.items():
        kept = value if key in ("data", "datasets", "usermeta") else _pruned(value, absent)
        if key in ("groupby", "fields") and isinstance(kept, list):
            kept = [name for name in kept if name not in absent]
        if kept is not _Gone:
            made[key] = kept
    return made


def _mentions(node: Mapping[str, Any], absent: set[str]) -> bool:
    """Whether a transform's expression or a condition's test reads a role that is not there."""
    for key in ("filter", "calculate", "test"):
        found = node.get(key)
        if isinstance(found, str):
            names = {a or b for a, b in re.findall(r"datum\.(\w+)|datum\[['\"]([^'\"]+)", found)}
            if names & absent:
                return True
    return False


def set_types(spec: Mapping[str, Any], columns: Mapping[str, tuple[str, bool]]) -> None:
    """Give each channel of a role the type of its column: role -> (kind, values are categories).

    Times are numbers of milliseconds in UTC, so their scales and formats are UTC as well.
    """
    for channel, definition in channels(spec):
        if definition["field"] not in columns:
            continue
        kind, as_text = columns[definition["field"]]
        if as_text or "aggregate" in definition or definition.get("bin"):
            continue
        if channel in ("x2", "y2", "xError", "yError", "xError2", "yError2"):
            continue
        if "type" in definition or channel in ("x", "y"):
            definition["type"] = _TYPE_OF_KIND[kind]
        if kind == "time":
            if channel == "tooltip":
                definition.setdefault("timeUnit", "utcyearmonthdatehoursminutesseconds")
            elif definition.get("scale", {}) is not None:
                definition["scale"] = {**_without_number_scale(definition), "type": "utc"}
            _without_number_format(definition)
        elif kind in ("text", "bool"):
            if isinstance(definition.get("scale"), Mapping):
                definition["scale"] = _without_number_scale(definition)
            definition.setdefault("sort", None)
            _without_number_format(definition)


def _without_number_scale(definition: Mapping[str, Any]) -> dict[str, Any]:
    scale = definition.get("scale") or {}
    return {key: value for key, value in scale.items() if key not in ("type", "zero", "nice")}


def _without_number_format(definition: dict[str, Any]) -> None:
    definition.pop("format", None)
    axis = definition.get("axis")
    if isinstance(axis, Mapping) and ("format" in axis or "labelExpr" in axis):
        definition["axis"] = {k: v for k, v in axis.items() if k not in ("format", "labelExpr")}


def set_titles(spec: Mapping[str, Any], titles: Mapping[str, str]) -> None:
    """Title each channel of a role by its column: titles are the only place a name reaches."""
    for channel, definition in channels(spec):
        name = titles.get(definition["field"])
        if isinstance(definition.get("title"), Placed):
            if channel == "tooltip":
                definition["title"] = _as_key(definition["title"])
            continue
        if name is None or definition.get("title", "") is None:
            continue
        definition["title"] = _as_key(name) if channel == "tooltip" else name


def _as_key(name: str) -> str:
    """A title as the key of the object that Vega-Lite's tooltip expression makes.

    It escapes quotes there and nothing else.
    """
    return re.sub(r"\s+", " ", name).replace("\\", "\\\\")


def set_strings(spec: dict[str, Any], preset: Preset, values: Mapping[str, str | None]) -> None:
    """Write the strings to where the preset says they stand; empty ones remove what they head."""
    import jsonpointer

    for name, value in values.items():
        for pointer in preset.strings[name].at:
            if value is None:
                continue
            try:
                parent, key = jsonpointer.JsonPointer(pointer).to_last(spec)
            except (jsonpointer.JsonPointerException, KeyError, TypeError):
                continue  # a part that went with an unmapped role, or that a fork took out
            if isinstance(parent, dict) and (value or key in _TITLES):
                parent[key] = value if value or pointer.startswith("/title") else None
            elif isinstance(parent, dict) and key == "value":
                parent[key] = value  # an expression may ask whether a text is empty
            elif isinstance(parent, dict):
                parent.pop(key, None)
            elif _is_item(parent, key):
                parent[key] = value
    title = spec.get("title")
    if isinstance(title, dict):
        kept = {k: v for k, v in title.items() if k not in ("text", "subtitle") or v}
        if "text" not in kept and "subtitle" not in kept:
            del spec["title"]
        else:
            spec["title"] = {"text": "", **kept}
    elif title == "":
        del spec["title"]


def _is_item(parent: Any, key: Any) -> bool:
    return isinstance(parent, list) and isinstance(key, int) and key < len(parent)


def read_strings(
    spec: Mapping[str, Any], preset: Preset, values: Mapping[str, str | None]
) -> dict[str, str]:
    """The strings as they stand in the finished spec, without those that are empty.

    Those that are only part of a text are as they were given.
    """
    import jsonpointer

    found = {}
    for name, string in preset.strings.items():
        given = values.get(name)
        if not string.at and given:
            found[name] = given
        for pointer in string.at[:1]:
            try:
                value = jsonpointer.resolve_pointer(spec, pointer, None)
            except (jsonpointer.JsonPointerException, TypeError):
                continue
            if isinstance(value, str) and value:
                found[name] = value
    return found


def set_switches(spec: dict[str, Any], preset: Preset, chosen: Mapping[str, bool]) -> None:
    """Turn optional parts on and off; a fork may have removed what a patch would change."""
    import jsonpatch

    for name, on in chosen.items():
        operations: Sequence[Mapping[str, Any]] = preset.switches.get(name, {}).get(
            "on" if on else "off", ()
        )
        for operation in operations:
            try:
                jsonpatch.apply_patch(spec, [operation], in_place=True)
            except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException):
                continue


def set_scales(spec: Mapping[str, Any], scales: Mapping[str, Mapping[str, Any]]) -> None:
    """Give the axes of fields the scale properties that the data decides; the spec's own win."""
    for channel, definition in channels(spec):
        found = scales.get(definition["field"])
        if found and channel in ("x", "y"):
            definition["scale"] = {**found, **(definition.get("scale") or {})}


def set_vega_params(spec: dict[str, Any], values: Mapping[str, Any]) -> None:
    """Give the spec's own params the caller's values."""
    params = spec.get("params")
    for param in params if isinstance(params, list) else ():
        if isinstance(param, dict) and param.get("name") in values:
            param["value"] = values[param["name"]]


def check_panels(spec: Mapping[str, Any], preset: Preset, columns: Mapping[str, Any]) -> None:
    """A picture shows so many small multiples and no more. Raises `DataError`."""
    facet = spec.get("facet")
    inner = facet if isinstance(facet, Mapping) else {}
    definitions = [d for c, d in channels(spec) if c in ("facet", "row", "column")]
    definitions += [
        d
        for d in (inner, *inner.values())
        if isinstance(d, dict) and isinstance(d.get("field"), str)
    ]
    for definition in definitions:
        field = definition["field"]
        count = len(set(columns.get(field, ())))
        if count > settings.max_panels:
            raise errors.DataError.from_too_many(
                f"panels (one for each value of {errors.shown(field)})",
                preset.roles[field].name if field in preset.roles else None,
                count,
                settings.max_panels,
            )


def place_of_rows(spec: Mapping[str, Any]) -> tuple[dict[str, Any], str] | None:
    """Where the rows stand when not simply in `data`: Vega's list of data, or a named data set."""
    data = spec.get("data")
    if isinstance(data, list):  # Vega
        entries = [entry for entry in data if isinstance(entry, dict)]
        named = next((entry for entry in entries if entry.get("name") == "wandb"), None)
        entry = named or next((entry for entry in entries if "values" in entry), None)
        return (entry, "values") if entry is not None else None
    datasets = spec.get("datasets")
    if isinstance(datasets, dict):
        name = _first_dataset(spec, datasets)
        return (datasets, name) if name is not None else None
    return None


def _first_dataset(node: Any, datasets: Mapping[str, Any]) -> str | None:
    """The name of the first of the data sets that a view draws."""
    if isinstance(node, list):
        return next((n for n in (_first_dataset(p, datasets) for p in node) if n), None)
    if not isinstance(node, Mapping):
        return None
    data = node.get("data")
    if isinstance(data, Mapping) and data.get("name") in datasets and "values" not in data:
        return str(data["name"])
    return _first_dataset([v for k, v in node.items() if k != "datasets"], datasets)


def remove_sample(spec: dict[str, Any]) -> None:
    """Take out the sample's rows."""
    place = place_of_rows(spec)
    if place is not None:
        place[0][place[1]] = []
    else:
        spec.pop("data", None)


def set_rows(spec: dict[str, Any], columns: Mapping[str, list[Any]]) -> list[dict[str, Any]]:
    """Put the rows in place of the sample's, keyed by role."""
    names = list(columns)
    rows = [dict(zip(names, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    place = place_of_rows(spec)
    if place is not None:
        place[0][place[1]] = rows
    else:
        spec["data"] = {"values": rows}
    return rows


def check_scales(spec: Mapping[str, Any], preset: Preset, columns: Mapping[str, Column]) -> None:
    """A log scale takes only positive numbers, and no bars.

    Raises `DataError` with the first row and value that does not fit.
    """
    found = list(channels(spec))
    # Layers share an axis: what one of them sets holds for all that is drawn along it.
    log = {c.rstrip("2") for c, d in found if _of_scale(d, "type") == "log"}
    if log & {"x", "y"} and _draws_bars(spec):
        raise errors.DataError.from_log_bar(preset.id)
    for channel, definition in found:
        if channel.rstrip("2") not in log:
            continue
        role = preset.inputs.get(definition["field"], definition["field"])
        column = columns.get(role)
        if column is None or column.kind != "number":
            continue
        row = column.first_not_positive()
        if row is not None:
            value = column.value(row)
            raise errors.DataError.from_log_scale(role, column.name, row, value)


def _of_scale(definition: Mapping[str, Any], name: str) -> Any:
    scale = definition.get("scale")
    return scale.get(name) if isinstance(scale, Mapping) else None


def _draws_bars(spec: Mapping[str, Any]) -> bool:
    marks = [spec.get("mark"), *(part.get("mark") for part in _layers(spec))]
    names = (mark.get("type") if isinstance(mark, Mapping) else mark for mark in marks)
    return "bar" in names


def clean_columns(columns: Mapping[str, list[Any]], said: list[str]) -> dict[str, list[Any]]:
    """The texts of the rows as the engine can take them.

    Those in memory were cleaned where their rows are known (see `bind`); what is found here comes
    from a lazy frame, or is a label that a statistic made.
    """
    made = dict(columns)
    for name, values in columns.items():
        found = {value: _clean_text(value, said) for value in _texts_of(values)}
        odd = _told_apart({value: _cut(label) for value, label in found.items()})
        if any(value != cleaned for value, cleaned in odd.items()):
            made[name] = [odd.get(v, v) if isinstance(v, str) else v for v in values]
    return made


def _cut(label: str) -> str:
    """Labels with characters of two units, cut by us where they are long: see `set_no_limits`."""
    if max(label, default="") <= _LAST_OF_PLANE:
        return label
    return text.shorten_middle(label, _LABEL_ROOM, _LABEL_SIZE)


def set_no_limits(spec: dict[str, Any], columns: Mapping[str, list[Any]]) -> None:
    """Keep the engine from cutting labels between the halves of a character, where it fails."""
    if all(max(label, default="") <= _LAST_OF_PLANE for label in texts_of_columns(columns)):
        return
    _unlimited(spec)
    config = spec.setdefault("config", {})
    for guide in ("axis", "legend", "header"):
        config[guide] = {**config.get(guide, {}), "labelLimit": 0}


def _unlimited(node: Any) -> None:
    for part in node.values() if isinstance(node, dict) else node:
        if isinstance(part, (dict, list)):
            _unlimited(part)
    if isinstance(node, dict):
        node.update({key: 0 for key in ("labelLimit", "limit") if key in node})


def clean_texts(node: Any, said: list[str]) -> Any:
    """Every text of a spec without rows as the engine can take it."""
    if isinstance(node, str):
        return _clean_text(node, said)
    if isinstance(node, Mapping):
        return {key: _clean_entry(key, value, said) for key, value in node.items()}
    if isinstance(node, list):
        return [clean_texts(value, said) for value in node]
    return node


def _clean_entry(key: str, value: Any, said: list[str]) -> Any:
    if key in EXPRESSION_KEYS and isinstance(value, str):
        return value  # no text to be read, and it must not be cut
    cleaned = clean_texts(value, said)
    return _as_titles(cleaned) if key in _TITLES else cleaned


def _told_apart(cleaned: dict[str, str]) -> dict[str, str]:
    """Different texts stay different: those that cleaning made equal are numbered."""
    seen: dict[str, int] = {}
    made = {}
    for value, label in cleaned.items():
        seen[label] = seen.get(label, 0) + 1
        made[value] = label if seen[label] == 1 else f"{label} ({seen[label]})"
    return made


def _clean_text(found: str, said: list[str]) -> str:
    if len(found) > _TEXT_LIMIT:
        said.append(notes.shortened(len(found), _TEXT_LIMIT))
        found = text.shorten(found, _TEXT_LIMIT)
    if text.replaced(found):
        said.append(notes.cleaned_string(errors.shown(found)))
    return text.clean(found)


def _as_titles(found: Any) -> Any:
    if isinstance(found, list):
        return [_as_titles(line) for line in found]
    return text.as_title(found) if isinstance(found, str) else found


def _texts_of(values: Sequence[Any]) -> dict[str, None]:
    """The different texts of a column in their order; of numbers only the types are looked at."""
    kinds = set(map(type, values))
    if not any(issubclass(kind, str) for kind in kinds):
        return {}
    if kinds <= {str, type(None)}:
        values = list(dict.fromkeys(values))  # long columns hold few different texts
    return dict.fromkeys(
        value for value in values if isinstance(value, str) and not _IMAGE.fullmatch(value)
    )


def texts_of_columns(columns: Mapping[str, Sequence[Any]]) -> Iterator[str]:
    """Every text of the rows that are drawn."""
    for values in columns.values():
        yield from _texts_of(values)


def texts(node: Any) -> Iterator[str]:
    """Every text of a spec without rows."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, Mapping):
        for value in node.values():
            yield from texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from texts(value)


# --- what the picture must show ------------------------------------------------------------------

_ONE_EACH = ("point", "circle", "square", "bar", "rect", "tick")


def expected_marks(spec: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> int:
    """How many marks the rows call for at least: one each for points and bars, one for a line."""
    if not rows:
        return 0
    counts = [1]
    for layer in _layers(spec) if "layer" in spec else [spec]:
        mark = layer.get("mark")
        kind = mark.get("type") if isinstance(mark, Mapping) else mark
        encoding = {**_encoding(spec), **_encoding(layer)}
        plain = not (spec.get("transform") or layer.get("transform"))
        if kind in _ONE_EACH and plain and not any(map(_computes, encoding.values())):
            fields = {
                d["field"]
                for c, d in encoding.items()
                if c in _AXES and isinstance(d, Mapping) and isinstance(d.get("field"), str)
            }
            counts.append(sum(all(row.get(f) is not None for f in fields) for row in rows))
    return max(counts)


def _layers(spec: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    layers = spec.get("layer")
    return [p for p in layers if isinstance(p, Mapping)] if isinstance(layers, list) else []


def _encoding(view: Mapping[str, Any]) -> Mapping[str, Any]:
    encoding = view.get("encoding")
    return encoding if isinstance(encoding, Mapping) else {}


def _computes(definition: Any) -> bool:
    return isinstance(definition, Mapping) and bool(
        definition.get("aggregate") or definition.get("bin") or definition.get("timeUnit")
    )
