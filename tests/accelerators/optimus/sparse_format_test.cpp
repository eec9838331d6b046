#include "sim/accelerators/optimus/sparse_format.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "sim/base/error.h"
#include "sim/workload/masks.h"
#include "tests/accelerators/optimus/random_machine.h"

namespace sim::optimus {
namespace {

using ::testing::ElementsAre;
using testing::random_machine;
using testing::random_mask;
using testing::RandomMachine;

EncodingConfig encoding(std::uint32_t macs, std::uint32_t ways,
                        ColumnMark mark = ColumnMark::kDelta, std::uint32_t delta_bits = 4) {
  return {.sparse = {.format = Format::kSaRcsc,
                     .row_order = ways == 1 ? RowOrder::kNatural : RowOrder::kSnake,
                     .ways = ways,
                     .column_mark = mark,
                     .delta_bits = delta_bits,
                     .row_mark = RowMark::kSlot,
                     .row_bits = 0,
                     .way_choice = WayChoice::kOffline},
          .macs = macs,
          .accumulators_per_mac = 64,
          .accumulators = Accumulators::kPrivate,
          .weight_bits = 8};
}

EncodedMatrix encode_one(const workload::Mask& mask, const EncodingConfig& config) {
  const workload::Mask* parts[] = {&mask};
  return encode(parts, config);
}

workload::Mask even_mask(base::Rng& rng, std::uint32_t rows, std::uint32_t columns,
                         double density) {
  return workload::draw_mask(rng, workload::even_scales(rows, columns),
                             workload::KeepLaw::kProportional, density);
}

/// One row of kept columns.
workload::Mask row_of(std::uint32_t columns, std::initializer_list<std::uint32_t> kept) {
  workload::Mask mask(1, columns);
  for (const std::uint32_t c : kept) mask.keep(0, c);
  return mask;
}

std::vector<Entry> list_of(const EncodedMatrix& matrix, std::uint32_t l) {
  const auto list = matrix.blocks[0].list(l);
  return {list.begin(), list.end()};
}

/// The kept positions that the lists state.
workload::Mask decode(const EncodedMatrix& matrix) {
  workload::Mask mask(matrix.rows, matrix.columns);
  for (const EncodedBlock& block : matrix.blocks) {
    const std::uint32_t lists_per_set = block.lists() / block.sets;
    for (std::uint32_t l = 0; l < block.lists(); ++l) {
      for (const Entry& entry : block.list(l)) {
        if (entry.filler()) continue;
        const std::uint32_t row = block.row(l / lists_per_set, entry.slot);
        EXPECT_FALSE(mask.kept(row, entry.column)) << "twice";
        mask.keep(row, entry.column);
      }
    }
  }
  return mask;
}

bool equal(const workload::Mask& a, const workload::Mask& b) {
  for (std::uint32_t r = 0; r < a.rows(); ++r) {
    if (!std::equal(a.row(r), a.row(r) + a.words_per_row(), b.row(r))) return false;
  }
  return a.rows() == b.rows() && a.columns() == b.columns();
}

TEST(SparseFormat, DecodesToTheMaskWhateverTheFormat) {
  base::Rng rng(5);
  for (int i = 0; i < 600; ++i) {
    const RandomMachine m = random_machine(rng, i % 20 == 0 ? 300 : 40, 64);
    SCOPED_TRACE(m.describe());
    const workload::Mask mask = random_mask(rng, m.rows, m.columns, m.density);
    const EncodedMatrix matrix = encode_one(mask, m.encoding);
    ASSERT_TRUE(equal(decode(matrix), mask));
    ASSERT_EQ(matrix.useful(), mask.count());
    std::uint64_t lengths = 0;
    for (const EncodedBlock& block : matrix.blocks) {
      for (std::uint32_t l = 0; l < block.lists(); ++l) lengths += block.list_length(l);
    }
    ASSERT_EQ(lengths, mask.count() + matrix.fillers());
  }
}

TEST(SparseFormat, DistanceBeyondTheFieldTakesFillers) {
  // 2 bits state distances up to 3: 0 to 2; 2 to 9 by way of 5 and 8.
  const EncodedMatrix matrix =
      encode_one(row_of(12, {2, 9}), encoding(1, 1, ColumnMark::kDelta, 2));
  EXPECT_THAT(list_of(matrix, 0),
              ElementsAre(Entry{2, 0}, Entry{5, kFillerSlot}, Entry{8, kFillerSlot}, Entry{9, 0}));
}

TEST(SparseFormat, LargestDistanceOfTheFieldTakesNone) {
  const EncodedMatrix matrix =
      encode_one(row_of(12, {3, 6}), encoding(1, 1, ColumnMark::kDelta, 2));
  EXPECT_EQ(matrix.fillers(), 0u);
}

TEST(SparseFormat, PointersAndLengthsVisitEveryColumn) {
  for (const ColumnMark mark : {ColumnMark::kPointer, ColumnMark::kColumnLength}) {
    const EncodedMatrix matrix = encode_one(row_of(4, {1, 3}), encoding(1, 1, mark));
    EXPECT_THAT(list_of(matrix, 0), ElementsAre(Entry{0, kFillerSlot}, Entry{1, 0},
                                                Entry{2, kFillerSlot}, Entry{3, 0}));
  }
}

/// One column with kept rows, all of one MAC, with 2 bits for the zeros before a row.
EncodedMatrix column_of_rows(std::uint32_t rows, std::initializer_list<std::uint32_t> kept) {
  workload::Mask mask(rows, 1);
  for (const std::uint32_t r : kept) mask.keep(r, 0);
  EncodingConfig config = encoding(1, 1, ColumnMark::kPointer);
  config.sparse.row_mark = RowMark::kZeros;
  config.sparse.row_bits = 2;
  return encode_one(mask, config);
}

TEST(SparseFormat, MoreZerosThanTheFieldStatesTakePaddingZeros) {
  EXPECT_THAT(list_of(column_of_rows(16, {3, 7, 12}), 0),
              ElementsAre(Entry{0, 3}, Entry{0, 7}, Entry{0, kPaddingSlot}, Entry{0, 12}));
  EXPECT_THAT(list_of(column_of_rows(16, {8}), 0),
              ElementsAre(Entry{0, kPaddingSlot}, Entry{0, kPaddingSlot}, Entry{0, 8}));
  const EncodedBlock block = column_of_rows(16, {3, 7, 12}).blocks[0];
  EXPECT_EQ(block.entry_bits, 8u + 2u);
  EXPECT_EQ(block.storage_bits(), 4 * 10u + 2 * 3u);  // two pointers to up to 4 entries
}

TEST(SparseFormat, PaddingZerosAreWhatTheMaskAsksFor) {
  base::Rng rng(11);
  for (int i = 0; i < 300; ++i) {
    const std::uint32_t macs = 1 + static_cast<std::uint32_t>(rng.below(9));
    const std::uint32_t bits = 1 + static_cast<std::uint32_t>(rng.below(4));
    const workload::Mask mask = random_mask(rng, 1 + static_cast<std::uint32_t>(rng.below(200)),
                                            1 + static_cast<std::uint32_t>(rng.below(20)), 0.1);
    EncodingConfig config = encoding(macs, 1, ColumnMark::kPointer);
    config.accumulators_per_mac = 256;
    config.sparse.row_mark = RowMark::kZeros;
    config.sparse.row_bits = bits;
    std::uint64_t padding = 0;
    for (std::uint32_t column = 0; column < mask.columns(); ++column) {
      for (std::uint32_t mac = 0; mac < macs; ++mac) {
        std::uint32_t zeros = 0;
        for (std::uint32_t row = mac; row < mask.rows(); row += macs) {
          padding += mask.kept(row, column) ? zeros >> bits : 0;
          zeros = mask.kept(row, column) ? 0 : zeros + 1;
        }
      }
    }
    std::uint64_t found = 0;
    const EncodedMatrix matrix = encode_one(mask, config);
    for (const Entry& e : matrix.blocks[0].entries) found += e.slot == kPaddingSlot;
    ASSERT_EQ(found, padding) << macs << " MACs, " << bits << " bits";
  }
}

TEST(SparseFormat, EntryGoesToTheWayWithFewestEntriesFillersIncluded) {
  // Way 0 takes columns 0 and 2 in turn with way 1; the filler before column 9 counts for way 0, so
  // the next entry goes to way 1.
  const EncodedMatrix matrix =
      encode_one(row_of(12, {0, 1, 2, 3, 9, 10}), encoding(2, 2, ColumnMark::kDelta, 2));
  EXPECT_THAT(list_of(matrix, 0), ElementsAre(Entry{0, 0}, Entry{2, 0}, Entry{5, kFillerSlot},
                                              Entry{8, kFillerSlot}, Entry{9, 0}));
  EXPECT_THAT(list_of(matrix, 1), ElementsAre(Entry{1, 0}, Entry{3, 0}, Entry{6, kFillerSlot},
                                              Entry{9, kFillerSlot}, Entry{10, 0}));
}

TEST(SparseFormat, StorageIsEntriesTimesTheirBits) {
  base::Rng rng(1);
  const workload::Mask mask = even_mask(rng, 32, 40, 0.5);
  const EncodedBlock delta = encode_one(mask, encoding(16, 2)).blocks[0];
  EXPECT_EQ(delta.entry_bits, 8u + 2u + 4u);  // 4 rows in each of 8 sets
  EXPECT_EQ(delta.storage_bits(), delta.entries.size() * 14);
  const EncodedBlock pointer = encode_one(mask, encoding(16, 2, ColumnMark::kPointer)).blocks[0];
  EXPECT_EQ(pointer.column_marks, 41u);
  EXPECT_EQ(pointer.storage_bits(), mask.count() * 10 + 16u * 41u * pointer.column_bits);
  const EncodedBlock length =
      encode_one(mask, encoding(16, 2, ColumnMark::kColumnLength)).blocks[0];
  EXPECT_EQ(length.storage_bits(), mask.count() * 10 + 16u * 40u * length.column_bits);
}

TEST(SparseFormat, ColumnBytesHoldAllBitsOfTheColumn) {
  const EncodedBlock block = encode_one(row_of(3, {0, 2}), encoding(1, 1)).blocks[0];
  EXPECT_THAT(block.column_bytes(), ElementsAre(2, 0, 2));  // 8 + 0 + 4 bits
}

TEST(SparseFormat, MatricesOfOneInputShareTheirColumns) {
  const workload::Mask q = row_of(4, {0, 3});
  const workload::Mask k = row_of(4, {0, 1});
  const workload::Mask* parts[] = {&q, &k};
  const EncodedMatrix matrix = encode(parts, encoding(1, 1));
  EXPECT_THAT(list_of(matrix, 0), ElementsAre(Entry{0, 0}, Entry{0, 1}, Entry{1, 1}, Entry{3, 0}));
}

TEST(SparseFormat, RowsBeyondTheAccumulatorsFormFurtherBlocks) {
  base::Rng rng(2);
  const workload::Mask mask = even_mask(rng, 40, 30, 0.5);
  EncodingConfig config = encoding(8, 2);  // 4 sets of 10 rows
  config.accumulators_per_mac = 4;
  const EncodedMatrix separate = encode_one(mask, config);
  ASSERT_EQ(separate.blocks.size(), 3u);
  EXPECT_EQ(separate.blocks[0].slots, 4u);
  EXPECT_EQ(separate.blocks[2].slots, 2u);
  EXPECT_TRUE(equal(decode(separate), mask));
  config.accumulators = Accumulators::kShared;  // two ways' accumulators for a set
  EXPECT_EQ(encode_one(mask, config).blocks.size(), 2u);
}

TEST(SparseFormat, OneWayInNaturalOrderCountsAsCscOfEie) {
  // EIE's count, from the mask alone: row r at PE r mod N, runs of more than 15 zeros of the PE's
  // column-major walk over one row are bridged every 16th position.
  base::Rng rng(3);
  const workload::Mask mask = even_mask(rng, 32, 400, 0.05);
  const EncodedBlock block = encode_one(mask, encoding(32, 1)).blocks[0];
  for (std::uint32_t pe = 0; pe < 32; ++pe) {
    std::uint32_t count = 0;
    std::uint32_t distance = 0;  // from the previous entry, or from column 0
    for (std::uint32_t c = 0; c < 400; ++c, ++distance) {
      if (!mask.kept(pe, c)) continue;
      count += distance == 0 ? 1 : (distance + 14) / 15;
      distance = 0;
    }
    ASSERT_EQ(block.list_length(pe), count) << "PE " << pe;
  }
}

TEST(SparseFormat, FillersPerEntryComeNearTheEstimates) {
  // Estimates of an independent stand-alone simulation of the same rules, in percent.
  struct Case {
    std::uint32_t rows, bits;
    double estimate, tolerance;
  };
  for (const Case c : {Case{512, 2, 198, 8}, Case{512, 3, 54, 4}, Case{512, 4, 0.7, 0.5},
                       Case{512, 5, 0, 0.1}, Case{2048, 2, 3.8, 0.8}, Case{2048, 3, 0, 0.1}}) {
    base::Rng rng(7);
    const workload::Mask mask =
        workload::draw_mask(rng, workload::log_normal_scales(rng, c.rows, 512, 0.25, 0.15),
                            workload::KeepLaw::kMagnitude, 0.25);
    const EncodedMatrix matrix = encode_one(mask, encoding(1024, 8, ColumnMark::kDelta, c.bits));
    const double percent =
        100.0 * static_cast<double>(matrix.fillers()) / static_cast<double>(matrix.useful());
    fmt::print("{} rows, {} bits: {:.2f} % fillers, estimate {}\n", c.rows, c.bits, percent,
               c.estimate);
    EXPECT_NEAR(percent, c.estimate, c.tolerance) << c.rows << " rows, " << c.bits << " bits";
  }
}

TEST(SparseFormat, UnusableMatricesAreRefused) {
  const workload::Mask narrow(2, 4), wide(2, 5), too_wide(1, 65536);
  const auto refuse = [](std::vector<const workload::Mask*> parts) {
    EXPECT_THROW(encode(parts, encoding(8, 2)), base::WorkloadError);
  };
  refuse({});
  refuse({&narrow, &wide});
  refuse({&too_wide});
}

}  // namespace
}  // namespace sim::optimus
