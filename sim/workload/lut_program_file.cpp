#include "sim/workload/lut_program_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "sim/base/error.h"
#include "sim/base/printable.h"
#include "sim/workload/json_fields.h"
#include "sim/workload/lut_vectors_file.h"
#include "sim/workload/tensor_reader.h"
#include "sim/workload/text.h"

namespace sim::workload {
namespace {

using base::printable;
using nlohmann::json;

constexpr std::uint32_t kMaxInputs = 1 << 16;
constexpr std::uint32_t kMaxLuts = 1 << 20;  // of a level
constexpr std::uint32_t kMaxClasses = 1 << 12;
constexpr std::uint32_t kMaxScoreBits = 32;
constexpr std::uint64_t kMaxSignals = (1 << 24) - 1;
constexpr std::size_t kMaxLabels = 4;
constexpr std::size_t kMaxNameLength = 64;

[[noreturn]] void fail(const std::string& where, const std::string& message) {
  throw base::WorkloadError(fmt::format("{}: {}", where, message));
}

/// Names of levels and labels become parts of the names of hardware instances.
void check_identifier(const std::string& name, const std::string& where) {
  const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto may_follow = [&](char c) { return is_lower(c) || (c >= '0' && c <= '9') || c == '_'; };
  if (name.empty() || name.size() > kMaxNameLength || !is_lower(name[0]) ||
      !std::ranges::all_of(name, may_follow)) {
    fail(where, fmt::format("name '{}'; must be a letter a-z, then up to {} of a-z, 0-9 and _",
                            printable(name), kMaxNameLength - 1));
  }
}

std::vector<std::string> read_label_names(const json& list, const std::string& where) {
  if (list.size() > kMaxLabels) {
    fail(where, fmt::format("{} labels; at most {} are allowed", list.size(), kMaxLabels));
  }
  std::vector<std::string> names;
  for (const json& entry : list) {
    if (!entry.is_string()) fail(where, fmt::format("label {}; must be a text", shown(entry)));
    names.push_back(entry.get<std::string>());
    check_identifier(names.back(), where + ": labels");
  }
  if (std::set(names.begin(), names.end()).size() != names.size()) {
    fail(where, "two labels have the same name");
  }
  return names;
}

LutLevel read_level_shape(const json& entry, const std::string& where) {
  JsonFields fields(entry, where);
  LutLevel level;
  level.name = fields.text("name");
  check_identifier(level.name, where);
  level.fan_in = fields.integer32("fan_in", 1, kMaxFanIn);
  level.luts = fields.integer32("luts", 1, kMaxLuts);
  level.label_names = read_label_names(fields.list("labels"), where);
  fields.finish();
  return level;
}

void read_levels(const json& list, LutProgram& program, const std::string& where) {
  if (list.empty() || list.size() > kMaxLevels) {
    fail(where, fmt::format("{} levels; must be 1 to {}", list.size(), kMaxLevels));
  }
  std::set<std::string> names;
  std::uint64_t signals = program.inputs;
  for (std::size_t k = 0; k < list.size(); ++k) {
    program.levels.push_back(read_level_shape(list[k], fmt::format("{}: level {}", where, k)));
    if (!names.insert(program.levels.back().name).second) {
      fail(where, fmt::format("two levels are called '{}'", program.levels.back().name));
    }
    signals += program.levels.back().luts;
  }
  if (signals > kMaxSignals) {
    fail(where, fmt::format("{} inputs and LUTs; at most {} are allowed", signals, kMaxSignals));
  }
}

/// The shape of a program; tables, pins and outputs are tensors.
LutProgram read_shape(const std::string& text, std::string& stimulus, const std::string& where) {
  const json document = parse_json_object(text, where);
  JsonFields fields(document, where);
  LutProgram program;
  program.name = fields.name("name");
  program.inputs = fields.integer32("inputs", 1, kMaxInputs);
  program.classes = fields.integer32("classes", 1, kMaxClasses);
  program.score_bits = fields.integer32("score_bits", 1, kMaxScoreBits);
  program.signed_scores = fields.flag("signed_scores");
  stimulus = fields.text("stimulus");
  read_levels(fields.list("levels"), program, where);
  fields.finish();
  return program;
}

/// What is wrong with a signal that is read where only those below `end` may be.
std::string complaint(const LutProgram& program, Signal signal, Signal end) {
  const std::string right =
      fmt::format("must be 0 to {}, -1 (constant 0) or -2 (constant 1)", end - 1);
  if (signal >= end && std::cmp_less(signal, program.signals())) {
    return fmt::format("reads signal {}, {}, and would close a loop; {}", signal,
                       program.shown(signal), right);
  }
  return fmt::format("reads signal {}, which does not exist; {}", signal, right);
}

bool readable(Signal signal, Signal end) { return signal >= kConstantOne && signal < end; }

void read_sources(LutProgram& program, std::size_t k, TensorReader& tensors,
                  const std::string& where) {
  LutLevel& level = program.levels[k];
  const auto values =
      tensors.int32(fmt::format("level.{}.sources", k), {level.luts, level.fan_in}, where);
  const Signal end = program.first_signal(k);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (readable(values[i], end)) continue;
    fail(where, fmt::format("LUT {}, pin {}: {}", i / level.fan_in, i % level.fan_in,
                            complaint(program, values[i], end)));
  }
  level.sources.assign(values.begin(), values.end());
}

void read_tables(LutLevel& level, std::size_t k, TensorReader& tensors, const std::string& where) {
  const std::uint32_t bits = std::uint32_t{1} << level.fan_in;
  const std::size_t bytes = std::max(1u, bits / 8);
  const auto values = tensors.uint8(fmt::format("level.{}.tables", k), {level.luts, bytes}, where);
  level.tables.resize(std::size_t{level.luts} * level.table_words());
  for (std::size_t lut = 0; lut < level.luts; ++lut) {
    std::uint64_t* table = &level.tables[lut * level.table_words()];
    for (std::size_t b = 0; b < bytes; ++b) {
      table[b / 8] |= std::uint64_t{values[lut * bytes + b]} << (b % 8 * 8);
    }
    if (bits < 8 && table[0] >> bits != 0) {
      fail(where, fmt::format("LUT {}: its table has bits set beyond the {} that {} pin{} address",
                              lut, bits, level.fan_in, level.fan_in == 1 ? "" : "s"));
    }
  }
}

void read_level(LutProgram& program, std::size_t k, TensorReader& tensors,
                const std::string& file) {
  LutLevel& level = program.levels[k];
  const std::string where = fmt::format("{}: level {} '{}'", file, k, level.name);
  read_sources(program, k, tensors, where);
  read_tables(level, k, tensors, where);
  if (level.label_names.empty()) return;
  const auto labels = tensors.uint16(fmt::format("level.{}.labels", k),
                                     {level.luts, level.label_names.size()}, where);
  level.labels.assign(labels.begin(), labels.end());
}

void read_outputs(LutProgram& program, TensorReader& tensors, const std::string& file) {
  const std::string where = file + ": outputs";
  const auto values = tensors.int32("outputs", {program.classes, program.score_bits}, where);
  const auto end = static_cast<Signal>(program.signals());
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (readable(values[i], end)) continue;
    fail(where, fmt::format("class {}, bit {}: {}", i / program.score_bits, i % program.score_bits,
                            complaint(program, values[i], end)));
  }
  program.outputs.assign(values.begin(), values.end());
}

}  // namespace

LutTask read_lut_program(const TensorFile& file) {
  file.check_metadata("lockstep-luts-1", {"program", "origin"});
  LutTask task;
  task.program = read_shape(file.content().metadata().at("program"), task.vectors.stimulus,
                            file.name() + ": program");
  TensorReader tensors(file.content(), file.name());
  for (std::size_t k = 0; k < task.program.levels.size(); ++k) {
    read_level(task.program, k, tensors, file.name());
  }
  read_outputs(task.program, tensors, file.name());
  read_vectors(task.program, tensors, file.name(), task.vectors);
  if (task.vectors.inputs.rows > 0 && task.vectors.stimulus.empty()) {
    fail(file.name() + ": program", "stimulus is empty; must say where the vectors come from");
  }
  tensors.refuse_unused("a program has outputs, level.K.* of its levels and vectors.*");
  return task;
}

}  // namespace sim::workload
