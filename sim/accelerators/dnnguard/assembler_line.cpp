#include "sim/accelerators/dnnguard/assembler_line.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "sim/accelerators/dnnguard/instruction_fields.h"
#include "sim/base/error.h"
#include "sim/base/printable.h"

namespace sim::dnnguard {
namespace {

constexpr std::string_view kBlanks = " \t\r";
constexpr std::size_t kMaxLine = 1000;  // bytes
constexpr std::size_t kShown = 40;      // bytes of a wrong word that a message repeats

template <class... Args>
[[noreturn]] void fail(fmt::format_string<Args...> text, Args&&... args) {
  throw base::UserError(fmt::format(text, std::forward<Args>(args)...));
}

std::string shown(std::string_view word) { return base::printable(word, kShown); }

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  while (true) {
    const std::size_t begin = line.find_first_not_of(kBlanks);
    if (begin == std::string_view::npos) return words;
    line.remove_prefix(begin);
    const std::size_t end = std::min(line.find_first_of(kBlanks), line.size());
    words.push_back(line.substr(0, end));
    line.remove_prefix(end);
  }
}

/// Decimal, or hexadecimal behind 0x. Nothing where it is no number of 64 bits.
std::optional<std::uint64_t> unsigned_number(std::string_view text) {
  int base = 10;
  if (text.starts_with("0x")) {
    base = 16;
    text.remove_prefix(2);
  }
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::uint64_t number(const Field& field, std::string_view text) {
  const auto value = unsigned_number(text);
  if (!value) {
    fail("{} is '{}'; it has to be a whole number, such as 12 or 0x1f", field.name, shown(text));
  }
  return *value;
}

std::uint64_t signed_number(const Field& field, std::string_view text) {
  const bool negative = text.starts_with('-');
  const auto size = unsigned_number(text.substr(negative ? 1 : 0));
  const std::uint64_t most = (std::uint64_t{1} << (field.bits - 1)) - (negative ? 0 : 1);
  if (!size || *size > most) {
    fail("{} is '{}'; it has to be a whole number from {} to {}", field.name, shown(text),
         std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::int32_t>::max());
  }
  return (negative ? -*size : *size) & ((std::uint64_t{1} << field.bits) - 1);
}

std::uint64_t token_set(const Field& field, std::string_view text) {
  std::uint64_t set = 0;
  for (std::string_view rest = text;;) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    const auto token = unsigned_number(rest.substr(0, comma));
    if (!token || *token == 0 || *token >= kTokens) {
      fail("{} is '{}'; it has to be tokens from 1 to {} with commas between them, such as 1,4",
           field.name, shown(text), kTokens - 1);
    }
    if ((set >> *token & 1) != 0) fail("{} names token {} twice", field.name, *token);
    set |= std::uint64_t{1} << *token;
    if (comma == rest.size()) return set;
    rest.remove_prefix(comma + 1);
  }
}

std::uint64_t choice(const Field& field, std::string_view text) {
  const auto found = std::ranges::find(field.words, text);
  if (found == field.words.end()) {
    fail("{} is '{}'; it has to be one of {}", field.name, shown(text),
         fmt::join(field.words, ", "));
  }
  return static_cast<std::uint64_t>(found - field.words.begin());
}

std::uint64_t value_of(const Field& field, std::string_view text) {
  switch (field.kind) {
    case Field::Kind::kSigned:
      return signed_number(field, text);
    case Field::Kind::kTokens:
      return token_set(field, text);
    case Field::Kind::kChoice:
      return choice(field, text);
    default:
      break;
  }
  const std::uint64_t value = number(field, text);
  if (const auto fault = fault_of(field, value)) throw base::UserError(*fault);
  return value;
}

std::size_t format_of(std::string_view mnemonic) {
  const std::span<const Format> all = formats();
  const auto found = std::ranges::find(all, mnemonic, &Format::mnemonic);
  if (found == all.end()) {
    std::vector<std::string_view> names;
    names.reserve(all.size());
    for (const Format& format : all) names.push_back(format.mnemonic);
    fail("'{}' is no instruction; there are {}", shown(mnemonic), fmt::join(names, ", "));
  }
  return static_cast<std::size_t>(found - all.begin());
}

/// The fields of a line: those of every instruction, then those of this one.
std::vector<Field> fields_of(const Format& format) {
  std::vector<Field> fields{
      {"net", kNetBits}, {"wait", 4, Field::Kind::kToken}, {"set", 4, Field::Kind::kToken}};
  fields.insert(fields.end(), format.fields.begin(), format.fields.end());
  return fields;
}

std::vector<std::string_view> names_of(const std::vector<Field>& fields) {
  std::vector<std::string_view> names;
  names.reserve(fields.size());
  for (const Field& field : fields) names.push_back(field.name);
  return names;
}

using Values = std::vector<std::optional<std::uint64_t>>;

void read_word(std::string_view word, const Format& format, const std::vector<Field>& fields,
               Values& values) {
  const std::size_t equals = std::min(word.find('='), word.size());
  const std::string_view name = word.substr(0, equals);
  const auto found = std::ranges::find(fields, name, &Field::name);
  if (found == fields.end() || equals == word.size()) {
    fail("{}: '{}' is none of its fields; they are {}, each as name=value", format.mnemonic,
         shown(word), fmt::join(names_of(fields), ", "));
  }
  auto& value = values[static_cast<std::size_t>(found - fields.begin())];
  if (value) fail("{}: {} is there twice", format.mnemonic, name);
  try {
    value = value_of(*found, word.substr(equals + 1));
  } catch (const base::UserError& error) {
    fail("{}: {}", format.mnemonic, error.what());
  }
}

/// `wait` and `set` may be left out.
void check_complete(const Format& format, const std::vector<Field>& fields, const Values& values) {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (!values[i] && i != 1 && i != 2) {
      fail("{}: {} is missing; its fields are {}", format.mnemonic, fields[i].name,
           fmt::join(names_of(fields), ", "));
    }
  }
}

}  // namespace

std::optional<Instruction> read_line(std::string_view line) {
  line = line.substr(0, line.find('#'));
  if (line.size() > kMaxLine)
    fail("the line has {} bytes; at most {} are read", line.size(), kMaxLine);
  const std::vector<std::string_view> words = words_of(line);
  if (words.empty()) return std::nullopt;
  const std::size_t index = format_of(words.front());
  const Format& format = formats()[index];
  const std::vector<Field> fields = fields_of(format);
  Values values(fields.size());
  for (std::size_t i = 1; i < words.size(); ++i) read_word(words[i], format, fields, values);
  check_complete(format, fields, values);
  std::vector<std::uint64_t> operands;
  for (std::size_t i = 3; i < values.size(); ++i) operands.push_back(*values[i]);
  return Instruction{.net = static_cast<std::uint8_t>(*values[0]),
                     .wait = static_cast<std::uint8_t>(values[1].value_or(0)),
                     .set = static_cast<std::uint8_t>(values[2].value_or(0)),
                     .operation = operation_of(index, operands)};
}

}  // namespace sim::dnnguard
