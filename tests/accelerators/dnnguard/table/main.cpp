#include <fmt/format.h>

#include "tests/accelerators/dnnguard/convolution_rows.h"
#include "tests/accelerators/dnnguard/pool_rows.h"
#include "tests/accelerators/dnnguard/unit_rows.h"

namespace {

using sim::dnnguard::test::ComparedRow;

void print(const std::vector<ComparedRow>& rows) {
  for (const ComparedRow& row : rows)
    for (const auto& figure : row.figures)
      fmt::print("{},{},{},{},{},{},{},{},{},{},{:.3f}\n", row.kind, row.configuration, row.latency,
                 row.accept_interval, row.name, row.loose ? "*" : "", figure.name, figure.rtl,
                 figure.model, figure.error(), figure.percent());
}

}  // namespace

/// Prints every figure of the RTL's rows beside the model's, as CSV.
int main() {
  fmt::print(
      "kind,configuration,latency_cycles,accept_interval_cycles,row,mark,figure,rtl_cycles,"
      "model_cycles,error_cycles,error_percent\n");
  print(sim::dnnguard::test::compared_convolutions());
  print(sim::dnnguard::test::compared_units());
  print(sim::dnnguard::test::compared_pools());
}
