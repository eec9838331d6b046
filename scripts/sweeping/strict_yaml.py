"""Files of keys whose blocks remember their lines and refuse unknown keys and wrong types."""

import difflib

from scripts.base import yaml_dialect
from scripts.sweeping.errors import FileError, SweepError


class Block(yaml_dialect.Mapping):
    """A block of keys of a file."""

    def fail(self, message, key=None):
        raise SweepError(f"{self.file}:{self.lines.get(key, self.line)}: {message}")

    def refuse_others(self, *known):
        for key in self:
            if key not in known:
                self.fail(f"{key}: unknown key{nearest(key, known)}", key)

    def read(self, key, kind, meaning, default=None):
        """The value of `key`, of type `kind` (one or a tuple); `meaning` says what it has to be. Null is as good as none."""
        value = self.get(key)
        if value is None:
            return default
        wrong_flag = isinstance(value, bool) and kind is not bool
        if wrong_flag or not isinstance(value, kind):
            self.fail(f"{key}: must be {meaning}", key)
        return value


def nearest(word, known):
    close = difflib.get_close_matches(word, known, 1, 0.6)
    return f"; the nearest one is {close[0]}" if close else f"; known are {', '.join(known)}"


def load(path):
    """The block that the file holds."""
    try:
        return yaml_dialect.read(path, Block)
    except yaml_dialect.YamlError as error:
        raise SweepError(str(error)) from None
    except (OSError, ValueError) as error:
        raise FileError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
