"""What a picture says about itself, whatever file it stands in.

Titles come from anywhere, so every text goes through `Metadata.cleaned` before it is written:
what is left is valid in XML, PNG and PDF, and says the same.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import NamedTuple

_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,8}")
_BLANKS = re.compile(r"\s+")
# Characters of title and description that are kept: JPEG has 64 kB for all of XMP, which says the
# description twice and a "&" in five letters. Of the other texts the first few are enough.
_KEPT, _SHORT = 4_000, 200


_XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF \
xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" \
xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" \
xmlns:pdf="http://ns.adobe.com/pdf/1.3/" \
xmlns:Iptc4xmpCore="http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/">
{}</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>"""


class Metadata(NamedTuple):
    """Plain texts about one picture; an empty one is not written.

    Attributes:
        title: what stands above the chart.
        description: what it shows, in words: the alt text.
        preset: the preset and its version, such as "plotkit/line@1".
        software: what made it, such as "plotkit 0.1.0".
        language: the language of title and description, as BCP 47 says it ("en", "ja-JP").
        created: when it was made, in ISO 8601; empty unless asked for, as the same chart is to
            give the same bytes.
    """

    title: str = ""
    description: str = ""
    preset: str = ""
    software: str = ""
    language: str = ""
    created: str = ""

    def cleaned(self) -> Metadata:
        r"""The same with texts that every kind of file can hold.

        Everything but the description becomes one line; a language that is none goes.

        >>> Metadata(title="a\nb\x1b[0m", language="<script>").cleaned()[:2]
        ('a b\ufffd[0m', '')
        """
        from plotkit.text import clean, shorten

        def line(text: str, kept: int) -> str:
            return shorten(_BLANKS.sub(" ", clean(text[: 2 * kept])).strip(), kept)

        language = line(self.language, _SHORT)
        return Metadata(
            title=line(self.title, _KEPT),
            description=shorten(clean(self.description[: 2 * _KEPT]).strip(), _KEPT),
            preset=line(self.preset, _SHORT),
            software=line(self.software, _SHORT),
            language=language if _LANGUAGE.fullmatch(language) else "",
            created=self.created,
        )

    def moment(self) -> datetime | None:
        """`created` as a time, in UTC where it names no zone; None where it is empty.

        Raises:
            OptionError: it is no time in ISO 8601.

        >>> Metadata(created="2026-03-01T12:00:00Z").moment().isoformat()
        '2026-03-01T12:00:00+00:00'
        """
        if not self.created:
            return None
        try:
            found = datetime.fromisoformat(self.created)
            # A zone with seconds has no place in any of the formats.
            offset = (found.tzinfo and found.utcoffset()) or None
            if offset is not None and offset.total_seconds() % 60:
                raise ValueError
        except ValueError:
            from plotkit.errors import OptionError  # only on the way to an error

            expected = "a date or time in ISO 8601, such as '2026-03-01T12:00:00Z'"
            raise OptionError.from_option("created", self.created, expected) from None
        found = found.replace(microsecond=0)
        return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def xmp(metadata: Metadata, *, kind: str, creator: str = "", producer: str = "") -> str:
    """The metadata as XMP, the XML that PDF, JPEG and WebP carry alike (ISO 16684-1).

    Args:
        metadata: cleaned.
        kind: the media type of the file, such as "image/jpeg".
        creator: what xmp:CreatorTool says.
        producer: what pdf:Producer says, for PDF.
    """
    from xml.sax.saxutils import escape

    def plain(name: str, text: str) -> str:
        return f"<{name}>{escape(text)}</{name}>\n" if text else ""

    def held(name: str, box: str, text: str, language: str = "") -> str:
        said = f' xml:lang="{language}"' if language else ""
        item = f"<rdf:li{said}>{escape(text)}</rdf:li>"
        return f"<{name}><rdf:{box}>{item}</rdf:{box}></{name}>\n" if text else ""

    moment = metadata.moment()
    stamp = moment.isoformat() if moment is not None else ""
    # The first of the alternatives is the default one, whatever its language.
    default = "x-default"
    return _XMP.format(
        plain("dc:format", kind)
        + held("dc:title", "Alt", metadata.title, default)
        + held("dc:description", "Alt", metadata.description, default)
        + held("Iptc4xmpCore:AltTextAccessibility", "Alt", metadata.description, default)
        + held("dc:language", "Bag", metadata.language)
        + plain("dc:source", metadata.preset)
        + plain("xmp:CreatorTool", creator)
        + plain("pdf:Producer", producer)
        + plain("xmp:CreateDate", stamp)
        + plain("xmp:ModifyDate", stamp)
    )
