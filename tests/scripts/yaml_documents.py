"""Random YAML files, right and wrong, for tests that compare readers."""

import json

SCALARS = """0 1 -1 -0 +5 007 0100 0x10 0o10 0b1 1_000 1,000 1.5 -0.0 5. .5 1e3 1E+3 1e-1 1.e1 1e400 1e-400 4.9e-324 1e-5000 .inf -.inf .nan
inf nan Infinity NaN 18446744073709551615 18446744073709551616 -9223372036854775808 -9223372036854775809 1:30 12:30:45 2020-01-01
2001-12-14t21:59:43.10-05:00 true True TRUE yes Yes on off no y n false null Null NULL ~ None = << <<: a: :a a:b http://x/y?z=1 - -- --x -a -1-
--- ... ? ?a ! !a !!str !!binary & &a *a * | > |- >+ |2 % %YAML @ @a ` `a # a#b a' a" 'a "a '' "" 'a' "a" 'it''s' "a\\"b" "\\u00e9" "\\ud800"
"\\u0000" "\\x41" "\\e" "\\/" "\\t" "\\n" "5" '5' "true" "null" '~' [] {} [1] [,] [1,] [1,2] {a} {a:1} {a: 1} {a: } {a: 1,} {"a":1} {"a": 1} [a: b]
[[1], {b: [2]}] [a b, c] [a?b] [a:b] ] } , a,b a]b é 日本 😀 a\u00a0b a\u2028b a\u0085b a\x7fb a\x00b a\tb \ta a\x0cb \ufeffa a\rb a\\b C:\\x $x a=b
=1+1 @x +a 1.5.2 1e 1e+ e1 - 1 a - b a #b a# 9999999999999999999999 0.1234567890123456789012345 123456789.123456789e-7""".split()
SCALARS += ["", " ", "a b", "a  b ", "1 2", "x: y", "x : y", "'a' b", '"a" b', "[1] b", "[1] # c", "a # c", "null # c", "- a", "? a", "'a\\n'", '"a b"']

_FORBIDDEN_MOSTLY = "\t\r\x00\x07\x0b\x0c\x1b\x7f\x85\x9f\xa0\u2028\u2029\ufeff\ufffe"
_SIGNS = " \n:-#,[]{}'\"|>&*!?%@`~\\.+e0123abc_=<é" + _FORBIDDEN_MOSTLY


def document(random):
    """The bytes of a file of random keys, in half of the cases then damaged."""
    text = _block(random, 0, random.randrange(1, 4))
    if random.random() < 0.1:
        text = random.choice(["---\n", "--- # x\n", "# x\n", "\n\n", "\ufeff", "%YAML 1.2\n---\n", "--- a\n"]) + text
    if random.random() < 0.05:
        text += random.choice(["...\n", "---\n", "---\na: 1\n", "# end", "  \n", "b", "\x00"])
    if random.random() < 0.5:
        for _ in range(random.choice([1, 1, 1, 2, 3])):
            text = random.choice(_DAMAGES)(random, text)
    if random.random() < 0.1:
        text = text.replace("\n", "\r\n")
    return _encoded(random, text)


def _encoded(random, text):
    draw = random.random()
    if draw < 0.01:
        return text.encode(random.choice(["utf-16", "utf-16-le", "utf-32", "utf-8-sig"]), "replace")
    data = text.encode("utf-8")
    if draw < 0.03:
        at = random.randrange(len(data) + 1)
        data = data[:at] + bytes([random.randrange(128, 256)]) + data[at:]
    return data


def _block(random, indent, depth):
    """Keys and their values, from the column `indent` on."""
    lines = []
    for number in range(random.randrange(1, 5)):
        if random.random() < 0.08:
            lines.append(random.choice(["", "   ", " " * indent + "# note", "# note"]))
        lines.append(" " * indent + _key(random, number) + ":" + _node(random, indent, depth))
    return "\n".join(lines) + "\n"


def _key(random, number):
    if random.random() < 0.03:
        return random.choice(SCALARS)
    name = random.choice(["a", "key", "a.b", "two words", "k-", "x/y", "é", "key_of_30_letters_or_so_as_they_are"])
    name += str(number) if random.random() < 0.97 else ""
    return random.choice([name] * 8 + [json.dumps(name, ensure_ascii=False), f"'{name}'"])


def _node(random, indent, depth):
    """What stands behind the colon of a key in the column `indent`, or behind a dash."""
    kind = random.random()
    inner = indent + random.choice([1, 2, 2, 2, 4])
    if depth > 0 and kind < 0.2:
        return "\n" + _block(random, inner, depth - 1).rstrip("\n")
    if depth > 0 and kind < 0.35:
        return "\n" + _list(random, random.choice([inner, indent]), depth - 1)
    if kind < 0.5:
        return " " + _bracketed(random, depth) + _comment(random)
    if kind < 0.58:
        return " " + _text(random, inner)
    if kind < 0.62:
        return "\n" + " " * inner + _plain(random)
    return " " + _scalar(random) + _comment(random)


def _comment(random):
    return random.choice([""] * 8 + [" # note", "  #", " "])


def _list(random, indent, depth):
    lines = []
    for _ in range(random.randrange(1, 4)):
        kind = random.random()
        if depth > 0 and kind < 0.3:
            lines.append(" " * indent + "- " + _block(random, indent + 2, depth - 1).lstrip(" ").rstrip("\n"))
        elif depth > 0 and kind < 0.4:
            lines.append(" " * indent + "- " + _list(random, indent + 2, depth - 1).lstrip(" "))
        else:
            lines.append(" " * indent + "-" + _node(random, indent, depth))
    return "\n".join(lines)


def _bracketed(random, depth):
    gap = random.choice([", "] * 6 + [",", " , ", ",\n   ", ", # note\n "])
    count = random.randrange(0, 4)
    inner = lambda: _bracketed(random, depth - 1) if depth > 0 and random.random() < 0.3 else _scalar(random)
    if random.random() < 0.5:
        return "[" + gap.join(inner() for _ in range(count)) + random.choice(["]"] * 6 + [",]", "\n]"])
    items = (_key(random, number) + random.choice([": "] * 9 + [":", ":\n  "]) + inner() for number in range(count))
    return "{" + gap.join(items) + random.choice(["}"] * 6 + [", }", "\n}"])


def _plain(random):
    words = ["word", "5", "of", "text", "a:b", "x#y", "it's", "(c)", "a,b", "[x]", "-5", "é", "1.5", "end."]
    return " ".join(random.choice(words) for _ in range(random.randrange(1, 6)))


def _text(random, inner):
    """A text of several lines."""
    lines = [_plain(random) for _ in range(random.randrange(1, 4))]
    if random.random() < 0.3:
        lines.insert(random.randrange(1, len(lines) + 1), "")
    if random.random() < 0.1:
        lines[-1] = random.choice([" more", "# no note", "a: b", "- a"])
    body = "\n".join(" " * inner + line for line in lines)
    if random.random() < 0.4:
        return body.lstrip(" ")
    return random.choice(["|", ">", "|-", ">-", "|-  ", "|+", ">2", "| # x"][: random.choice([4, 4, 8])]) + "\n" + body


def _scalar(random):
    draw = random.random()
    if draw < 0.15:
        return random.choice(SCALARS)
    if draw < 0.5:
        return str(random.choice([random.randrange(1000), -random.randrange(1000), random.random(), random.getrandbits(70), 0.5, 1e300]))
    if draw < 0.6:
        return random.choice(["true", "false", "null"])
    if draw < 0.75:
        return json.dumps(_plain(random) + random.choice(["", "\n", '"', "\\", "é", "\u2028"]), ensure_ascii=random.random() < 0.5)
    if draw < 0.8:
        return "'" + _plain(random).replace("'", "''") + "'"
    return random.choice(["word", "csc", "sa_rcsc", "a/b.yaml", "two words", "x-y", "é"])


def scalar(random):
    """A random word that may look like a value."""
    draw = random.random()
    if draw < 0.3:
        return random.choice(SCALARS)
    if draw < 0.7:
        return "".join(random.choice("0123456789.eE+-_xo: ") for _ in range(random.randrange(1, 12)))
    return "".join(random.choice(_SIGNS) for _ in range(random.randrange(1, 8)))


def _insert(random, text):
    at = random.randrange(len(text) + 1)
    return text[:at] + random.choice(_SIGNS) + text[at:]


def _insert_word(random, text):
    at = random.randrange(len(text) + 1)
    return text[:at] + random.choice(SCALARS) + text[at:]


def _delete(random, text):
    at = random.randrange(len(text) + 1)
    return text[:at] + text[at + random.randrange(1, 4) :]


def _move_line(random, text):
    lines = text.split("\n")
    at = random.randrange(len(lines))
    lines[at] = random.choice([" ", "  ", "    "]) + lines[at] if random.random() < 0.5 else lines[at].lstrip(" ")
    return "\n".join(lines)


def _repeat_line(random, text):
    lines = text.split("\n")
    lines.insert(random.randrange(len(lines) + 1), random.choice(lines))
    return "\n".join(lines)


def _deepen(random, text):
    count = random.choice([3, 14, 15, 16, 17, 2000])
    return f"{text}deep: {'[' * count}{']' * count}\n"


_DAMAGES = [_insert] * 4 + [_insert_word] * 2 + [_delete] * 3 + [_move_line] * 2 + [_repeat_line, _deepen]


def damaged(random, text):
    """A right file with something wrong in it; in some cases not even UTF-8."""
    for _ in range(random.choice([1, 1, 2, 3, 6])):
        text = random.choice(_DAMAGES)(random, text)
    return _encoded(random, text)
