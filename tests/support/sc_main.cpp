#include <gtest/gtest.h>

// libsystemc's own main() calls this; the tests' main() below takes its place, so reaching it is an
// error.
extern "C" int sc_main(int, char**) { return 1; }

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
