"""Random changes of a safetensors file, on every level from its bytes to what its tensors mean.

JSON is kept as Object, list, str, int, bool, None and Raw, so that keys can stand twice, in any
order, and anything can stand where a value is expected.
"""

from __future__ import annotations

import json
import random

ALIGNMENT = 64


class Object(list):
    """[key, value] pairs."""


class Raw(bytes):
    """Stands in the text as it is."""


TOKENS = [
    Raw(t)
    for t in (
        b"NaN", b"Infinity", b"-Infinity", b"nan", b"1.0", b"1e1", b"1E400", b"-0", b"-0.0", b"-1", b"01", b"+1",
        b"0x10", b"1.", b".5", b"18446744073709551615", b"18446744073709551616", b"9223372036854775808",
        b"4294967296", b"2147483648", b"9" * 400, b"true", b"false", b"null", b"True", b"[]", b"{}", b"[[]]", b"[1,]",
        b"[,]", b'{"a":1,}', b"[" * 7 + b"]" * 7, b"[" * 2000 + b"]" * 2000, b'""', b'"a\nb"', b'"a\tb"', b'"a\x00b"',
        b'"\\u0000"', b'"\\ud800"', b'"\\udc00"', b'"\\ud83d\\ude00"', b'"\\ude00\\ud83d"', b'"\\u12"', b'"\\x41"',
        b'"\xff"', b'"\xc0\x80"', b'"\xed\xa0\x80"', b'"\xf4\x90\x80\x80"', '"ä▁"'.encode(), b'"\x7f"', b"'a'", b"",
        b"/**/1", b"1 //a", b"0", b"1", b"[0]", b"[1.0]", b"[true]", b'"0"', b'"I8"', b'"I16"', b'"i8"', b'"F32"',
    )
]  # fmt: skip
FILLINGS = [b"\n", b"\0", b"\t", b"\r", b"\x0c", b"\x0b", b"}", b"\xc2\xa0", b"\xef\xbb\xbf", b"x"]
NAMES = ["", "a" * 256, "a" * 257, "ä", "a\nb", "a\x7fb", "source", "target", "prompt", "__metadata__", "\x00", "outputs", " "]


def parse(text: bytes | str):
    return json.loads(text, object_pairs_hook=lambda pairs: Object(map(list, pairs)))


def write(value) -> bytes:
    if isinstance(value, Raw):
        return bytes(value)
    if isinstance(value, Object):
        return b"{" + b",".join(write(k) + b":" + write(v) for k, v in value) + b"}"
    if isinstance(value, list):
        return b"[" + b",".join(map(write, value)) + b"]"
    return json.dumps(value).encode()


def assemble(header: bytes, data: bytes, filling: bytes = b" ") -> bytes:
    gap = -(8 + len(header)) % ALIGNMENT
    header += (filling * gap)[:gap]
    return len(header).to_bytes(8, "little") + header + data


class Mutator:
    """Files that differ from `original`, a right one, by one to three changes; equal seeds give equal files."""

    def __init__(self, original: bytes, seed: int) -> None:
        self.random = random.Random(seed)
        length = int.from_bytes(original[:8], "little")
        self.text, self.data = original[8 : 8 + length].rstrip(b" "), original[8 + length :]

    def file(self) -> bytes:
        self.header, self.bytes, self.filling = parse(self.text), bytearray(self.data), b" "
        changes = [self.metadata] * 6 + [self.structure] * 3 + [self.layout] * 3 + [self.contents] * 3 + [self.harmless]
        for _ in range(self.random.choice([1, 1, 1, 2, 3])):
            self.random.choice(changes)()
        text = write(self.header)
        if self.chance(12):
            text = self.changed_bytes(text)
        if self.chance(15):
            self.filling = self.random.choice(FILLINGS)
        file = assemble(text, bytes(self.bytes), self.filling)
        return self.changed_file(file) if self.chance(12) else file

    def chance(self, one_in: int) -> bool:
        return self.random.randrange(one_in) == 0

    # The file and its bytes

    def changed_bytes(self, text: bytes) -> bytes:
        at, kind = self.random.randrange(len(text) + 1), self.random.randrange(4)
        some = bytes(self.random.choices(range(256), k=self.random.randint(1, 3)))
        if kind == 0:
            return text[:at] + some + text[at:]
        if kind == 1:
            return text[:at] + text[at + self.random.randint(1, 20) :]
        if kind == 2:
            return text[:at] + some + text[at + len(some) :]
        return text + self.random.choice(FILLINGS) + self.random.choice([b"", b"{}", b"{not json", b" "])

    def changed_file(self, file: bytes) -> bytes:
        kind = self.random.randrange(5)
        if kind == 0:
            return file[: self.random.randrange(len(file))]
        if kind == 1:
            return file + bytes(self.random.randint(1, 70))
        if kind == 2:
            step = self.random.choice([-64, -8, -1, 1, 8, 64, 2**24, 2**40, 2**63])
            return ((int.from_bytes(file[:8], "little") + step) % 2**64).to_bytes(8, "little") + file[8:]
        if kind == 3:
            return self.random.choice([b"\xef\xbb\xbf", b" ", b"\0"]) + file
        return file[:8] + self.random.choice([b" {", b"[", b"\xef\xbb\xbf{", b"\0"]) + file[9:]

    # The header

    def nodes(self, root):
        """(container, index of the value in it) of all values."""
        found, open_values = [], [root]
        while open_values:
            value = open_values.pop()
            if isinstance(value, Object):
                found += [(pair, 1) for pair in value]
                open_values += [pair[1] for pair in value]
            elif isinstance(value, list):
                found += [(value, i) for i in range(len(value))]
                open_values += value
        return found

    def containers(self, root, kind):
        return [v for v in [root] + [c[i] for c, i in self.nodes(root)] if type(v) is kind and v]

    def structure(self, root=None) -> None:
        root = self.header if root is None else root
        kind = self.random.randrange(8)
        if kind < 2:
            container, index = self.random.choice(self.nodes(root))
            container[index] = self.random.choice(TOKENS)
        elif kind == 2:
            container, index = self.random.choice(self.nodes(root))
            if type(container[index]) is int:
                container[index] += self.random.choice([-1, 1, 1, 8, 2**31, 2**64])
            elif type(container[index]) is str:
                container[index] = self.random.choice(NAMES)
        elif kind == 3:
            objects = self.random.choice(self.containers(root, Object))
            objects.insert(self.random.randrange(len(objects) + 1), list(self.random.choice(objects)))
        elif kind == 4:
            objects = self.random.choice(self.containers(root, Object))
            del objects[self.random.randrange(len(objects))]
        elif kind == 5:
            objects = self.random.choice(self.containers(root, Object))
            self.random.choice(objects)[0] = self.random.choice([*NAMES, "dtype", Raw(b"1"), Raw(b'"\\u0061"'), "nmae"])
        elif kind == 6:
            self.random.shuffle(self.random.choice(self.containers(root, Object)))
        elif lists := self.containers(root, list):
            chosen = self.random.choice(lists)
            chosen.insert(0, chosen[-1]) if self.chance(2) else chosen.pop()

    def entries(self):
        return [pair for pair in self.header if pair[0] != "__metadata__" and isinstance(pair[1], Object)]

    def layout(self) -> None:
        """Order, offsets, types and shapes of tensors."""
        entries = self.entries()
        kind, (_, entry) = self.random.randrange(7), self.random.choice(entries)
        fields = {str(key): value for key, value in entry}
        offsets, shape = fields.get("data_offsets"), fields.get("shape")
        if kind == 0:
            i, j = self.random.randrange(len(self.header)), self.random.randrange(len(self.header))
            self.header[i], self.header[j] = self.header[j], self.header[i]
        elif kind == 1 and type(offsets) is list and len(offsets) == 2:
            step = self.random.choice([-4, -1, 1, 4, 64])
            offsets[:] = [v + step if type(v) is int else v for v in offsets]
        elif kind == 2 and type(offsets) is list and offsets:
            offsets[self.random.randrange(len(offsets))] = self.random.choice([0, -1, len(self.data), 2**63, 2**64])
        elif kind == 3 and type(shape) is list:
            self.random.shuffle(shape)
            if self.chance(3):
                shape.append(1)
        elif kind == 4:
            for pair in entry:
                if pair[0] == "dtype":
                    pair[1] = self.random.choice(["I8", "U8", "U16", "I32", "I64", "BF16"])
        elif kind == 5:
            self.header.append(["extra", parse(f'{{"dtype":"U8","shape":[4],"data_offsets":[{len(self.bytes)},{len(self.bytes) + 4}]}}')])
            self.bytes += bytes(4)
        else:
            self.header.reverse()

    # The metadata's texts

    def metadata(self) -> None:
        """A change inside a JSON text, most often to a value that some rule speaks of."""
        metadata = next((v for k, v in self.header if k == "__metadata__"), None)
        texts = [p for p in metadata if isinstance(p[1], str) and p[1][:1] == "{"] if isinstance(metadata, Object) else []
        if not texts:
            return
        if self.chance(40):
            self.schema(metadata)
        pair = self.random.choice(texts)
        try:
            root = parse(pair[1])
        except (ValueError, RecursionError):
            return
        self.random.choice([self.meaning, self.meaning, self.structure])(root)
        text = write(root)
        if self.chance(20):
            text = self.random.choice([b"\xef\xbb\xbf", b" ", b"\n", b"\0", b"x"]) + text
        if self.chance(20):
            text += self.random.choice(FILLINGS)
        # What is not UTF-8 cannot stand in a text of the header: it stands there as Latin-1.
        pair[1] = text.decode("utf-8", "surrogateescape") if self.chance(30) else text.decode("latin-1")
        if self.chance(30) and "\udc80" <= max(pair[1], default="") <= "\udcff":
            pair[1] = pair[1].encode("utf-8", "replace").decode()

    def schema(self, metadata) -> None:
        """The other one of traces, or one that nobody knows."""
        for pair in metadata:
            if pair[0] == "schema":
                pair[1] = self.random.choice(["lockstep-trace-1", "lockstep-trace-2", "lockstep-trace-3", "lockstep-luts-1"])

    def meaning(self, root) -> None:
        """Another value of the same kind, taken from elsewhere in the text or near by."""
        nodes = [(c, i) for c, i in self.nodes(root) if not isinstance(c[i], list)]
        if not nodes:
            return
        container, index = self.random.choice(nodes)
        value = container[index]
        same = [c[i] for c, i in nodes if type(c[i]) is type(value)]
        kind = self.random.randrange(4)
        if self.chance(12):
            self.operator(root)
        elif type(value) is bool:
            container[index] = not value
        elif type(value) is int and kind < 2:
            container[index] = value + self.random.choice([-1, 1])
        elif kind == 3 and (lists := self.containers(root, list)):
            chosen = self.random.choice(lists)
            i, j = self.random.randrange(len(chosen)), self.random.randrange(len(chosen))
            chosen[i], chosen[j] = chosen[j], chosen[i]
        else:
            container[index] = self.random.choice(same)

    def operator(self, root) -> None:
        """A field that its kind has not, a kind that its fields are not of, or an input more or less."""
        found = [v for v in self.containers(root, Object) if any(pair[0] == "inputs" for pair in v)]
        if not found:
            return
        chosen, other = self.random.choice(found), self.random.choice(found)
        fields = {str(key): value for key, value in chosen}
        kind = self.random.randrange(4)
        if kind == 0:
            chosen.append(list(self.random.choice(other)))
        elif kind == 1:
            chosen[:] = [["kind", dict((str(k), v) for k, v in other).get("kind")] if p[0] == "kind" else p for p in chosen]
        elif kind == 2 and type(fields["inputs"]) is list and fields["inputs"]:
            fields["inputs"].append(fields["inputs"][0]) if self.chance(2) else fields["inputs"].pop()
        else:
            self.optional(chosen)

    def optional(self, chosen) -> None:
        """One of the fields that some operators have, of any value."""
        key = self.random.choice(["phase", "window", "bias", "mask", "positions", "y_multiplier", "relu", "dilation"])
        value = self.random.choice([0, 1, 3, "none", "causal", "decoder", True, "reference.point.0", []])
        chosen.append([key, value])

    # The tensors' bytes

    def contents(self) -> None:
        """Bytes of one tensor, small ones as often as large ones."""
        entry = dict((str(k), v) for k, v in self.random.choice(self.entries())[1])
        offsets = entry.get("data_offsets")
        if not (isinstance(offsets, list) and len(offsets) == 2 and all(type(v) is int for v in offsets)):
            return
        begin, end = offsets
        if not 0 <= begin < end <= len(self.bytes):
            return
        for _ in range(self.random.randint(1, 2)):
            at = self.random.randrange(begin, end)
            self.bytes[at] = self.random.choice([0, 1, 2, 3, 23, 127, 128, 255, self.bytes[at] ^ 1])

    def harmless(self) -> None:
        """Nothing that a rule forbids: most often the file stays right."""
        if self.chance(2):
            _, entry = self.random.choice(self.entries())
            self.random.shuffle(entry)
        else:
            pair = self.random.choice(self.header)
            name = json.dumps(pair[0]) if isinstance(pair[0], str) else '""'
            escaped = "".join(f"\\u{ord(c):04x}" if self.chance(3) else c for c in name[1:-1] if c not in '\\"')
            pair[0] = Raw(f' "{escaped}"\n'.encode())
