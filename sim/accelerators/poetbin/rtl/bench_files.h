#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/accelerators/poetbin/rtl/files.h"
#include "sim/core/accelerator.h"
#include "sim/workload/lut_program.h"

namespace sim::poetbin::rtl {

/// One line for each word of each sample: hexadecimal, feature 0 of the word in the lowest bit.
std::string input_words(const workload::BitRows& inputs, std::uint32_t word_bits,
                        SerialEntry entry);

/// Numbers of `bits` bits, given in words of 64, a line each in hexadecimal.
std::string hex_lines(const std::vector<std::vector<std::uint64_t>>& numbers, std::uint32_t bits);

/// Scores as one number a sample, class c's in bits [c * score_bits, …), in hexadecimal.
/// `scores` is [samples, classes].
std::string score_lines(const workload::LutProgram& program,
                        const std::vector<std::int32_t>& scores);

/// With argmax, what the output is instead: {class, its score}.
std::string class_lines(const workload::LutProgram& program,
                        const std::vector<std::int32_t>& scores);

/// The width of the feature port.
std::uint32_t port_bits(const Program& program, const Config& config);
/// Bits of a class's number, at least 1.
std::uint32_t class_number_bits(const workload::LutProgram& program);

/// What the test bench has to know of the module that it drives.
struct BenchShape {
  std::string module;           // with its parameters
  std::uint32_t word_bits = 0;  // of the input port
  SerialEntry entry = SerialEntry::kTop;
  bool argmax = false;
  // Of the configuration port and config.hex; 0: there is none. The module then has a port
  // configured_o, after which cycles count, and one result_o.
  std::uint32_t config_bits = 0;
  std::uint64_t config_words = 0;
};

/// The connections of a port list to the wires of a bench, from the output on.
std::string result_ports(const workload::LutProgram& program, const BenchShape& shape,
                         const std::string& wire);

/// Adds tb.sv, inputs.hex, expected.hex, lint.vlt and the fixed modules of benches.
void add_bench(std::vector<core::SourceFile>& files, const Replay& replay, const BenchShape& shape);

}  // namespace sim::poetbin::rtl
