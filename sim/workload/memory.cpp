#include "sim/workload/memory.h"

#include <fmt/format.h>

namespace sim::workload {
namespace {

using base::MemoryNeed;
using base::product;

constexpr std::uint64_t kWordBytes = 8;
constexpr std::uint64_t kHeaderFactor = 24;  // a header as values, a byte of its text

/// Weights of linear layers have two sides, those of convolutions four.
void add_tensor(MemoryNeed& need, const Tensor& tensor) {
  const std::string part = fmt::format("tensor '{}'", tensor.name);
  const bool weights = tensor.shape.size() == 2 || tensor.shape.size() == 4;
  if (tensor.dtype == Dtype::kI8 && weights) {
    need.add(part, rows_bytes(tensor.shape[0], tensor.bytes.size() / tensor.shape[0]));
  }
  if (tensor.shape.size() != 2) return;
  if (tensor.dtype != Dtype::kU8) return;
  // Vectors are unpacked, and those that are chosen copied; masks are unpacked.
  need.add(part, product({2, rows_bytes(tensor.shape[0], product({8, tensor.shape[1]}))}));
}

}  // namespace

std::uint64_t rows_bytes(std::uint64_t rows, std::uint64_t bits) {
  return product({rows, bits / 64 + (bits % 64 != 0), kWordBytes});
}

MemoryNeed unpacking_need(const Safetensors& file, std::uint64_t file_bytes) {
  MemoryNeed need;
  std::uint64_t data = 0;
  for (const auto& [name, tensor] : file.tensors()) {
    add_tensor(need, tensor);
    data += tensor.bytes.size();
  }
  need.add("the file", file_bytes);
  need.add("its header", product({kHeaderFactor, file_bytes - data}));
  return need;
}

}  // namespace sim::workload
