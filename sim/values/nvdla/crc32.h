#pragma once

#include <cstdint>
#include <span>

namespace sim::values::nvdla {

/// The CRC-32 of zlib and Ethernet: polynomial 0xEDB88320 reflected, begun and ended with all ones.
std::uint32_t crc32(std::span<const std::uint8_t> bytes);

}  // namespace sim::values::nvdla
