"""The page: one file that holds its styles, scripts and data, and may load nothing else."""

import base64
import hashlib
from pathlib import Path

from scripts.reporting import charts, comparison_page, run_page, sweep_page
from scripts.reporting.errors import ReportError
from scripts.reporting.markup import Markup, code, join, tag
from scripts.reporting.results import Run

FOLDER = Path(__file__).parent
_DOCTYPE = Markup("<!DOCTYPE html>\n")
SCRIPTS = ("numbers.js", "tables.js", "measures.js", "timeline.js", "scatter.js", "start.js")


def build(results):
    """The text of the page for one run, several runs, or one sweep."""
    if len(results) == 1:
        page = run_page if isinstance(results[0], Run) else sweep_page
        return _page(results[0].name, page.title(results[0]), page.sections(results[0]))
    if not all(isinstance(result, Run) for result in results):
        raise ReportError("several folders must all be runs; a report shows one sweep at a time")
    names = [run.name for run in results]
    return _page(" against ".join(names), comparison_page.title(results), comparison_page.sections(results))


def _page(name, title, sections):
    links = [tag("a", words.replace("_", " ").capitalize(), href=f"#{identifier}") for identifier, words, _ in sections]
    script = "\n".join((FOLDER / file).read_text(encoding="utf-8") for file in SCRIPTS)
    style = (FOLDER / "report.css").read_text(encoding="utf-8")
    policy = f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}"
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", f"{name} · Lockstep"),
        code("style", style),
    )
    body = tag(
        "body",
        charts.hatch(),
        tag("header", tag("h1", name), tag("p", title, class_="subtitle"), tag("nav", *links)),
        tag("main", *(section for _, _, section in sections)),
        tag("footer", "Made by scripts/report.py from the files of the result; this page loads nothing."),
        code("script", script),
    )
    return join([_DOCTYPE, tag("html", head, body, lang="en")]) + "\n"


def _hash(content):
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"
