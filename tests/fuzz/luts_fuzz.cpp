// Any bytes given as a LUT program are read or refused with a message, without a crash, a leak or a
// sum that overflows; what is read can be evaluated.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "sim/base/error.h"
#include "sim/reference/lut_cascade.h"
#include "sim/workload/lut_program_file.h"
#include "tests/fuzz/tensor_file_mutator.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto* first = reinterpret_cast<const std::byte*>(data);
  try {
    const auto task = sim::workload::read_lut_program(
        sim::workload::TensorFile(std::vector(first, first + size), "file"));
    if (task.vectors.inputs.rows == 0) return 0;
    sim::reference::lut_scores(task.program,
                               sim::reference::lut_signals(task.program, task.vectors.inputs, 0));
  } catch (const sim::base::WorkloadError& e) {
    const std::string_view message = e.what();
    if (!message.starts_with("file: ") || message.size() > 4096) std::abort();
  }
  return 0;
}
