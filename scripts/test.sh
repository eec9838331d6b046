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

# step NAME COMMAND...: runs it, keeps its output for the summary, remembers that it failed.
step() {
  local name=$1
  shift
  echo "== $name"
  "$@" 2>&1 | tee "$logs/$name.log" || failed+=("$name")
}

build() {
  cmake --preset "$1"
  cmake --build "build/$1"
}

run_ctest() { ctest --test-dir "build/$1" --output-on-failure --no-tests=error -j "$(nproc)"; }

run_pytest() { LOCKSTEP_EXTENDED=$extended LOCKSTEP_BIN=build/release/sim/app/lockstep /usr/bin/python3 -m pytest tests/scripts -q -p no:cacheprovider; }

# Runs each program given, with its corpus beside it as an argument if there is one; fails when one fails or none is there.
run_each() {
  local program result=1
  for program in "$@"; do
    [ -x "$program" ] || continue
    [ "$result" -eq 2 ] || result=0
    echo "-- $program"
    "$program" "${each_options[@]}" ${corpus:+"${program}$corpus"} || result=2
  done
  return "$result"
}

run_fuzzers() {
  local corpus=_corpus
  local each_options=(-max_total_time=60 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1)
  run_each build/fuzz/tests/fuzz/*_fuzz
}

run_benchmarks() {
  local corpus="" each_options=()
  run_each build/bench/tests/bench/*_bench
}

extended_steps() {
  build asan
  step ctest-asan run_ctest asan
  build fuzz
  step fuzz run_fuzzers
  build bench
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
if [ ${#failed[@]} -gt 0 ]; then
  echo "FAILED: ${failed[*]} (output in $logs/)"
  exit 1
fi
