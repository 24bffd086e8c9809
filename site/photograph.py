"""Takes the pictures of the site that README shows: ``python site/photograph.py``.

It needs build/site, as `make site` leaves it, and Chromium.
"""

import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).parents[1]
ASSETS = ROOT / "assets"
sys.path.insert(0, str(ROOT))

from course.site.tools import CHROMIUM_FLAGS, chromium, serve  # noqa: E402

WIDTH, HEIGHT = 1280, 860
SHOWN = 620
"""Width of each page in the picture."""


def photograph(browser: Browser, address: str, target: Path) -> None:
    """Save the front page and a lesson of one language side by side."""
    tab = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
    shots = []
    for page, start in (("index.html", "body"), ("lessons/05_grad_cam.html", ".tag_exercise")):
        tab.goto(f"{address}/{page}")
        tab.locator(start).first.evaluate("element => element.scrollIntoView()")
        tab.wait_for_timeout(500)
        tab.screenshot(path=target)
        shots.append(Image.open(target).convert("RGB"))
    height = SHOWN * HEIGHT // WIDTH
    both = Image.new("RGB", (2 * SHOWN + 20, height), "white")
    for place, shot in enumerate(shots):
        both.paste(
            shot.resize((SHOWN, height), Image.Resampling.LANCZOS), (place * (SHOWN + 20), 0)
        )
    both.quantize(128).save(target, optimize=True)


def main() -> None:
    """Photograph both languages."""
    with serve(ROOT / "build" / "site") as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=[*CHROMIUM_FLAGS])
        photograph(browser, address, ASSETS / "site.png")
        photograph(browser, f"{address}/en", ASSETS / "site.en.png")


if __name__ == "__main__":
    main()
