#include "sim/workload/nvdla_pixels.h"

namespace sim::workload::nvdla {
namespace {

using Order = std::array<std::uint32_t, 4>;

// The last letter of a format's name is the element at the lowest address.
constexpr Order kAbgr = {0, 1, 2, 3};
constexpr Order kArgb = {2, 1, 0, 3};
constexpr Order kBgra = {1, 2, 3, 0};
constexpr Order kRgba = {3, 2, 1, 0};
// Lowest bits of the 10-bit components and of the 2-bit one.
constexpr Order kPackedAbgr = {0, 10, 20, 30};
constexpr Order kPackedArgb = {20, 10, 0, 30};
constexpr Order kPackedBgra = {2, 12, 22, 0};
constexpr Order kPackedRgba = {22, 12, 2, 0};

PixelLayout one(std::uint32_t bits, bool is_signed = false) {
  return {1, bits, bits / 8, 1, is_signed, {}, false};
}

PixelLayout four(std::uint32_t bits, Order order) {
  return {4, bits, bits / 2, 1, false, order, false};
}

PixelLayout packed(Order order) { return {4, 16, 4, 1, false, order, true}; }

/// Y in plane 0; U and V, or V and U, in plane 1.
PixelLayout two_planes(std::uint32_t bits, bool u_first) {
  return {3, bits, bits / 8, 2, false, {0, u_first ? 0U : 1U, u_first ? 1U : 0U, 0}, false};
}

}  // namespace

std::optional<PixelLayout> pixel_layout(std::uint32_t pixel_format) {
  switch (pixel_format) {
    case 0:
      return one(8);  // R8
    case 1:
    case 2:
    case 3:
      return one(16);  // R10, R12, R16
    case 4:
      return one(16, true);  // R16 signed
    case 6:
    case 7:
      return four(16, kAbgr);  // A16B16G16R16, X16…
    case 9:
      return four(16, kArgb);  // A16Y16U16V16
    case 10:
      return four(16, kBgra);  // V16U16Y16A16
    case 12:
    case 16:
      return four(8, kAbgr);  // A8B8G8R8, X8…
    case 13:
    case 17:
    case 26:
      return four(8, kArgb);  // A8R8G8B8, X8…, A8Y8U8V8
    case 14:
    case 18:
    case 27:
      return four(8, kBgra);  // B8G8R8A8, …X8, V8U8Y8A8
    case 15:
    case 19:
      return four(8, kRgba);  // R8G8B8A8, …X8
    case 20:
      return packed(kPackedAbgr);  // A2B10G10R10
    case 21:
    case 24:
      return packed(kPackedArgb);  // A2R10G10B10, A2Y10U10V10
    case 22:
    case 25:
      return packed(kPackedBgra);  // B10G10R10A2, V10U10Y10A2
    case 23:
      return packed(kPackedRgba);  // R10G10B10A2
    case 28:
    case 29:
      return two_planes(8, pixel_format == 28);
    case 30:
    case 31:
    case 32:
    case 33:
    case 34:
    case 35:  // 10, 12 and 16 bits
      return two_planes(16, pixel_format % 2 == 0);
    default:
      return std::nullopt;
  }
}

}  // namespace sim::workload::nvdla
