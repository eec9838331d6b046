"""Text of files, file names and messages as it may stand in a line of a terminal or a log."""

import re

_HIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
LIMIT = 200  # characters


def printable(text, limit=LIMIT):
    """One line that shows what the text holds and does nothing to a terminal.

    Controls, line separators, marks that turn the direction of writing, halves of surrogates and bytes that are not
    UTF-8 become \\xNN or \\u{NNNN}. Beyond `limit` characters (None: never) the middle is left out, with '…' there.
    `text` is a str, with invalid bytes as Python keeps them in file names (surrogateescape), or bytes of UTF-8.
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8", "surrogateescape")
    if limit is None:
        return _HIDDEN.sub(_escape, text)
    shown = _HIDDEN.sub(_escape, text[: limit + 1])
    if len(text) <= limit and len(shown) <= limit:
        return shown
    room = max(limit - 1, 0)
    head = _fitting(text[:room], room - room // 2)
    tail = _fitting(text[len(text) - min(room, len(text)) :][::-1], room // 2)
    return "".join([*head, "…"[:limit], *reversed(tail)])


def _escape(found):
    code = ord(found[0])
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is not UTF-8
        code -= 0xDC00
        return f"\\x{code:02x}"
    return f"\\x{code:02x}" if code < 0x80 else f"\\u{{{code:04x}}}"


def _fitting(characters, room):
    """The first of them, escaped, as many as `room` holds whole."""
    kept = []
    for character in characters:
        shown = _HIDDEN.sub(_escape, character)
        room -= len(shown)
        if room < 0:
            break
        kept.append(shown)
    return kept
