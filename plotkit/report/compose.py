"""The report: what people add to it, and the places it can be saved to."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Unpack

from plotkit import errors, look, written
from plotkit.chart import Chart
from plotkit.look import Options
from plotkit.report import blocks, draw


class Report:
    """Charts, text and tables, saved as one HTML page, one PDF, or a folder of pictures.

    Args:
        title: stands at its head.
        description: a few sentences under it; Markdown.
        options: how its charts are to look, where they do not say so themselves; see
            `plotkit.look.Options`. `language` is that of captions, contents and alternative texts.

    Attributes:
        failures: after `save`, the charts that could not be drawn, as pairs of "figure 3" and the
            error; empty when all were.
        warnings: after `save`, what of its own text could not be shown.

    >>> import plotkit as pk
    >>> report = Report("Experiment 12", description="With *warm-up*.")
    >>> report.add("## Training", pk.line({"x": [0, 1], "y": [2, 1]}, "x", "y"))
    <Report 'Experiment 12': 2 items>
    """

    def __init__(
        self,
        title: str,
        description: str = "",
        **options: Unpack[Options],
    ) -> None:
        for name, given in (("title", title), ("description", description)):
            if not isinstance(given, str):
                raise errors.OptionError.from_option(name, given, "text")
        chosen = look.read(options, "light")  # what is misspelt ends here
        if options.get("alt") is not None:
            raise errors.OptionError.from_option("alt", options["alt"], "it for one figure only")
        self.title = title
        self.description = description
        self.language = chosen.language
        self.failures: tuple[tuple[str, str], ...] = ()
        self.warnings: tuple[str, ...] = ()
        self._options = dict(options)
        self._blocks: list[blocks.Block] = []

    @property
    def blocks(self) -> tuple[blocks.Block, ...]:
        """What was added, in its order."""
        return tuple(self._blocks)

    def __repr__(self) -> str:
        count = len(self._blocks)
        return f"<Report {self.title!r}: {count} item{'' if count == 1 else 's'}>"

    def add(self, *items: object) -> Report:
        """Add items at the end.

        Args:
            items: text in Markdown; charts; functions without arguments that make one, so that a
                failure stays in its place; tables and data frames; `pk.figure(...)` with a
                caption; `pk.row(...)` for items beside each other.

        Returns:
            The report itself.
        """
        self._blocks += [blocks.block(item) for item in items]
        return self

    def save(
        self,
        path: str | os.PathLike[str],
        *,
        interactive: bool = False,
        formats: Sequence[str] | None = None,
        max_bytes: int | None = None,
        progress: bool | None = None,
        strict: bool = False,
    ) -> Path:
        """Save as a page (.html), as a PDF, or, where the path has no ending, into a folder.

        A chart that fails does not take the report down: its error stands in its place and in
        `failures`.

        Args:
            path: where to write; a folder is made in one that is there.
            interactive: live charts in the page, in place of pictures.
            formats: of a folder, the endings of its pictures; default "svg" and "png".
            max_bytes: the most that the page, the PDF or the folder's pictures may have; what is
                larger is not written.
            progress: show a progress bar; default: on a terminal.
            strict: raise the first failure, once the report is written.

        Returns:
            The file, or the folder.

        Raises:
            SaveError: another ending, a missing folder, a report larger than `max_bytes`.
        """
        target = written.path_of(path)
        ending = target.suffix.lower()
        into_folder = not ending or target.is_dir()
        if interactive and ending != ".html":
            raise errors.OptionError.from_option("interactive", True, "it for a page (.html) only")
        if formats is not None and (isinstance(formats, str) or not into_folder):
            expected = "a list of endings, for a folder only"
            raise errors.OptionError.from_option("formats", formats, expected)
        if max_bytes is not None and (not isinstance(max_bytes, int) or max_bytes < 1):
            expected = "a whole number of bytes, at least 1"
            raise errors.OptionError.from_option("max_bytes", max_bytes, expected)
        if ending == ".html":
            page, content = self._html(interactive, progress)
        elif ending == ".pdf":
            page, content = self._pdf(progress)
        elif into_folder:
            from plotkit.report import folder

            themes = self._themes()
            endings = tuple(formats or ("svg", "png"))
            setting = self._setting(folder.drawing(endings, themes[1]), progress)
            page = folder.write(self._blocks, setting, target, endings, themes, max_bytes)
            return self._ended(page, target, strict)
        else:
            raise errors.SaveError.from_suffix(str(path), [".html", ".pdf", "none (a folder)"])
        if max_bytes is not None and len(content) > max_bytes:
            raise errors.SaveError.from_size(
                str(path), len(content), max_bytes, draw.heaviest(page)
            )
        written.whole(target, content)
        return self._ended(page, target, strict)

    def _ended(self, page: draw.Page, target: Path, strict: bool) -> Path:
        self.failures = tuple(page.failures())
        if strict and self.failures:
            raise errors.ReportError.from_failures(str(target), self.failures)
        return target

    def _setting(
        self, make: Callable[[Chart, Mapping[str, Any]], draw.Files], progress: bool | None
    ) -> draw.Setting:
        """What holds for the whole report, with the way in which a chart is drawn."""
        return draw.Setting(
            self.title,
            self.description,
            self.language,
            self._options,
            make,
            progress=progress,
        )

    def _themes(self) -> tuple[str | None, tuple[Any, ...]]:
        """The theme of the page (None: the reader's own), and those that charts are drawn in."""
        theme = self._options.get("theme")
        if theme is None:
            return None, ("light", "dark")
        return (theme if isinstance(theme, str) else "light"), (theme,)

    def _html(self, interactive: bool, progress: bool | None) -> tuple[draw.Page, bytes]:
        from plotkit.report import web

        theme, themes = self._themes()
        page = draw.page(self._blocks, self._setting(web.drawing(themes), progress))
        if interactive:
            from plotkit.report import live

            return page, live.html(page, theme).encode()
        return page, web.html(page, web.inlined, theme=theme).encode()

    def _pdf(self, progress: bool | None) -> tuple[draw.Page, bytes]:
        from plotkit.report import paged

        paged.require()
        page = draw.page(self._blocks, self._setting(paged.drawing(self._themes()[1][0]), progress))
        content, self.warnings = paged.pdf(page)
        return page, content
