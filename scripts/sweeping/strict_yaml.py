"""YAML whose blocks remember their lines and refuse repeated and unknown keys."""

import difflib

import yaml

from scripts.sweeping.errors import FileError, SweepError


class Block(dict):
    """A mapping of a file; `line` is where it starts, `lines` where each key stands."""

    def __init__(self, file, line):
        super().__init__()
        self.file, self.line, self.lines = file, line, {}

    def fail(self, message, key=None):
        raise SweepError(f"{self.file}:{self.lines.get(key, self.line)}: {message}")

    def refuse_others(self, *known):
        for key in self:
            if key not in known:
                self.fail(f"{key}: unknown key{nearest(key, known)}", key)

    def read(self, key, kind, meaning, default=None):
        """The value of `key`, of type `kind` (one or a tuple); `meaning` says what it has to be."""
        value = self.get(key, default)
        wrong_flag = isinstance(value, bool) and kind is not bool
        if value is not None and (wrong_flag or not isinstance(value, kind)):
            self.fail(f"{key}: must be {meaning}", key)
        return value


def nearest(word, known):
    close = difflib.get_close_matches(word, known, 1, 0.6)
    return f"; the nearest one is {close[0]}" if close else f"; known are {', '.join(known)}"


class _Loader(yaml.SafeLoader):
    """Safe types only; a mapping becomes a Block."""

    def block(self, node):
        block = Block(self.name, node.start_mark.line + 1)
        yield block
        for key_node, value_node in node.value:
            key, line = self.construct_object(key_node, deep=True), key_node.start_mark.line + 1
            if not isinstance(key, str):
                raise SweepError(f"{self.name}:{line}: {key}: a key must be text")
            if key in block:
                raise SweepError(f"{self.name}:{line}: {key}: given twice")
            block[key], block.lines[key] = self.construct_object(value_node, deep=True), line


_Loader.add_constructor("tag:yaml.org,2002:map", _Loader.block)


def load(path):
    """The block that the file holds."""
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
    loader = _Loader(text)
    loader.name = str(path)
    try:
        data = loader.get_single_data()
    except yaml.YAMLError as error:
        raise SweepError(_one_line(path, error)) from None
    if not isinstance(data, Block):
        raise SweepError(f"{path}:1: must hold keys and values")
    return data


def _one_line(path, error):
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error)
    return f"{path}:{mark.line + 1 if mark else 1}: {' '.join(problem.split())}"
