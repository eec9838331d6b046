#!/usr/bin/env bash
# Installs what the tests need, builds, and runs all of them: ctest for C++, pytest for the program and the scripts.
# Ends with both summaries and fails when one of them failed.
#   scripts/test.sh [--extended]
# --extended adds the sanitizer build, every fuzzer for 60 s, the tests that need torch and ONNX, lint and benchmarks.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/packages.sh

extended=false
case "${1:-}" in
  "") ;;
  --extended) extended=true ;;
  *) echo "usage: scripts/test.sh [--extended]" >&2; exit 2 ;;
esac
# Objects found by paths relative to the tree, so that a copy of it elsewhere compiles only what it changes.
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1
logs=build/test-logs
mkdir -p "$logs"
rm -f "$logs"/*
failed=()
times=()

# step NAME COMMAND...: runs it, keeps its output and its time for the summary, remembers that it failed.
step() {
  local name=$1 start=$SECONDS
  shift
  echo "== $name"
  "$@" 2>&1 | tee "$logs/$name.log" || failed+=("$name")
  times+=("$name $((SECONDS - start)) s")
}

build() {
  cmake --preset "$1" && cmake --build "build/$1"
}

run_ctest() { ctest --test-dir "build/$1" --output-on-failure --no-tests=error -j "$(nproc)"; }

# On all cores, file by file: tests of one file share what is expensive to make.
run_pytest() {
  LOCKSTEP_EXTENDED=$extended LOCKSTEP_BIN=build/release/sim/app/lockstep /usr/bin/python3 -m pytest tests/scripts -q \
    -p no:cacheprovider -n "$(nproc)" --dist loadfile
}

# fuzz_one PROGRAM: for 60 s, from the corpus beside it if there is one; a reproducer of what it finds goes into the logs.
fuzz_one() {
  local log corpus=() code=0
  log=$logs/$(basename "$1").log
  if [ -d "${1}_corpus" ]; then corpus=("${1}_corpus"); fi
  "$1" -max_total_time=60 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix="$logs/" "${corpus[@]}" \
    >"$log" 2>&1 || code=$?
  echo "-- $1: exit code $code"
  tail -n 25 "$log"
  return "$code"
}

# As many at a time as there are cores; fails when one fails or none is there.
run_fuzzers() {
  export -f fuzz_one
  find build/fuzz/tests/fuzz -maxdepth 1 -name '*_fuzz' -type f -print0 |
    logs=$logs xargs -0 -n 1 -P "$(nproc)" bash -c 'fuzz_one "$1"' _
}

# One after the other, so that they do not disturb each other.
run_benchmarks() {
  local program result=1
  for program in build/bench/tests/bench/*_bench; do
    [ -x "$program" ] || continue
    [ "$result" -eq 2 ] || result=0
    echo "-- $program"
    "$program" || result=2
  done
  return "$result"
}

extended_steps() {
  step build-asan build asan
  step ctest-asan run_ctest asan
  step build-fuzz build fuzz
  step fuzz run_fuzzers
  step build-bench build bench
  step bench run_benchmarks
  step lint scripts/lint.sh --all
}

install_packages "${BUILD_PACKAGES[@]}" "${TEST_PACKAGES[@]}"
if $extended; then install_packages "${EXTENDED_PACKAGES[@]}"; fi
build release
if $extended; then extended_steps; fi
step ctest run_ctest release
step pytest run_pytest

echo
echo "== summary"
tail -n 15 "$logs/ctest.log" | sed -n '/tests passed/,$p'
tail -n 1 "$logs/pytest.log"
printf 'took:'
printf ' %s,' "${times[@]}" "in all $SECONDS s" | sed 's/,$//'
echo
if [ ${#failed[@]} -gt 0 ]; then
  echo "FAILED: ${failed[*]} (output in $logs/)"
  exit 1
fi
