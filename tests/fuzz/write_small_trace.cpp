#include <string_view>

#include "sim/base/file.h"
#include "tests/unit/workload/trace_builder.h"

/// write_small_trace FILE: a seed for the fuzzer of the trace reader.
int main(int argc, char** argv) {
  if (argc != 2) return 1;
  const auto bytes = sim::workload::valid_trace().bytes();
  sim::base::write_file_atomically(
      argv[1], std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  return 0;
}
