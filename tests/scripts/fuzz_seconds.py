"""How long a fuzz test of the scripts tries each kind of file: LOCKSTEP_FUZZ_SECONDS, or 200 s with LOCKSTEP_EXTENDED."""

import os

SECONDS = float(os.environ.get("LOCKSTEP_FUZZ_SECONDS", 200 if os.environ.get("LOCKSTEP_EXTENDED") == "true" else 3))
