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
#include "sim/workload/load.h"

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

/// The operators of a network are read when it is loaded; other kinds would open files.
void load_network(const std::string& text) {
  auto reader = sim::base::ConfigReader::text(text, "file");
  const auto& kind = sim::workload::read_kind(reader, sim::workload::workload_kinds());
  if (kind.name() != "network") return;
  auto whole = sim::base::ConfigReader::text(text, "file");
  sim::workload::load(
      whole, {.memory = sim::base::MemoryLimit::given("64M"), .draw = sim::workload::Draw::kAll});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using sim::base::ConfigReader;
  const std::string text(reinterpret_cast<const char*>(data), size);
  expect_value_or_message([&] {
    auto reader = ConfigReader::text(text, "file");
    sim::workload::read_source(reader, sim::workload::workload_kinds());
  });
  expect_value_or_message([&] { load_network(text); });
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
