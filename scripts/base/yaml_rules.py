"""Tells whether a text is of the part of YAML that Lockstep reads (docs/yaml.md), before a parser sees it.

What passes means the same to every YAML parser, has bounded depth and size, and refers to nothing.
"""

import re

from scripts.base.yaml_scalar import typed

MAX_BYTES = 1 << 20
MAX_DEPTH = 16
MAX_VALUES = 100_000
MAX_KEY_BYTES = 256

FORBIDDEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_SINGLE = re.compile("'(?:[^']|'')*'(?!')")
_DOUBLE = re.compile(r'"(?:[^"\\]|\\["\\/bfnrt]|\\u(?!0000|[dD][89a-fA-F])[0-9a-fA-F]{4})*"')
_BLOCK_TEXT = re.compile(r"[|>]-? *")
_REST = re.compile(r" *(?: #.*)?")
_PLAIN_START = re.compile(r"-(?! |$)|[^-,\[\]{}#&*!|>'\"%@`?: ]")
_FLOW_START = re.compile(r"-(?![ ,\[\]{}]|$)|[^-,\[\]{}#&*!|>'\"%@`?: ]")
_COLON = re.compile(r":(?= |$)")
_PLAIN = re.compile(r"(?:(?! #|:(?: |$)).)*")
_FLOW_PLAIN = re.compile(r"(?:(?! #|:(?:[ ,\[\]{}]|$))[^,\[\]{}?])*")
_MARKER = re.compile(r"(?:---|\.\.\.)(?= |$)")
_SPACE = re.compile(r" *(?:(?:(?<= )|(?<!.))#.*)?")


class RuleError(Exception):
    """`line` counts from 1; the text says what is wrong there."""

    def __init__(self, line, why):
        super().__init__(why)
        self.line = line


def checked(data):
    """The text of the bytes `data`, with one kind of line break; RuleError when it breaks a rule."""
    if len(data) > MAX_BYTES:
        raise RuleError(1, f"{len(data)} bytes, more than the {MAX_BYTES} that a file of keys may have")
    lines = _lines(data)
    _Reader(lines).run()
    return "\n".join(lines) + "\n"


def _lines(data):
    try:
        text = data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise RuleError(data.count(b"\n", 0, error.start) + 1, "not UTF-8 text") from None
    lines = text.replace("\r\n", "\n").split("\n")
    for number, line in enumerate(lines, 1):
        if found := FORBIDDEN.search(line):
            what = "a tab; write spaces" if found[0] == "\t" else f"the character U+{ord(found[0]):04X}, which is not text"
            raise RuleError(number, what)
    return [line if line.strip(" ") else "" for line in lines]


class _Open:
    """A block of keys or a list whose entries stand in one column; `waits` for the value of the last one."""

    def __init__(self, column, is_list):
        self.column, self.is_list, self.waits = column, is_list, True


class _Reader:
    def __init__(self, lines):
        self._lines, self._number, self._line = lines, -1, ""
        self._open, self._root_waits, self._plain = [], True, False
        self._flow_depth = self._values = 0

    def run(self):
        started = False
        while self._next_line():
            content = self._line.lstrip(" ")
            if not content or content[0] == "#":
                self._plain = False
            elif not started and re.fullmatch(r"---(?: +#.*| *)", self._line):
                started = True
            else:
                self._refuse_marker()
                started = True
                self._content(len(self._line) - len(content))

    def _next_line(self):
        self._number += 1
        if self._number >= len(self._lines):
            return False
        self._line = self._lines[self._number]
        return True

    def _fail(self, why):
        raise RuleError(min(self._number, len(self._lines) - 1) + 1, why)

    def _refuse_marker(self):
        if _MARKER.match(self._line):
            self._fail("a second document; a file is one")

    def _content(self, column):
        """A line that is neither empty nor a comment."""
        if self._plain and column > self._column():
            return self._go_on(column)
        self._plain = False
        is_entry = self._is_dash(column)
        while self._open and (column < self._column() or (column == self._column() and self._ends_list(is_entry))):
            self._open.pop()
        if not self._open or column > self._column():
            return self._new_node(column)
        top = self._open[-1]
        if is_entry and not top.is_list and top.waits:
            return self._node(column)
        if is_entry != top.is_list:
            self._fail("a list and keys in one column")
        top.waits = True
        self._entry(column)

    def _column(self):
        return self._open[-1].column if self._open else -1

    def _ends_list(self, is_entry):
        """A list may stand in the column of the key that it belongs to: a key ends it."""
        return self._open[-1].is_list and not is_entry and len(self._open) > 1 and self._open[-2].column == self._column()

    def _is_dash(self, column):
        return self._line[column] == "-" and self._line[column + 1 : column + 2] in ("", " ")

    def _new_node(self, column):
        waits = self._open[-1].waits if self._open else self._root_waits
        if not waits:
            self._fail("indented unlike the lines above it")
        self._node(column)

    def _go_on(self, column):
        """One more line of a plain text."""
        if not _PLAIN_START.match(self._line, column):
            self._fail("goes on a text of the line above; write quotes or | for such a text")
        self._plain_to_end(column)

    def _fill(self):
        if self._open:
            self._open[-1].waits = False
        self._root_waits = False

    def _push(self, column, is_list):
        self._fill()
        self._open.append(_Open(column, is_list))
        self._count()

    def _count(self):
        self._values += 1
        if len(self._open) + self._flow_depth > MAX_DEPTH:
            self._fail(f"nested more than {MAX_DEPTH} levels deep")
        if self._values > MAX_VALUES:
            self._fail(f"more than the {MAX_VALUES} values that a file of keys may have")

    def _node(self, column):
        """A value, or the first entry of a block of keys or a list that begins in this column."""
        if self._is_dash(column):
            self._push(column, True)
            self._entry(column)
        elif (end := self._key_end(column)) is not None:
            self._push(column, False)
            self._after_key(column, end)
        else:
            self._value(column)

    def _entry(self, column):
        if self._open[-1].is_list:
            after = self._skip_spaces(column + 1)
            if after is not None:
                self._node(after)
            return
        end = self._key_end(column)
        if end is None:
            self._fail("not a key with a colon and a space after it")
        self._after_key(column, end)

    def _skip_spaces(self, position):
        """Where the line goes on; None at its end or a comment."""
        if _REST.fullmatch(self._line, position):
            return None
        return position + len(self._line[position:]) - len(self._line[position:].lstrip(" "))

    def _key_end(self, column):
        """Where the colon stands if a key begins here, else None."""
        quoted = self._line[column] in "'\""
        if quoted:
            end = self._quoted(column)
        elif _PLAIN_START.match(self._line, column):
            end = _PLAIN.match(self._line, column).end()
        else:
            return None
        return end if _COLON.match(self._line, end) else None

    def _after_key(self, start, end):
        self._check_key(start, end)
        after = self._skip_spaces(end + 1)
        if after is not None:
            if self._is_dash(after):
                self._fail("a list begins on a line of its own")
            self._value(after)

    def _check_key(self, start, end):
        key = self._line[start:end]
        self._count()
        if len(key.encode()) > MAX_KEY_BYTES:
            self._fail(f"a key of more than {MAX_KEY_BYTES} bytes")
        if key[0] not in "'\"" and (key == "<<" or key.endswith(" ") or not isinstance(self._typed(key), str)):
            self._fail(f"{key.strip(' ')}: not a key; a key is text, the colon right behind it")

    def _typed(self, text):
        try:
            return typed(text)
        except ValueError as error:
            self._fail(str(error))

    def _value(self, position):
        """All of a value that begins on this line."""
        first = self._line[position]
        self._count()
        if first in "|>":
            self._block_text(position)
        elif first in "[{":
            self._end_of_line(self._flow(position))
        elif first in "'\"":
            self._end_of_line(self._quoted(position))
        elif _PLAIN_START.match(self._line, position):
            self._plain_to_end(position)
        else:
            self._fail_start(first)
        self._fill()

    def _fail_start(self, first):
        known = {"&": "an anchor", "*": "a reference to an anchor", "!": "a tag", "%": "a directive", "?": "a key with ?"}
        self._fail(f"begins with {first}: {known.get(first, 'a sign with a meaning of its own')}; write quotes around a text")

    def _end_of_line(self, position):
        if not _REST.fullmatch(self._line, position):
            self._fail("more text behind the end of a value")

    def _plain_to_end(self, position):
        end = _PLAIN.match(self._line, position).end()
        self._end_of_line_of_plain(end)
        if not self._plain:
            self._typed(self._line[position:end].rstrip(" "))
        self._plain = end == len(self._line)

    def _end_of_line_of_plain(self, end):
        if end < len(self._line) and self._line[end] == ":":
            self._fail("a colon within a plain text; write quotes around it")

    def _quoted(self, position):
        pattern = _SINGLE if self._line[position] == "'" else _DOUBLE
        found = pattern.match(self._line, position)
        if not found:
            self._fail("a quote that does not end on its line, or a \\ that is not one of JSON's")
        return found.end()

    def _block_text(self, position):
        if not _BLOCK_TEXT.fullmatch(self._line, position) or not self._open:
            self._fail("a text of several lines begins with |, |-, > or >- behind a key or a dash")
        folded, outer, inner = self._line[position] == ">", self._column(), None
        while self._number + 1 < len(self._lines):
            line = self._lines[self._number + 1]
            column = len(line) - len(line.lstrip(" "))
            if line and column <= outer:
                break
            self._number += 1
            if line:
                inner = inner or column
                if column < inner or (folded and column > inner):
                    self._fail("indented unlike the first line of its text")
        if inner is None:
            self._fail("a text of several lines has none")

    def _flow(self, position):
        """The place behind a list or block in brackets that begins here."""
        closing = "]" if self._line[position] == "[" else "}"
        self._flow_depth += 1
        self._count()
        position = self._flow_space(position + 1)
        while self._line[position] != closing:
            if closing == "}":
                position = self._flow_key(position)
            position = self._flow_space(self._flow_node(position))
            if self._line[position] == ",":
                position = self._flow_space(position + 1)
            elif self._line[position] != closing:
                self._fail(f"neither , nor {closing} behind a value in brackets")
        self._flow_depth -= 1
        return position + 1

    def _flow_space(self, position):
        """The next sign, on this line or a later one."""
        position = _SPACE.match(self._line, position).end()
        while position == len(self._line):
            if not self._next_line():
                self._fail("a bracket that does not close")
            self._refuse_marker()
            position = _SPACE.match(self._line).end()
        return position

    def _flow_scalar(self, position):
        if self._line[position] in "'\"":
            return self._quoted(position)
        if not _FLOW_START.match(self._line, position):
            self._fail_start(self._line[position])
        return _FLOW_PLAIN.match(self._line, position).end()

    def _flow_key(self, position):
        end = self._flow_scalar(position)
        if not _COLON.match(self._line, end):
            self._fail("not a key with a colon and a space after it")
        self._check_key(position, end)
        return self._flow_space(end + 1)

    def _flow_node(self, position):
        if self._line[position] in "[{":
            return self._flow(position)
        end = self._flow_scalar(position)
        self._count()
        if end < len(self._line) and self._line[end] == ":":
            self._fail("a colon within a plain text; write quotes around it")
        if self._line[position] not in "'\"":
            self._typed(self._line[position:end].rstrip(" "))
        return end
