#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <numeric>
#include <utility>
#include <vector>

namespace sim::reference {

/// Dense row-major array with its shape: [tokens, features], [heads, queries, keys] or
/// [channels, rows, columns].
template <class T>
struct Tensor {
  std::vector<std::uint32_t> shape;
  std::vector<T> data;

  Tensor() = default;
  explicit Tensor(std::vector<std::uint32_t> dims) : shape(std::move(dims)), data(size_of(shape)) {}

  std::uint32_t dim(std::size_t i) const { return shape[i]; }
  T& at(std::size_t i, std::size_t j) { return data[i * shape[1] + j]; }
  const T& at(std::size_t i, std::size_t j) const { return data[i * shape[1] + j]; }
  T& at(std::size_t h, std::size_t i, std::size_t j) {
    return data[(h * shape[1] + i) * shape[2] + j];
  }
  const T& at(std::size_t h, std::size_t i, std::size_t j) const {
    return data[(h * shape[1] + i) * shape[2] + j];
  }

  friend bool operator==(const Tensor&, const Tensor&) = default;

 private:
  static std::size_t size_of(const std::vector<std::uint32_t>& dims) {
    return std::accumulate(dims.begin(), dims.end(), std::size_t{1}, std::multiplies<>());
  }
};

using Int8Tensor = Tensor<std::int8_t>;
using Int32Tensor = Tensor<std::int32_t>;

}  // namespace sim::reference
