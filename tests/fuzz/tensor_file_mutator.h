#pragma once

// The custom mutator of fuzzers whose input is a safetensors file: included by each, once.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace {

constexpr std::size_t kAlignment = 64;

/// Length of the header if it lies within the bytes, else 0.
std::size_t header_length(const std::uint8_t* data, std::size_t size) {
  std::uint64_t length = 0;
  if (size < 8) return 0;
  std::memcpy(&length, data, 8);
  return length <= size - 8 ? static_cast<std::size_t>(length) : 0;
}

/// The whole file with a changed header: padded, with its length in front.
std::vector<std::uint8_t> assemble(std::string header, const std::uint8_t* tensors,
                                   std::size_t count) {
  header.resize((header.size() + 8 + kAlignment - 1) / kAlignment * kAlignment - 8, ' ');
  const std::uint64_t length = header.size();
  std::vector<std::uint8_t> file(8 + header.size() + count);
  std::memcpy(file.data(), &length, 8);
  std::memcpy(file.data() + 8, header.data(), header.size());
  std::copy_n(tensors, count, file.begin() + 8 + static_cast<std::ptrdiff_t>(header.size()));
  return file;
}

}  // namespace

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

/// Half of the changes are to the header alone, with length and padding put right again: a plain
/// change of its size would only ever test the first check.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  const std::size_t length = header_length(data, size);
  if (length == 0 || seed % 2 == 0) return LLVMFuzzerMutate(data, size, max_size);
  std::string header(reinterpret_cast<const char*>(data) + 8, length);
  while (!header.empty() && header.back() == ' ') header.pop_back();
  const std::size_t used = header.size();
  header.resize(used + 256);
  header.resize(LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(header.data()), used, used + 256));
  const auto file = assemble(std::move(header), data + 8 + length, size - 8 - length);
  if (file.size() > max_size) return size;
  std::copy(file.begin(), file.end(), data);
  return file.size();
}
