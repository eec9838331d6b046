"""Numbers as a person reads them; reports of one result agree to the digit with the program's own text."""

NARROW_SPACE = "\u202f"


def grouped(value):
    """A whole number in groups of three digits."""
    return f"{value:,}".replace(",", NARROW_SPACE)


def readable(value):
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, int) or (abs(value) >= 1e6 and abs(value) < 1e15):
        return grouped(round(value))
    return f"{value:.6g}"


def short(value):
    """As short as four digits allow: 0.25, 12.5, 2048, 3.2 M."""
    for unit, factor in (("T", 1e12), ("G", 1e9), ("M", 1e6), ("k", 1e4)):
        if abs(value) >= factor:
            return f"{value / (1e3 if unit == 'k' else factor):.4g}{NARROW_SPACE}{unit}"
    return f"{value:.4g}"


def percent(part, whole):
    return f"{100 * part / whole:.1f}{NARROW_SPACE}%" if whole else ""


def in_time(value, unit, clock_mhz):
    """A count of cycles as time, a number per cycle as a rate: text, or "" for other units."""
    if not isinstance(value, (int, float)) or not clock_mhz:
        return ""
    if unit == "cycles":
        us = value / clock_mhz
        return f"{us:.6g} µs" if us < 1e6 else f"{us / 1e6:.6g} s"
    if unit.endswith("/cycle"):
        return f"{short(value * clock_mhz * 1e6)} {unit[:-6]}/s"
    return ""


SHORT = {"mac": "MAC", "macs": "MACs", "kv": "K/V", "lut": "LUT", "luts": "LUTs", "sram": "SRAM"}


def words(name):
    """A name of a result as text: mac_array is MAC array. Keys, which have dots, stay as they are written."""
    if "." in name:
        return name
    return " ".join(SHORT.get(word, word) for word in name.replace("_", " ").split(" "))


def flat(block, prefix=""):
    """Nested blocks as dotted names with their values; lists as text."""
    found = {}
    for name, value in block.items():
        if isinstance(value, dict):
            found |= flat(value, f"{prefix}{name}.")
        else:
            found[prefix + name] = value
    return found
