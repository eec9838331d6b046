// Any bytes given as a trace are read or refused with a message, without a crash, a leak or a sum
// that overflows.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <vector>

#include "sim/base/error.h"
#include "sim/workload/trace.h"
#include "tests/fuzz/tensor_file_mutator.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto* first = reinterpret_cast<const std::byte*>(data);
  try {
    sim::workload::read_trace(std::make_shared<const sim::workload::TensorFile>(
        std::vector(first, first + size), "file"));
  } catch (const sim::base::WorkloadError& e) {
    const std::string_view message = e.what();
    if (!message.starts_with("file: ") || message.size() > 4096) std::abort();
  }
  return 0;
}
