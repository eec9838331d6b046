#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "tests/cosim/twin.h"

namespace sim::test {

/// The Verilated shapes of CMakeLists.txt, by name.
const std::map<std::string, std::function<std::unique_ptr<Twin>()>>& twins();

}  // namespace sim::test
