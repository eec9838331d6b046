// PDP, CDP and the tables of CDP and SDP.
#include <fmt/format.h>

#include <algorithm>

#include "sim/workload/kinds/nvdla_program/decode.h"

namespace sim::workload::nvdla_program {
namespace {

using nvdla::Cdp;
using nvdla::Pdp;

constexpr std::uint32_t kMaxPoolingKernel = 8;

void check_window(const Pdp& p, const DecodeContext& context) {
  const auto along = [&](std::uint32_t in, std::uint32_t out, std::uint32_t kernel,
                         std::uint32_t stride, std::uint32_t pad, std::string_view axis) {
    context.require(kernel <= kMaxPoolingKernel,
                    fmt::format("PDP's kernel has {} {}; at most {} are possible", kernel, axis,
                                kMaxPoolingKernel));
    const std::uint64_t last = std::uint64_t{out - 1} * stride;
    context.require(pad < kernel && last < std::uint64_t{in} + pad,
                    fmt::format("a window of PDP has only padding in its {}: {} of input, kernel "
                                "{}, stride {}, padding {}, {} of output",
                                axis, in, kernel, stride, pad, out));
  };
  along(p.in.width, p.out.width, p.kernel_width, p.stride_x, p.pad_left, "columns");
  along(p.in.height, p.out.height, p.kernel_height, p.stride_y, p.pad_top, "rows");
}

void read_kernel(Pdp& p, const Group& pdp, const DecodeContext& context) {
  const std::uint32_t method = pdp.field("D_OPERATION_MODE_CFG", "POOLING_METHOD");
  context.require(method < 3, "PDP.POOLING_METHOD is 3; it must be 0, 1 or 2");
  p.method = static_cast<nvdla::Pooling>(method);
  p.kernel_width = pdp.size("D_POOLING_KERNEL_CFG", "WIDTH");
  p.kernel_height = pdp.size("D_POOLING_KERNEL_CFG", "HEIGHT");
  p.stride_x = pdp.size("D_POOLING_KERNEL_CFG", "STRIDE_WIDTH");
  p.stride_y = pdp.size("D_POOLING_KERNEL_CFG", "STRIDE_HEIGHT");
  p.pad_left = pdp.field("D_POOLING_PADDING_CFG", "LEFT");
  p.pad_top = pdp.field("D_POOLING_PADDING_CFG", "TOP");
  p.pad_right = pdp.field("D_POOLING_PADDING_CFG", "RIGHT");
  p.pad_bottom = pdp.field("D_POOLING_PADDING_CFG", "BOTTOM");
  for (std::uint32_t n = 1; n < p.pad_values.size(); ++n) {
    p.pad_values[n] = pdp.signed_field(fmt::format("D_POOLING_PADDING_VALUE_{}_CFG", n));
  }
  p.reciprocal_width = pdp.field("D_RECIP_KERNEL_WIDTH");
  p.reciprocal_height = pdp.field("D_RECIP_KERNEL_HEIGHT");
}

void read_splits(Pdp& p, const Group& pdp) {
  p.splits = pdp.size("D_OPERATION_MODE_CFG", "SPLIT_NUM");
  const auto parts = [&](std::string_view reg) {
    return std::array<std::uint32_t, 3>{pdp.size(reg, "FIRST"), pdp.size(reg, "MID"),
                                        pdp.size(reg, "LAST")};
  };
  if (p.splits == 1) return;
  p.partial_in = parts("D_PARTIAL_WIDTH_IN");
  p.partial_out = parts("D_PARTIAL_WIDTH_OUT");
}

void check_source(const Pdp& p, const Group& rdma, const nvdla::Sdp* sdp,
                  const DecodeContext& context) {
  const nvdla::Cube from = sdp != nullptr ? sdp->cube : cube(rdma, "D_DATA_CUBE_IN");
  const std::string_view unit = sdp != nullptr ? "SDP" : "PDP_RDMA";
  context.equal(p.in.width, "the width in PDP", from.width, fmt::format("that in {}", unit));
  context.equal(p.in.height, "the height in PDP", from.height, fmt::format("that in {}", unit));
  context.equal(p.in.channels, "the channels in PDP", from.channels,
                fmt::format("those in {}", unit));
  if (sdp != nullptr) {
    context.require(sdp->out_precision == p.precision, "PDP's precision differs from SDP's output");
    return;
  }
  context.equal(rdma.field("D_DATA_FORMAT", "PRECISION"), "PDP_RDMA.D_DATA_FORMAT",
                static_cast<std::uint32_t>(p.precision), "PDP.D_DATA_FORMAT");
  context.check_cube(p.in, *p.source, p.precision, "input of PDP");
}

std::int64_t limit(const Group& unit, std::string_view name) {
  if (unit.unit() == Unit::kSdp) return unit.signed_field(fmt::format("S_LUT_{}", name));
  const std::uint64_t high = unit.field(fmt::format("S_LUT_{}_HIGH", name));
  return with_sign(high << 32 | unit.field(fmt::format("S_LUT_{}_LOW", name)), 38);
}

std::array<std::int32_t, 2> slopes(const Group& unit, std::string_view reg) {
  return {unit.signed_field(reg, "UFLOW"), unit.signed_field(reg, "OFLOW")};
}

}  // namespace

Pdp decode_pdp(const RegisterFile& registers, const nvdla::Sdp* sdp, const DecodeContext& context) {
  const Group pdp = registers.group(Unit::kPdp);
  const Group rdma = registers.group(Unit::kPdpRdma);
  Pdp p;
  p.precision = context.precision(pdp.field("D_DATA_FORMAT", "PRECISION"), "PDP.D_DATA_FORMAT");
  p.in = cube(pdp, "D_DATA_CUBE_IN");
  p.out = cube(pdp, "D_DATA_CUBE_OUT");
  context.equal(p.in.channels, "PDP's input channels", p.out.channels, "its output channels");
  if (sdp == nullptr) p.source = place(rdma, "D_SRC");
  check_source(p, rdma, sdp, context);
  p.destination = place(pdp, "D_DST");
  read_kernel(p, pdp, context);
  read_splits(p, pdp);
  check_window(p, context);
  context.check_cube(p.out, p.destination, p.precision, "output of PDP");
  return p;
}

Cdp decode_cdp(const RegisterFile& registers, const DecodeContext& context) {
  const Group cdp = registers.group(Unit::kCdp);
  const Group rdma = registers.group(Unit::kCdpRdma);
  Cdp c;
  c.precision = context.precision(cdp.field("D_DATA_FORMAT", "PRECISION"), "CDP.D_DATA_FORMAT");
  context.equal(rdma.field("D_DATA_FORMAT", "PRECISION"), "CDP_RDMA.D_DATA_FORMAT",
                cdp.field("D_DATA_FORMAT", "PRECISION"), "CDP.D_DATA_FORMAT");
  const bool int8 = c.precision == nvdla::Precision::kInt8;
  c.cube = cube(rdma, "D_DATA_CUBE");
  c.source = place(rdma, "D_SRC");
  c.destination = place(cdp, "D_DST");
  c.length = 3 + 2 * cdp.field("D_LRN_CFG", "NORMALZ_LEN");
  c.sum_squares = !cdp.flag("D_FUNC_BYPASS", "SQSUM_BYPASS");
  c.multiply = !cdp.flag("D_FUNC_BYPASS", "MUL_BYPASS");
  c.in_converter = converter(cdp, "D_DATIN_OFFSET", "D_DATIN_SCALE", "D_DATIN_SHIFTER");
  c.out_converter = converter(cdp, "D_DATOUT_OFFSET", "D_DATOUT_SCALE", "D_DATOUT_SHIFTER");
  if (int8) {  // fewer bits of the offsets are wired
    c.in_converter.offset = static_cast<std::int32_t>(with_sign(cdp.field("D_DATIN_OFFSET"), 8));
    c.out_converter.offset = static_cast<std::int32_t>(with_sign(cdp.field("D_DATOUT_OFFSET"), 25));
  }
  c.look_up = decode_look_up(cdp, context);
  context.check_cube(c.cube, c.source, c.precision, "input of CDP");
  context.check_cube(c.cube, c.destination, c.precision, "output of CDP");
  return c;
}

nvdla::LookUp decode_look_up(const Group& unit, const DecodeContext& context) {
  nvdla::LookUp t;
  t.le_linear = unit.flag("S_LUT_CFG", "LE_FUNCTION");
  t.underflow_lo = unit.flag("S_LUT_CFG", "UFLOW_PRIORITY");
  t.overflow_lo = unit.flag("S_LUT_CFG", "OFLOW_PRIORITY");
  t.hybrid_lo = unit.flag("S_LUT_CFG", "HYBRID_PRIORITY");
  const std::uint32_t select_bits = unit.unit() == Unit::kCdp ? 6 : 8;  // as many are wired
  const auto select = [&](std::string_view name) {
    return static_cast<std::int32_t>(with_sign(unit.field("S_LUT_INFO", name), select_bits));
  };
  t.le_index_offset = unit.signed_field("S_LUT_INFO", "LE_INDEX_OFFSET");
  t.le_index_select = select("LE_INDEX_SELECT");
  t.lo_index_select = select("LO_INDEX_SELECT");
  t.le_start = limit(unit, "LE_START");
  t.le_end = limit(unit, "LE_END");
  t.lo_start = limit(unit, "LO_START");
  t.lo_end = limit(unit, "LO_END");
  t.le_slope_scale = slopes(unit, "S_LUT_LE_SLOPE_SCALE");
  t.lo_slope_scale = slopes(unit, "S_LUT_LO_SLOPE_SCALE");
  t.le_slope_shift = slopes(unit, "S_LUT_LE_SLOPE_SHIFT");
  t.lo_slope_shift = slopes(unit, "S_LUT_LO_SLOPE_SHIFT");
  constexpr std::int32_t kMaxIndexOffset = 62;  // no input has a logarithm as large
  context.require(t.le_linear || t.le_index_offset <= kMaxIndexOffset,
                  fmt::format("{}.S_LUT_INFO.LE_INDEX_OFFSET is {}; at most {} of an exponential "
                              "table",
                              name_of(unit.unit()), t.le_index_offset, kMaxIndexOffset));
  std::ranges::copy(unit.state().tables[0], t.le.begin());
  std::ranges::copy(unit.state().tables[1], t.lo.begin());
  return t;
}

}  // namespace sim::workload::nvdla_program
