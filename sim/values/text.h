#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace sim::values {

/// Text of the tokens: their sub-word pieces joined, "▁" as a space, none at the start. Control
/// pieces (<s>, </s>, <pad>) leave nothing; an unknown one (<unk>) shows as " ⁇ ", as
/// sentencepiece writes it.
std::string detokenize(std::span<const std::string> vocabulary,
                       std::span<const std::int32_t> tokens);

}  // namespace sim::values
