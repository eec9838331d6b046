#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sim::base {

/// Untrusted text (of a file, a name, a path, an argument) as it may reach a terminal or stand in a
/// message: one line of well-formed UTF-8 of at most `max` characters. Bytes that are no UTF-8, C0
/// controls and DEL become \xNN; C1 controls, the separators U+2028 and U+2029 and the controls of
/// text direction U+202A to U+202E and U+2066 to U+2069 become \u{NNNN}. Longer text loses its
/// middle, for which '…' stands.
std::string printable(std::string_view text, std::size_t max = 200);

/// The same for a text of several lines, of any length: line feeds stay.
std::string printable_lines(std::string_view text);

}  // namespace sim::base
