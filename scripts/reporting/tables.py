"""Tables of a page: rows as JSON, which tables.js sorts, filters and shows page by page."""

from scripts.reporting.markup import data, join, tag

MOST_CELLS = 2_500_000  # of a table; more rows are cut off, with a statement
EXACT = 2**53  # larger whole numbers are kept as text, in full


def column(name, values, is_number, meaning):
    return {
        "name": name,
        "unit": meaning.unit,
        "text": meaning.text,
        "number": is_number,
        "values": [_cell(value) for value in values],
    }


def _cell(value):
    return str(value) if isinstance(value, int) and abs(value) >= EXACT else value


def element(identifier, columns, caption=None):
    """A table with its controls; `identifier` also names it in the page's address, as #layers:sort=cycles:desc."""
    rows = len(columns[0]["values"]) if columns else 0
    kept = min(rows, MOST_CELLS // max(1, len(columns)))
    cut = None
    if kept < rows:
        columns = [c | {"values": c["values"][:kept]} for c in columns]
        text = f"The first {kept} of {rows} rows are in this page; the others are in the CSV file only."
        cut = tag("p", text, class_="cut")
    return tag(
        "div",
        caption and tag("p", caption, class_="caption"),
        cut,
        tag("div", class_="table", data_table=identifier),
        data(f"data-{identifier}", {"columns": columns}),
    )


def static(header, rows, numbers=()):
    """A small table that needs no script; cells are text or markup. `numbers` are the columns that hold numbers."""
    looks = ["number" if i in numbers else None for i in range(len(header))]
    names = [name.replace(".", ".\u200b") for name in header]  # keys may be broken after a dot
    head = tag("tr", *(tag("th", name, scope="col", class_=look) for name, look in zip(names, looks)))
    body = [tag("tr", *(tag("td", cell, class_=look) for cell, look in zip(row, looks))) for row in rows]
    return tag("div", tag("table", tag("thead", head), tag("tbody", *body)), class_="scroll")


def section(identifier, title, *content, lead=None):
    heading = tag("h2", title)
    return tag("section", heading, lead and tag("p", lead, class_="lead"), *content, id=identifier)


def folded(summary, *content, open_=False):
    return tag("details", tag("summary", summary), join(content), open=True if open_ else None)
