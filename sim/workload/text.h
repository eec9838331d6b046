#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sim::workload {

/// Untrusted text for a message: shortened, with everything but printable ASCII replaced by '?'.
std::string printable(std::string_view text, std::size_t most = 80);

/// "; did you mean 'x'?" with the name nearest to an untrusted word, or nothing.
std::string suggestion(std::string_view word, std::vector<std::string> names);

/// 1 to 256 printable ASCII characters: what names of tensors and operators are made of.
bool is_plain_name(std::string_view name);

/// Well-formed UTF-8 as RFC 3629 defines it: no overlong forms, no surrogates, at most U+10FFFF.
bool is_utf8(std::string_view text);

}  // namespace sim::workload
