"""A report whose charts are live: the same page, with one bundle of JavaScript for all of them.

Each chart stands in the page as a still picture first, and for readers without JavaScript.
"""

from __future__ import annotations

from plotkit.chart import Chart
from plotkit.render import page as live_page
from plotkit.render import worker
from plotkit.report import web
from plotkit.report.draw import Page, Picture
from plotkit.resources import cache_dir
from plotkit.theme import config
from plotkit.words import words


def html(page: Page, theme: str | None) -> str:
    """The whole document; `theme` None follows the reader's own setting."""
    pictures = [picture for picture in page.pictures() if picture.chart is not None]
    lives = [_live(picture, picture.chart) for picture in pictures if picture.chart is not None]
    told = words(page.language, "page")
    number = {picture.number: index for index, picture in enumerate(pictures)}

    def canvas(picture: Picture) -> str:
        index = number[picture.number]
        mounted = live_page.mount(lives[index], index, still=web.inlined(picture), words=told)
        return f'<div class="live">{mounted}</div>'

    bundle = live_page.bundle(worker.javascript_bundle, cache_dir(), worker.engine_version())
    written, texts = live_page.scripts(lives, bundle=bundle, words=told)
    themes = {name: config(name) for name in ("light", "dark")}
    return web.html(
        page,
        canvas,
        theme=theme,
        more_style=live_page.style(themes, theme=theme),
        scripts=written,
        running=texts,
    )


def _live(picture: Picture, chart: Chart) -> live_page.Live:
    options = {name: value for name, value in picture.options.items() if name != "alt"}
    return chart.live(**options, alt=picture.alt)
