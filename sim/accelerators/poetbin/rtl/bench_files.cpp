#include "sim/accelerators/poetbin/rtl/bench_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "sim/accelerators/poetbin/rtl/fixed_modules.h"
#include "sim/accelerators/poetbin/run_engine.h"
#include "sim/base/error.h"
#include "sim/reference/lut_cascade.h"

namespace sim::poetbin::rtl {
namespace {

using workload::LutProgram;

/// Bits as one hexadecimal number, bit 0 the lowest.
class HexLine {
 public:
  void bit(bool value) {
    if (bits_ % 4 == 0) digits_.push_back(0);
    digits_.back() = static_cast<char>(digits_.back() | (value ? 1 << (bits_ % 4) : 0));
    ++bits_;
  }
  void number(std::uint64_t value, std::uint32_t bits) {
    for (std::uint32_t b = 0; b < bits; ++b) bit((value >> b & 1) != 0);
  }
  void end(std::string& out) {
    for (auto d = digits_.rbegin(); d != digits_.rend(); ++d) out += "0123456789abcdef"[int{*d}];
    out += '\n';
    digits_.clear();
    bits_ = 0;
  }

 private:
  std::string digits_;
  std::uint32_t bits_ = 0;
};

std::uint64_t raw(std::int32_t score) { return static_cast<std::uint32_t>(score); }

constexpr const char* kBench = R"(// Replays inputs.hex and compares with expected.hex.
module tb;

  logic clk, rst_n, start, in_valid, in_ready, out_valid, out_ready;
  logic [{word}:0] in_bits;
  logic [{result}:0] result;

  stream_bench #(
    .Samples({samples}), .Vectors({vectors}), .Words({words}), .WordBits({word_bits}), .ResultBits({result_bits}),
    .GapCycles({gap}), .ReadyCycles({ready}), .BlockedCycles({blocked}),
    .ExpectedCycles({cycles})
  ) bench (
    .clk_o(clk), .rst_no(rst_n), .start_i(start),
    .in_valid_o(in_valid), .in_ready_i(in_ready), .in_bits_o(in_bits),
    .out_valid_i(out_valid), .out_ready_o(out_ready), .result_i(result)
  );
{configuration}
  {module} dut (
    .clk_i(clk), .rst_ni(rst_n),{config_ports}
    .in_valid_i(in_valid), .in_ready_o(in_ready), .in_bits_i(in_bits),
    .out_valid_o(out_valid), .out_ready_i(out_ready),
    {outputs}
  );

endmodule
)";

constexpr const char* kConfiguration = R"(
  logic config_valid, config_ready;
  logic [{0}:0] config_bits;

  config_bench #(.Words({1}), .WordBits({2})) config_bench (
    .clk_i(clk), .rst_ni(rst_n),
    .valid_o(config_valid), .ready_i(config_ready), .bits_o(config_bits)
  );
)";

constexpr const char* kConfigurationPorts = R"(
    .config_valid_i(config_valid), .config_ready_o(config_ready), .config_bits_i(config_bits),
    .configured_o(start),)";

std::vector<std::int32_t> reference_scores(const LutProgram& program,
                                           const workload::BitRows& inputs) {
  std::vector<std::int32_t> all;
  for (std::size_t row = 0; row < inputs.rows; ++row) {
    const auto scores =
        reference::lut_scores(program, reference::lut_signals(program, inputs, row));
    all.insert(all.end(), scores.begin(), scores.end());
  }
  return all;
}

std::uint64_t simulated_cycles(const Replay& replay) {
  const auto run =
      make_run_engine(core::Engine::kSkip, replay.program.timing, replay.program.stream, nullptr);
  while (!run->done()) run->run_to(run->next_event());
  return run->record().cycles;
}

std::string testbench(const Replay& replay, const BenchShape& shape) {
  const LutProgram& program = replay.program.luts;
  const StreamTiming& stream = replay.program.stream;
  const std::size_t result_bits =
      shape.argmax ? program.score_bits + class_number_bits(program) : program.outputs.size();
  const bool configured = shape.config_bits > 0;
  using fmt::arg;
  return fmt::format(
      fmt::runtime(kBench), arg("word", shape.word_bits - 1), arg("result", result_bits - 1),
      arg("samples", stream.samples), arg("vectors", replay.vectors.inputs.rows),
      arg("words", stream.load_words), arg("word_bits", shape.word_bits),
      arg("result_bits", result_bits), arg("gap", stream.gap_cycles),
      arg("ready", stream.sink.ready_cycles), arg("blocked", stream.sink.blocked_cycles),
      arg("cycles", simulated_cycles(replay)), arg("module", shape.module),
      arg("outputs", result_ports(program, shape, "result")),
      arg("configuration", configured
                               ? fmt::format(fmt::runtime(kConfiguration), shape.config_bits - 1,
                                             shape.config_words, shape.config_bits)
                               : "\n  assign start = 1'b1;\n"),
      arg("config_ports", configured ? kConfigurationPorts : ""));
}

}  // namespace

std::uint32_t port_bits(const Program& program, const Config& config) {
  if (config.variant == Variant::kFabric) return config.fabric.load_bits;
  if (config.spatial.load == Load::kSerial) return config.spatial.serial_bits;
  return program.luts.inputs;
}

std::uint32_t class_number_bits(const LutProgram& program) {
  return std::max(1U, static_cast<std::uint32_t>(std::bit_width(program.classes - 1)));
}

std::string result_ports(const LutProgram& program, const BenchShape& shape,
                         const std::string& wire) {
  if (shape.config_bits > 0) return fmt::format(".result_o({})", wire);
  if (!shape.argmax) return fmt::format(".out_scores_o({})", wire);
  return fmt::format(".out_class_o({0}[{1}:{2}]), .out_score_o({0}[{3}:0])", wire,
                     program.score_bits + class_number_bits(program) - 1, program.score_bits,
                     program.score_bits - 1);
}

std::string input_words(const workload::BitRows& inputs, std::uint32_t word_bits,
                        SerialEntry entry) {
  const std::uint32_t words = (inputs.bits + word_bits - 1) / word_bits;
  std::string out;
  HexLine line;
  for (std::uint32_t row = 0; row < inputs.rows; ++row) {
    for (std::uint32_t w = 0; w < words; ++w) {
      const std::uint32_t place = entry == SerialEntry::kTop ? w : words - 1 - w;
      for (std::uint32_t b = 0; b < word_bits; ++b) {
        const std::uint32_t feature = place * word_bits + b;
        line.bit(feature < inputs.bits && inputs.get(row, feature));
      }
      line.end(out);
    }
  }
  return out;
}

std::string hex_lines(const std::vector<std::vector<std::uint64_t>>& numbers, std::uint32_t bits) {
  std::string out;
  HexLine line;
  for (const auto& words : numbers) {
    for (std::uint32_t b = 0; b < bits; ++b) line.bit((words[b / 64] >> (b % 64) & 1) != 0);
    line.end(out);
  }
  return out;
}

std::string score_lines(const LutProgram& program, const std::vector<std::int32_t>& scores) {
  std::string out;
  HexLine line;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    line.number(raw(scores[i]), program.score_bits);
    if ((i + 1) % program.classes == 0) line.end(out);
  }
  return out;
}

std::string class_lines(const LutProgram& program, const std::vector<std::int32_t>& scores) {
  std::string out;
  HexLine line;
  for (std::size_t i = 0; i < scores.size(); i += program.classes) {
    const auto begin = scores.begin() + static_cast<std::ptrdiff_t>(i);
    const auto less = [&program](std::int32_t a, std::int32_t b) {
      return program.signed_scores ? a < b : raw(a) < raw(b);
    };
    const auto best = std::max_element(begin, begin + program.classes, less);
    line.number(raw(*best), program.score_bits);
    line.number(static_cast<std::uint64_t>(best - begin), class_number_bits(program));
    line.end(out);
  }
  return out;
}

void add_bench(std::vector<core::SourceFile>& files, const Replay& replay,
               const BenchShape& shape) {
  const LutProgram& program = replay.program.luts;
  const workload::BitRows& inputs = replay.vectors.inputs;
  if (inputs.rows == 0) {
    throw base::WorkloadError("the workload has no vectors for a test bench to replay");
  }
  const std::vector<std::int32_t> scores = reference_scores(program, inputs);
  files.push_back({"tb.sv", testbench(replay, shape)});
  files.push_back({"inputs.hex", input_words(inputs, shape.word_bits, shape.entry)});
  files.push_back(
      {"expected.hex", shape.argmax ? class_lines(program, scores) : score_lines(program, scores)});
  for (auto& file : fixed_modules({"stream_bench.sv", "lint.vlt"})) {
    files.push_back(std::move(file));
  }
}

}  // namespace sim::poetbin::rtl
