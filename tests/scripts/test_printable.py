"""Text of files on a terminal: nothing in it is obeyed, all of it can be told, and it stays short."""

import random
import unicodedata

import pytest

from scripts.base.printable import printable


@pytest.mark.parametrize(
    "text, shown",
    [
        ("encoder.layers.0 – 25 µs, 雪, 🙂", "encoder.layers.0 – 25 µs, 雪, 🙂"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\nlockstep: error: forged\r", "a\\x0alockstep: error: forged\\x0d"),
        ("cut\x00here\tand\x7f", "cut\\x00here\\x09and\\x7f"),
        ("\x85\x9b31m", "\\u{0085}\\u{009b}31m"),
        ("\u2028\u2029\u202e\u2066", "\\u{2028}\\u{2029}\\u{202e}\\u{2066}"),
        ("\ud800\udfff", "\\u{d800}\\u{dfff}"),
        (b"name-\xff\x85.yaml".decode("utf-8", "surrogateescape"), "name-\\xff\\x85.yaml"),
        (b"name-\xff\xc2\xb5", "name-\\xff\u00b5"),
        ("", ""),
    ],
)
def test_what_a_terminal_would_obey_is_escaped(text, shown):
    assert printable(text) == shown


def test_long_text_keeps_its_beginning_and_its_end():
    assert printable("a" * 200) == "a" * 200
    assert printable("a" * 100 + "b" * 101) == "a" * 100 + "…" + "b" * 99
    assert printable("abcdefghij", 5) == "ab…ij" and printable("abcdefghij", None) == "abcdefghij"
    assert printable("x" * 10_000_000) == "x" * 100 + "…" + "x" * 99


def test_escapes_are_not_cut_in_two():
    assert printable("\x1b" * 200) == "\\x1b" * 25 + "…" + "\\x1b" * 24
    assert printable("\u2028" * 3, 10) == "…" and printable("\n\n\n", 9) == "\\x0a…\\x0a"


@pytest.mark.parametrize("limit", [0, 1, 2, 3, 7, 50, 200, None])
def test_any_text_becomes_one_line_of_at_most_the_limit(limit):
    generator = random.Random(limit)
    odd = "\x00\n\r\x1b\x7f\x80\x85\x9f\u2028\u2029\u202a\u202e\u2066\u2069\ud800\udc80\udfff"
    for _ in range(300):
        text = "".join(generator.choice([odd, "abc µ雪", chr(generator.randrange(0x11000))]) for _ in range(60))
        text = "".join(generator.choice(text) for _ in range(generator.randrange(300)))
        shown = printable(text, limit)
        assert limit is None or len(shown) <= limit
        assert len(shown.splitlines()) <= 1 and not set(shown) & set(odd)
        assert all(unicodedata.category(c) not in ("Cc", "Cs", "Zl", "Zp") for c in shown)
        assert limit is None or len(printable(text, None)) > limit or shown == printable(text, None)
