#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sim/accelerators/poetbin/config.h"
#include "sim/accelerators/poetbin/program.h"
#include "sim/core/accelerator.h"
#include "sim/workload/lut_program.h"

namespace sim::poetbin::test {

/// A machine and a program that the tests verilate; both the writer of the netlists and the tests
/// build it, from the name alone.
struct Shape {
  workload::LutTask task;
  Config config;
  Program program;  // compiled
};

/// base::UserError for a name that is none of CMakeLists.txt.
Shape make_shape(std::string_view name);

/// What `lockstep rtl` would write.
std::vector<core::SourceFile> files_of(const Shape& shape);

/// The module cosim_top: the machine under ports of fixed names, `result_o`, and `probe_o`, which
/// is, the lowest bit first: of variant S the value of each signal in the program's order, then the
/// score register; of variant T the sequencer's cause (3 bits), gather valid, gather last, look-up
/// valid, write-back valid, the lanes' outputs, their pins.
std::string cosim_top(const Shape& shape);

}  // namespace sim::poetbin::test
