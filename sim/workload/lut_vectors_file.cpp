#include "sim/workload/lut_vectors_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "sim/base/error.h"

namespace sim::workload {
namespace {

constexpr std::uint64_t kMaxSamples = 1 << 24;

[[noreturn]] void fail(const std::string& where, const std::string& message) {
  throw base::WorkloadError(fmt::format("{}: {}", where, message));
}

class VectorReader {
 public:
  VectorReader(const LutProgram& program, TensorReader& tensors, const std::string& file,
               LutVectors& vectors)
      : program_(program), tensors_(tensors), file_(file), vectors_(vectors) {}

  void read() {
    vectors_.inputs = rows("vectors.inputs", program_.inputs, kMaxSamples);
    read_scores();
    read_levels();
    read_labels();
  }

 private:
  std::string at(const std::string& tensor) const {
    return fmt::format("{}: tensor {}", file_, tensor);
  }

  /// A tensor of rows of `bits` packed bits, at most `most` of them.
  BitRows rows(const std::string& name, std::uint32_t bits, std::uint64_t most) {
    const std::string where = at(name);
    const std::uint64_t count = tensors_.shape(name, Dtype::kU8, 2, where)[0];
    if (count > most) fail(where, fmt::format("{} samples; at most {} are allowed", count, most));
    const std::uint64_t row_bytes = (std::uint64_t{bits} + 7) / 8;
    const auto bytes = tensors_.uint8(name, {count, row_bytes}, where);
    BitRows result(static_cast<std::uint32_t>(count), bits);
    for (std::size_t r = 0; r < count; ++r) {
      for (std::size_t b = 0; b < row_bytes; ++b) {
        result.words[r * result.words_per_row() + b / 8] |= std::uint64_t{bytes[r * row_bytes + b]}
                                                            << (b % 8 * 8);
      }
      if (bits % 8 != 0 && bytes[(r + 1) * row_bytes - 1] >> (bits % 8) != 0) {
        fail(where, fmt::format("sample {} has bits set beyond its {}", r, bits));
      }
    }
    return result;
  }

  void read_scores() {
    const auto values = tensors_.int32("vectors.scores", {vectors_.inputs.rows, program_.classes},
                                       at("vectors.scores"));
    vectors_.scores.assign(values.begin(), values.end());
    if (program_.score_bits == 32) return;
    const std::int64_t range = std::int64_t{1} << program_.score_bits;
    const std::int64_t least = program_.signed_scores ? -range / 2 : 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (values[i] >= least && values[i] < least + range) continue;
      fail(at("vectors.scores"),
           fmt::format("sample {}, class {}: {}; must be {} to {}", i / program_.classes,
                       i % program_.classes, values[i], least, least + range - 1));
    }
  }

  void read_levels() {
    const auto name = [](std::size_t k) { return fmt::format("vectors.level.{}", k); };
    std::optional<std::size_t> first;
    for (std::size_t k = 0; k < program_.levels.size(); ++k) {
      const std::uint32_t luts = program_.levels[k].luts;
      vectors_.levels.emplace_back(0, luts);
      if (!tensors_.has(name(k))) continue;
      if (!first) first = k;
      vectors_.levels[k] = rows(name(k), luts, vectors_.inputs.rows);
      if (vectors_.levels[k].rows != vectors_.levels[*first].rows) {
        fail(at(name(k)), fmt::format("{} samples; level {} has {}", vectors_.levels[k].rows,
                                      *first, vectors_.levels[*first].rows));
      }
    }
    if (!first) vectors_.levels.clear();
  }

  void read_labels() {
    if (!tensors_.has("vectors.labels")) return;
    const std::string where = at("vectors.labels");
    const auto values = tensors_.uint16("vectors.labels", {vectors_.inputs.rows}, where);
    const auto wrong =
        std::ranges::find_if(values, [&](std::uint16_t v) { return v >= program_.classes; });
    if (wrong != values.end()) {
      fail(where, fmt::format("sample {}: class {}; must be 0 to {}", wrong - values.begin(),
                              *wrong, program_.classes - 1));
    }
    vectors_.labels.assign(values.begin(), values.end());
  }

  const LutProgram& program_;
  TensorReader& tensors_;
  const std::string& file_;
  LutVectors& vectors_;
};

}  // namespace

void read_vectors(const LutProgram& program, TensorReader& tensors, const std::string& file,
                  LutVectors& vectors) {
  if (tensors.has("vectors.inputs")) VectorReader(program, tensors, file, vectors).read();
}

}  // namespace sim::workload
