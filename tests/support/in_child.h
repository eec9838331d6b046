#pragma once

#include <functional>
#include <string>

namespace test_support {

/// Runs `work` in a process of its own and returns its text. A SystemC kernel lives once a process,
/// so a test that compares several simulations runs each in a child. An exception in the child, or
/// its death, fails the test with its message.
std::string in_child(const std::function<std::string()>& work);

}  // namespace test_support
