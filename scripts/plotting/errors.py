"""What ends a drawing; the exit codes are those of the program."""


class PlotError(Exception):
    """One line for the user."""

    exit_code = 2


class InputError(PlotError):
    """A file or folder that cannot be read or written."""

    exit_code = 3
