"""Pictures of a step for places without a page's program: paper, and a folder's Markdown."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plotkit import settings, theme
from plotkit.report.blocks import Still
from plotkit.runs.panels.carrying import Files
from plotkit.runs.panels.items import Item

if TYPE_CHECKING:
    from PIL import Image, ImageDraw, ImageFont

_KEPT = (".png", ".jpg", ".jpeg", ".gif", ".webp")  # what paper and Markdown show as it is
_TINY, _TINY_SHOWN = 96, 280  # px of the longer side
_MOST = 64  # pictures of a step
_OPACITY = 0.55
_LARGEST = 4096 * 4096  # pixels up to which overlays are drawn over a picture


def colours() -> tuple[str, ...]:
    """Colours of classes: those of the dark theme, light enough to be seen on photographs."""
    return tuple(theme.config("dark")["range"]["category"])


def stills(items: Sequence[Item], alts: Sequence[str], files: Files, name: str) -> list[Still]:
    """What of a step can be shown as a picture, with masks and boxes drawn into it."""
    made: list[Still] = []
    for item, alt in zip(items[:_MOST], alts, strict=False):
        draw = _KINDS.get(item["kind"])
        try:
            found = None if draw is None else draw(item, files)
        except Exception:  # its file is missing or damaged: each reader fails in its own way
            continue
        if found is not None:
            content, suffix = found
            number = f"-{len(made) + 1}" if len(items) > 1 else ""
            made.append(Still(f"{name}{number}{suffix}", content, item.get("caption", ""), alt))
    return made


def _picture(item: Item, files: Files) -> tuple[bytes, str] | None:
    from PIL import Image

    content, suffix = files.read(item["file"]), Path(item["file"]).suffix.lower()
    with Image.open(io.BytesIO(content)) as image:
        tiny = max(image.size) <= _TINY
        over = (item.get("masks") or item.get("boxes")) and image.width * image.height < _LARGEST
        if not over and not tiny and suffix in _KEPT:
            return content, suffix
        if image.width * image.height > settings.max_pixels:
            return None
        return _png(_enlarged(_overlaid(image, item, files) if over else image)), ".png"


def _enlarged(image: Image.Image) -> Image.Image:
    """Tiny pictures, every pixel of them a square."""
    from PIL import Image as Pillow

    if max(image.size) > _TINY:
        return image
    scale = max(1, _TINY_SHOWN // max(image.size))
    return image.resize((image.width * scale, image.height * scale), Pillow.Resampling.NEAREST)


def _png(image: Image.Image) -> bytes:
    held = io.BytesIO()
    image.save(held, "PNG")
    return held.getvalue()


# --- masks and boxes -----------------------------------------------------------------------------


def _overlaid(image: Image.Image, item: Item, files: Files) -> Image.Image:
    from PIL import Image as Pillow
    from PIL import ImageDraw

    made = image.convert("RGBA")
    named: list[str] = []
    for mask in item.get("masks", ()):
        made = Pillow.alpha_composite(made, _coloured(mask, files, made.size))
    if max(made.size) <= _TINY:
        made = _enlarged(made)
    draw = ImageDraw.Draw(made)
    for group in item.get("boxes", ()):
        for box in group["boxes"]:
            _frame(draw, made.size, box, group["classes"], named)
    return made.convert("RGB")


def _coloured(mask: Mapping[str, Any], files: Files, size: tuple[int, int]) -> Image.Image:
    import numpy as np
    from PIL import Image as Pillow

    with Pillow.open(io.BytesIO(files.read(mask["file"]))) as held:
        if held.width * held.height > _LARGEST or len(held.getbands()) > 1:
            raise ValueError("not a mask")
        labels = np.asarray(held)
    made = np.zeros((*labels.shape, 4), np.uint8)
    for label in np.unique(labels):
        if label:  # 0 is most often the ground that everything stands on
            made[labels == label] = (*_rgb(int(label)), round(255 * _OPACITY))
    return Pillow.fromarray(made).resize(size, Pillow.Resampling.NEAREST)


def _frame(
    draw: ImageDraw.ImageDraw,
    size: tuple[int, int],
    box: Mapping[str, Any],
    classes: Mapping[str, str],
    named: list[str],
) -> None:
    """A box and its label."""
    label = box["class"]
    if not label.isdecimal() and label not in named:
        named.append(label)
    colour = _rgb(int(label) if label.isdecimal() else named.index(label))
    x0, y0, x1, y1 = (
        min(max(at, 0), 1) * (side - 1) for at, side in zip(box["at"], size * 2, strict=True)
    )
    corners = (min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))
    line = max(2, round(max(size) / 300))
    draw.rectangle(corners, outline=colour, width=line)
    score = "" if box["score"] is None else f"{box['score']:.2g}"
    text = box["caption"] or classes.get(label, label)
    if score and score not in box["caption"]:  # a caption that names its score says it once
        text = f"{text} ({score})".strip()
    if text:
        font = _font(max(11, round(max(size) / 42)))
        left, top, right, bottom = draw.textbbox((0, 0), text, font=font)
        high = bottom + top
        y = corners[1] - high if corners[1] >= high else corners[1]
        x = max(min(corners[0], size[0] - right - 8), 0)
        draw.rectangle((x, y, x + right - left + 8, y + high), fill=colour)
        ink = "#ffffff" if sum(colour) < 380 else "#101418"
        draw.text((x + 4, y), text, fill=ink, font=font)


def _rgb(number: int) -> tuple[int, int, int]:
    """The colour of a class; every further round of them is paler, as in the page."""
    held = colours()
    pale = number // len(held) % 3 * 0.28
    plain = held[number % len(held)]
    red, green, blue = (
        round(int(plain[at : at + 2], 16) * (1 - pale) + 255 * pale) for at in (1, 3, 5)
    )
    return red, green, blue


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    from PIL import ImageFont

    from plotkit.render.faces import OWN_FOLDER

    return ImageFont.truetype(str(next(iter(sorted(OWN_FOLDER.glob("Inter-*.ttf"))))), size)


# --- scenes --------------------------------------------------------------------------------------


def _scene(item: Item, files: Files) -> tuple[bytes, str]:
    from plotkit.runs.panels import scene

    return _png(scene.drawn(files.read(item["file"]))), ".png"


_KINDS: Mapping[str, Callable[[Item, Files], tuple[bytes, str] | None]] = {
    "image": _picture,
    "scene": _scene,
}
