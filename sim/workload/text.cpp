#include "sim/workload/text.h"

#include <algorithm>

#include "sim/base/nearest.h"
#include "sim/base/printable.h"

namespace sim::workload {
namespace {

bool is_printable(char c) { return c >= ' ' && c <= '~'; }

}  // namespace

std::string suggestion(std::string_view word, std::vector<std::string> names) {
  // The search costs the product of the lengths: enough names for any real model are looked at.
  names.resize(std::min<std::size_t>(names.size(), 1000));
  const auto near = base::nearest(base::printable(word), names);
  return near ? "; did you mean '" + *near + "'?" : "";
}

bool is_plain_name(std::string_view name) {
  return !name.empty() && name.size() <= 256 && std::all_of(name.begin(), name.end(), is_printable);
}

}  // namespace sim::workload
