#!/usr/bin/env bash
# Writes the pages of docs/ that are generated from the code. LOCKSTEP_BIN names the program [build/release/...].
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
lockstep=${LOCKSTEP_BIN:-build/release/sim/app/lockstep}
"$lockstep" keys --markdown >docs/keys.md
"$lockstep" keys --json >docs/keys.json
"$lockstep" metrics --markdown >docs/metrics.md
"$lockstep" metrics --json >docs/metrics.json
/usr/bin/python3 -m scripts.plotting.gallery --page >docs/figures.md
