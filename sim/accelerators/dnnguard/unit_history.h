#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace sim::dnnguard {

/// The last values of a sequence, by their index in it.
class History {
 public:
  explicit History(std::size_t kept) : values_(kept == 0 ? 1 : kept) {}

  std::uint64_t size() const { return size_; }
  std::uint64_t operator[](std::uint64_t index) const { return values_[index % values_.size()]; }
  std::uint64_t back() const { return (*this)[size_ - 1]; }
  void push(std::uint64_t value) { values_[size_++ % values_.size()] = value; }

 private:
  std::vector<std::uint64_t> values_;
  std::uint64_t size_ = 0;
};

}  // namespace sim::dnnguard
