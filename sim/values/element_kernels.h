#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "sim/workload/network_operators.h"

/// Fast kernels of the operators that take tokens and maps alike, equal to
/// sim/reference/elementwise.h bit by bit. Tensors lie in one piece; inputs and outputs do not
/// overlap, and the caller owns both.
namespace sim::values {

/// Which element of y belongs to one of x: that of its place, y being as large as x or a row that
/// repeats; or that of its channel, y having one element for each of them.
enum class Partner { kPlace, kChannel };

/// out: as large as x.
void add(const workload::Add& op, workload::Int8s x, workload::Int8s y, Partner partner,
         std::int8_t* out);
void multiply(const workload::Multiply& op, workload::Int8s x, workload::Int8s y, Partner partner,
              std::int8_t* out);

/// `rows`: of tokens whose features are joined; 1 for rows of tokens and for channels of maps.
void concat(const workload::Concat& op, std::span<const workload::Int8s> inputs, std::uint32_t rows,
            std::int8_t* out);

/// `rows` as above; `inner`: elements of a step along the axis: 1 for features of tokens, the
/// features for rows of tokens, the pixels for channels of maps.
void split(const workload::Split& op, workload::Int8s x, std::uint32_t rows, std::size_t inner,
           std::int8_t* out);

/// `channels`: of a map; 1 where x is tokens.
void flatten(const workload::Flatten& op, workload::Int8s x, std::uint32_t channels,
             std::int8_t* out);

void activation(const workload::Activation& op, workload::Int8s x, std::int8_t* out);

/// Of tokens over the rows of each of `features`, of a map over the pixels of each of `channels`.
void global_average_of_tokens(const workload::GlobalAverage& op, workload::Int8s x,
                              std::uint32_t features, std::int8_t* out);
void global_average_of_map(const workload::GlobalAverage& op, workload::Int8s x,
                           std::uint32_t channels, std::int8_t* out);

}  // namespace sim::values
