"""What plotkit says in people's own language: the words of reports, the sentences of alt texts.

Each language is one file, `<language>.json`, with the same keys and slots as `en.json`; a
sentence that counts something has a form "one" and a form "other". Nothing here needs Babel: what
is spoken needs a few marks and the names of months, which stand in the file.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from plotkit import errors, text

LANGUAGES = ("de", "en", "es", "fr", "ja", "zh")

_ROOM = Path(__file__).parent
_DIGITS = 3  # that a rounded number shows, of its own size and of the range that it lies in
_UNSEEN = 1  # digits beyond those of the range
_WHOLE = 1_000_000  # whole numbers below it are said in full
_LARGEST, _SMALLEST = 1e15, 1e-4  # numbers beyond are said with a power of ten
_NAME_LENGTH = 40
_FIRST_NAMES = 4
_MS_A_DAY = 86_400_000
_SURROGATE = re.compile("[\ud800-\udfff]")
_EXACT = Context(prec=5000)  # whole numbers may have any number of digits


def words(language: str, of: str = "report") -> Mapping[str, str]:
    """The words of a "report" or "page" in a language ("de", "ja-JP"), by name.

    Slots stand in braces.

    A language that is not there gives its nearest by prefix ("zh-TW" those of "zh"), else English.

    >>> words("de")["figure"].format(number=3)
    'Abbildung 3'
    """
    held: Mapping[str, str] = voice(language).file[of]
    return MappingProxyType(dict(held))


def nearest(language: str) -> str:
    """The language that there is, for any tag; raises `OptionError` for what cannot be one.

    >>> nearest("de-AT"), nearest("zh_Hant_TW"), nearest("tlh")
    ('de', 'zh', 'en')
    """
    if not isinstance(language, str) or _SURROGATE.search(language):
        raise errors.OptionError.from_option(
            "language", language, "a language's tag, such as 'de' or 'ja-JP'"
        )
    asked = re.split("[-_]", language.strip(), maxsplit=1)[0].lower()
    return asked if asked in LANGUAGES else "en"


@cache
def _voice(language: str) -> Voice:
    return Voice(language)


def voice(language: str) -> Voice:
    """How a language says sentences, numbers, dates and lists."""
    return _voice(nearest(language))


class Voice:
    """One language: sentences from templates, numbers and dates as they are read aloud."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.file: dict[str, Any] = json.loads((_ROOM / f"{language}.json").read_text("utf-8"))
        self._numbers: dict[str, Any] = self.file["numbers"]
        self._dates: dict[str, Any] = self.file["dates"]

    # --- sentences -----------------------------------------------------------------------------

    def say(self, key: str, count: float | None = None, /, **slots: str) -> str:
        """A sentence (or a part of one) with its slots filled; `count` chooses its form."""
        return self._filled(self.file["sentences"][key], count, slots)

    def _filled(self, form: Any, count: float | None, slots: Mapping[str, str]) -> str:
        if isinstance(form, Mapping):
            assert count is not None
            form = form["one" if self._is_one(count) else "other"]
        counted = {} if count is None else {"count": self.number(count)}
        return str(form).format(**counted, **slots)

    def _is_one(self, count: float) -> bool:
        """Whether a count takes the form "one"."""
        rule = self._numbers["one"]
        return abs(count) < 2 if rule == "below 2" else count == 1

    def together(self, sentences: Sequence[str]) -> str:
        """Sentences in a row."""
        joint: str = self.file["sentences"]["joint"]
        return joint.join(filter(None, sentences))

    def capital(self, part: str) -> str:
        """A part of a sentence at its beginning; names keep their small letters."""
        return part[:1].upper() + part[1:] if self.file["capitals"] else part

    def names(self, names: Sequence[str], limit: int = _FIRST_NAMES) -> str:
        """Names in a row: the first few, the others counted."""
        # "and 1 more" takes the room of the name itself.
        few = names if len(names) <= limit + 1 else names[:limit]
        shown = [self._quoted(self.name(name)) for name in few]
        if len(few) < len(names):
            shown.append(self.say("more", len(names) - len(few)))
        return self.row(shown)

    def _quoted(self, name: str) -> str:
        """A name in quotes where a comma in it would make it two."""
        lists = self.file["lists"]
        return str(lists["quoted"]).format(name=name) if set(name) & set(",;、；，") else name

    def row(self, parts: Sequence[str]) -> str:
        """Parts in a row, as "a, b and c"."""
        lists = self.file["lists"]
        if len(parts) < 2:
            return "".join(parts)
        return str(lists["comma"]).join(parts[:-1]) + str(lists["last"]) + parts[-1]

    def values(self, parts: Sequence[str]) -> str:
        """Numbers in a row, where a comma may be a decimal mark."""
        return str(self.file["lists"]["values"]).join(parts)

    def name(self, name: object, limit: int = _NAME_LENGTH) -> str:
        """A name, or any text of the user's, in one line and not too long."""
        return text.shorten(" ".join(text.clean(str(name)[: 4 * limit]).split()), limit)

    def ended(self, sentence: str) -> str:
        """Somebody's own text as a sentence."""
        end = self.file["sentences"]["end"]
        return sentence if sentence.endswith((*".!?…", "。", "！", "？")) else sentence + str(end)

    # --- numbers -------------------------------------------------------------------------------

    def number(self, value: float, extent: float | None = None) -> str:
        """A number, rounded for listening.

        Whole numbers below a million are said in full. Others have three digits, or as many as
        set them apart in a range of the size `extent`; large ones are said in millions or what
        the language has for them. What is said lies within half a unit of its last digit, and is
        0 for 0 alone.

        >>> voice("en").number(0.18931), voice("de").number(-1234.5, 2.5)
        ('0.189', '−1.234,5')
        >>> voice("en").number(2_500_000), voice("ja").number(2_500_000)
        ('2.5 million', '250万')
        """
        if isinstance(value, float) and not math.isfinite(value):
            return str(value)
        held = Decimal(repr(value))
        if not held:
            return "0"
        place = _last_place(held, extent)
        rounded = _rounded(held, place)
        size = abs(rounded)
        if size >= Decimal(_LARGEST) or size < Decimal(str(_SMALLEST)):
            power = rounded.adjusted()
            mantissa = self._digits(rounded.scaleb(-power, _EXACT))
            if mantissa in ("1", f"{self._numbers['minus']}1"):
                sign = mantissa[:-1]
                return sign + str(self._numbers["power"]).format(exponent=self._digits(power))
            return str(self._numbers["times_power"]).format(
                number=mantissa, exponent=self._digits(power)
            )
        for exponent, form in self._numbers["units"] if abs(held) >= _WHOLE else ():
            if size >= Decimal(10) ** exponent:
                # All digits before the decimal mark are said, so all are right.
                scaled = _rounded(held, min(place, exponent)).scaleb(-exponent, _EXACT)
                if _decimals(scaled) <= _DIGITS:
                    slots = {"number": self._digits(scaled)}
                    return self._filled(form, float(scaled), slots)
                break
        return self._digits(_rounded(held, min(place, 0)))

    def share(self, part: float, whole: float) -> str:
        """A share in per cent with a decimal, and never rounded up to all or down to nothing."""
        held = Decimal(repr(part)) / Decimal(repr(whole)) * 100
        for place in (-1, -2, -4, -8, -16):
            rounded = _rounded(held, place)
            if (rounded == 0) == (held == 0) and (rounded == 100) == (held == 100):
                break
        return str(self._numbers["percent"]).format(number=self._digits(rounded))

    def _digits(self, value: Decimal | int) -> str:
        """All digits of a number, in groups, without needless zeros at its end."""
        plain = f"{Decimal(value):,f}"
        if "." in plain:
            plain = plain.rstrip("0").rstrip(".")
        marks = {
            ",": self._numbers["group"],
            ".": self._numbers["decimal"],
            "-": self._numbers["minus"],
        }
        return "".join(marks.get(mark, mark) for mark in plain)

    # --- dates ---------------------------------------------------------------------------------

    def moment(
        self, ms: float, *, clock: bool, seconds: bool = False, thousandths: bool = False
    ) -> str:
        """A time, given in milliseconds since 1970 in UTC, with the time of day or without.

        >>> voice("ja").moment(1704412800000, clock=False)
        '2024年1月5日'
        """
        days, rest = divmod(math.floor(ms), _MS_A_DAY)
        year, month, day = _civil(days)
        date = str(self._dates["date"]).format(
            year=year,
            month=self._dates["months"][month - 1],
            day=self._dates["first_day"] if day == 1 else day,
        )
        if not clock:
            return date
        hour, rest = divmod(rest, 3_600_000)
        minute, rest = divmod(rest, 60_000)
        time = f"{hour}:{minute:02d}" + (f":{rest // 1000:02d}" if seconds or thousandths else "")
        if thousandths:
            time += f"{self._numbers['decimal']}{rest % 1000:03d}"
        return str(self._dates["moment"]).format(date=date, time=time)


def _last_place(value: Decimal, extent: float | None) -> int:
    """The power of ten to which a number is rounded."""
    first = value.adjusted()
    place = first - _DIGITS + 1
    if extent is not None and 0 < extent < math.inf:
        of_extent = math.floor(math.log10(extent)) - _DIGITS + 1
        # Nothing that nobody could see on such an axis, but for the first digit: no number is 0
        # that is not.
        place = min(max(min(place, of_extent), of_extent - _UNSEEN), first)
    return min(place, 0) if abs(value) < _WHOLE else place  # never coarser than whole numbers


def _rounded(value: Decimal, place: int) -> Decimal:
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and exponent >= place:
        return value
    return value.quantize(Decimal((0, (1,), place)), ROUND_HALF_UP, _EXACT)


def _decimals(value: Decimal) -> int:
    exponent = value.normalize(_EXACT).as_tuple().exponent
    return max(-exponent, 0) if isinstance(exponent, int) else 0


def _civil(days: int) -> tuple[int, int, int]:
    """Year, month and day of a day counted from 1970-01-01, in any millennium.

    The algorithm is Howard Hinnant's `civil_from_days` (chrono-compatible low-level date
    algorithms, 2013).
    """
    days += 719_468
    era, of_era = divmod(days, 146_097)
    year_of_era = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * of_year + 2) // 153
    day = of_year - (153 * shifted + 2) // 5 + 1
    month = shifted + 3 if shifted < 10 else shifted - 9
    return year_of_era + era * 400 + (month <= 2), month, day
