"""HTML and SVG built from elements. Text is escaped here and nowhere else: all text of a result is untrusted."""

import html
import json

from scripts.base.printable import printable


class Markup(str):
    """Text that is HTML already; made by this module only."""

    __slots__ = ()


VOID = {"meta", "input", "br"}


def text(value):
    return value if isinstance(value, Markup) else Markup(_escaped(value))


def _escaped(value):
    """What HTML cannot hold, or would show in another order, is shown as it is on a terminal."""
    return html.escape(printable(str(value), None))


def join(parts):
    return Markup("".join(text(part) for part in parts if part is not None))


def tag(name, /, *children, **attributes):
    """<name …>children</name>; class_ and for_ are class and for, data_x is data-x, None leaves an attribute out."""
    words = [name]
    for key, value in attributes.items():
        if value is not None:
            shown = key.rstrip("_").replace("_", "-")
            words.append(shown if value is True else f'{shown}="{_escaped(value)}"')
    opening = f"<{' '.join(words)}>"
    return Markup(opening if name in VOID else f"{opening}{join(children)}</{name}>")


def data(identifier, value):
    """A block of JSON that no text inside can end."""
    content = json.dumps(value, separators=(",", ":"), allow_nan=False)
    for character in "<>&":
        content = content.replace(character, f"\\u{ord(character):04x}")
    return tag("script", Markup(content), type="application/json", id=identifier)


def code(name, content):
    """A script or style of our own, as it stands in its file."""
    if f"</{name}" in content:
        raise ValueError(f"{name} would end itself")
    return Markup(f"<{name}>{content}</{name}>")
