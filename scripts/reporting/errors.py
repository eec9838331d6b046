"""What ends a report; the exit codes are those of the program."""


class ReportError(Exception):
    """One line for the user."""

    exit_code = 2


class FileError(ReportError):
    """A file or folder that cannot be read or written."""

    exit_code = 3
