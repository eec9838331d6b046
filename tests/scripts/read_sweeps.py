"""Reads the sweep files named on stdin, a line each, as scripts/sweep.py would: what became of each, a line of JSON.

An answer holds `points`, or `code` and `message` of the refusal, and `seconds` of the processor; whatever else happens ends the process.
"""

import json
import resource
import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from scripts.sweeping import design, inputs
from scripts.sweeping.errors import SweepError

SECONDS, BYTES = 20, 4 << 30


def outcome(path, program):
    try:
        found = design.read(path, program)
        for point in found.points[:20]:
            inputs.identity(program, point.machine.path, point.workload.path, point.settings, [])
        if found.search:
            found.search.ask()
        return {"points": len(found.points)}
    except SweepError as error:
        return {"code": error.exit_code, "message": str(error)}


def main(program):
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
    for line in sys.stdin:
        signal.alarm(SECONDS)
        start = time.process_time()
        answer = outcome(Path(line.rstrip("\n")), program)
        print(json.dumps(answer | {"seconds": time.process_time() - start}), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
