#include "sim/workload/kinds/matrices/config.h"

#include <fmt/format.h>

#include <set>

#include "sim/base/printable.h"
#include "sim/workload/shared_keys.h"
#include "sim/workload/text.h"

namespace sim::workload::matrices {
namespace {

using base::ConfigReader;

constexpr std::uint64_t kMaxSide = 1 << 20;
constexpr std::uint64_t kMaxVectors = 65536;
constexpr std::uint64_t kMaxWeights = std::uint64_t{1} << 32;  // of all matrices, kept or not
constexpr std::uint64_t kMaxInputs = std::uint64_t{1} << 32;   // of all vectors

std::uint32_t read_side(ConfigReader& in, std::string_view name, std::string_view unit,
                        std::string_view meaning) {
  return in.integer32({.name = name, .unit = unit, .min = 1, .max = kMaxSide, .meaning = meaning});
}

double read_sigma(ConfigReader& in, MaskKind masks, std::string_view name, double fallback,
                  std::string_view meaning) {
  if (!in.applies(name, masks == MaskKind::kSkewed, "masks is skewed")) return 0;
  return in.number({.name = name, .max = 2, .fallback = fallback, .meaning = meaning});
}

/// A name is what a matrix's random stream is made from, and what its results are found by.
void check_names(const Config& c, const ConfigReader& in) {
  if (c.matrices.empty()) in.fail("matrices", "is an empty list; one matrix or more is needed");
  std::set<std::string> names;
  for (const MatrixConfig& matrix : c.matrices) {
    if (!is_plain_name(matrix.name)) {
      in.fail("matrices", fmt::format("name '{}'; must be 1 to 256 printable ASCII characters",
                                      base::printable(matrix.name)));
    }
    if (names.insert(matrix.name).second) continue;
    in.fail("matrices",
            fmt::format("two matrices are named '{}'; names must differ, since masks are drawn "
                        "from them",
                        base::printable(matrix.name)));
  }
}

void check_sizes(const Config& c, const ConfigReader& in) {
  std::uint64_t weights = 0;
  std::uint64_t inputs = 0;
  for (const MatrixConfig& matrix : c.matrices) {
    weights += std::uint64_t{matrix.rows} * matrix.columns;
    inputs += std::uint64_t{matrix.vectors} * matrix.columns;
  }
  if (weights > kMaxWeights) {
    in.fail("matrices", fmt::format("they have {} weights, kept or not; at most {} are allowed",
                                    weights, kMaxWeights));
  }
  if (inputs > kMaxInputs) {
    in.fail("matrices", fmt::format("their vectors have {} values; at most {} are allowed", inputs,
                                    kMaxInputs));
  }
}

}  // namespace

MatrixConfig MatrixConfig::from(ConfigReader& in) {
  MatrixConfig c;
  c.name = in.text_value("name", std::nullopt, "of the layer in results; all differ");
  c.rows = read_side(in, "rows", "outputs", "of the matrix");
  c.columns = read_side(in, "columns", "inputs", "of the matrix");
  c.density = read_share(in, "density", std::nullopt, "share of weights kept");
  c.activation_density =
      read_share(in, "activation_density", 1, "share of input values that are not zero");
  c.vectors = in.integer32({.name = "vectors",
                            .unit = "vectors",
                            .min = 1,
                            .max = kMaxVectors,
                            .fallback = 1,
                            .meaning = "that the matrix multiplies; each has its own zeros"});
  return c;
}

Config Config::from(ConfigReader& in) {
  Config c;
  c.masks = in.choice<MaskKind>(
      "masks", {{"iid", MaskKind::kIid}, {"skewed", MaskKind::kSkewed}}, MaskKind::kIid,
      "which weights are kept; iid: each with the same probability; skewed: magnitude pruning of "
      "Gaussian weights whose rows and columns have log-normal scales");
  c.row_sigma = read_sigma(in, c.masks, "row_sigma", 0.25,
                           "standard deviation of the logarithm of row scales");
  c.column_sigma = read_sigma(in, c.masks, "column_sigma", 0.15,
                              "standard deviation of the logarithm of column scales");
  for (ConfigReader& matrix : in.blocks("matrices", "multiplied one after the other")) {
    c.matrices.push_back(matrix.read<MatrixConfig>());
  }
  if (!in.describing()) {
    check_names(c, in);
    check_sizes(c, in);
  }
  c.seed = read_seed(in);
  return c;
}

}  // namespace sim::workload::matrices
