#pragma once

#include <cstddef>
#include <string_view>

namespace sim::base {

/// Bytes of the well-formed UTF-8 sequence at the start of a text that is not empty, as RFC 3629
/// defines it: no overlong forms, no surrogates, at most U+10FFFF. 0: there is none.
std::size_t utf8_length(std::string_view text);

/// The code point of the sequence at the start, for which utf8_length() is `length`, 1 to 4.
char32_t utf8_code_point(std::string_view text, std::size_t length);

/// Well-formed from the first byte to the last.
bool is_utf8(std::string_view text);

}  // namespace sim::base
