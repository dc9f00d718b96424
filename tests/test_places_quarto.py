"""A Quarto document with charts, to HTML and to PDF (by typst), where Quarto is installed."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import sys
from pathlib import Path

import chromium
import pytest
from places_hostile import NAMES, PICTURES, TEXTS, child, hostile_table, opened

pytestmark = pytest.mark.places
QUARTO = shutil.which("quarto")
if QUARTO is None:
    pytest.skip("Quarto is missing (https://quarto.org)", allow_module_level=True)
pytest.importorskip("ipykernel", reason="ipykernel is missing")

HELD = base64.b64encode(json.dumps([hostile_table(), NAMES, TEXTS]).encode()).decode()
DOCUMENT = f"""---
title: Charts
embed-resources: true
---

```{{python}}
#| echo: false
import base64, json
import plotkit as pk
table, names, texts = json.loads(base64.b64decode("{HELD}"))
pk.line(dict(step=[0, 1, 2], loss=[1.9, 1.1, 0.7]), "step", "loss", title="Loss")
```

```{{python}}
#| echo: false
#| fig-alt: Hostile
pk.bar(table, names[0], names[1], title=" ".join(texts))
```
"""


def rendered(tmp_path: Path, to: str, ending: str) -> Path:
    (tmp_path / "charts.qmd").write_text(DOCUMENT, "utf-8")
    done = subprocess.run(
        [str(QUARTO), "render", "charts.qmd", "--to", to],
        capture_output=True,
        encoding="utf-8",
        timeout=400,
        check=False,
        cwd=tmp_path,
        env={**child(tmp_path), "QUARTO_PYTHON": sys.executable},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return tmp_path / f"charts{ending}"


def test_html(tmp_path: Path) -> None:
    chromium.path()
    page = rendered(tmp_path, "html", ".html")
    with opened(page) as (view, asked):
        view.wait_for_timeout(500)
        assert view.evaluate("globalThis.ran") is None
        assert not [url for url in asked if "127.0.0.1" in url]
        pictures = view.evaluate(PICTURES)
    assert len(pictures) == 2
    assert all(found["pixels"] == 1280 for found in pictures)
    assert pictures[0]["width"] == 640
    assert pictures[1]["alt"] == "Hostile"


def test_pdf(tmp_path: Path) -> None:
    import pypdf

    page = rendered(tmp_path, "typst", ".pdf")
    (first, *_) = pypdf.PdfReader(page).pages
    assert len(first.images) == 2
    assert first.images[0].image is not None
    assert first.images[0].image.size[0] >= 1280
