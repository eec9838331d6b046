#include "sim/values/nvdla/feature_map.h"

#include "sim/base/check.h"
#include "sim/values/nvdla/rounding.h"
#include "sim/values/nvdla/surfaces.h"
#include "sim/workload/nvdla_pixels.h"

namespace sim::values::nvdla {
namespace {

using workload::nvdla::Convolution;
using workload::nvdla::Image;
using workload::nvdla::PixelLayout;

constexpr std::uint32_t kComponentBits = 10;  // of packed pixels; the fourth has 2

/// What is stored of a value: converted if there is a converter.
std::int16_t stored(const Convolution& layer, std::int64_t v,
                    const std::optional<workload::nvdla::Converter>& converter) {
  const std::uint32_t bits = 8 * bytes_of(layer.precision);
  if (converter) return static_cast<std::int16_t>(saturated(converted(v, *converter, 17), bits));
  return static_cast<std::int16_t>(wrapped(v, bits));
}

FeatureMap read_features(const Convolution& layer, Memory& memory, std::uint32_t lanes) {
  const Surfaces in = read_surfaces(memory, layer.in, layer.source, layer.precision, lanes);
  FeatureMap map{layer.in, std::vector<std::int16_t>(in.pixels() * layer.in.channels)};
  for (std::uint32_t c = 0; c < layer.in.channels; ++c) {
    const std::int32_t* from = &in.values[in.atom(c / lanes, 0, 0)] + c % lanes;
    for (std::size_t p = 0; p < in.pixels(); ++p) {
      map.values[p * layer.in.channels + c] = stored(layer, from[p * lanes], layer.in_converter);
    }
  }
  return map;
}

std::uint32_t little_endian(const std::uint8_t* at, std::uint32_t bytes) {
  std::uint32_t value = 0;
  for (std::uint32_t i = 0; i < bytes; ++i) value |= std::uint32_t{at[i]} << (8 * i);
  return value;
}

/// One line of an image, plane by plane.
class ImageLine {
 public:
  ImageLine(const Convolution& layer, const PixelLayout& layout, Memory& memory, std::uint32_t y)
      : layout_(layout), image_(*layer.image) {
    read(memory, layer, layer.source.base + std::uint64_t{y} * layer.source.line_stride,
         layout.pixel_bytes, planes_[0]);
    if (layout.planes == 1) return;
    read(memory, layer, image_.base_1 + std::uint64_t{y} * image_.line_stride_1,
         2 * layout.pixel_bytes, planes_[1]);
  }

  /// Before conversion.
  std::int64_t value(std::uint32_t x, std::uint32_t channel) const {
    const std::uint32_t bytes = layout_.element_bits / 8;
    const std::uint32_t at = layout_.at[channel];
    std::uint32_t raw = 0;
    if (layout_.packed) {
      raw = component(little_endian(&planes_[0][std::size_t{x} * 4], 4), at, channel == 3);
    } else if (layout_.planes == 2 && channel > 0) {
      raw = little_endian(&planes_[1][(std::size_t{x} * 2 + at) * bytes], bytes);
    } else {
      raw = little_endian(
          &planes_[0][std::size_t{x} * layout_.pixel_bytes + std::size_t{at} * bytes], bytes);
    }
    const bool has_sign = layout_.is_signed || image_.signed_pixels;
    return has_sign ? wrapped(raw, layout_.element_bits) : std::int64_t{raw};
  }

 private:
  void read(Memory& memory, const Convolution& layer, std::uint64_t address, std::uint32_t bytes,
            std::vector<std::uint8_t>& plane) const {
    plane.resize(std::size_t{layer.in.width} * bytes);
    memory.read(address + std::uint64_t{image_.x_offset} * bytes, plane);
  }

  /// Of a packed word: 10 bits, or 2, at the top of 16.
  static std::uint32_t component(std::uint32_t word, std::uint32_t at, bool is_fourth) {
    const std::uint32_t bits = is_fourth ? 2 : kComponentBits;
    return (word >> at & ((1U << bits) - 1)) << (16 - bits);
  }

  const PixelLayout& layout_;
  const Image& image_;
  std::vector<std::uint8_t> planes_[2];
};

FeatureMap read_image(const Convolution& layer, Memory& memory) {
  const auto layout = workload::nvdla::pixel_layout(layer.image->pixel_format);
  SIM_CHECK(layout, "pixel format {}", layer.image->pixel_format);
  FeatureMap map{layer.in, {}};
  map.values.reserve(std::size_t{layer.in.width} * layer.in.height * layer.in.channels);
  for (std::uint32_t y = 0; y < layer.in.height; ++y) {
    const ImageLine line(layer, *layout, memory, y);
    for (std::uint32_t x = 0; x < layer.in.width; ++x) {
      for (std::uint32_t c = 0; c < layer.in.channels; ++c) {
        auto converter = layer.in_converter;
        if (converter && layer.image->means) converter->offset = (*layer.image->means)[c];
        map.values.push_back(stored(layer, line.value(x, c), converter));
      }
    }
  }
  return map;
}

}  // namespace

FeatureMap read_input(const Convolution& layer, Memory& memory, std::uint32_t lanes) {
  return layer.image ? read_image(layer, memory) : read_features(layer, memory, lanes);
}

}  // namespace sim::values::nvdla
