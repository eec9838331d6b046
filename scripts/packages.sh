# shellcheck shell=bash disable=SC2034
# Debian packages by purpose, and install_packages, which installs those that are missing. To be sourced.

BUILD_PACKAGES=(g++ cmake ninja-build pkg-config ccache git libsystemc-dev libfmt-dev libyaml-cpp-dev
  nlohmann-json3-dev libcli11-dev)
TEST_PACKAGES=(libgtest-dev libgmock-dev python3 python3-pytest python3-pytest-xdist python3-numpy python3-pandas
  python3-matplotlib python3-distributed python3-optuna openssl verilator yosys)
# libopenblas0-pthread: without it Debian's torch multiplies matrices some six times slower.
EXTENDED_PACKAGES=(clang clang-format clang-tidy libbenchmark-dev python3-torch libopenblas0-pthread python3-onnx
  python3-sentencepiece python3-sklearn dataset-fashion-mnist slurm-wlm chromium gcc-riscv64-linux-gnu
  libc6-dev-riscv64-cross qemu-user)

missing_packages() {
  local package
  for package in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "$package"
  done
}

install_packages() {
  local missing as_root=()
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    echo "No apt here: install what corresponds to these Debian packages yourself: $*" >&2
    return 0
  fi
  mapfile -t missing < <(missing_packages "$@")
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
      echo "Missing packages, and neither root nor sudo to install them. As root: apt-get install ${missing[*]}" >&2
      return 1
    fi
    as_root=(sudo)
  fi
  echo "Installing ${missing[*]}"
  "${as_root[@]}" apt-get update -q
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"
}
