"""What ends a sweep; the exit codes are those of the program."""


class SweepError(Exception):
    """One line for the user."""

    exit_code = 2


class FileError(SweepError):
    """A file or folder that cannot be read or written."""

    exit_code = 3


class ClusterLost(SweepError):
    """The scheduler is gone; what is finished is on the disk."""

    exit_code = 1
