#include "sim/accelerators/poetbin/rtl/spatial_netlist.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "sim/accelerators/poetbin/rtl/signal_stages.h"

namespace sim::poetbin::rtl {
namespace {

using workload::LutLevel;
using workload::LutProgram;
using workload::Signal;

/// "{a, b, c}" of signals, the last one first: element 0 is bit 0.
std::string concatenation(const Signal* signals, std::size_t count, const SignalStages& at,
                          std::uint32_t stage) {
  std::string text = "{";
  for (std::size_t i = count; i-- > 0;) text += at.read(signals[i], stage) + (i > 0 ? ", " : "}");
  return text;
}

/// The table as a sized constant, address 0 in the lowest bit.
std::string init(const LutLevel& level, std::size_t lut) {
  const std::uint32_t bits = 1U << level.fan_in;
  if (bits < 64) {
    const std::uint64_t mask = (std::uint64_t{1} << bits) - 1;
    return fmt::format("{}'h{:x}", bits, level.table(lut)[0] & mask);
  }
  std::string text = fmt::format("{}'h", bits);
  for (std::uint32_t w = level.table_words(); w-- > 0;) {
    text += fmt::format("{:016x}", level.table(lut)[w]);
  }
  return text;
}

class Writer {
 public:
  Writer(const LutProgram& program, const SpatialShape& shape)
      : program_(program),
        shape_(shape),
        names_(program),
        at_(program, shape.registers_after, names_) {}

  std::string text() {
    ports();
    control();
    features();
    for (std::size_t l = 0; l < program_.levels.size(); ++l) {
      if (program_.levels[l].luts > 0) level(l);
    }
    if (at_.stages() > 1) pipeline();
    scores();
    if (shape_.argmax) classes();
    add("\nendmodule\n");
    return std::move(out_);
  }

 private:
  template <class... Args>
  void add(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Args>(args)...);
  }

  void ports() {
    add("// {}: {} features, {} LUTs in {} levels, {} scores of {} bits.\n", program_.name,
        program_.inputs, program_.luts(), program_.levels.size(), program_.classes,
        program_.score_bits);
    add("// One enable for all registers; in_ready_o depends on out_ready_i of the same cycle.\n");
    add("module {} (\n  input  logic clk_i,\n  input  logic rst_ni,\n\n", kSpatialModule);
    add("  input  logic in_valid_i,\n  output logic in_ready_o,\n  input  logic [{}:0] "
        "in_bits_i,\n\n",
        shape_.port_bits(program_) - 1);
    add("  output logic out_valid_o,\n  input  logic out_ready_i,\n");
    if (shape_.argmax) {
      add("  output logic [{}:0] out_class_o,\n  output logic [{}:0] out_score_o\n);\n",
          class_bits() - 1, program_.score_bits - 1);
    } else {
      add("  output logic [{}:0] out_scores_o\n);\n", score_bits() - 1);
    }
  }

  /// Valid bits: of the features, of each pipeline register, of the scores, of the class.
  void control() {
    const std::uint32_t registers = at_.stages() + 1 + (shape_.argmax ? 1 : 0);
    add("\n  logic en;\n  logic feature_valid;\n  logic [{}:1] valid_q;\n\n", registers - 1);
    add("  assign en = !out_valid_o || out_ready_i;\n  assign in_ready_o = en;\n");
    add("  assign out_valid_o = valid_q[{}];\n\n", registers - 1);
    add("  always_ff @(posedge clk_i or negedge rst_ni) begin\n"
        "    if (!rst_ni) valid_q <= '0;\n");
    if (registers == 2) {
      add("    else if (en) valid_q <= feature_valid;\n");
    } else {
      add("    else if (en) valid_q <= {{valid_q[{}:1], feature_valid}};\n", registers - 2);
    }
    add("  end\n");
  }

  void features() {
    add("\n  logic [{}:0] features;\n\n", program_.inputs - 1);
    add("  feature_register #(.Features({}), .WordBits({}){}) feature_register (\n",
        program_.inputs, shape_.port_bits(program_),
        shape_.entry == SerialEntry::kBottom ? ", .EntryAtBottom(1'b1)" : "");
    add("    .clk_i, .rst_ni, .en_i(en), .valid_i(in_valid_i), .word_i(in_bits_i),\n"
        "    .valid_o(feature_valid), .features_o(features)\n  );\n");
    registers(0);
  }

  void level(std::size_t l) {
    const LutLevel& level = program_.levels[l];
    const std::string& bits = names_.level(l);
    add("\n  // Level {}: {}.\n  logic [{}:0] {};\n", l + 1, level.name, level.luts - 1, bits);
    registers(l + 1);
    for (std::size_t i = 0; i < level.luts; ++i) {
      add("  lut #(.FanIn({}), .Init({})) {} (.addr_i({}), .out_o({}[{}]));\n", level.fan_in,
          init(level, i), names_.lut(l, i),
          concatenation(level.pins(i), level.fan_in, at_, at_.stage_of_level(l)), bits, i);
    }
  }

  /// Declares the copies of a group in the stages after its own.
  void registers(std::size_t group) {
    for (std::uint32_t s = at_.stage_of_group(group) + 1; s <= at_.last_stage(group); ++s) {
      add("  logic [{}:0] {};\n", at_.width(group) - 1, at_.vector(group, s));
    }
  }

  void pipeline() {
    add("\n  // Pipeline registers: what later levels and the scores still need.\n"
        "  always_ff @(posedge clk_i) begin\n    if (en) begin\n");
    for (std::size_t g = 0; g < at_.groups(); ++g) {
      for (std::uint32_t s = at_.stage_of_group(g) + 1; s <= at_.last_stage(g); ++s) {
        add("      {} <= {};\n", at_.vector(g, s), at_.vector(g, s - 1));
      }
    }
    add("    end\n  end\n");
  }

  void scores() {
    add("\n  // Class c's score: bits [c*{0} +: {0}].\n  logic [{1}:0] scores_d, scores_q;\n\n",
        program_.score_bits, score_bits() - 1);
    add("  assign scores_d = {};\n\n",
        concatenation(program_.outputs.data(), program_.outputs.size(), at_, at_.stages() - 1));
    add("  always_ff @(posedge clk_i) begin\n    if (en) scores_q <= scores_d;\n  end\n");
    if (!shape_.argmax) add("\n  assign out_scores_o = scores_q;\n");
  }

  void classes() {
    add("\n  logic [{}:0] class_d;\n  logic [{}:0] score_d;\n\n", class_bits() - 1,
        program_.score_bits - 1);
    add("  argmax #(.Classes({}), .ScoreBits({}), .Signed(1'b{})) argmax (\n"
        "    .scores_i(scores_q), .class_o(class_d), .score_o(score_d)\n  );\n\n",
        program_.classes, program_.score_bits, program_.signed_scores ? 1 : 0);
    add("  always_ff @(posedge clk_i) begin\n    if (en) begin\n      out_class_o <= class_d;\n"
        "      out_score_o <= score_d;\n    end\n  end\n");
  }

  std::size_t score_bits() const { return program_.outputs.size(); }
  std::uint32_t class_bits() const {
    return std::max<std::uint32_t>(
        1, static_cast<std::uint32_t>(std::bit_width(program_.classes - 1)));
  }

  const LutProgram& program_;
  const SpatialShape& shape_;
  const Names names_;
  const SignalStages at_;
  std::string out_;
};

}  // namespace

std::string spatial_netlist(const LutProgram& program, const SpatialShape& shape) {
  return Writer(program, shape).text();
}

}  // namespace sim::poetbin::rtl
