#include "sim/workload/tensor_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include <utility>
#include <vector>

#include "sim/base/error.h"
#include "sim/base/printable.h"
#include "sim/workload/text.h"

namespace sim::workload {
namespace {

using base::printable;

constexpr std::uint32_t kMaxUses = 64;

[[noreturn]] void fail(const std::string& where, const std::string& message) {
  throw base::WorkloadError(fmt::format("{}: {}", where, message));
}

}  // namespace

const Tensor& TensorReader::find(const std::string& tensor, const std::string& where) const {
  const auto found = tensors_.find(tensor);
  if (found != tensors_.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [name, value] : tensors_) names.push_back(name);
  fail(where, fmt::format("tensor '{}' is not in the file{}", printable(tensor),
                          suggestion(tensor, std::move(names))));
}

const Shape& TensorReader::shape(const std::string& tensor, Dtype dtype, std::size_t rank,
                                 const std::string& where) {
  const Tensor& found = find(tensor, where);
  if (found.dtype != dtype || found.shape.size() != rank) {
    fail(where,
         fmt::format("tensor '{}' is {}; must be {} with {} dimension{}", tensor,
                     shown(found.dtype, found.shape), name_of(dtype), rank, rank == 1 ? "" : "s"));
  }
  return found.shape;
}

const Shape& TensorReader::shape_of_rank(const std::string& tensor, Dtype dtype, std::size_t least,
                                         std::size_t most, const std::string& where) {
  const std::size_t rank = find(tensor, where).shape.size();
  return shape(tensor, dtype, std::clamp(rank, least, most), where);
}

void TensorReader::check(const std::string& tensor, Dtype dtype, const Shape& shape,
                         const std::string& where) const {
  const Tensor& found = find(tensor, where);
  if (found.dtype != dtype || found.shape != shape) {
    fail(where, fmt::format("tensor '{}' is {}; must be {}", tensor,
                            shown(found.dtype, found.shape), shown(dtype, shape)));
  }
}

const Tensor& TensorReader::checked(const std::string& tensor, Dtype dtype, const Shape& shape,
                                    const std::string& where) {
  check(tensor, dtype, shape, where);
  const Tensor& found = find(tensor, where);
  if (++uses_[tensor] > kMaxUses) {
    fail(where, fmt::format("tensor '{}' is read more than {} times; give each reader its own",
                            tensor, kMaxUses));
  }
  return found;
}

void TensorReader::refuse_unused(std::string_view advice) const {
  for (const auto& [name, tensor] : tensors_) {
    if (uses_.contains(name)) continue;
    fail(fmt::format("{}: tensor {}", name_, name),
         fmt::format("nothing reads it; {}, or leave it out", advice));
  }
}

}  // namespace sim::workload
