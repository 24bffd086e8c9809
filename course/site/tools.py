"""The programs beside Python that finish the site: KaTeX, Pagefind and Chromium."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from course.errors import SiteError
from course.site import text

CHROMIUM_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
_CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def require_packages(site: Path) -> None:
    """Make sure that Node and the packages of ``site/package-lock.json`` are there.

    Raises:
        SiteError: They are not; the sentence says how to get them.
    """
    if not shutil.which("node"):
        raise SiteError(text.NO_NODE)
    if not all((site / "node_modules" / name).is_dir() for name in ("katex", "pagefind")):
        raise SiteError(text.NO_PACKAGES)


def set_formulas(site: Path, out: Path) -> None:
    """Turn the formulas in the pages of ``out`` into KaTeX's HTML, which needs no script.

    Raises:
        SiteError: A formula cannot be read.
    """
    _run("KaTeX", ["node", str(site / "formulas.js"), str(out)])
    styles = site / "node_modules" / "katex" / "dist"
    target = out / "katex"
    (target / "fonts").mkdir(parents=True, exist_ok=True)
    shutil.copyfile(styles / "katex.min.css", target / "katex.min.css")
    for font in (styles / "fonts").glob("*.woff2"):
        shutil.copyfile(font, target / "fonts" / font.name)


def index_for_search(site: Path, out: Path) -> None:
    """Let Pagefind index the pages of ``out``, each language for itself.

    Raises:
        SiteError: Pagefind failed.
    """
    pagefind = site / "node_modules" / ".bin" / "pagefind"
    _run("Pagefind", [str(pagefind), "--site", str(out)])
    # Of all that Pagefind brings, our pages use its engine alone.
    for unused in (*out.glob("pagefind/*ui*"), *out.glob("pagefind/pagefind-highlight.js")):
        unused.unlink()


def chromium() -> str | None:
    """Return the path of Chromium, or of Chrome; None where there is neither."""
    return next(filter(None, map(shutil.which, _CHROMIUMS)), None)


def print_pages(out: Path, pages: Sequence[str]) -> None:
    """Print pages of the site to PDF files, beside the pages.

    Args:
        out: The folder of the site.
        pages: Paths of pages from there, such as ``"lessons/01_data.html"``.

    Raises:
        SiteError: There is no Chromium, or it failed.
    """
    browser = chromium()
    if browser is None:
        raise SiteError(text.NO_CHROMIUM)
    with serve(out) as address:
        for page in pages:
            target = (out / page).with_suffix(".pdf")
            options = ["--no-pdf-header-footer", f"--print-to-pdf={target}"]
            _run("Chromium", [browser, *CHROMIUM_FLAGS, *options, f"{address}/{page}"])


@contextmanager
def serve(folder: Path) -> Iterator[str]:
    """Serve a folder on this machine alone, and give its address, such as ``http://127.0.0.1:8123``."""
    handler = functools.partial(_QuietHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


class _QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _run(tool: str, command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)
    if done.returncode:
        reason = (done.stderr or done.stdout).strip()[-500:]
        raise SiteError(text.TOOL_FAILED.format(tool=tool, reason=reason))
