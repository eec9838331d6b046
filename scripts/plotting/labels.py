"""From the name of a column to the label of an axis, with the unit that the name ends in."""

# Longest first: the end of a name -> its unit. Names are those of docs/metrics.md and docs/keys.md.
ENDINGS = {
    "elements_per_cycle": "elements/cycle",
    "bytes_per_cycle": "bytes/cycle",
    "operations_per_cycle": "ops/cycle",
    "sentences_per_cycle": "sentences/cycle",
    "target_tokens_per_cycle": "tokens/cycle",
    "mac_cycles": "MAC-cycles",
    "cycles_per_sentence": "cycles",
    "cycles_per_target_token": "cycles",
    "energy_delay_pj_s": "pJ s",
    "source_tokens": "tokens",
    "target_tokens": "tokens",
    "utilization_percent": "%",
    "percent": "%",
    "cycles": "cycles",
    "seconds": "s",
    "columns": "columns",
    "ratio": "times",
    "speedup": "times",
    "density": "kept / all",
    "macs": "MACs",
    "ways": "MACs",
    "luts": "LUTs",
    "kib": "KiB",
    "mm2": "mm²",
    "mhz": "MHz",
    "uj": "µJ",
    "pj": "pJ",
    "nj": "nJ",
    "mw": "mW",
    "us": "µs",
    "ms": "ms",
}
IN_WORDS = {"percent", "uj", "pj", "nj", "mw", "us", "ms", "kib", "mm2", "mhz", "seconds"}  # said by the unit alone
SHORT = {"mac": "MAC", "macs": "MACs", "kv": "K/V", "lut": "LUT", "luts": "LUTs", "rcsc": "RCSC", "sram": "SRAM"}
KEPT_BLOCKS = 2  # of a dotted name: optimus.input_window.columns is input window columns


def axis(name, given=None):
    """`given` when the user has stated one; else words and unit of the column's name."""
    if given is not None:
        return given
    unit = unit_of(name)
    return words(name) + (f" ({unit})" if unit else "")


def unit_of(name):
    last = name.rsplit(".", 1)[-1]
    return next((unit for end, unit in ENDINGS.items() if last == end or last.endswith("_" + end)), None)


def words(name):
    parts = " ".join(name.split(".")[-KEPT_BLOCKS:]).replace("_per_cycle", "").split("_")
    shown = " ".join(part for part in parts if part not in IN_WORDS).split()
    return " ".join(SHORT.get(word, word) for word in shown)
