// Writes the files of a shape of shapes.h, and cosim_top.sv: write_shape NAME FOLDER
#include <fmt/format.h>

#include <exception>

#include "sim/base/file.h"
#include "tests/cosim/poetbin/shapes.h"

extern "C" int sc_main(int, char**) { return 1; }

namespace sim::poetbin::test {
namespace {

void write(const std::string& name, const std::string& folder) {
  const Shape shape = make_shape(name);
  for (const core::SourceFile& file : files_of(shape)) {
    base::write_file_atomically(fmt::format("{}/{}", folder, file.name), file.content);
  }
  base::write_file_atomically(folder + "/cosim_top.sv", cosim_top(shape));
}

}  // namespace
}  // namespace sim::poetbin::test

int main(int argc, char** argv) {
  try {
    if (argc != 3) return 2;
    sim::poetbin::test::write(argv[1], argv[2]);
    return 0;
  } catch (const std::exception& e) {
    fmt::print(stderr, "write_shape: {}\n", e.what());
    return 1;
  }
}
