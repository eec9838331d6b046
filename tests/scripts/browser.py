"""A real browser without a window: Debian's chromium opens a page from its file."""

import re
import shutil
import subprocess

import pytest

CHROMIUM = shutil.which("chromium")

needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's chromium (apt-get install chromium)")


def _run(page, profile, fragment, *options):
    words = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--enable-logging=stderr"]
    words += [f"--user-data-dir={profile}", "--window-size=1340,2000", "--timeout=20000", *options]
    url = page.resolve().as_uri() + fragment
    done = subprocess.run([CHROMIUM, *words, url], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    complaints = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    assert complaints == [], "the page complains on the console"
    return done.stdout


def document(page, profile, fragment=""):
    """The page as its scripts left it; fails when something was written on the console."""
    text = _run(page, profile, fragment, "--dump-dom")
    assert 'data-ready="yes"' in text, "the scripts did not come to their end"
    return text


def screenshot(page, profile, picture, *options):
    _run(page, profile, "", f"--screenshot={picture}", "--hide-scrollbars", *options)
    return picture


def table_rows(text, name):
    """Cells of the rows that a table shows, as text."""
    start = text.index(f'data-table="{name}"')
    body = text[text.index("<tbody>", start) : text.index("</tbody>", start)]
    rows = re.findall(r"<tr>(.*?)</tr>", body, re.S)
    return [[re.sub(r"<[^>]*>", "", cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.S)] for row in rows]
