// Any text given as a workload file or as an architecture of any machine is read or refused with a
// message that names the file.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "sim/base/config_reader.h"
#include "sim/base/error.h"
#include "sim/core/registry.h"
#include "sim/workload/kind_keys.h"
#include "sim/workload/kinds/transformer/lengths.h"

namespace {

constexpr double kClockMhz = 200;

template <class Act>
void expect_value_or_message(Act act) {
  try {
    act();
  } catch (const sim::base::UserError& e) {
    if (!std::string_view(e.what()).starts_with("file")) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using sim::base::ConfigReader;
  const std::string text(reinterpret_cast<const char*>(data), size);
  expect_value_or_message([&] {
    auto reader = ConfigReader::text(text, "file");
    sim::workload::read_source(reader, sim::workload::workload_kinds());
  });
  for (const auto* machine : sim::core::accelerators()) {
    expect_value_or_message([&] {
      auto reader = ConfigReader::text(text, "file");
      auto block = reader.section(machine->name(), "");
      machine->configure(block, kClockMhz);
    });
  }
  expect_value_or_message(
      [&] { sim::workload::transformer::parse_length_histogram(text, "file"); });
  return 0;
}
