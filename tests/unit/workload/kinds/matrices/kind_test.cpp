#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "sim/base/error.h"
#include "sim/workload/load.h"
#include "sim/workload/sparse_products.h"
#include "tests/unit/workload/load_support.h"

namespace sim::workload::matrices {
namespace {

using test::kFolder;
using test::load_text;
using test::refusal;

const std::string kA = "{name: a, rows: 300, columns: 500, density: 0.2, activation_density: 0.4}";
const std::string kB = "{name: b, rows: 70, columns: 64, density: 0.5, vectors: 3}";

std::string file(const std::string& matrices, const std::string& more = "") {
  return "kind: matrices\n" + more + "matrices: [" + matrices + "]\n";
}

std::vector<SparseProduct> products(const Workload& workload) {
  return only_task<SparseProducts>(workload, "test").products;
}

bool equal(const Mask& a, const Mask& b) {
  if (a.rows() != b.rows() || a.columns() != b.columns()) return false;
  for (std::uint32_t r = 0; r < a.rows(); ++r) {
    for (std::uint32_t c = 0; c < a.columns(); ++c) {
      if (a.kept(r, c) != b.kept(r, c)) return false;
    }
  }
  return true;
}

TEST(MatricesKind, MatricesHaveTheirShapesAndDensities) {
  const auto all = products(load_text(file(kA + ", " + kB)));
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].mask->rows(), 300u);
  EXPECT_EQ(all[0].mask->columns(), 500u);
  const double weights = 300 * 500 * 0.2;
  EXPECT_EQ(all[0].expected_weights, 30000u);
  EXPECT_NEAR(static_cast<double>(all[0].mask->count()), weights, 5 * std::sqrt(weights));
  ASSERT_TRUE(all[0].nonzero);
  EXPECT_EQ(all[0].nonzero->rows(), 1u);
  EXPECT_NEAR(static_cast<double>(all[0].nonzero->count()), 200, 5 * std::sqrt(200));
  EXPECT_EQ(all[1].vectors, 3u);
  EXPECT_FALSE(all[1].nonzero);
}

TEST(MatricesKind, EachMatrixAndEachSetOfInputsHasItsOwnStream) {
  const auto both = products(load_text(file(kA + ", " + kB)));
  const auto alone = products(load_text(file(kB)));
  EXPECT_TRUE(equal(*both[1].mask, *alone[0].mask));
  const auto sparser = products(
      load_text(file("{name: a, rows: 300, columns: 500, density: 0.1, activation_density: 0.4}")));
  EXPECT_TRUE(equal(*both[0].nonzero, *sparser[0].nonzero));
  const auto inputs = products(
      load_text(file("{name: a, rows: 300, columns: 500, density: 0.2, activation_density: 0.9}")));
  EXPECT_TRUE(equal(*both[0].mask, *inputs[0].mask));
  const auto other = products(load_text(file(kA, "seed: 2\n")));
  EXPECT_FALSE(equal(*both[0].mask, *other[0].mask));
  EXPECT_FALSE(equal(*both[0].nonzero, *other[0].nonzero));
}

TEST(MatricesKind, MoreVectorsBeginWithThoseOfFewer) {
  const std::string shape = "{name: a, rows: 2, columns: 90, density: 1, activation_density: 0.5";
  const auto few = products(load_text(file(shape + ", vectors: 2}")));
  const auto many = products(load_text(file(shape + ", vectors: 5}")));
  for (std::uint32_t c = 0; c < 90; ++c) {
    EXPECT_EQ(few[0].nonzero->kept(1, c), many[0].nonzero->kept(1, c));
  }
}

TEST(MatricesKind, KeysAreChecked) {
  EXPECT_EQ(refusal("kind: matrices"), "w.yaml:1: matrices: is required: a list of blocks of keys");
  EXPECT_EQ(refusal(file("")),
            "w.yaml:2: matrices: is an empty list; one matrix or more is needed");
  EXPECT_EQ(refusal(file(kB + ", " + kB)),
            "w.yaml:2: matrices: two matrices are named 'b'; names must differ, since masks are "
            "drawn from them");
  EXPECT_EQ(refusal(file("{name: c, rows: 4, columns: 4, density: 0}")),
            "w.yaml:2: matrices[0].density: '0' is not a number 1e-06 … 1");
  EXPECT_EQ(refusal(file("{name: c, rows: 4, columns: 4, density: 1, activation_density: 0}")),
            "w.yaml:2: matrices[0].activation_density: '0' is not a number 1e-06 … 1");
  EXPECT_EQ(refusal(file("{name: c, rows: 0, columns: 4, density: 1}")),
            "w.yaml:2: matrices[0].rows: '0' is not a whole number 1 … 1048576 outputs");
  EXPECT_EQ(
      refusal(file(kA, "row_sigma: 0.1\n")),
      "w.yaml:2: row_sigma: is read only when kind is matrices and masks is skewed; remove it");
  EXPECT_EQ(refusal(file("{name: c, rows: 1048576, columns: 8192, density: 0.1}")),
            "w.yaml:2: matrices: they have 8589934592 weights, kept or not; at most 4294967296 are "
            "allowed");
}

TEST(MatricesKind, TellsItsPlanBeforeItDraws) {
  base::ConfigReader reader = base::ConfigReader::text(file(kA), kFolder + "w.yaml");
  const auto refuse = [](const Workload& w) {
    EXPECT_FALSE(only_task<SparseProducts>(w, "test").products[0].mask);
    throw base::MemoryError("too large");
  };
  EXPECT_THROW(load(reader, {.before_drawing = refuse}), base::MemoryError);
  base::ConfigReader again = base::ConfigReader::text(file(kA), kFolder + "w.yaml");
  EXPECT_FALSE(products(load(again, {.draw = Draw::kNothing}))[0].mask);
}

TEST(MatricesKind, PublishedLayersOfEie) {
  const Workload w = load(kFolder + "eie-layers.yaml");
  const auto layers = products(w);
  ASSERT_EQ(layers.size(), 9u);
  EXPECT_EQ(layers[3].name, "VGG-6");
  EXPECT_EQ(layers[3].columns, 25088u);
  const double share = static_cast<double>(layers[3].mask->count()) / (25088.0 * 4096);
  EXPECT_NEAR(share, 0.04, 0.0002);
}

}  // namespace
}  // namespace sim::workload::matrices
