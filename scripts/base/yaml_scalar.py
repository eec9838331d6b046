"""What a plain word of a YAML file means, by the rules of docs/yaml.md: numbers as in JSON, true, false, null, or text."""

import math
import re

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_WORDS = {"": None, "null": None, "~": None, "true": True, "false": False}
_RESERVED = ("Null", "NULL")  # nothing to other parsers
_WHOLE_DIGITS = 20
_SMALLEST, _LARGEST = -(2**63), 2**64 - 1


def typed(text):
    """The value of a plain scalar; ValueError, saying why, for one that is neither a value nor text."""
    if text in _WORDS:
        return _WORDS[text]
    if text in _RESERVED:
        raise ValueError(f"{text}: write null, or quotes around it")
    number = _NUMBER.fullmatch(text)
    if not number:
        return text
    if not number[1] and not number[2]:
        return _whole(text)
    value = float(text)
    if math.isinf(value) or (value == 0 and re.match(r"[-0.]*[1-9]", text)):
        raise ValueError("a number beyond those that a double can hold")
    return value


def _whole(text):
    value = int(text) if len(text) <= _WHOLE_DIGITS else None
    if value is None or not _SMALLEST <= value <= _LARGEST:
        raise ValueError("a whole number beyond -2^63 to 2^64 - 1; in quotes it is text")
    return value
