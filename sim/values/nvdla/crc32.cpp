#include "sim/values/nvdla/crc32.h"

#include <array>

namespace sim::values::nvdla {
namespace {

constexpr std::array<std::uint32_t, 256> make_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
    std::uint32_t rest = byte;
    for (int bit = 0; bit < 8; ++bit) {
      rest = rest >> 1 ^ ((rest & 1) != 0 ? 0xedb88320U : 0U);
    }
    table[byte] = rest;
  }
  return table;
}

constexpr auto kTable = make_table();

}  // namespace

std::uint32_t crc32(std::span<const std::uint8_t> bytes) {
  std::uint32_t rest = ~std::uint32_t{0};
  for (const std::uint8_t byte : bytes) rest = rest >> 8 ^ kTable[(rest ^ byte) & 0xff];
  return ~rest;
}

}  // namespace sim::values::nvdla
