"""Files that scripts read: nothing that would let them wait, as a pipe does, or that never ends, as a device may."""

import errno
import os
import stat
from pathlib import Path


def read_bytes(path, most=-1):
    """The content, or the first `most` bytes of it. OSError, also for what is no file."""
    with open(Path(path), "rb", opener=open_at_once) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "it is a pipe or a device, not a file", str(path))
        return file.read(most)


def open_at_once(path, flags):
    """Opens a pipe without waiting for its other end."""
    return os.open(path, flags | os.O_NONBLOCK)
