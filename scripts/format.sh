#!/usr/bin/env bash
# Formats all C++ sources in place (.clang-format).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
git ls-files -z -- '*.h' '*.cpp' | xargs -0 -r clang-format -i
