"""Open a page in headless Chromium, zoom into its chart by the wheel, and say what happened.

Arguments: FILE SELECTOR; the selector finds the picture of the chart.
"""

import os
import shutil
import sys
import time
from pathlib import Path

from playwright.sync_api import sync_playwright
from serving import serve

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


def visit():
    with sync_playwright() as driver:
        path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chrome")
        browser = driver.chromium.launch(executable_path=path, args=FLAGS)
        tab = browser.new_page(viewport={"width": 1280, "height": 800})
        faults = []
        tab.on("pageerror", lambda error: faults.append(str(error)))
        start = time.perf_counter()
        tab.goto(Path(sys.argv[1]).as_uri())
        picture = tab.locator(sys.argv[2]).first
        picture.wait_for(timeout=60_000)
        seconds = time.perf_counter() - start
        tab.wait_for_timeout(500)
        before = picture.text_content()
        box = picture.bounding_box()
        tab.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        tab.mouse.wheel(0, -400)
        tab.wait_for_timeout(1000)
        assert not faults, faults
        zoomed = picture.text_content() != before  # the labels of the axes
        browser.close()
    return {"seconds": seconds, "zoomed": zoomed}


serve(visit)
