"""Images with their captions, masks and boxes."""

from __future__ import annotations

import html
import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from plotkit.runs.media import overlays, pictures
from plotkit.runs.media.base import File, InFile, caption_of, given

if TYPE_CHECKING:
    import PIL.Image


class Image(InFile):
    """A picture, kept in a file of the run. Nothing is ever uploaded.

    Args:
        data_or_path: one of
            - an array: (height, width) or (height, width, channels), a PyTorch tensor (channels,
              height, width), with 1 (grey), 2 (grey, alpha), 3 (RGB) or 4 (RGBA) channels; with
              one more axis in front it is a grid of pictures, eight beside each other;
            - a Pillow image of any mode;
            - the path of a picture, an open file or bytes: PNG, JPEG, GIF, WebP, BMP and AVIF are
              kept byte for byte (with all that cameras write into them, such as the place), other
              formats that Pillow reads become PNG;
            - a Matplotlib figure, axes, or `plt` itself; a plotkit chart.
        mode: the mode of Pillow to convert it to, such as "L" or "RGB".
        caption: a text below it.
        classes: names of classes for masks and boxes that bring none: {1: "car"} or
            [{"id": 1, "name": "car"}].
        boxes: {"predictions": {"box_data": [box, ...], "class_labels": {1: "car"}}}; a box is
            {"position": {"minX", "minY", "maxX", "maxY"} or {"middle": [x, y], "width", "height"},
            "class_id", "box_caption", "scores": {"acc": 0.9}}, with positions as fractions of the
            picture, or with "domain": "pixel" in px.
        masks: {"truth": {"mask_data": class ids (height, width), "class_labels": {1: "car"}}}, or
            with "path": a PNG of ids.
        file_type: "png" (the default), "jpg", "webp" or "bmp".

    Numbers as colours: bools are black and white, uint8 stays, uint16 in grey keeps its 16 bits.
    Floats from 0 to 1, or from -1 to 1, go from black to white, other floats and integers are
    taken as 0 to 255. What is clipped, stretched or NaN is counted in `note`.

    Raises:
        MediaError: no picture, a shape that is none, no pixels or more than
            `settings.max_pixels`, a mask of another size, a box without a position.

    >>> import numpy as np
    >>> made = Image(np.zeros((20, 30)), caption="night", masks={
    ...     "truth": {"mask_data": np.ones((20, 30), int), "class_labels": {1: "sky"}}})
    >>> made
    Image(30 x 20 png, caption 'night', masks truth)
    """

    kind = "image"

    width: int
    """px"""
    height: int
    """px"""
    caption: str | None
    classes: overlays.Labels
    masks: dict[str, overlays.Mask]
    boxes: dict[str, overlays.Boxes]
    note: str | None
    """What was done to the picture, in sentences; None where nothing was."""

    def __init__(
        self,
        data_or_path: object,
        mode: str | None = None,
        caption: object = None,
        classes: object = None,
        boxes: object = None,
        masks: object = None,
        file_type: str | None = None,
    ) -> None:
        source = data_or_path
        inherited: str | None = None
        if isinstance(data_or_path, Image):
            source, inherited = data_or_path.read(), data_or_path.caption
        found = pictures.of(source, mode, file_type)
        self._file = File(found.content, found.suffix)
        self.width, self.height = found.width, found.height
        self.caption = inherited if caption is None else caption_of(caption)
        self.classes = overlays.labels(classes, "classes")
        size = (self.width, self.height)
        self.masks, on_masks = overlays.masks(masks, size, self.classes)
        self.boxes, on_boxes = overlays.boxes(boxes, size, self.classes)
        self.note = " ".join([*found.notes, *on_masks, *on_boxes]) or None

    @property
    def image(self) -> PIL.Image.Image:
        """It, as a Pillow image."""
        import PIL.Image

        return PIL.Image.open(io.BytesIO(self.read()))

    def __repr__(self) -> str:
        words = [f"{self.width:,} x {self.height:,} {self.format}"]
        words += [f"caption {self.caption!r}"] if self.caption else []
        words += [f"masks {', '.join(self.masks)}"] if self.masks else []
        words += [f"boxes {', '.join(self.boxes)}"] if self.boxes else []
        return f"Image({', '.join(words)})"

    def _repr_html_(self) -> str:
        text = html.escape(self.caption or "")
        return (
            f'<figure style="margin:0"><img src="{self._file.data_uri()}" alt="{text}" '
            f'width="{self.width}" style="max-width:100%">'
            f"<figcaption>{text}</figcaption></figure>"
        )

    def store(self, keep: Callable[[bytes, str], str]) -> dict[str, Any]:
        return {
            "_type": self.kind,
            "file": self._file.keep(keep),
            "width": self.width,
            "height": self.height,
            **given(
                caption=self.caption,
                classes=overlays.stored_labels(self.classes),
                masks={name: mask.store(keep) for name, mask in self.masks.items()},
                boxes={name: boxes.store() for name, boxes in self.boxes.items()},
                note=self.note,
            ),
        }

    @classmethod
    def load(cls, stored: Mapping[str, Any], folder: Path) -> Self:
        made = cls.__new__(cls)
        made._file = File.of_run(stored.get("file"), folder)
        made.width, made.height = int(stored["width"]), int(stored["height"])
        made.caption, made.note = stored.get("caption"), stored.get("note")
        made.classes = overlays.loaded_labels(stored.get("classes") or {})
        made.masks = {
            name: overlays.Mask.load(mask, folder)
            for name, mask in (stored.get("masks") or {}).items()
        }
        made.boxes = {
            name: overlays.Boxes.load(boxes) for name, boxes in (stored.get("boxes") or {}).items()
        }
        return made
