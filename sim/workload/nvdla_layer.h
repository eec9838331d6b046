#pragma once

#include <array>
#include <cstdint>
#include <optional>

/// One hardware layer of NVDLA: what the register groups of its units hold while it runs. Names are
/// those of the registers (nvdla/hw, spec/manual); sizes are true sizes, not less one. Strides and
/// addresses are in bytes.
namespace sim::workload::nvdla {

enum class Precision { kInt8, kInt16 };

constexpr std::uint32_t bytes_of(Precision p) { return p == Precision::kInt8 ? 1 : 2; }

struct Cube {
  std::uint32_t width = 1;
  std::uint32_t height = 1;
  std::uint32_t channels = 1;

  friend bool operator==(const Cube&, const Cube&) = default;
};

/// Where a feature cube lies: atoms of a fixed number of bytes, one pixel's share of a surface.
struct CubePlace {
  std::uint64_t base = 0;
  std::uint32_t line_stride = 0;
  std::uint32_t surface_stride = 0;
};

/// (v - offset) * scale / 2^shift
struct Converter {
  std::int32_t offset = 0;
  std::int32_t scale = 1;
  std::uint32_t shift = 0;
};

/// Pixels instead of a feature cube.
struct Image {
  std::uint32_t pixel_format = 0;  // D_DATAIN_FORMAT.PIXEL_FORMAT
  bool signed_pixels = false;      // PIXEL_SIGN_OVERRIDE
  std::uint32_t pad_right = 0;     // left and right are inserted while the image is fetched
  std::uint32_t x_offset = 0;      // pixels skipped at the start of a line
  std::uint64_t base_1 = 0;        // plane 1
  std::uint32_t line_stride_1 = 0;
  std::uint32_t rows_merged = 1;                       // D_POST_Y_EXTENSION: 1, 2, 4 kernel rows
  std::optional<std::array<std::int32_t, 4>> means{};  // MEAN_FORMAT 1: RY, GU, BV, AX
};

/// CDMA, CSC, CMAC and CACC: a direct convolution.
struct Convolution {
  Precision precision = Precision::kInt8;
  Cube in{};                                // of an image: its pixels and their channels
  CubePlace source{};                       // of an image: plane 0
  std::optional<Image> image{};             // else a feature cube
  std::optional<Converter> in_converter{};  // CVT_EN
  std::uint32_t kernel_width = 1;           // S, of an image the true one
  std::uint32_t kernel_height = 1;          // R
  std::uint32_t kernels = 1;                // K
  std::uint64_t weight_base = 0;
  std::uint64_t weight_bytes = 0;  // rounded up to 128
  std::uint32_t stride_x = 1;
  std::uint32_t stride_y = 1;
  std::uint32_t dilation_x = 1;
  std::uint32_t dilation_y = 1;
  std::uint32_t pad_left = 0;
  std::uint32_t pad_top = 0;
  std::int32_t pad_value = 0;
  std::uint32_t out_width = 1;  // they define how far the window runs
  std::uint32_t out_height = 1;
  std::uint32_t clip_truncate = 0;     // CACC: right shift of a sum
  std::uint32_t entries_per_line = 1;  // of the convolution buffer
  std::uint32_t data_banks = 1;
  std::uint32_t weight_banks = 1;
  bool reuse_data = false;  // what the layer before left in the buffer
  bool reuse_weights = false;
  bool keep_data = false;  // SKIP_DATA_RLS: leave it there
  bool keep_weights = false;
};

/// A second operand that SDP reads from memory.
struct OperandStream {
  CubePlace place{};
  bool of_alu = false;
  bool of_mul = false;
  std::uint32_t bytes = 1;   // of an element, 1 or 2
  bool per_element = false;  // else one a channel
};

enum class AluOp { kMax, kMin, kSum, kEqual };

/// A look-up table pair: LE (65 entries) and LO (257).
struct LookUp {
  bool le_linear = false;     // else exponential
  bool underflow_lo = false;  // priorities: LO instead of LE
  bool overflow_lo = false;
  bool hybrid_lo = false;
  std::int32_t le_index_offset = 0;
  std::int32_t le_index_select = 0;
  std::int32_t lo_index_select = 0;
  std::int64_t le_start = 0;
  std::int64_t le_end = 0;
  std::int64_t lo_start = 0;
  std::int64_t lo_end = 0;
  std::array<std::int32_t, 2> le_slope_scale{};  // underflow, overflow
  std::array<std::int32_t, 2> lo_slope_scale{};
  std::array<std::int32_t, 2> le_slope_shift{};  // negative: to the left
  std::array<std::int32_t, 2> lo_slope_shift{};
  std::array<std::int16_t, 65> le{};
  std::array<std::int16_t, 257> lo{};
};

/// Stages BS, BN and EW of SDP, each only if it is not bypassed. EW multiplies first and has a
/// table.
struct SdpStage {
  struct Alu {
    AluOp op = AluOp::kSum;
    bool from_memory = false;
    std::int32_t value = 0;                // else
    std::uint32_t shift_left = 0;          // of the operand; BS, BN
    std::optional<Converter> converter{};  // EW, of operands from memory
  };
  struct Mul {
    bool from_memory = false;
    std::int32_t value = 0;
    bool prelu = false;
    std::optional<Converter> converter{};  // EW
  };
  std::optional<Alu> alu{};
  std::optional<Mul> mul{};
  std::uint32_t shift_right = 0;  // BS, BN: also without mul
  bool relu = false;
  bool look_up = false;  // EW
  std::optional<OperandStream> operands{};
};

/// SDP with SDP_RDMA.
struct Sdp {
  Precision in_precision = Precision::kInt8;  // of a cube from memory
  Precision out_precision = Precision::kInt8;
  Cube cube{};
  std::optional<CubePlace> source{};       // else it comes from CACC
  std::optional<CubePlace> destination{};  // else it goes to PDP
  std::optional<SdpStage> bs{};
  std::optional<SdpStage> bn{};
  std::optional<SdpStage> ew{};
  std::optional<LookUp> look_up{};  // of EW
  Converter out_converter{};
};

enum class Pooling { kAverage, kMax, kMin };

/// PDP with PDP_RDMA.
struct Pdp {
  Precision precision = Precision::kInt8;
  Pooling method = Pooling::kMax;
  Cube in{};
  Cube out{};
  std::optional<CubePlace> source{};  // else it comes from SDP
  CubePlace destination{};
  std::uint32_t kernel_width = 1;
  std::uint32_t kernel_height = 1;
  std::uint32_t stride_x = 1;
  std::uint32_t stride_y = 1;
  std::uint32_t pad_left = 0;
  std::uint32_t pad_top = 0;
  std::uint32_t pad_right = 0;
  std::uint32_t pad_bottom = 0;
  std::array<std::int32_t, 8> pad_values{};  // n times the padding value, for n of 1 to 7
  std::uint32_t reciprocal_width = 65536;    // 65536 / kernel_width
  std::uint32_t reciprocal_height = 65536;
  std::uint32_t splits = 1;
  // Columns of the first, of each middle and of the last split.
  std::array<std::uint32_t, 3> partial_in{};
  std::array<std::uint32_t, 3> partial_out{};
};

/// CDP with CDP_RDMA: local response normalisation.
struct Cdp {
  Precision precision = Precision::kInt8;
  Cube cube{};
  CubePlace source{};
  CubePlace destination{};
  std::uint32_t length = 3;  // channels: 3, 5, 7, 9
  bool sum_squares = true;   // SQSUM_BYPASS 0
  bool multiply = true;      // MUL_BYPASS 0
  Converter in_converter{};
  Converter out_converter{};
  LookUp look_up{};
};

/// What runs at a time: a convolution or a cube from memory through SDP, on to PDP on request; or
/// PDP or CDP alone.
struct Layer {
  std::optional<Convolution> convolution{};
  std::optional<Sdp> sdp{};
  std::optional<Pdp> pdp{};
  std::optional<Cdp> cdp{};
  std::array<std::uint8_t, 4> groups{};  // register group of convolution, SDP, PDP, CDP
};

}  // namespace sim::workload::nvdla
