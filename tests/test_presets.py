"""Presets that people own: forked, saved, compared, shared, drawn with."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import plotkit as pk
from plotkit import forking, presets, validation
from plotkit.errors import OptionError, PlotkitError, PresetChangedError, PresetError, TrustError
from plotkit.render.svg import count_marks

TABLE = pk.Table({"step": [1, 2, 3], "height": [1.0, 10.0, 100.0]})
LOG = {
    "mark": {"type": "line", "point": True},
    "encoding": {"y": {"scale": {"type": "log"}}},
}
COMPUTED = {
    "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
    "title": "Squares",
    "data": {"values": [{"x": 1, "y": 1}, {"x": 2, "y": 4}]},
    "transform": [{"calculate": "replace(toString(datum.y), /1/, '2')", "as": "label"}],
    "mark": "point",
    "encoding": {
        "x": {"field": "x", "type": "quantitative", "title": "number"},
        "y": {"field": "y", "type": "quantitative"},
        "color": {"field": "label", "type": "nominal"},
    },
}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PLOTKIT_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("PLOTKIT_PRESETS", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


def mine() -> presets.Preset:
    return presets.get("plotkit/line").fork("carey/new_chart", title="Height by step", patch=LOG)


def test_a_fork_is_saved_and_drawn_with_by_id() -> None:
    saved = mine().save()
    assert (saved.id, saved.version) == ("carey/new_chart", 1)
    chart = pk.plot_table(
        vega_spec_name="carey/new_chart", data_table=TABLE, fields={"x": "step", "y": "height"}
    )
    assert chart.spec["encoding"]["y"]["scale"]["type"] == "log"
    assert chart.spec["title"]["text"] == "Height by step"
    main = next(layer for layer in chart.spec["layer"] if layer.get("name") == "main")
    assert main["mark"]["point"] is True
    assert (chart.preset.id, chart.preset.version) == ("carey/new_chart", 1)
    assert chart.preset.digest == saved.digest
    assert chart.to_svg().startswith("<svg")


def test_versions() -> None:
    first = mine().save()
    assert mine().save().version == 1  # the same content makes none
    second = presets.get("carey/new_chart").fork("carey/new_chart", title="Other").save()
    assert second.version == 2
    assert presets.get("carey/new_chart").digest == second.digest
    assert presets.get("carey/new_chart@1").digest == first.digest
    assert [entry.version for entry in presets.history("carey/new_chart")] == [1, 2]
    pinned = pk.plot_table("carey/new_chart@1", TABLE, {"x": "step", "y": "height"})
    assert pinned.strings["title"] == "Height by step"


def test_a_fork_remembers_its_parent() -> None:
    fork = mine()
    parent = presets.get("plotkit/line")
    assert fork.parent == {"id": "plotkit/line", "version": 1, "digest": parent.digest}
    assert {change.path for change in fork.diff()} == {
        "/encoding/y/scale/type",
        "/layer/3/mark/point",
        "/usermeta/plotkit/title",
        "/usermeta/plotkit/strings/title/default",
    }
    assert str(fork.diff()[0]) == "+ /encoding/y/scale/type: 'log'"


@pytest.mark.parametrize("id", presets.store.names())
def test_renaming_every_role_of_every_built_in_keeps_the_picture(id: str) -> None:
    original = presets.get(id)
    names = {role: f"my {role}" if i % 2 else f"{role}_2" for i, role in enumerate(original.roles)}
    renamed = original.fork("carey/renamed", roles=names)
    assert list(renamed.roles) == list(names.values())
    assert renamed.validate() == []
    drawn = [validation.draw_sample(found.spec, found.id) for found in (original, renamed)]
    texts = [re.findall(r"<text[^>]*>([^<]*)<", svg) for svg in drawn]
    assert texts[0] == texts[1]
    marks = [sorted(count_marks(svg).values()) for svg in drawn]
    assert marks[0] == marks[1]


def test_a_renamed_role_is_renamed_for_the_statistic_too() -> None:
    presets.get("plotkit/line").fork("carey/l", roles={"y": "value", "color": "model"}).save()
    table = {"a": [0, 1, 0, 1], "b": [1, 2, 3, 4], "c": ["p", "p", "q", "q"]}
    forked = pk.plot_table("carey/l", table, {"x": "a", "value": "b", "model": "c"})
    wanted = pk.line(table, "a", "b", color="c")
    # The files differ in the preset that they name, and in nothing else.
    assert "<dc:source>carey/l@1</dc:source>" in forked.to_svg()
    assert forked.to_svg().replace(">carey/l@1<", ">plotkit/line@1<") == wanted.to_svg()


def test_rename_errors() -> None:
    line = presets.get("plotkit/line")
    with pytest.raises(OptionError, match="plotkit/line has no role 'z'"):
        line.fork("carey/l", roles={"z": "value"})
    with pytest.raises(OptionError, match="a name that is free"):
        line.fork("carey/l", roles={"y": "x"})


def test_a_chart_is_forked() -> None:
    chart = pk.line(TABLE, "step", "height", title="Mine")
    fork = chart.fork("carey/from_chart", patch={"encoding": {"y": {"scale": {"zero": True}}}})
    assert fork.title == "Mine"
    assert fork.save().version == 1


def test_rebase(monkeypatch: pytest.MonkeyPatch) -> None:
    base = presets.from_spec(COMPUTED, "carey/base").save()
    fork = base.fork("kim/fork", patch={"mark": {"type": "square"}}).save()
    base.fork("carey/base", patch={"encoding": {"x": {"title": "n"}}}).save()
    moved = fork.rebase()
    assert moved.spec["mark"] == {"type": "square"}
    assert moved.spec["encoding"]["x"]["title"] == "n"
    assert moved.parent is not None
    assert moved.parent["version"] == 2
    presets.get("carey/base").fork("carey/base", patch={"mark": {"type": "circle"}}).save()
    with pytest.raises(PresetError) as raised:
        fork.rebase()
    assert str(raised.value) == (
        "preset 'kim/fork' cannot move onto its parent's newest version; both changed:\n"
        "  /mark: was 'point', the fork has {'type': 'square'}, the new parent has "
        "{'type': 'circle'}"
    )


def test_what_cannot_be_kept_is_told_at_once() -> None:
    broken = presets.get("plotkit/line").fork(
        "carey/broken", patch={"encoding": {"x": {"type": "quantitativ"}, "y": {"scal": {}}}}
    )
    with pytest.raises(PresetError) as raised:
        broken.save()
    message = str(raised.value)
    assert "/encoding/x/type: found 'quantitativ'. Did you mean 'quantitative'?" in message
    assert "/encoding/y: unknown 'scal'. Did you mean 'scale'?" in message
    unknown = presets.get("plotkit/bar").fork(
        "carey/unknown", patch={"encoding": {"x": {"field": "labl"}}}
    )
    assert [str(fault) for fault in unknown.validate()] == [
        "/encoding/x: channel 'x' draws the field 'labl', which is neither a role nor an output. "
        "Did you mean 'label'? Declared: 'label', 'value', 'group', 'value_label', "
        "'rest'",
    ]


def test_a_preset_that_draws_nothing_is_not_kept() -> None:
    encoding = {axis: COMPUTED["encoding"][axis] for axis in ("x", "y")}
    empty = {**COMPUTED, "transform": [{"filter": "datum.x > 99"}], "encoding": encoding}
    made = presets.from_spec(empty, "a/b")
    faults = made.validate()
    assert len(faults) == 1
    assert "drew 0 of the 1 mark" in str(faults[0])


def test_from_spec_infers_and_says_so() -> None:
    made = presets.from_spec(json.dumps(COMPUTED), "carey/squares")
    assert list(made.roles) == ["x", "y"]
    assert made.strings["title"].default == "Squares"
    assert made.strings["x-axis-title"].default == "number"
    assert made.notes == (
        "role 'x': takes number (from the encodings).",
        "role 'y': takes number (from the encodings).",
        "string 'title': stands at /title.",
        "string 'x-axis-title': stands at /encoding/x/title.",
    )


def test_any_altair_chart() -> None:
    import altair as alt
    import pandas as pd

    frame = pd.DataFrame({"a.b": list("abab"), "row[0]": list("xxyy"), "v": [1, 2, 3, 4]})
    chart = alt.Chart(frame).mark_rect().encode(x="a\\.b:N", y="row\\[0\\]:N", color="v:Q")
    heat = presets.from_altair(chart, id="carey/heat")
    assert set(heat.roles) == {"a_b", "row_0", "v"}
    heat.save()
    drawn = pk.plot_table("carey/heat", frame, {"a_b": "a.b", "row_0": "row[0]", "v": "v"})
    assert drawn.spec["data"]["values"][0] == {"v": 1, "a_b": "a", "row_0": "x"}
    assert drawn.to_svg().count('aria-roledescription="rect mark"') in (0, 4)


def test_what_one_saves_is_trusted_and_what_one_imports_is_not(tmp_path: Path) -> None:
    presets.from_spec(COMPUTED, "carey/own").save()
    pk.plot_table("carey/own", {"x": [1], "y": [1]}, {"x": "x", "y": "y"}).to_svg()
    presets.export("carey/own", tmp_path / "sent.json")
    presets.import_(tmp_path / "sent.json", "kim/received")
    with pytest.raises(TrustError) as raised:
        pk.plot_table("kim/received", {"x": [1], "y": [1]}, {"x": "x", "y": "y"})
    assert "plotkit presets trust kim/received" in str(raised.value)
    with pytest.raises(TrustError):  # neither by way of the object
        pk.plot_table(presets.get("kim/received"), {"x": [1], "y": [1]}, {"x": "x", "y": "y"})
    presets.trust_preset("kim/received")
    pk.plot_table("kim/received", {"x": [1], "y": [1]}, {"x": "x", "y": "y"}).to_svg()


def test_export_and_import_give_the_same_preset(tmp_path: Path) -> None:
    saved = mine().save()
    text = presets.export("carey/new_chart", tmp_path / "out.json")
    assert (tmp_path / "out.json").read_text() == text
    again = presets.import_(text, "kim/copy")
    assert forking.diff(saved.content, again.content) == []


def test_lists_and_search() -> None:
    mine().save()
    assert [entry.id for entry in presets.list("carey")] == ["carey/new_chart"]
    assert {entry.id for entry in presets.list(role="Actual")} == {"plotkit/confusion_matrix"}
    assert "carey/new_chart" in {entry.id for entry in presets.search("height STEP")}
    assert presets.search("nothing of the kind") == []
    assert len(presets.list(origin="builtin")) == 11


def test_delete_and_rename() -> None:
    saved = mine().save()
    saved.fork("kim/fork").save()
    with pytest.raises(PresetError, match="forked from it"):
        presets.delete("carey/new_chart@1")
    presets.rename("kim/fork", "kim/other")
    assert [entry.id for entry in presets.list("kim")] == ["kim/other"]
    presets.delete("kim/other")
    presets.delete("carey/new_chart")
    assert presets.list("carey") == []


@pytest.mark.parametrize("id", ["plotkit/line", "wandb/mine", "Carey/x", "../x", "carey", "con/x"])
def test_ids_that_cannot_be_saved_under(id: str) -> None:
    with pytest.raises(PlotkitError):
        presets.get("plotkit/line").fork(id).save()


def test_beside_the_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.plotkit]\npresets = "charts"\n')
    (tmp_path / "charts").mkdir()
    mine().save()
    file = tmp_path / "charts" / "carey" / "new_chart.json"
    assert file.is_file()
    read = presets.get("carey/new_chart")
    file.write_text(file.read_text().replace("Height by step", "Somebody else's"))
    with pytest.raises(PresetChangedError):
        presets.save(presets.Preset(read.content, read.id, read=read.read_digest))
    chart = pk.plot_table("carey/new_chart", TABLE, {"x": "step", "y": "height"})
    assert chart.strings["title"] == "Somebody else's"


def test_a_locked_preset_that_changed_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.plotkit]\npresets = "charts"\n')
    (tmp_path / "charts").mkdir()
    mine().save()
    presets.lock()
    fields = {"x": "step", "y": "height"}
    pk.plot_table("carey/new_chart", TABLE, fields)
    file = tmp_path / "charts" / "carey" / "new_chart.json"
    file.write_text(file.read_text().replace("Height by step", "Changed"))
    with pytest.raises(pk.errors.LockError) as raised:
        pk.plot_table("carey/new_chart", TABLE, fields)
    assert '+        "default": "Changed"' in str(raised.value) or "Changed" in str(raised.value)


def test_the_schema_is_a_schema() -> None:
    import jsonschema

    jsonschema.Draft7Validator.check_schema(presets.schema_of_presets())
    for id in presets.store.names():
        assert presets.validate(id) == []


def test_thumbnails_differ_by_theme() -> None:
    light = presets.thumbnail("plotkit/line", 200)
    assert int.from_bytes(light[16:20]) == 200
    assert light != presets.thumbnail("plotkit/line", 200, "dark")


@pytest.mark.parametrize(
    "patch",
    [
        {"usermeta": {"plotkit": {"id": "x/y"}}},
        [{"op": "replace", "path": "/usermeta/plotkit/id", "value": "x/y"}],
        [{"op": "replace", "path": "/nowhere/at/all", "value": 1}],
        ["no operation"],
    ],
)
def test_patches_that_do_not_fit(patch: Any) -> None:
    with pytest.raises(OptionError, match="patch"):
        presets.get("plotkit/line").fork("carey/x", patch=patch)


def test_a_longer_list_is_told_part_by_part() -> None:
    changes = forking.diff(
        {"layer": [{"mark": "bar"}]}, {"layer": [{"mark": "bar"}, {"mark": "rule"}]}
    )
    assert [str(change) for change in changes] == ["+ /layer/1: {'mark': 'rule'}"]


def test_an_accepted_file_is_drawn_by_its_path(tmp_path: Path) -> None:
    source = Path(__file__).parent / "wandb" / "confusion_matrix_vega.json"
    path = tmp_path / "vega.json"
    path.write_text(source.read_text())
    table = {"a": ["x", "y"], "p": ["x", "x"], "n": [1, 2]}
    names = dict(zip(("Actual class", "Predicted", "nPredictions"), "apn", strict=True))
    fields = {role: names[role] for role in presets.get(path).roles if role in names}
    with pytest.raises(TrustError):
        pk.plot_table(path, table, fields)
    presets.trust_preset(path)
    pk.plot_table(path, table, fields).to_svg()


def test_a_refused_dict_says_what_to_do() -> None:
    with pytest.raises(TrustError, match=r"plotkit\.presets\.from_spec"):
        pk.plot_table(COMPUTED, {"x": [1], "y": [1]}, {"x": "x", "y": "y"})


def test_a_strangers_preset_stays_one_through_save_and_fork(tmp_path: Path) -> None:
    (tmp_path / "theirs.json").write_text(json.dumps(COMPUTED))
    presets.import_(tmp_path / "theirs.json", "stranger/x")
    presets.get("stranger/x").save()
    presets.get("stranger/x").fork("me/y", title="Mine").save()
    presets.get("stranger/x").fork("me/z", title="Mine").rebase().save()
    for id in ("stranger/x", "me/y", "me/z"):
        with pytest.raises(TrustError):
            pk.plot_table(id, {"x": [1], "y": [1]}, {"x": "x", "y": "y"})
    with pytest.raises(TrustError):
        presets.thumbnail("stranger/x")


def test_importing_runs_nothing_of_a_stranger(monkeypatch: pytest.MonkeyPatch) -> None:
    from plotkit.render import worker

    monkeypatch.setattr(worker, "vegalite_to_svg", lambda *a, **k: pytest.fail("it was drawn"))
    presets.import_(json.dumps(COMPUTED), "stranger/x")
    assert presets.validate("stranger/x") == []


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"data": {"url": "file:///etc/passwd"}}, "/data/url"),
        ({"config": {"font": 'a"b'}}, "/config/font"),
        ({"data": {"sequence": {"start": 0, "stop": 1e9}}}, "/data/sequence"),
    ],
)
def test_what_nobody_may_draw_is_not_kept(change: dict[str, Any], path: str) -> None:
    with pytest.raises(PresetError) as raised:
        presets.from_spec({**COMPUTED, **change}, "a/b").save()
    assert path in str(raised.value)
    assert [entry.id for entry in presets.list("a")] == []


def test_all_faults_are_told_at_once() -> None:
    broken = presets.get("plotkit/bar").content
    broken["encoding"]["x"].update(typ="nominal", field="nope")
    broken["usermeta"]["plotkit"]["strings"]["lost"] = {"default": "x"}
    told = "\n".join(str(fault) for fault in presets.validate(broken))
    assert "unknown 'typ'. Did you mean 'type'?" in told
    assert "draws the field 'nope'" in told
    assert "/usermeta/plotkit/strings/lost: stands nowhere" in told


def test_a_fork_does_not_replace_a_file_unseen(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.plotkit]\npresets = "charts"\n')
    (tmp_path / "charts").mkdir()
    mine().save()
    with pytest.raises(PresetChangedError):
        presets.get("plotkit/bar").fork("carey/new_chart").save()
    presets.get("carey/new_chart").fork("carey/new_chart", title="Again").save()


@pytest.mark.parametrize("block", [5, {"roles": {"x": {"types": 5}}}, {"roles": {}, "switches": 5}])
def test_a_hostile_block_is_told(block: object) -> None:
    spec = {**COMPUTED, "usermeta": {"plotkit": block}}
    with pytest.raises(PresetError):
        pk.Preset(spec)
