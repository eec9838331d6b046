#include "tests/support/lut_parts.h"

#include <algorithm>
#include <string>

namespace sim::test {
namespace {

using nlohmann::json;
using workload::BitRows;
using workload::LutLevel;
using workload::LutTask;

TensorParts packed(const BitRows& rows) {
  const std::uint32_t row_bytes = (rows.bits + 7) / 8;
  std::vector<std::uint8_t> bytes;
  for (std::size_t r = 0; r < rows.rows; ++r) {
    for (std::size_t b = 0; b < row_bytes; ++b) {
      const std::uint64_t word = rows.words[r * rows.words_per_row() + b / 8];
      bytes.push_back(static_cast<std::uint8_t>(word >> (b % 8 * 8)));
    }
  }
  return uint8({rows.rows, row_bytes}, bytes);
}

TensorParts tables(const LutLevel& level) {
  BitRows rows(level.luts, std::uint32_t{1} << level.fan_in);
  rows.words = level.tables;
  return packed(rows);
}

json level_shape(const LutLevel& level) {
  return {{"name", level.name},
          {"fan_in", level.fan_in},
          {"luts", level.luts},
          {"labels", level.label_names}};
}

void add_level(LutParts& parts, const LutLevel& level, std::size_t k) {
  const std::string prefix = "level." + std::to_string(k);
  parts.program["levels"].push_back(level_shape(level));
  parts.tensors[prefix + ".sources"] = int32({level.luts, level.fan_in}, level.sources);
  parts.tensors[prefix + ".tables"] = tables(level);
  if (level.label_names.empty()) return;
  parts.tensors[prefix + ".labels"] = uint16({level.luts, level.label_names.size()}, level.labels);
}

void add_vectors(LutParts& parts, const LutTask& task) {
  const workload::LutVectors& v = task.vectors;
  if (v.inputs.rows == 0) return;
  parts.tensors["vectors.inputs"] = packed(v.inputs);
  parts.tensors["vectors.scores"] = int32({v.inputs.rows, task.program.classes}, v.scores);
  for (std::size_t k = 0; k < v.levels.size(); ++k) {
    parts.tensors["vectors.level." + std::to_string(k)] = packed(v.levels[k]);
  }
  if (!v.labels.empty()) parts.tensors["vectors.labels"] = uint16({v.inputs.rows}, v.labels);
}

}  // namespace

std::vector<std::byte> LutParts::bytes() const {
  json all = metadata;
  all["program"] = program.dump();
  return assemble(tensor_header(all, tensors).dump(), tensor_data(tensors));
}

LutParts lut_parts(const LutTask& task) {
  const workload::LutProgram& p = task.program;
  const json origin = {{"model", "made up"}, {"framework", "none"},  {"exporter", "a test"},
                       {"source", "a test"}, {"licence", "CC0-1.0"}, {"notes", ""}};
  LutParts parts;
  parts.metadata = {{"schema", "lockstep-luts-1"}, {"origin", origin.dump()}};
  parts.program = {{"name", p.name},
                   {"inputs", p.inputs},
                   {"classes", p.classes},
                   {"score_bits", p.score_bits},
                   {"signed_scores", p.signed_scores},
                   {"levels", json::array()},
                   {"stimulus", task.vectors.stimulus}};
  for (std::size_t k = 0; k < p.levels.size(); ++k) add_level(parts, p.levels[k], k);
  parts.tensors["outputs"] = int32({p.classes, p.score_bits}, p.outputs);
  add_vectors(parts, task);
  return parts;
}

}  // namespace sim::test
