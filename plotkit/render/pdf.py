"""The last step of a PDF: the same chart gives the same bytes, and everybody can read it.

The engine keeps fonts and resources in hash tables whose order changes from run to run, so two
PDFs of one picture hold the same objects under other numbers and in another order. qpdf (through
pikepdf) writes them in the order in which they are reached from the root, with the keys of each
dictionary sorted. What the page draws is not touched.

With metadata, the page is one tagged figure whose alternative text a screen reader reads, and
the file names its title, language, preset and plotkit in the places that programs look at.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pikepdf import Pdf

    from plotkit.render.metadata import Metadata


def finish(pdf: bytes, metadata: Metadata | None = None) -> bytes:
    """Return `pdf` with its objects in one order that depends only on what it shows.

    Args:
        pdf: what the engine made. What is no PDF comes back as it is.
        metadata: what the file says about itself; no date unless it has one.

    The bytes depend on the arguments alone (and on qpdf's version).
    """
    import pikepdf

    try:
        opened = pikepdf.open(io.BytesIO(pdf), attempt_recovery=False, suppress_warnings=True)
    except pikepdf.PdfError:
        return pdf
    with opened:
        if metadata is not None:
            _describe(opened, metadata.cleaned())
        out = io.BytesIO()
        # The file's id is then a digest of its content; otherwise it is one of the time, or half
        # of it the one that the file came with.
        if "/ID" in opened.trailer:
            del opened.trailer.ID
        opened.save(out, deterministic_id=True, fix_metadata_version=False)
    return out.getvalue()


def _describe(pdf: Pdf, metadata: Metadata) -> None:
    """Write the metadata into the catalogue, the info dictionary, XMP and the page's tags."""
    from pikepdf import Dictionary, Name, Stream, String

    from plotkit.render.metadata import xmp

    moment = metadata.moment()
    stamp = ""
    if moment is not None:
        zone = moment.strftime("%z")
        stamp = moment.strftime("D:%Y%m%d%H%M%S") + f"{zone[:3]}'{zone[3:5]}'"
    told = {
        "/Title": metadata.title,
        "/Subject": metadata.description,
        "/Creator": metadata.preset,
        "/Producer": metadata.software,
        "/CreationDate": stamp,
        "/ModDate": stamp,
    }
    pdf.trailer.Info = pdf.make_indirect(
        Dictionary({name: String(text) for name, text in told.items() if text})
    )
    packet = xmp(
        metadata, kind="application/pdf", creator=metadata.preset, producer=metadata.software
    )
    held = Stream(pdf, packet.encode())
    held.Type, held.Subtype = Name.Metadata, Name.XML
    pdf.Root.Metadata = pdf.make_indirect(held)
    if metadata.language:
        pdf.Root.Lang = String(metadata.language)
    if metadata.title:  # the window is then called as the chart, and not as the file
        pdf.Root.ViewerPreferences = Dictionary(DisplayDocTitle=True)
    alternative = metadata.description or metadata.title
    if alternative:
        _tag(pdf, alternative, metadata.title)


def _tag(pdf: Pdf, alternative: str, title: str) -> None:
    """Make each page one figure with an alternative text (ISO 32000-1, 14.7 and 14.8)."""
    from pikepdf import Array, Dictionary, Name, String

    root: Any = pdf.make_indirect(Dictionary(Type=Name.StructTreeRoot))
    document = pdf.make_indirect(
        Dictionary(Type=Name.StructElem, S=Name.Document, P=root, K=Array())
    )
    parents: Any = Array()
    for number, page in enumerate(pdf.pages):
        page.contents_add(b"/Figure << /MCID 0 >> BDC\n", prepend=True)
        page.contents_add(b"\nEMC")
        figure: Any = Dictionary(
            Type=Name.StructElem,
            S=Name.Figure,
            P=document,
            Pg=page.obj,
            K=0,
            Alt=String(alternative),
            A=Dictionary(O=Name.Layout, Placement=Name.Block, BBox=page.mediabox),
        )
        if title:
            figure.T = String(title)
        figure = pdf.make_indirect(figure)
        document.K.append(figure)
        page.obj.StructParents = number
        page.obj.Tabs = Name.S
        parents.append(number)
        parents.append(Array([figure]))
    root.K = document
    root.ParentTree = Dictionary(Nums=parents)
    root.ParentTreeNextKey = len(pdf.pages)
    pdf.Root.StructTreeRoot = root
    pdf.Root.MarkInfo = Dictionary(Marked=True)
