"""One point on whatever host a worker runs: needs nothing but the standard library and the shared folders.

A task is a dict: `command` (the program and its arguments), `root` (folder to call it in), `folder` (of the result),
`seconds` and `memory_mib` (limits, or None). Its outcome is a pair: the message of a failure, empty when the result is
in its folder; and whether the sweep has to end because results cannot be written.
"""

import subprocess

_OUT_OF_TIME = (124, 137)  # exit codes of timeout


def run(task):
    try:
        done = subprocess.run(
            [*_limits(task), *task["command"], "-o", task["folder"]],
            cwd=task["root"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )
    except OSError as error:
        return f"{error.filename}: {error.strerror}", True
    return _outcome(task, done)


def _limits(task):
    """The limits outlive this process: should it be killed, the point still ends."""
    words = ["prlimit", "--core=0"]
    if task["memory_mib"]:
        words.append(f"--as={task['memory_mib'] << 20}")
    if task["seconds"]:
        words += ["timeout", "--kill-after=2", str(task["seconds"])]
    return words


def _outcome(task, done):
    if done.returncode == 0:
        return "", False
    if task["seconds"] and done.returncode in _OUT_OF_TIME:
        return f"needs more than {task['seconds']:g} s", False
    lines = done.stderr.strip().splitlines()
    message = lines[-1].removeprefix("lockstep: error: ") if lines else f"ended with code {done.returncode}"
    if task["memory_mib"] and "out of memory" in message:
        return f"needs more than {task['memory_mib']} MiB of memory", False
    return message, done.returncode == 3 and task["folder"] in message
