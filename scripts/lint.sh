#!/usr/bin/env bash
# Checks formatting, the house rules that a machine can check, and clang-tidy (.clang-tidy) on the C++ sources that
# differ from main, or on all of them.
#   scripts/lint.sh [--all]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
failed=0

complain() {
  echo "$1" >&2
  failed=1
}

# tidy_sources: the sources in sim/ to check, one a line.
tidy_sources() {
  if [ "${1:-}" = --all ]; then
    git ls-files -- 'sim/*.cpp'
  else
    git diff --name-only --diff-filter=d "$(git merge-base HEAD main)" -- 'sim/*.cpp'
  fi
}

git ls-files -z -- '*.h' '*.cpp' | xargs -0 -r clang-format --dry-run -Werror ||
  complain "formatting differs: run scripts/format.sh"

if git grep -nIE '\b(TOD[O]|FIXM[E]|XX[X]|HAC[K])\b' -- sim rtl scripts tests; then  # brackets: not this line
  complain "unfinished marks"
fi
if git grep -nIE '(^|[^[:alnum:]_.])/(home|root)/[a-z]' -- .; then
  complain "paths of one particular machine"
fi
git ls-files -z -- sim rtl scripts tests | xargs -0 wc -l | awk '$2 != "total" && $1 > 500 {print; bad = 1} END {exit bad}' ||
  complain "files over 500 lines"

scripts/check_layers.py || complain "who may use whom: scripts/check_layers.py says it"

mapfile -t sources < <(tidy_sources "$@")
if [ ${#sources[@]} -gt 0 ]; then
  cmake --preset release >/dev/null
  cmake --build build/release --target revision >/dev/null
  printf '%s\0' "${sources[@]}" | xargs -0 -n 1 -P "$(nproc)" clang-tidy --quiet -p build/release ||
    complain "clang-tidy found something"
fi
exit "$failed"
