"""Logged 3D objects: files and point clouds, and the scenes that pages draw of them."""

from __future__ import annotations

import base64
import io
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from media_folder import Folder
from PIL import Image as Pillow

from plotkit import errors
from plotkit.runs.media import clouds, scenes, shapes
from plotkit.runs.media.object3d import Object3D


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def parts_of(made: Object3D, name: str, part: str) -> np.ndarray[Any, Any]:
    """Numbers of a scene, read as the docstring of `scenes` says."""
    content = made.scene()
    length = int.from_bytes(content[:4], "little")
    header = json.loads(content[4 : 4 + length])
    assert (4 + length) % 4 == 0 and header["version"] == 1
    where = header[name][0] if name == "meshes" else header[name]
    kind, width = {
        "positions": ("<f4", 3),
        "normals": ("<f4", 3),
        "colors": ("u1", 4),
        "indices": ("<u4", 1),
    }[part]
    at, count = where[part]["at"], where[part]["count"]
    assert at % 4 == 0
    found = np.frombuffer(content, kind, count * width, 4 + length + at).reshape(count, width)
    return found + np.array(header["origin"]) if part == "positions" else found


# --- files ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A box and a ball in files of every format, and both far apart in a glTF of many files."""
    trimesh = pytest.importorskip("trimesh")
    path: Path = tmp_path_factory.mktemp("shelf")
    box, ball = trimesh.creation.box(), trimesh.creation.icosphere(3)
    ball.visual.vertex_colors = np.tile([200, 30, 30, 255], (len(ball.vertices), 1))
    for end in ("obj", "glb", "stl", "ply"):
        box.export(path / f"box.{end}")
        ball.export(path / f"ball.{end}")
    far = trimesh.Scene([box])
    far.add_geometry(ball, transform=trimesh.transformations.translation_matrix([1e6, 0, 0]))
    for name, content in far.export(file_type="gltf").items():
        (path / name).write_bytes(content)
    return path


@pytest.mark.parametrize("end", ["obj", "glb", "stl", "ply"])
def test_a_box_has_sharp_edges_and_a_ball_has_none(end: str, shelf: Path, folder: Folder) -> None:
    box = folder.back(Object3D(shelf / f"box.{end}"))
    assert box.read() == (shelf / f"box.{end}").read_bytes() and box.path.suffix == f".{end}"
    assert len(parts_of(box, "meshes", "indices")) == 36
    positions, normals = (parts_of(box, "meshes", part) for part in ("positions", "normals"))
    assert len(positions) == 24 and np.allclose(np.abs(positions), 0.5)
    assert np.allclose(np.sort(np.abs(normals), axis=1), [0, 0, 1])
    ball = Object3D(str(shelf / f"ball.{end}"))
    positions, normals = (parts_of(ball, "meshes", part) for part in ("positions", "normals"))
    assert len(positions) == 642 and np.allclose(positions, normals, atol=0.02)
    corners = positions[parts_of(ball, "meshes", "indices").reshape(-1, 3)]
    outward = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    assert (np.einsum("ij,ij->i", outward, corners.mean(axis=1)) > 0).all(), "counter-clockwise"
    if end in ("glb", "ply"):
        assert (parts_of(ball, "meshes", "colors") == [200, 30, 30, 255]).all()


def test_open_files_are_read_whatever_they_are_opened_as(shelf: Path) -> None:
    for name in ("box.obj", "box.glb", "model.gltf"):
        expected = Object3D(shelf / name)
        with (shelf / name).open(errors="replace") as text, (shelf / name).open("rb") as binary:
            for opened in (text, binary):
                opened.read(5)
                assert Object3D(opened).scene() == expected.scene()
        assert Object3D(text).scene() == expected.scene(), "closed, and reached by its name"
    content = (shelf / "box.glb").read_bytes()
    with pytest.raises(errors.RunError, match="file_type='glb'"):
        Object3D(content)
    assert Object3D.from_file(io.BytesIO(content), "glb").read() == content


def test_gltf_takes_in_the_files_beside_it(shelf: Path, folder: Folder, tmp_path: Path) -> None:
    made = folder.back(Object3D(shelf / "model.gltf"))
    assert "gltf_buffer_0.bin" in made.note
    alone = tmp_path / "alone.gltf"
    alone.write_bytes(made.read())
    again = Object3D(alone)
    assert again.scene() == made.scene() and again.read() == made.read() and again.note is None
    positions = parts_of(made, "meshes", "positions")
    assert len(scenes.header(made.scene())[0]["meshes"]) == 2, "one with colours, one without"
    assert positions[:, 0].max() == pytest.approx(1e6 + 1, abs=0.1), "where the scene puts it"


@pytest.mark.parametrize("address", ["missing.bin", "../secret.bin", "/etc/hostname"])
def test_gltf_reads_nothing_outside_its_folder(address: str, tmp_path: Path) -> None:
    (tmp_path / "secret.bin").write_bytes(b"secret")
    (tmp_path / "inner").mkdir()
    path = tmp_path / "inner" / "a.gltf"
    path.write_text(json.dumps({"asset": {"version": "2.0"}, "buffers": [{"uri": address}]}))
    with pytest.raises(errors.RunError, match=r"beside it|not in its folder"):
        Object3D(path)
    with pytest.raises(errors.RunError, match="give its path"):
        Object3D(path.read_bytes(), file_type="gltf")


def test_files_that_hold_no_geometry(tmp_path: Path) -> None:
    for name, content, said in (
        ("a.glb", b"hello", "trimesh cannot read it"),
        ("a.obj", b"# nothing", "trimesh cannot|without a triangle"),
        ("a.gltf", b"{", "no JSON"),
        ("a.gltf", b"{}", "no glTF"),
        ("a.fbx", b"x", "obj, gltf, glb"),
        ("a.pts.json", b"x", "no JSON"),
        ("a.npy", b"x", "no NPY"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(errors.RunError, match=said):
            Object3D(tmp_path / name)


def test_meshes_need_trimesh_and_say_so(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "trimesh", None)
    with pytest.raises(errors.MissingExtraError, match="'media'"):
        Object3D(shelf / "box.obj")
    assert Object3D(POINTS).format == "npy"


def test_points_and_lines_of_files(tmp_path: Path) -> None:
    trimesh = pytest.importorskip("trimesh")
    cloud = trimesh.PointCloud(POINTS, colors=np.tile([9, 8, 7, 255], (50, 1)))
    cloud.export(tmp_path / "cloud.ply")
    made = Object3D(tmp_path / "cloud.ply")
    assert np.allclose(parts_of(made, "points", "positions"), POINTS, atol=1e-5)
    assert (parts_of(made, "points", "colors") == [9, 8, 7, 255]).all()
    places = np.array([[0, 0, 0], [1, 0, 0], [1, 0, 0], [1, 1, 5]], "<f4")
    content = base64.b64encode(places.tobytes()).decode()
    strip = {"attributes": {"POSITION": 0}, "mode": 1}
    accessor = {"bufferView": 0, "componentType": 5126, "count": 4, "type": "VEC3"}
    gltf: dict[str, Any] = {
        "asset": {"version": "2.0"},
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [strip]}],
        "accessors": [accessor],
        "bufferViews": [{"buffer": 0, "byteLength": 48}],
        "buffers": [{"byteLength": 48, "uri": f"data:;base64,{content}"}],
    }
    with pytest.raises(errors.RunError, match="without a triangle or a point"):
        Object3D(json.dumps(gltf).encode(), file_type="gltf")
    gltf["meshes"][0]["primitives"] += [strip | {"mode": 0}]
    mixed = Object3D(json.dumps(gltf).encode(), file_type="gltf")
    assert np.array_equal(parts_of(mixed, "points", "positions"), places)
    assert mixed.note == "its lines are not drawn; the file holds them."


def test_textures_become_colours(tmp_path: Path) -> None:
    trimesh = pytest.importorskip("trimesh")
    box = trimesh.creation.box()
    red = Pillow.new("RGB", (4, 4), (250, 10, 10))
    box.visual = trimesh.visual.TextureVisuals(uv=np.zeros((8, 2)) + 0.5, image=red)
    box.export(tmp_path / "red.glb")
    colors = parts_of(Object3D(tmp_path / "red.glb"), "meshes", "colors")
    assert (np.abs(colors.astype(int) - [250, 10, 10, 255]) <= 2).all()


# --- point clouds --------------------------------------------------------------------------------

POINTS = np.random.default_rng(3).normal(size=(50, 3))


def test_point_clouds_of_arrays(folder: Folder) -> None:
    plain = folder.back(Object3D(POINTS, caption="stars"))
    assert np.allclose(parts_of(plain, "points", "positions"), POINTS, atol=1e-6)
    assert "colors" not in scenes.header(plain.scene())[0]["points"]
    assert np.array_equal(np.load(plain.path), POINTS) and plain.caption == "stars"
    classes = Object3D.from_numpy(np.column_stack([POINTS, np.arange(50) % 14 + 1]))
    colors = parts_of(classes, "points", "colors")
    assert len(np.unique(colors, axis=0)) == 14 and (colors[:, 3] == 255).all()
    shades = np.arange(150).reshape(50, 3)
    tinted = Object3D(np.column_stack([POINTS, shades]))
    assert np.array_equal(parts_of(tinted, "points", "colors")[:, :3], shades)
    fractions = Object3D(np.column_stack([POINTS, shades / 255.0]))
    assert np.array_equal(parts_of(fractions, "points", "colors")[:, :3], shades)


def test_points_without_a_place_are_left_out_and_counted() -> None:
    holed = POINTS.copy()
    holed[3] = np.nan
    made = Object3D(holed)
    assert len(parts_of(made, "points", "positions")) == 49
    assert made.note == "1 of 50 points without a finite place left out of the picture."
    holed[3] = 1e300  # what no float32 holds
    assert len(parts_of(Object3D(holed), "points", "positions")) == 49


CORNERS = [[0, 0, 0], [0, 2, 0], [0, 0, 3], [1, 0, 0], [1, 2, 0], [0, 2, 3], [1, 0, 3], [1, 2, 3]]


@pytest.mark.parametrize("order", [list(range(8)), [5, 2, 7, 0, 3, 6, 1, 4]])
@pytest.mark.parametrize("turn", [0.0, 0.7])
def test_boxes_have_twelve_edges_in_whatever_order_their_corners_come(
    order: list[int], turn: float
) -> None:
    turned = [[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]]
    corners = np.array(CORNERS)[order] @ np.array(turned)
    box = {"corners": corners, "label": "car", "color": [123, 321, 111], "score": 0.912}
    made = Object3D.from_point_cloud(points=POINTS, boxes=[box], vectors=None)
    ends = parts_of(made, "lines", "positions").reshape(-1, 2, 3)
    lengths = np.sort(np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1))
    assert np.allclose(lengths, [1] * 4 + [2] * 4 + [3] * 4, atol=1e-5)
    assert (parts_of(made, "lines", "colors") == [123, 255, 111, 255]).all()
    header = scenes.header(made.scene())[0]
    place = np.array(header["labels"][0]["at"]) + header["origin"]
    assert header["labels"][0]["text"] == "car 0.912"
    assert np.allclose(place, [*corners.mean(axis=0)[:2], 3])


def test_clouds_as_wandb_writes_them(tmp_path: Path, folder: Folder) -> None:
    given = {
        "type": "lidar/beta",
        "points": POINTS,
        "boxes": np.array([{"corners": CORNERS, "label": "car"}]),
        "vectors": np.array([{"start": [0, 0, 0], "end": [1, 1, 1]}]),
    }
    made = folder.back(Object3D(given))
    assert len(parts_of(made, "lines", "positions")) == 26 and made.format == "pts.json"
    path = tmp_path / "cloud.pts.json"
    path.write_bytes(made.read())
    assert Object3D(path).scene() == made.scene()
    path.write_text(json.dumps(POINTS.tolist()))
    assert Object3D(path).scene() == Object3D(POINTS).scene()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (np.zeros((5, 5)), r"\(points, 3\)"),
        (np.zeros((0, 3)), "no point"),
        (np.array([[0, 0, 0, 15]]), "class 15"),
        (np.array([[0, 0, 0, 1.5]]), "class 1.5"),
        ({"type": "mesh"}, "lidar/beta"),
        ({"type": "lidar/beta"}, "without points or boxes"),
        ({"type": "lidar/beta", "boxes": [{"corners": [[0, 0, 0]]}]}, "box 0"),
        ({"type": "lidar/beta", "boxes": [{"corners": CORNERS, "color": [1]}]}, "colour"),
        ({"type": "lidar/beta", "boxes": [{"corners": CORNERS, "score": "x"}]}, "score"),
        ({"type": "lidar/beta", "vectors": [{"start": [0, 0, 0]}]}, "vector 0"),
        (3, "int"),
        ("no.obj", "No such file"),
    ],
)
def test_what_is_no_3d_object(given: Any, said: str) -> None:
    with pytest.raises(errors.RunError, match=said):
        Object3D(given)


# --- scenes --------------------------------------------------------------------------------------


def test_more_than_a_page_holds_is_reduced_alike_each_time(
    monkeypatch: pytest.MonkeyPatch, shelf: Path
) -> None:
    monkeypatch.setattr(scenes, "TRIANGLES", 300)
    monkeypatch.setattr(scenes, "POINTS", 1000)
    ball = Object3D(shelf / "ball.ply")
    count = len(parts_of(ball, "meshes", "indices")) // 3
    assert 100 < count <= 300
    assert ball.note == f"1,280 triangles drawn as {count}; the file holds all."
    radius = np.linalg.norm(parts_of(ball, "meshes", "positions"), axis=1)
    assert radius.min() > 0.85 and radius.max() < 1.01
    assert (parts_of(ball, "meshes", "colors") == [200, 30, 30, 255]).all()
    assert Object3D(shelf / "ball.ply").scene() == ball.scene()
    points = np.random.default_rng(0).normal(size=(20_000, 3))
    made = Object3D(points)
    kept = parts_of(made, "points", "positions")
    assert 990 <= len(kept) <= 1000 and "20,000 points drawn as" in str(made.note)
    assert np.allclose(kept.min(axis=0), points.min(axis=0))
    assert np.allclose(kept.max(axis=0), points.max(axis=0))
    assert np.allclose(kept.std(axis=0), 1, atol=0.1), "dense where it was dense"
    assert Object3D(points).scene() == made.scene()


def test_far_places_keep_their_digits() -> None:
    far = POINTS + np.array([4_500_000, 5_300_000, 300])
    assert np.allclose(parts_of(Object3D(far), "points", "positions"), far, rtol=0, atol=1e-5)


def test_odd_shapes_do_no_harm() -> None:
    flat = np.array([[0, 0, 0], [1, 0, 0], [2, 0, 0.0]])
    made = shapes.shaded(flat, np.array([[0, 1, 2]]), None)
    assert np.allclose(np.linalg.norm(made.normals, axis=1), 1)
    assert len(set(clouds.CLASS_COLORS)) == 14
    packed, said = scenes.packed(scenes.Scene())
    assert scenes.header(packed)[0]["meshes"] == [] and not said
    one = Object3D(np.zeros((1, 3)))
    assert scenes.header(one.scene())[0]["bounds"] == [[0, 0, 0], [0, 0, 0]]
