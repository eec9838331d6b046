#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/workload/task.h"

namespace sim::workload {

/// A wire of a LUT program. Inputs are signals 0 to inputs - 1; the outputs of the first level's
/// LUTs follow, then those of the second level, and so on.
using Signal = std::int32_t;

constexpr Signal kConstantZero = -1;
constexpr Signal kConstantOne = -2;
constexpr std::uint32_t kMaxFanIn = 12;
constexpr std::size_t kMaxLevels = 256;
constexpr std::size_t kTableWordBits = 64;

/// Look-up tables of equal fan-in none of which reads another of the same level.
struct LutLevel {
  std::string name;          // "trees"
  std::uint32_t fan_in = 0;  // P, 1 to kMaxFanIn
  std::uint32_t luts = 0;    // M
  // [M, P]: pin k of a LUT drives bit k of its address. Signals of inputs and earlier levels, or
  // constants.
  std::vector<Signal> sources;
  // [M, table_words()]: output for address a is bit a mod 64 of word a / 64.
  std::vector<std::uint64_t> tables;
  // [M, label_names.size()]: which instance a LUT is, as {neuron, group, tree}; may be empty.
  std::vector<std::string> label_names;
  std::vector<std::uint16_t> labels;

  std::uint32_t table_words() const { return fan_in < 6 ? 1 : std::uint32_t{1} << (fan_in - 6); }
  const Signal* pins(std::size_t lut) const { return &sources[lut * fan_in]; }
  const std::uint64_t* table(std::size_t lut) const { return &tables[lut * table_words()]; }
  bool output(std::size_t lut, std::uint32_t address) const {
    return (table(lut)[address / kTableWordBits] >> (address % kTableWordBits) & 1) != 0;
  }
};

/// A cascade of look-up tables that computes `classes` scores of `score_bits` bits from bits.
/// Acyclic by construction: a level reads inputs and earlier levels only.
struct LutProgram {
  std::string name;
  std::uint32_t inputs = 0;      // F
  std::uint32_t classes = 0;     // nc
  std::uint32_t score_bits = 0;  // q, 1 to 32
  bool signed_scores = true;     // two's complement; false: unsigned
  std::vector<LutLevel> levels;
  // [classes, score_bits]: the signals of class 0's score, least significant bit first, then of
  // class 1's …
  std::vector<Signal> outputs;

  std::uint64_t luts() const;
  /// Inputs and outputs of all levels.
  std::uint32_t signals() const;
  /// The first signal of level `level`; of the one past the last: signals().
  Signal first_signal(std::size_t level) const;
  /// What the signal is, for people: "input 17", "LUT 3 of level 'trees'".
  std::string shown(Signal signal) const;
};

/// Rows of bits, each row in whole 64-bit words: bit b of row r is bit b mod 64 of word
/// r * words_per_row + b / 64. Unused bits are 0.
struct BitRows {
  std::uint32_t rows = 0;
  std::uint32_t bits = 0;
  std::vector<std::uint64_t> words;

  BitRows() = default;
  BitRows(std::uint32_t row_count, std::uint32_t bit_count)
      : rows(row_count), bits(bit_count), words(std::size_t{row_count} * words_per_row()) {}

  std::size_t words_per_row() const { return (bits + 63) / 64; }
  bool get(std::size_t row, std::size_t bit) const {
    return (words[row * words_per_row() + bit / 64] >> (bit % 64) & 1) != 0;
  }
  void set(std::size_t row, std::size_t bit, bool value) {
    std::uint64_t& word = words[row * words_per_row() + bit / 64];
    const std::uint64_t mask = std::uint64_t{1} << (bit % 64);
    word = value ? word | mask : word & ~mask;
  }
};

/// What a LUT program is run on, in this order, and what its maker computed for it.
struct LutVectors {
  std::string stimulus;  // where the inputs come from: printed with every activity and energy
  BitRows inputs;        // [S, F]
  std::vector<std::int32_t> scores;   // [S, classes]; empty: not known
  std::vector<BitRows> levels;        // a level each, [S' <= S, M]; no rows, or empty: not known
  std::vector<std::uint16_t> labels;  // [S]: the right class; empty: not known
};

/// A LUT program and what it is run on.
struct LutTask final : Task {
  static constexpr std::string_view kMany = "look-up-table programs";

  std::string_view what() const override { return "a look-up-table program"; }
  base::MemoryNeed held() const override;

  LutProgram program;
  LutVectors vectors;
};

}  // namespace sim::workload
