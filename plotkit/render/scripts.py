"""Which font draws which part of a text: its scripts, their order, and the faces chosen for them.

The engine chooses a fallback by itself, the first face of its list that has the character, be it
a black one or another language's, draws the rest of the text with it too, and shapes a text of
several scripts as if it were of one. So a text is cut here into runs of one script and one face
each, in the order in which they stand from left to right.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

from plotkit.render.faces import Face

# Groups of scripts that one face draws together, besides the scripts' own four-letter codes.
JAPANESE, KOREAN, SIMPLIFIED, TRADITIONAL = "ja", "ko", "zh-Hans", "zh-Hant"
EMOJI, SYMBOLS = "emoji", "symbols"
CJK: Final = (JAPANESE, KOREAN, SIMPLIFIED, TRADITIONAL)

_KANA, _HAN, _HANGUL, _BOPOMOFO = ("Hira", "Kana", "Hrkt"), "Hani", "Hang", "Bopo"
_COMMON: Final = ("Zyyy", "Zinh", "Zzzz")
_CODES: Final = {JAPANESE: "JP", KOREAN: "KR", SIMPLIFIED: "SC", TRADITIONAL: "TC"}
# Families that draw a group well, the best first, for the systems that plotkit runs on.
_PREFERRED: Final = {
    JAPANESE: (
        *("Noto Sans CJK JP", "Noto Sans JP", "Source Han Sans", "Source Han Sans JP"),
        *("Hiragino Sans", "Hiragino Kaku Gothic ProN", "Yu Gothic", "Meiryo", "IPAexGothic"),
        *("IPAPGothic", "IPAGothic", "TakaoPGothic", "VL PGothic", "MS PGothic", "MS Gothic"),
    ),
    KOREAN: (
        *("Noto Sans CJK KR", "Noto Sans KR", "Source Han Sans K", "Source Han Sans KR"),
        *("Apple SD Gothic Neo", "Malgun Gothic", "NanumGothic", "UnDotum", "Baekmuk Gulim"),
    ),
    SIMPLIFIED: (
        *("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN"),
        *("PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", "WenQuanYi Micro Hei"),
        *("WenQuanYi Zen Hei", "SimHei", "Noto Sans CJK TC", "Noto Sans CJK JP"),
    ),
    TRADITIONAL: (
        *("Noto Sans CJK TC", "Noto Sans TC", "Source Han Sans TC", "Source Han Sans TW"),
        *("PingFang TC", "Microsoft JhengHei", "Noto Sans CJK HK", "WenQuanYi Micro Hei"),
        *("Noto Sans CJK SC", "Noto Sans CJK JP"),
    ),
    "Arab": ("Noto Sans Arabic", "Noto Sans Arabic UI", "Segoe UI", "SF Arabic", "Geeza Pro"),
    "Hebr": ("Noto Sans Hebrew", "Segoe UI", "SF Hebrew", "Arial Hebrew"),
    "Deva": (
        *("Noto Sans Devanagari", "Noto Sans Devanagari UI", "Nirmala UI"),
        *("Kohinoor Devanagari", "Devanagari Sangam MN", "Lohit Devanagari", "Mangal"),
    ),
    "Thai": (
        *("Noto Sans Thai", "Noto Sans Thai UI", "Leelawadee UI", "Thonburi", "Loma", "Garuda"),
    ),
    SYMBOLS: (
        *("Noto Sans Symbols", "Noto Sans Symbols 2", "Noto Sans Symbols2", "Noto Sans Math"),
        *("DejaVu Sans", "Segoe UI Symbol", "Cambria Math", "Apple Symbols", "STIX Two Math"),
        *("Symbola", "Noto Music"),
    ),
    EMOJI: (
        *("Noto Color Emoji", "Apple Color Emoji", "Segoe UI Emoji", "Twemoji", "JoyPixels"),
        *("Noto Emoji", "Symbola", "Segoe UI Symbol", "DejaVu Sans", "Apple Symbols"),
    ),
}
_GENERAL: Final = ("Noto Sans", "Segoe UI", "Arial Unicode MS", "DejaVu Sans", "FreeSans")
_LAST: Final = re.compile("unifont|fallback|fixedsys|braille", re.I)
_FORMAL: Final = re.compile("serif|naskh|mincho|batang|ming|song|kai|times|georgia|nastaliq", re.I)
_FIXED: Final = re.compile("mono|courier|typewriter|console", re.I)

# Pictures that are emoji without being told (Unicode's Emoji_Presentation) below U+1F000.
_PICTURES: Final = frozenset(
    code
    for first, last in (
        *((0x231A, 0x231B), (0x23E9, 0x23EC), (0x23F0, 0x23F0), (0x23F3, 0x23F3)),
        *((0x25FD, 0x25FE), (0x2614, 0x2615), (0x2648, 0x2653), (0x267F, 0x267F)),
        *((0x2693, 0x2693), (0x26A1, 0x26A1), (0x26AA, 0x26AB), (0x26BD, 0x26BE)),
        *((0x26C4, 0x26C5), (0x26CE, 0x26CE), (0x26D4, 0x26D4), (0x26EA, 0x26EA)),
        *((0x26F2, 0x26F3), (0x26F5, 0x26F5), (0x26FA, 0x26FA), (0x26FD, 0x26FD)),
        *((0x2705, 0x2705), (0x270A, 0x270B), (0x2728, 0x2728), (0x274C, 0x274C)),
        *((0x274E, 0x274E), (0x2753, 0x2755), (0x2757, 0x2757), (0x2795, 0x2797)),
        *((0x27B0, 0x27B0), (0x27BF, 0x27BF), (0x2B1B, 0x2B1C), (0x2B50, 0x2B50)),
        (0x2B55, 0x2B55),
    )
    for code in range(first, last + 1)
)
_NOT_ASCII: Final = re.compile("[^\x00-\x7f]+")
_FLAG: Final = "[\U0001f1e6-\U0001f1ff]"
# What follows a character and is drawn with it: marks are told by their category.
_TIED = "\u200c\u200d\ufe0e\ufe0f\u20e3"

_TURNING: Final = ("R", "AL", "AN")
_BRACKETS: Final = {"(": ")", "[": "]", "{": "}"}
RIGHT_TO_LEFT_MARK: Final = "\u200f"


class Run(NamedTuple):
    """A part of a text that one face draws; `face` None stands for the text's own font."""

    text: str
    face: Face | None
    script: str


class _Cluster(NamedTuple):
    """A character with the marks on it, and what decides on its face."""

    text: str
    script: str  # of its first character
    bidi: str
    own: bool  # the text's own font draws it


# --- characters ------------------------------------------------------------------------------


def is_drawn(char: str) -> bool:
    r"""Say whether a character is drawn at all: blanks and invisible formatting need no font.

    >>> [is_drawn(char) for char in ("a", " ", "\u200d", "\ufe0f")]
    [True, False, False, False]
    """
    invisible = char.isspace() or "\ufe00" <= char <= "\ufe0f" or char == "\u034f"
    return not invisible and unicodedata.category(char) not in ("Cc", "Cf", "Cs")


@lru_cache(maxsize=4096)
def script_of(char: str) -> str:
    """Return the four-letter code of a character's script; "Zyyy" where several use it."""
    from fontTools.unicodedata import script

    return str(script(char))


def script_name(char: str) -> str:
    """Return the English name of a character's script or kind, as messages use it.

    >>> script_name("日"), script_name("ก"), script_name("🎉")
    ('Han', 'Thai', 'emoji')
    """
    from fontTools import unicodedata as more

    if is_picture(char):
        return "emoji"
    if unicodedata.category(char) == "Co":
        return "private use"
    code = script_of(char)
    return "symbol" if code in _COMMON else str(more.script_name(code)).replace("_", " ")


def is_picture(cluster: str) -> bool:
    """Say whether a character with what is tied to it is to be drawn as an emoji."""
    code = ord(cluster[0])
    if len(cluster) > 1 and ("\ufe0f" in cluster or "\u20e3" in cluster):
        return True
    if "\ufe0e" in cluster:
        return False
    if code < 0x1F000:
        return code in _PICTURES
    return (
        code in (0x1F004, 0x1F0CF, 0x1F18E)
        or 0x1F191 <= code <= 0x1F19A
        or 0x1F1E6 <= code <= 0x1F1FF
        or 0x1F201 <= code <= 0x1F64F
        or 0x1F680 <= code <= 0x1F6FF
        or 0x1F7E0 <= code <= 0x1F7EB
        or 0x1F90C <= code <= 0x1F9FF
        or 0x1FA70 <= code <= 0x1FAFF
    )


def clusters(text: str) -> list[str]:
    r"""Cut a text into characters with the marks, joiners and modifiers that belong to them.

    >>> [len(part) for part in clusters("ne\u0301e 👍🏽!")]
    [1, 2, 1, 1, 2, 1]
    """
    found: list[str] = []
    joined = False
    for char in text:
        code = ord(char)
        tied = (
            char in _TIED
            or 0x1F3FB <= code <= 0x1F3FF
            or 0xE0020 <= code <= 0xE007F
            or unicodedata.category(char)[0] == "M"
        )
        flag = (
            bool(re.fullmatch(_FLAG, char)) and bool(found) and bool(re.fullmatch(_FLAG, found[-1]))
        )
        if found and (tied or flag or (joined and code >= 0x2000)):
            found[-1] += char
        else:
            found.append(char)
        joined = char == "\u200d"
    return found


def segments(texts: Iterable[str]) -> list[str]:
    """Return the stretches of texts that are not ASCII, each once, as they first occur.

    >>> segments(["Loss 損失 2 損失", "ロス"])
    ['損失', 'ロス']
    """
    return list(dict.fromkeys(part for text in texts for part in _NOT_ASCII.findall(text)))


# --- languages and groups --------------------------------------------------------------------


def han_language(texts: Iterable[str]) -> str:
    """Return whose Han characters a chart's texts are written with.

    Japanese where there are kana, Korean where there is Hangul, otherwise Chinese: traditional
    where a text has characters of Big5 that GB 2312 lacks, or bopomofo.

    >>> han_language(["損失 (学習)", "ロス"]), han_language(["损失"]), han_language(["損失"])
    ('ja', 'zh-Hans', 'zh-Hant')
    """
    chars = {char for char in set().union(*map(set, texts)) if char >= "\u1100"}
    scripts = {script_of(char) for char in chars}
    if scripts.intersection(_KANA):
        return JAPANESE
    if _HANGUL in scripts:
        return KOREAN
    if _BOPOMOFO in scripts:
        return TRADITIONAL
    han = [char for char in chars if script_of(char) == _HAN]
    return TRADITIONAL if any(map(_is_traditional, han)) else SIMPLIFIED


def _is_traditional(char: str) -> bool:
    try:
        char.encode("gb2312")
    except UnicodeEncodeError:
        try:
            char.encode("big5")
        except UnicodeEncodeError:
            return False
        return True
    return False


def group_of(cluster: str, han: str) -> str:
    """Return the group that a cluster belongs to; SYMBOLS where its script does not tell."""
    if is_picture(cluster):
        return EMOJI
    script = script_of(cluster[0])
    if script in _KANA:
        return JAPANESE
    if script == _HANGUL:
        return KOREAN
    if script in (_HAN, _BOPOMOFO):
        return han
    if script not in _COMMON:
        return script
    code = ord(cluster[0])
    wide = 0x2E80 <= code <= 0x33FF or 0xFE30 <= code <= 0xFE4F or 0xFF00 <= code <= 0xFFEF
    return han if wide else SYMBOLS


# --- the choice of a face --------------------------------------------------------------------


def _preferred(group: str) -> tuple[str, ...]:
    from fontTools import unicodedata as more

    if group in _PREFERRED:
        return _PREFERRED[group]
    name = str(more.script_name(group, "")).replace("_", " ")
    return (f"Noto Sans {name}", f"Noto Serif {name}")


def _fitness(face: Face, group: str, weight: int, colour: bool, rank: int) -> tuple[object, ...]:
    """What makes a face the better choice: smaller is better, and no two are equal."""
    wanted, general = _preferred(group), _GENERAL
    family = next((name for name in wanted if name in face.names), "")
    at = wanted.index(family) if family else len(wanted)
    if not family:
        at += next((i for i, name in enumerate(general) if name in face.names), len(general))
    heavy = weight >= 550
    # Regular text stays regular; a semibold title may be bold, or regular where there is no bold.
    target = 600 if heavy else 400
    far = abs(face.weight - target) if face.weight <= 800 and face.weight >= 300 else 1000
    return (
        face.slanted,
        group == EMOJI and colour and not face.colour,
        far >= 1000,
        bool(_LAST.search(face.family)),
        at,
        bool(_FIXED.search(face.family)),
        bool(_FORMAL.search(face.family)),
        abs(face.width - 5),
        far,
        rank,
        face.path,
        face.number,
    )


class Chooser:
    """Chooses faces for the texts of one picture, the same for all of a script in it.

    Args:
        texts: all texts of the picture, which tell its language.
        faces: the faces there are, the user's own before the system's.
        colour: whether colour fonts may be taken.
        first: how many of the faces are the user's: they win wherever they have the characters.
    """

    def __init__(
        self, texts: Sequence[str], faces: Sequence[Face], *, colour: bool, first: int = 0
    ) -> None:
        self._faces = [(rank, face) for rank, face in enumerate(faces) if colour or not face.colour]
        self._colour = colour
        self._first = first
        self.han = han_language(texts)
        self._needed: dict[str, dict[str, None]] = {}
        for segment in segments(texts):
            for cluster in clusters(segment):
                self._needed.setdefault(group_of(cluster, self.han), {})[cluster] = None
        self._chosen: dict[tuple[str, int], list[Face]] = {}
        self._found: dict[tuple[str, str, int], Face | None] = {}

    def face(self, cluster: str, group: str, weight: int) -> Face | None:
        """Return the face for a cluster of a group in text of a weight; None if there is none."""
        key = (cluster, group, weight)
        if key not in self._found:
            self._found[key] = self._choose(cluster, group, weight)
        return self._found[key]

    def _choose(self, cluster: str, group: str, weight: int) -> Face | None:
        codes = [ord(char) for char in cluster if is_drawn(char) or char.isspace()]
        for chosen in self._chosen.setdefault((group, weight), []):
            if all(map(chosen.covers, codes)):
                return chosen
        able = [pair for pair in self._faces if all(map(pair[1].covers, codes))]
        if not able and len(codes) > 1:  # rather without the mark than without the letter
            able = [pair for pair in self._faces if pair[1].covers(codes[0])]
        if not able:
            return None
        # Of the others of its group, those that a face lacks would have to be drawn with another.
        others = [
            [ord(char) for char in other if is_drawn(char)] for other in self._needed.get(group, ())
        ]

        consistent = group not in (SYMBOLS, EMOJI)

        def key(pair: tuple[int, Face]) -> tuple[object, ...]:
            rank, face = pair
            lacking = sum(not all(map(face.covers, needed)) for needed in others)
            fit = _fitness(face, group, weight, self._colour, rank)
            mine = rank < self._first and not face.slanted
            return (not mine, *fit[:4], lacking if consistent else 0, *fit[4:])

        best = min(able, key=key)[1]
        self._chosen[group, weight].append(best)
        return best


# --- runs ------------------------------------------------------------------------------------


def runs(text: str, draws: Callable[[str], bool], chooser: Chooser, weight: int = 400) -> list[Run]:
    """Cut a text into runs of one face and one script, from left to right as they are seen.

    Args:
        text: one line.
        draws: whether the text's own font has a character.
        chooser: for what it has not.
        weight: the text's weight.

    Each run holds its characters in reading order. A text goes from left to right as a whole,
    as the engine lays it out; within it Arabic and Hebrew go from right to left.
    """
    cut = _cut(text, draws)
    faces = _assigned(cut, chooser, weight)
    made: list[Run] = []
    for piece, turned in _directions(cut):
        parts = _joined([(cut[at], faces[at]) for at in piece])
        if turned and len(parts) > 1:
            # Seen from the left, the last part comes first; neutral ones must keep its direction.
            parts = [
                part
                if any(unicodedata.bidirectional(char) in ("R", "AL") for char in part.text)
                else part._replace(text=f"{RIGHT_TO_LEFT_MARK}{part.text}{RIGHT_TO_LEFT_MARK}")
                for part in reversed(parts)
            ]
        for part in parts:
            if made and made[-1].face is part.face is None and not turned:
                made[-1] = made[-1]._replace(text=made[-1].text + part.text)
            else:
                made.append(part)
    return made


def _cut(text: str, draws: Callable[[str], bool]) -> list[_Cluster]:
    found = []
    for cluster in clusters(text):
        own = all(draws(char) for char in cluster if is_drawn(char))
        if own and cluster.isspace():
            own = all(map(draws, cluster))
        if own and is_picture(cluster):
            own = False
        found.append(
            _Cluster(cluster, script_of(cluster[0]), unicodedata.bidirectional(cluster[0]), own)
        )
    return found


def _assigned(
    cut: Sequence[_Cluster], chooser: Chooser, weight: int
) -> list[tuple[Face | None, str]]:
    """Return the face and group of each cluster; neutral ones go with what they stand between."""
    found: list[tuple[Face | None, str]] = []
    for cluster in cut:
        if cluster.own:
            found.append((None, ""))
            continue
        group = group_of(cluster.text, chooser.han)
        if group == SYMBOLS:
            near = next((pair for pair in reversed(found) if pair[0] is not None), None)
            if near and near[0] is not None and near[1] not in (EMOJI, SYMBOLS):
                codes = [ord(char) for char in cluster.text]
                if all(map(near[0].covers, codes)):
                    found.append(near)
                    continue
        found.append((chooser.face(cluster.text, group, weight), group))
    at = 0
    while at < len(cut):
        if found[at][0] is None:
            at += 1
            continue
        # From here on: clusters of the text's own font up to the next of a fallback.
        end = at + 1
        while end < len(cut) and cut[end].own and _is_neutral(cut[end], found[at][1]):
            end += 1
        if end < len(cut) and end > at + 1 and found[end] == found[at] and not cut[end].own:
            face = found[at][0]
            between = "".join(cluster.text for cluster in cut[at + 1 : end])
            needed = [ord(char) for char in between if is_drawn(char) or char.isspace()]
            if face is not None and all(map(face.covers, needed)):
                found[at + 1 : end] = [found[at]] * (end - at - 1)
        at = end
    return found


def _is_neutral(cluster: _Cluster, group: str) -> bool:
    """Whether a cluster may be drawn with the fallback to both sides of it."""
    if group == EMOJI:  # such a font's blank is as wide as its pictures
        return False
    if cluster.bidi in ("WS", "ON", "CS", "ES", "ET", "B", "S", "BN"):
        return True
    # A number inside a text from right to left belongs to it; elsewhere it stays a number.
    return cluster.bidi in ("EN", "AN") and group in ("Arab", "Hebr", "Syrc", "Thaa", "Nkoo")


def _directions(cut: Sequence[_Cluster]) -> list[tuple[range, bool]]:
    """Return the stretches of a line, and which of them go from right to left.

    This is what the Unicode bidirectional algorithm comes to for a line that goes from left to
    right as a whole: such a stretch begins with a letter from right to left (or an Arabic
    number) and goes to the last one, or number, or bracket closed, before the next letter from
    left to right.
    """
    found: list[tuple[range, bool]] = []
    at = 0
    while at < len(cut):
        start = at
        turned = cut[at].bidi in _TURNING
        if turned:
            at = _end_of_stretch(cut, start)
        else:
            while at < len(cut) and cut[at].bidi not in _TURNING:
                at += 1
        found.append((range(start, at), turned))
    return found


def _end_of_stretch(cut: Sequence[_Cluster], start: int) -> int:
    end, awaited = start, list[str]()
    for at in range(start, len(cut)):
        cluster = cut[at]
        if cluster.bidi in ("L", "LRE", "RLE", "LRO", "RLO", "LRI", "RLI", "FSI"):
            break
        if cluster.text in _BRACKETS:
            awaited.append(_BRACKETS[cluster.text])
        elif awaited and cluster.text == awaited[-1]:
            awaited.pop()
            end = at + 1
        elif cluster.bidi in (*_TURNING, "EN"):
            end = at + 1
    return end


def _joined(parts: Iterable[tuple[_Cluster, tuple[Face | None, str]]]) -> list[Run]:
    made: list[Run] = []
    for cluster, (face, group) in parts:
        # One face may draw two scripts, but the engine shapes a text by the first script in it.
        kind = group if face is not None else ""
        if made and made[-1].face is face and made[-1].script == kind:
            made[-1] = made[-1]._replace(text=made[-1].text + cluster.text)
        else:
            made.append(Run(cluster.text, face, kind))
    return made


# --- places ----------------------------------------------------------------------------------


class Shaped(NamedTuple):
    """A text of one script as a face draws it.

    Attributes:
        width: in em.
        parts: pieces that the engine can place by themselves, each with the place where it
            starts, in em.
        uneven: the engine takes another width for it.
        forward: all of it from left to right.
        clusters: from left to right, the characters of each cluster and how many glyphs it has;
            one of no characters where that order is not known.
    """

    width: float
    parts: tuple[tuple[str, float], ...]
    uneven: bool
    forward: bool
    clusters: tuple[tuple[str, int], ...]


@lru_cache(maxsize=4096)
def shaped(path: str, index: int, text: str) -> Shaped:
    """Return how a face draws a text.

    The engine takes a cluster of several glyphs to be as wide as the widest of them, so that
    the next one lies upon it: the text is cut behind each of these.
    """
    import uharfbuzz

    font, per_em = _shaper(path, index)
    buffer = uharfbuzz.Buffer()
    buffer.add_codepoints([ord(char) for char in text])
    buffer.guess_segment_properties()
    uharfbuzz.shape(font, buffer)
    forward = buffer.direction == "ltr"
    glyphs = list(zip(buffer.glyph_infos, buffer.glyph_positions, strict=True))
    starts = sorted({info.cluster for info, _ in glyphs})
    ends = dict(zip(starts, [*starts[1:], len(text)], strict=True))
    held: dict[int, list[float]] = {start: [] for start in starts}
    for info, place in glyphs:
        held[info.cluster].append(place.x_advance / per_em)
    parts: list[tuple[str, float]] = []
    uneven, cut, began, x = False, 0, 0.0, 0.0
    for start in starts:
        x += sum(held[start])
        if sum(advance != 0 for advance in held[start]) > 1:
            uneven = True
            if forward:
                parts.append((text[cut : ends[start]], began))
                cut, began = ends[start], x
    if cut < len(text):
        parts.append((text[cut:], began))
    ways = {unicodedata.bidirectional(char) for char in text}
    if ways & {"R", "AL"} and ways & {"L", "EN", "AN"}:
        clusters = [("", len(glyphs))]  # the engine turns parts of it around
    else:
        clusters = [(text[start : ends[start]], len(held[start])) for start in starts]
    ordered = clusters if forward else clusters[::-1]
    return Shaped(x, tuple(parts), uneven, forward and all(t for t, _ in clusters), tuple(ordered))


@lru_cache(maxsize=32)
def _shaper(path: str, index: int) -> tuple[Any, int]:
    import uharfbuzz

    face = uharfbuzz.Face(uharfbuzz.Blob.from_file_path(path), index)
    return uharfbuzz.Font(face), face.upem
