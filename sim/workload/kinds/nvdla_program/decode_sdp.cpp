#include <fmt/format.h>

#include "sim/base/math.h"
#include "sim/workload/kinds/nvdla_program/decode.h"

namespace sim::workload::nvdla_program {
namespace {

using nvdla::Cube;
using nvdla::OperandStream;
using nvdla::Precision;
using nvdla::Sdp;
using nvdla::SdpStage;

constexpr std::uint32_t kAluOnly = 1;  // DATA_USE
constexpr std::uint32_t kBoth = 2;

/// Names of the registers of a stage: BS, BN (which are alike) and EW.
struct StageNames {
  std::string stage;
  std::string_view reader;  // of SDP_RDMA

  std::string config() const { return fmt::format("D_DP_{}_CFG", stage); }
  std::string of(std::string_view rest) const { return fmt::format("D_DP_{}_{}", stage, rest); }
  std::string_view source(std::string_view part) const {
    if (stage == "EW") return "SRC";
    return part == "ALU" ? "ALU_SRC" : "MUL_SRC";
  }
};

const StageNames kBs{"BS", "D_BRDMA_CFG"};
const StageNames kBn{"BN", "D_NRDMA_CFG"};
const StageNames kEw{"EW", "D_ERDMA_CFG"};

bool is_active(const Group& sdp, const StageNames& names) {
  return !sdp.flag(names.config(), "BYPASS");
}

bool has_part(const Group& sdp, const StageNames& names, std::string_view part) {
  return is_active(sdp, names) && !sdp.flag(names.config(), fmt::format("{}_BYPASS", part));
}

bool from_memory(const Group& sdp, const StageNames& names, std::string_view part) {
  return has_part(sdp, names, part) &&
         sdp.flag(names.of(fmt::format("{}_CFG", part)), names.source(part));
}

bool reads(const Group& sdp, const StageNames& names) {
  return from_memory(sdp, names, "ALU") || from_memory(sdp, names, "MUL");
}

class Decoder {
 public:
  Decoder(const RegisterFile& registers, const nvdla::Convolution* convolution,
          const DecodeContext& context)
      : sdp_(registers.group(Unit::kSdp)),
        rdma_(registers.group(Unit::kSdpRdma)),
        convolution_(convolution),
        context_(context) {}

  Sdp decode() {
    check_modelled();
    s_.cube = cube(sdp_, "D_DATA_CUBE");
    s_.in_precision =
        context_.precision(sdp_.field("D_DATA_FORMAT", "PROC_PRECISION"), "SDP.PROC_PRECISION");
    s_.out_precision =
        context_.precision(sdp_.field("D_DATA_FORMAT", "OUT_PRECISION"), "SDP.OUT_PRECISION");
    read_source();
    read_destination();
    s_.bs = stage(kBs);
    s_.bn = stage(kBn);
    read_ew();
    s_.out_converter = converter(sdp_, "D_CVT_OFFSET", "D_CVT_SCALE", "D_CVT_SHIFT");
    return s_;
  }

 private:
  void check_modelled() const {
    context_.require(!sdp_.flag("D_FEATURE_MODE_CFG", "WINOGRAD"),
                     "SDP.D_FEATURE_MODE_CFG asks for Winograd, which is not modelled");
    context_.require(sdp_.field("D_FEATURE_MODE_CFG", "BATCH_NUMBER") == 0,
                     "SDP.D_FEATURE_MODE_CFG asks for batches, which are not modelled");
  }

  void read_source() {
    if (convolution_ == nullptr) {
      s_.source = place(rdma_, "D_SRC");
      check_reader_cube();
      context_.equal(rdma_.field("D_FEATURE_MODE_CFG", "IN_PRECISION"), "SDP_RDMA.IN_PRECISION",
                     sdp_.field("D_DATA_FORMAT", "PROC_PRECISION"), "SDP.PROC_PRECISION");
      context_.check_cube(s_.cube, *s_.source, s_.in_precision, "input of SDP");
      check_packed(*s_.source, s_.in_precision, "SDP_RDMA.D_SRC_SURFACE_STRIDE");
      return;
    }
    const nvdla::Convolution& c = *convolution_;
    context_.check_elements(s_.cube, s_.in_precision, "output of the convolution");
    context_.equal(s_.cube.width, "the width of SDP's cube", c.out_width, "the convolution's");
    context_.equal(s_.cube.height, "the height of SDP's cube", c.out_height, "the convolution's");
    const std::uint32_t lanes = context_.configuration.lanes(c.precision);
    context_.equal(base::ceil_div(s_.cube.channels, lanes), "the surfaces of SDP's cube",
                   base::ceil_div(c.kernels, lanes), "those of the convolution's kernels");
    context_.require(s_.in_precision == c.precision,
                     "SDP.PROC_PRECISION differs from the convolution's");
  }

  void check_reader_cube() const {
    const Cube read = cube(rdma_, "D_DATA_CUBE");
    context_.equal(read.width, "the width in SDP_RDMA", s_.cube.width, "that in SDP");
    context_.equal(read.height, "the height in SDP_RDMA", s_.cube.height, "that in SDP");
    context_.equal(read.channels, "the channels in SDP_RDMA", s_.cube.channels, "those in SDP");
  }

  /// A cube of one pixel is read and written as one run, whatever its surface stride.
  void check_packed(const nvdla::CubePlace& at, Precision p, std::string_view stride) const {
    const std::uint32_t atom = context_.configuration.atom_bytes;
    const bool one_pixel = s_.cube.width == 1 && s_.cube.height == 1;
    const bool several = s_.cube.channels > context_.configuration.lanes(p);
    if (!one_pixel || !several || at.surface_stride == atom) return;
    context_.fail(
        fmt::format("{} is {:#x}; must be {} for a cube of one pixel, which is read and "
                    "written as one run",
                    stride, at.surface_stride, atom));
  }

  void read_destination() {
    const std::uint32_t lanes_in = context_.configuration.lanes(s_.in_precision);
    const std::uint32_t lanes_out = context_.configuration.lanes(s_.out_precision);
    context_.require(lanes_in == lanes_out || s_.cube.channels % std::max(lanes_in, lanes_out) == 0,
                     fmt::format("{} channels; where precision changes they must fill whole atoms "
                                 "of {}",
                                 s_.cube.channels, std::max(lanes_in, lanes_out)));
    if (sdp_.flag("D_FEATURE_MODE_CFG", "OUTPUT_DST")) return;
    s_.destination = place(sdp_, "D_DST");
    context_.check_cube(s_.cube, *s_.destination, s_.out_precision, "output of SDP");
    check_packed(*s_.destination, s_.out_precision, "SDP.D_DST_SURFACE_STRIDE");
  }

  std::optional<SdpStage> stage(const StageNames& names) {
    if (!is_active(sdp_, names)) return std::nullopt;
    SdpStage stage;
    if (has_part(sdp_, names, "ALU")) {
      SdpStage::Alu alu;
      const std::uint32_t op = sdp_.field(names.config(), "ALU_ALGO");
      context_.require(op < 3,
                       fmt::format("SDP.{}.ALU_ALGO is 3; it must be 0 to 2", names.config()));
      alu.op = static_cast<nvdla::AluOp>(op);
      alu.from_memory = from_memory(sdp_, names, "ALU");
      alu.value = sdp_.signed_field(names.of("ALU_SRC_VALUE"));
      alu.shift_left = sdp_.field(names.of("ALU_CFG"), "ALU_SHIFT_VALUE");
      stage.alu = alu;
    }
    if (has_part(sdp_, names, "MUL")) {
      stage.mul = SdpStage::Mul{from_memory(sdp_, names, "MUL"),
                                sdp_.signed_field(names.of("MUL_SRC_VALUE")),
                                sdp_.flag(names.config(), "MUL_PRELU"), std::nullopt};
    }
    stage.shift_right = sdp_.field(names.of("MUL_CFG"), "MUL_SHIFT_VALUE");
    stage.relu = !sdp_.flag(names.config(), "RELU_BYPASS");
    if (reads(sdp_, names)) stage.operands = operands(names);
    return stage;
  }

  void read_ew() {
    if (!is_active(sdp_, kEw)) return;
    if (!context_.configuration.has_ew) {
      context_.note(fmt::format(
          "{} has no element-wise stage, so what the program asks of it does not happen; ew: true "
          "computes it",
          context_.configuration.name));
      return;
    }
    SdpStage ew;
    if (has_part(sdp_, kEw, "ALU")) {
      SdpStage::Alu alu;
      alu.op = static_cast<nvdla::AluOp>(sdp_.field(kEw.config(), "ALU_ALGO"));
      alu.from_memory = from_memory(sdp_, kEw, "ALU");
      alu.value = sdp_.signed_field(kEw.of("ALU_SRC_VALUE"));
      alu.converter = operand_converter("ALU");
      ew.alu = alu;
    }
    if (has_part(sdp_, kEw, "MUL")) {
      ew.mul =
          SdpStage::Mul{from_memory(sdp_, kEw, "MUL"), sdp_.signed_field(kEw.of("MUL_SRC_VALUE")),
                        sdp_.flag(kEw.config(), "MUL_PRELU"), operand_converter("MUL")};
    }
    ew.shift_right = sdp_.field("D_DP_EW_TRUNCATE_VALUE");
    ew.look_up = !sdp_.flag(kEw.config(), "LUT_BYPASS");
    if (ew.look_up) s_.look_up = decode_look_up(sdp_, context_);
    if (reads(sdp_, kEw)) ew.operands = operands(kEw);
    s_.ew = ew;
  }

  std::optional<nvdla::Converter> operand_converter(std::string_view part) const {
    if (sdp_.flag(kEw.of(fmt::format("{}_CFG", part)), "CVT_BYPASS")) return std::nullopt;
    const auto name = [&](std::string_view what) {
      return kEw.of(fmt::format("{}_CVT_{}_VALUE", part, what));
    };
    return converter(sdp_, name("OFFSET"), name("SCALE"), name("TRUNCATE"));
  }

  OperandStream operands(const StageNames& names) const {
    const auto reader = names.reader;
    context_.require(!rdma_.flag(reader, "DISABLE"),
                     fmt::format("SDP's {} takes operands from memory, but SDP_RDMA.{} disables "
                                 "them",
                                 names.stage, reader));
    check_reader_cube();
    OperandStream stream;
    stream.place = place(rdma_, fmt::format("D_{}", names.stage));
    const std::uint32_t use = rdma_.field(reader, "DATA_USE");
    context_.require(use <= kBoth,
                     fmt::format("SDP_RDMA.{}.DATA_USE is 3; it must be 0, 1 or 2", reader));
    stream.of_alu = use == kAluOnly || use == kBoth;
    stream.of_mul = use != kAluOnly;
    stream.bytes = rdma_.flag(reader, "DATA_SIZE") ? 2 : 1;
    stream.per_element = rdma_.flag(reader, "DATA_MODE");
    context_.require((stream.of_alu || !from_memory(sdp_, names, "ALU")) &&
                         (stream.of_mul || !from_memory(sdp_, names, "MUL")),
                     fmt::format("SDP_RDMA.{}.DATA_USE gives SDP's {} other operands than it takes",
                                 reader, names.stage));
    check_operands(stream, names);
    return stream;
  }

  void check_operands(const OperandStream& stream, const StageNames& names) const {
    const std::uint64_t lanes = context_.configuration.lanes(s_.in_precision);
    const std::uint64_t surfaces = base::ceil_div(s_.cube.channels, lanes);
    const std::uint64_t item =
        std::uint64_t{stream.bytes} * (stream.of_alu && stream.of_mul ? 2U : 1U);
    std::uint64_t size = surfaces * lanes * item;
    if (stream.per_element) {
      size = (surfaces - 1) * stream.place.surface_stride +
             std::uint64_t{s_.cube.height - 1} * stream.place.line_stride +
             s_.cube.width * lanes * item;
    }
    context_.check_region(stream.place.base, size, fmt::format("operands of {}", names.stage));
  }

  Group sdp_;
  Group rdma_;
  const nvdla::Convolution* convolution_;
  const DecodeContext& context_;
  Sdp s_;
};

}  // namespace

bool reads_operands(const Group& sdp, const nvdla::Configuration& configuration) {
  return reads(sdp, kBs) || reads(sdp, kBn) || (configuration.has_ew && reads(sdp, kEw));
}

Sdp decode_sdp(const RegisterFile& registers, const nvdla::Convolution* convolution,
               const DecodeContext& context) {
  return Decoder(registers, convolution, context).decode();
}

}  // namespace sim::workload::nvdla_program
