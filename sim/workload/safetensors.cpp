#include "sim/workload/safetensors.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <optional>
#include <tuple>
#include <utility>

#include "sim/base/error.h"
#include "sim/base/printable.h"
#include "sim/workload/json_fields.h"
#include "sim/workload/text.h"

namespace sim::workload {
namespace {

using base::printable;
using nlohmann::json;

static_assert(std::endian::native == std::endian::little,
              "tensors are used in place, in the byte order of the file");

constexpr std::uint64_t kMaxHeaderBytes = 16 << 20;
constexpr std::uint64_t kAlignment = 64;  // of the first tensor
constexpr std::uint64_t kMaxRank = 4;

struct DtypeInfo {
  Dtype dtype;
  std::string_view name;
  std::uint64_t bytes;
};
constexpr DtypeInfo kDtypes[] = {
    {Dtype::kI8, "I8", 1}, {Dtype::kU8, "U8", 1}, {Dtype::kU16, "U16", 2}, {Dtype::kI32, "I32", 4}};

const DtypeInfo& info(Dtype dtype) { return *std::ranges::find(kDtypes, dtype, &DtypeInfo::dtype); }

[[noreturn]] void fail(const std::string& where, const std::string& message) {
  throw base::WorkloadError(fmt::format("{}: {}", where, message));
}

std::string_view header_text(std::span<const std::byte> bytes, const std::string& file) {
  if (bytes.size() < 8) {
    fail(file,
         fmt::format("{} bytes long; the file must start with the 8-byte length of its header",
                     bytes.size()));
  }
  std::uint64_t length = 0;
  std::copy_n(bytes.begin(), 8, reinterpret_cast<std::byte*>(&length));
  if (length > kMaxHeaderBytes) {
    fail(file,
         fmt::format("header of {} bytes; at most {} are allowed (is this a safetensors file?)",
                     length, kMaxHeaderBytes));
  }
  if (length > bytes.size() - 8) {
    fail(file, fmt::format("truncated: the header ends at byte {}, the file at {}", 8 + length,
                           bytes.size()));
  }
  if ((8 + length) % kAlignment != 0) {
    fail(file, fmt::format("tensors start at byte {}; the header must be padded with spaces to a "
                           "multiple of {}",
                           8 + length, kAlignment));
  }
  return {reinterpret_cast<const char*>(bytes.data()) + 8, static_cast<std::size_t>(length)};
}

std::map<std::string, std::string> read_metadata(const json& header, const std::string& file) {
  const auto found = header.find("__metadata__");
  if (found == header.end())
    fail(file, "__metadata__ is missing; the file must describe itself there");
  if (!found->is_object()) fail(file, "__metadata__ must be an object of texts");
  std::map<std::string, std::string> metadata;
  for (const auto& [key, value] : found->items()) {
    if (!value.is_string()) {
      fail(file, fmt::format("__metadata__ '{}' must be a text", printable(key)));
    }
    metadata.emplace(key, value.get_ref<const std::string&>());
  }
  return metadata;
}

Dtype read_dtype(JsonFields& entry) {
  const std::string& name = entry.text("dtype");
  const auto found = std::ranges::find(kDtypes, name, &DtypeInfo::name);
  if (found == std::end(kDtypes)) {
    entry.fail(fmt::format("dtype '{}'; must be one of I8, U8, U16, I32", printable(name)));
  }
  return found->dtype;
}

Shape read_shape(JsonFields& entry) {
  const json& list = entry.list("shape");
  const bool right =
      !list.empty() && list.size() <= kMaxRank && std::ranges::all_of(list, [](const json& d) {
        return d.is_number_unsigned() && d.get<std::uint64_t>() > 0;
      });
  if (!right) {
    entry.fail(fmt::format("shape {}; must be 1 to {} whole numbers of at least 1", shown(list),
                           kMaxRank));
  }
  return list.get<Shape>();
}

std::uint64_t byte_size(const Shape& shape, Dtype dtype, const JsonFields& entry) {
  std::uint64_t size = info(dtype).bytes;
  for (const std::uint64_t dimension : shape) {
    if (__builtin_mul_overflow(size, dimension, &size)) {
      entry.fail(fmt::format("shape {} has more than 2^64 bytes", fmt::join(shape, " x ")));
    }
  }
  return size;
}

/// First and last-plus-one byte after the header.
std::pair<std::uint64_t, std::uint64_t> read_offsets(JsonFields& entry) {
  const json& list = entry.list("data_offsets");
  const bool right = list.size() == 2 && list[0].is_number_unsigned() &&
                     list[1].is_number_unsigned() &&
                     list[0].get<std::uint64_t>() <= list[1].get<std::uint64_t>();
  if (!right) {
    entry.fail(fmt::format("data_offsets {}; must be [begin, end], two ascending whole numbers",
                           shown(list)));
  }
  return {list[0].get<std::uint64_t>(), list[1].get<std::uint64_t>()};
}

struct Entry {
  Tensor tensor;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

Entry read_entry(const std::string& name, const json& value, const std::string& file) {
  if (!is_plain_name(name)) {
    fail(file, fmt::format("tensor name '{}'; must be 1 to 256 printable ASCII characters",
                           printable(name)));
  }
  JsonFields fields(value, fmt::format("{}: tensor {}", file, name));
  Entry entry;
  entry.tensor.name = name;
  entry.tensor.dtype = read_dtype(fields);
  entry.tensor.shape = read_shape(fields);
  std::tie(entry.begin, entry.end) = read_offsets(fields);
  fields.finish();
  const std::uint64_t size = byte_size(entry.tensor.shape, entry.tensor.dtype, fields);
  if (entry.end - entry.begin != size) {
    fields.fail(fmt::format("data_offsets [{}, {}] hold {} bytes; {} needs {}", entry.begin,
                            entry.end, entry.end - entry.begin,
                            shown(entry.tensor.dtype, entry.tensor.shape), size));
  }
  return entry;
}

/// Tensors must follow each other, in the order of the header, from byte 0 to the end of the data.
void check_layout(const std::vector<Entry>& entries, std::uint64_t data_bytes,
                  const std::string& file) {
  std::uint64_t end = 0;
  for (const Entry& entry : entries) {
    const std::string where = fmt::format("{}: tensor {}", file, entry.tensor.name);
    if (entry.begin != end) {
      fail(where, fmt::format("begins at byte {} of the data; must begin at {} ({})", entry.begin,
                              end, entry.begin > end ? "no holes" : "no overlaps"));
    }
    if (entry.end > data_bytes) {
      fail(where, fmt::format("truncated: ends at byte {} of the data, the file at {}", entry.end,
                              data_bytes));
    }
    if (entry.begin % info(entry.tensor.dtype).bytes != 0) {
      fail(where, "not aligned to its element size; order tensors by falling element size");
    }
    end = entry.end;
  }
  if (end != data_bytes) {
    fail(file, fmt::format("{} bytes after the last tensor; there must be none", data_bytes - end));
  }
}

/// In the order of the header.
std::vector<Entry> read_entries(const OrderedJson& header, const std::string& file) {
  std::vector<Entry> entries;
  for (const std::string& name : header.keys) {
    if (name != "__metadata__") entries.push_back(read_entry(name, header.object[name], file));
  }
  return entries;
}

/// The JSON text of a header, which only spaces may follow.
std::string_view without_filling(std::string_view header, const std::string& file) {
  if (!header.starts_with('{')) fail(file, "header: must start with '{'");
  header = header.substr(0, header.find_last_not_of(' ') + 1);
  if (!header.ends_with('}')) {
    fail(file, "header: must end with '}', then spaces only, up to its length");
  }
  return header;
}

}  // namespace

std::string_view name_of(Dtype dtype) { return info(dtype).name; }

std::string shown(Dtype dtype, const Shape& shape) {
  return fmt::format("{}[{}]", name_of(dtype), fmt::join(shape, ", "));
}

Safetensors::Safetensors(std::span<const std::byte> bytes, const std::string& file) {
  const std::string_view text = header_text(bytes, file);
  const OrderedJson header =
      parse_ordered_json_object(without_filling(text, file), file + ": header");
  metadata_ = read_metadata(header.object, file);
  std::vector<Entry> entries = read_entries(header, file);
  const std::span<const std::byte> data = bytes.subspan(8 + text.size());
  check_layout(entries, data.size(), file);
  for (Entry& entry : entries) {
    entry.tensor.bytes = data.subspan(entry.begin, entry.end - entry.begin);
    tensors_.emplace(entry.tensor.name, std::move(entry.tensor));
  }
}

}  // namespace sim::workload
