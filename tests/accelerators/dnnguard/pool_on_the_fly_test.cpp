#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "sim/accelerators/dnnguard/sdp_pdp_skip.h"
#include "tests/accelerators/dnnguard/pool_rows.h"
#include "tests/accelerators/dnnguard/unit_rows.h"

namespace sim::dnnguard::test {

namespace {

bool is_met(const Figure& figure) {
  if (figure.name == "write_beats") return figure.error() == 0;
  return figure.name == "last_output" ? near(figure) : std::abs(figure.error()) <= 8;
}

TEST(DnnguardPoolOnTheFly, EveryRowWithinOnePercentOrEightCycles) {
  std::size_t rows = 0, exact = 0;
  for (const RtlRow& row : pool_rows()) {
    bool same = true;
    for (const Figure& figure : compare_pool(row)) {
      EXPECT_TRUE(is_met(figure)) << row.text("configuration") << " " << row.text("name") << ": "
                                  << figure.name << " " << figure.model << ", RTL " << figure.rtl;
      same &= figure.error() == 0;
    }
    exact += same;
    ++rows;
  }
  fmt::print("{} rows, {} exact\n", rows, exact);
  EXPECT_EQ(rows, 47u);
}

/// SDP reads the cube; 1x1 windows.
SdpPdpCounters copied(const workload::nvdla::Cube& cube, const char* name) {
  const auto on = configuration(name);
  workload::nvdla::Sdp sdp;
  sdp.cube = cube;
  workload::nvdla::Pdp pdp;
  pdp.in = pdp.out = cube;
  return sdp_pdp_skip(plan_sdp(sdp, on.geometry, on.rates), plan_pdp(pdp, on.geometry, on.rates),
                      {});
}

TEST(DnnguardPoolOnTheFly, FollowsSdpAtItsOwnSpeed) {
  const SdpPdpCounters small = copied({32, 16, 32}, "nv_small");
  EXPECT_EQ(small.sdp.writes.last, 91U + 8 * (32 * 16 * 4 - 1));  // as to memory
  EXPECT_EQ(small.pdp.writes.first, 91U + 14);
  EXPECT_EQ(small.pdp.writes.last, small.sdp.writes.last + 14);
  const SdpPdpCounters large = copied({32, 16, 32}, "nv_large");  // SDP 2 cycles an atom, PDP 4
  EXPECT_EQ(large.pdp.writes.first, 85U + 17);
  EXPECT_EQ(large.pdp.writes.last, large.pdp.writes.first + 4 * (32 * 16 - 1));
  EXPECT_EQ(large.sdp.writes.last, large.pdp.writes.last - 17);
  EXPECT_GT(large.sdp.output_stalls, 900U);
}

}  // namespace

}  // namespace sim::dnnguard::test
