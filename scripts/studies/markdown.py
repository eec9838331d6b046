"""Tables in a Markdown page that a study keeps current."""

import re

from scripts.base import output_file


def table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def fill(page, tables):
    """Replaces what stands between `<!-- table NAME -->` and `<!-- end -->`; begins a page that is not there."""
    places = "\n\n".join(f"<!-- table {name} -->\n<!-- end -->" for name in tables) + "\n"
    text = page.read_text() if page.exists() else places
    for name, lines in tables.items():
        place = re.compile(rf"(<!-- table {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        text = place.sub(lambda found: f"{found[1]}{lines}\n{found[2]}", text)
    output_file.write(page, text)
