#include "sim/values/element_kernels.h"

#include <algorithm>
#include <vector>

#include "sim/base/vector_clones.h"
#include "sim/reference/arithmetic.h"

namespace sim::values {
namespace {

using reference::clamp8;
using reference::rshift;
using workload::Int8s;

SIM_VECTOR_CLONES void add_elements(const workload::Add& op, const std::int8_t* x,
                                    const std::int8_t* y, std::size_t n, std::int8_t* out) {
  const std::int64_t x_multiplier = op.x_multiplier;
  const std::int64_t y_multiplier = op.y_multiplier;
  const std::uint32_t shift = op.shift;
  const auto low = static_cast<std::int8_t>(op.relu ? 0 : -128);
  for (std::size_t i = 0; i < n; ++i) {
    out[i] = std::max(low, clamp8(rshift(x[i] * x_multiplier + y[i] * y_multiplier, shift)));
  }
}

SIM_VECTOR_CLONES void multiply_elements(const workload::Multiply& op, const std::int8_t* x,
                                         const std::int8_t* y, std::size_t n, std::int8_t* out) {
  const std::int64_t multiplier = op.multiplier;
  const std::uint32_t shift = op.shift;
  for (std::size_t i = 0; i < n; ++i) {
    out[i] = clamp8(rshift(std::int64_t{x[i]} * y[i] * multiplier, shift));
  }
}

SIM_VECTOR_CLONES void rescale_elements(const std::int8_t* x, std::int64_t multiplier,
                                        std::uint32_t shift, std::size_t n, std::int8_t* out) {
  for (std::size_t i = 0; i < n; ++i) out[i] = clamp8(rshift(x[i] * multiplier, shift));
}

/// elements(x, y, n, out) for parts of x with as many elements of y.
template <class Elements>
void each_part(Int8s x, Int8s y, Partner partner, std::int8_t* out, const Elements& elements) {
  if (partner == Partner::kPlace) {
    for (std::size_t i = 0; i < x.size(); i += y.size()) {
      elements(x.data() + i, y.data(), y.size(), out + i);
    }
    return;
  }
  const std::size_t pixels = x.size() / y.size();
  std::vector<std::int8_t> same(pixels);
  for (std::size_t c = 0; c < y.size(); ++c) {
    std::fill(same.begin(), same.end(), y[c]);
    elements(x.data() + c * pixels, same.data(), pixels, out + c * pixels);
  }
}

SIM_VECTOR_CLONES void add_row(const std::int8_t* x, std::size_t n, std::int32_t* sums) {
  for (std::size_t c = 0; c < n; ++c) sums[c] += x[c];
}

SIM_VECTOR_CLONES std::int64_t sum_of(const std::int8_t* x, std::size_t n) {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += x[i];
  return sum;
}

std::int8_t average_of(const workload::Average& op, std::int64_t sum, std::size_t n) {
  return clamp8(reference::nearest(sum * op.multiplier, static_cast<std::int64_t>(n) << op.shift));
}

}  // namespace

void add(const workload::Add& op, Int8s x, Int8s y, Partner partner, std::int8_t* out) {
  each_part(x, y, partner, out,
            [&](auto a, auto b, auto n, auto to) { add_elements(op, a, b, n, to); });
}

void multiply(const workload::Multiply& op, Int8s x, Int8s y, Partner partner, std::int8_t* out) {
  each_part(x, y, partner, out,
            [&](auto a, auto b, auto n, auto to) { multiply_elements(op, a, b, n, to); });
}

void concat(const workload::Concat& op, std::span<const Int8s> inputs, std::uint32_t rows,
            std::int8_t* out) {
  for (std::size_t l = 0; l < rows; ++l) {
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const std::size_t n = inputs[i].size() / rows;
      rescale_elements(inputs[i].data() + l * n, op.multipliers[i], op.shift, n, out);
      out += n;
    }
  }
}

void split(const workload::Split& op, Int8s x, std::uint32_t rows, std::size_t inner,
           std::int8_t* out) {
  const std::size_t whole = x.size() / rows;
  for (std::size_t l = 0; l < rows; ++l) {
    out = std::copy_n(x.data() + l * whole + op.begin * inner, op.size * inner, out);
  }
}

void flatten(const workload::Flatten& op, Int8s x, std::uint32_t channels, std::int8_t* out) {
  if (op.to == workload::Axis::kFeatures) {
    std::copy(x.begin(), x.end(), out);
    return;
  }
  const std::size_t pixels = x.size() / channels;
  for (std::size_t p = 0; p < pixels; ++p) {
    for (std::size_t c = 0; c < channels; ++c) *out++ = x[c * pixels + p];
  }
}

void activation(const workload::Activation& op, Int8s x, std::int8_t* out) {
  const std::int8_t* table = op.table.data() + 128;
  for (const std::int8_t value : x) *out++ = table[value];
}

void global_average_of_tokens(const workload::GlobalAverage& op, Int8s x, std::uint32_t features,
                              std::int8_t* out) {
  std::vector<std::int32_t> sums(features);  // of at most 65536 rows
  for (std::size_t i = 0; i < x.size(); i += features) {
    add_row(x.data() + i, features, sums.data());
  }
  for (const std::int32_t sum : sums) *out++ = average_of(op.average, sum, x.size() / features);
}

void global_average_of_map(const workload::GlobalAverage& op, Int8s x, std::uint32_t channels,
                           std::int8_t* out) {
  const std::size_t pixels = x.size() / channels;
  for (std::size_t c = 0; c < channels; ++c) {
    *out++ = average_of(op.average, sum_of(x.data() + c * pixels, pixels), pixels);
  }
}

}  // namespace sim::values
