// Any text given as a workload file or an architecture is read or refused with a message that names
// the file.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "sim/accelerators/optimus/config.h"
#include "sim/base/config_reader.h"
#include "sim/base/error.h"
#include "sim/workload/kind_keys.h"
#include "sim/workload/kinds/transformer/lengths.h"

namespace {

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
  expect_value_or_message(
      [&] { ConfigReader::text(text, "file").read_section<sim::optimus::Config>("optimus", ""); });
  expect_value_or_message(
      [&] { sim::workload::transformer::parse_length_histogram(text, "file"); });
  return 0;
}
