#!/usr/bin/env bash
# From a fresh Debian 12 to two finished runs: installs what the C++ program needs, builds it, classifies 360 images with a
# trained cascade of look-up tables on the PoET-BiN machine, and translates 100 sentences with a trained, pruned Transformer
# on the OPTIMUS machine. Needs root or sudo if packages are missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/packages.sh

install_packages "${BUILD_PACKAGES[@]}"
cmake --preset quick
cmake --build build/quick --target lockstep
build/quick/sim/app/lockstep run arch-configs/poetbin.yaml workloads/digits.yaml -o out/quickstart-digits
echo
build/quick/sim/app/lockstep run arch-configs/optimus.yaml workloads/translation.yaml -o out/quickstart
cat <<'TEXT'

Look at
  out/quickstart/translations.csv  what the machine translated, beside a person's translation
  out/quickstart/summary.json      every number, and the whole configuration that led to it
  out/quickstart/layers.csv        cycles and events of each layer; stalls.csv: where its MAC-cycles went
  out/quickstart/energy.csv        every count, its price and the source of the price; area.csv: every part and its area
  out/quickstart-digits/           the same of the images: samples.csv holds scores and classes, levels.csv what toggles
Go on with
  build/quick/sim/app/lockstep list        machines, architectures, workloads
  build/quick/sim/app/lockstep run poetbin-fabric digits
  build/quick/sim/app/lockstep run optimus-baseline translation
  build/quick/sim/app/lockstep compare out/optimus-baseline-translation out/quickstart
TEXT
