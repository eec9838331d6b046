"""Which columns of a table are parts of a whole: found in the numbers, so that any machine's tables are drawn."""

from dataclasses import dataclass

SUM_ROWS = ("total",)  # a row of this name sums up the others
PRICED = ("energy", "area")  # tables of prices: their numbers are summed up in summary.json


@dataclass
class Stack:
    """Bars: `parts` name the columns, `rows` are (name, numbers of the parts)."""

    whole: str
    parts: list
    rows: list

    def without_zeros(self):
        """Without the parts that are zero in all rows."""
        kept = [i for i in range(len(self.parts)) if any(numbers[i] for _, numbers in self.rows)]
        rows = [(name, [numbers[i] for i in kept]) for name, numbers in self.rows]
        return Stack(self.whole, [self.parts[i] for i in kept], rows)

    @property
    def has_sum_row(self):
        return any(name in SUM_ROWS for name, _ in self.rows)

    def total(self):
        """Numbers of the whole table: its sum row, or the sum of its rows."""
        named = [numbers for name, numbers in self.rows if name in SUM_ROWS]
        return named[0] if named else [sum(values) for values in zip(*(numbers for _, numbers in self.rows))]

    def items(self):
        """The rows without the sum row, largest first."""
        rows = [row for row in self.rows if row[0] not in SUM_ROWS]
        return sorted(rows, key=lambda row: -sum(row[1]))


def of_table(table):
    """The longest run of columns that the column after it sums up in every row; None when there is none."""
    columns = table.columns
    if table.rows == 0 or not columns or columns[0].is_number:
        return None
    for end in range(len(columns) - 1, 2, -1):
        for start in range(1, end - 1):
            if _sums_up(columns[start:end], columns[end]):
                rows = zip(columns[0].values, zip(*(c.values for c in columns[start:end])))
                parts = [c.name.removesuffix(f"_{columns[end].name}") for c in columns[start:end]]
                return Stack(columns[end].name, parts, [(n, list(v)) for n, v in rows]).without_zeros()
    return None


def _sums_up(parts, whole):
    if not whole.is_number or not all(c.is_number for c in parts):
        return False
    if any(v is None for c in [*parts, whole] for v in c.values) or not any(whole.values):
        return False
    rows = zip(*(c.values for c in [*parts, whole]))
    return all(abs(sum(values) - total) <= 1e-9 * abs(total) for *values, total in rows)


def of_energy(run):
    """Energy in µJ by unit and part."""
    return _by_unit(run.summary["energy"], "_pj", 1e6, "total_uj")


def of_area(run):
    """Area in mm² by unit and part; None when the machine lists no parts."""
    return _by_unit(run.summary.get("area") or {}, "_mm2", 1, "total_mm2")


def _by_unit(block, ending, divisor, whole):
    units = {u: v for u, v in block.get("units", {}).items() if isinstance(v, dict)}
    parts = [name for name in block if name.endswith(ending) and name != f"total{ending}"]
    rows = [(unit, [float(values.get(part, 0)) / divisor for part in parts]) for unit, values in units.items()]
    stack = Stack(whole, [part.removesuffix(ending) for part in parts], rows)
    return stack.without_zeros() if rows and parts else None


def all_of(run):
    """Stack by name of the table that it was found in."""
    found = {table.name: of_table(table) for table in run.tables if table.name not in PRICED}
    return {name: stack for name, stack in found.items() if stack}
