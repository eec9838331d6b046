#include <fmt/format.h>

#include "tests/accelerators/dnnguard/rtl_rows.h"

/// Prints every figure of the RTL's rows beside the model's, as CSV.
int main() {
  fmt::print(
      "kind,configuration,latency,accept_interval,name,mark,figure,rtl,model,error,percent\n");
  for (const char* kind : {"convolution", "image", "operands", "pooling", "two_layers"})
    for (const auto& row : sim::dnnguard::test::rtl_rows(kind))
      for (const auto& figure : compare(row))
        fmt::print("{},{},{},{},{},{},{},{},{},{},{:.3f}\n", kind, row.configuration,
                   row.memory.latency, row.memory.accept_interval, row.name, row.loose ? "*" : "",
                   figure.name, figure.rtl, figure.model, figure.error(), figure.percent());
}
