"""Files that scripts write: whole or not at all, and never over a file of somebody else."""

import contextlib
import os
import tempfile
from pathlib import Path


class ForeignFile(OSError):
    """The file that stands in the place was not written by the script that would replace it."""


def write(path, content):
    """Replaces `path` by `content` (str, as UTF-8, or bytes): the old file or the new is there, never a part. OSError."""
    path = Path(path)
    data = content.encode() if isinstance(content, str) else content
    handle, part = tempfile.mkstemp(prefix=f".{path.name[:100]}.", suffix=".part", dir=path.parent)
    try:
        with open(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), 0o666 & ~_UMASK)
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(part)
        raise


def refuse_foreign(path, mark, kind, begin=4096):
    """ForeignFile when something stands at `path` whose first `begin` bytes do not hold `mark` (bytes)."""
    path = Path(path)
    if not os.path.lexists(path):
        return
    if path.is_symlink() or not path.is_file():
        raise ForeignFile(0, "exists and is no file of its own; choose another name", str(path))
    with path.open("rb") as file:
        if mark not in file.read(begin):
            raise ForeignFile(0, f"exists and is not {kind}; choose another name", str(path))


def _umask():
    now = os.umask(0o077)
    os.umask(now)
    return now


_UMASK = _umask()  # asked once: it can only be read by changing it, which threads must not do
