#include <fmt/format.h>

#include "sim/base/math.h"
#include "sim/workload/kinds/nvdla_program/decode.h"
#include "sim/workload/nvdla_pixels.h"

namespace sim::workload::nvdla_program {
namespace {

using nvdla::Convolution;
using nvdla::Image;

/// CDMA, CSC, CMAC_A, CMAC_B and CACC, which state much of a layer twice.
class Decoder {
 public:
  Decoder(const RegisterFile& registers, const DecodeContext& context)
      : cdma_(registers.group(Unit::kCdma)),
        csc_(registers.group(Unit::kCsc)),
        cacc_(registers.group(Unit::kCacc)),
        cmacs_{registers.group(Unit::kCmacA), registers.group(Unit::kCmacB)},
        context_(context) {}

  Convolution decode() {
    check_modelled();
    read_sizes();
    read_window();
    read_input();
    read_weights();
    read_buffer();
    return c_;
  }

 private:
  void check_modelled() {
    for (const Group& unit : {cdma_, csc_, cmacs_[0], cmacs_[1], cacc_}) {
      const auto name = nvdla::name_of(unit.unit());
      context_.require(!unit.flag("D_MISC_CFG", "CONV_MODE"),
                       fmt::format("{}.D_MISC_CFG asks for Winograd, which is not modelled", name));
      context_.equal(unit.field("D_MISC_CFG", "PROC_PRECISION"),
                     fmt::format("{}.D_MISC_CFG.PROC_PRECISION", name),
                     cdma_.field("D_MISC_CFG", "PROC_PRECISION"), "CDMA.D_MISC_CFG.PROC_PRECISION");
    }
    c_.precision = context_.precision(cdma_.field("D_MISC_CFG", "PROC_PRECISION"),
                                      "CDMA.D_MISC_CFG.PROC_PRECISION");
    context_.require(!cdma_.flag("D_WEIGHT_FORMAT", "WEIGHT_FORMAT") &&
                         !csc_.flag("D_WEIGHT_FORMAT", "WEIGHT_FORMAT"),
                     "D_WEIGHT_FORMAT asks for compressed weights, which are not modelled");
    context_.require(cdma_.field("D_BATCH_NUMBER", "BATCHES") == 0 &&
                         csc_.field("D_BATCH_NUMBER", "BATCHES") == 0,
                     "D_BATCH_NUMBER asks for batches, which are not modelled");
    same("D_DATAIN_FORMAT", "DATAIN_FORMAT", "D_DATAIN_FORMAT", "DATAIN_FORMAT");
  }

  /// A field that CDMA and CSC both hold.
  void same(std::string_view cdma, std::string_view cdma_field, std::string_view csc,
            std::string_view csc_field) const {
    context_.equal(cdma_.field(cdma, cdma_field), fmt::format("CDMA.{}.{}", cdma, cdma_field),
                   csc_.field(csc, csc_field), fmt::format("CSC.{}.{}", csc, csc_field));
  }

  void read_sizes() {
    c_.in = {cdma_.size("D_DATAIN_SIZE_0", "WIDTH"), cdma_.size("D_DATAIN_SIZE_0", "HEIGHT"),
             cdma_.size("D_DATAIN_SIZE_1", "CHANNEL")};
    same("D_DATAIN_SIZE_1", "CHANNEL", "D_DATAIN_SIZE_EXT_1", "CHANNEL");
    same("D_WEIGHT_SIZE_1", "KERNEL", "D_WEIGHT_SIZE_EXT_1", "KERNEL");
    c_.kernels = csc_.size("D_WEIGHT_SIZE_EXT_1", "KERNEL");
    c_.kernel_height = csc_.size("D_WEIGHT_SIZE_EXT_0", "HEIGHT");
    c_.kernel_width = csc_.size("D_WEIGHT_SIZE_EXT_0", "WIDTH");
    c_.out_width = csc_.size("D_DATAOUT_SIZE_0", "WIDTH");
    c_.out_height = csc_.size("D_DATAOUT_SIZE_0", "HEIGHT");
    for (const std::string_view side : {"WIDTH", "HEIGHT"}) {
      context_.equal(
          csc_.field("D_DATAOUT_SIZE_0", side), fmt::format("CSC.D_DATAOUT_SIZE_0.{}", side),
          cacc_.field("D_DATAOUT_SIZE_0", side), fmt::format("CACC.D_DATAOUT_SIZE_0.{}", side));
    }
  }

  void read_window() {
    c_.stride_x = csc_.size("D_CONV_STRIDE_EXT", "X");
    c_.stride_y = csc_.size("D_CONV_STRIDE_EXT", "Y");
    c_.dilation_x = csc_.size("D_DILATION_EXT", "X");
    c_.dilation_y = csc_.size("D_DILATION_EXT", "Y");
    c_.pad_left = csc_.field("D_ZERO_PADDING", "LEFT");
    c_.pad_top = csc_.field("D_ZERO_PADDING", "TOP");
    const std::uint32_t bits = 8 * bytes_of(c_.precision);
    c_.pad_value = static_cast<std::int32_t>(with_sign(csc_.field("D_ZERO_PADDING_VALUE"), bits));
    c_.clip_truncate = cacc_.field("D_CLIP_CFG", "CLIP_TRUNCATE");
  }

  void read_input() {
    c_.source = {cdma_.address("D_DAIN_ADDR", "_0"), cdma_.field("D_LINE_STRIDE"),
                 cdma_.field("D_SURF_STRIDE")};
    if (cdma_.flag("D_CVT_CFG", "CVT_EN")) {
      c_.in_converter =
          nvdla::Converter{cdma_.signed_field("D_CVT_OFFSET"), cdma_.signed_field("D_CVT_SCALE"),
                           cdma_.field("D_CVT_CFG", "CVT_TRUNCATE")};
    }
    if (cdma_.flag("D_DATAIN_FORMAT", "DATAIN_FORMAT")) {
      read_image();
      return;
    }
    same("D_DATAIN_SIZE_0", "WIDTH", "D_DATAIN_SIZE_EXT_0", "WIDTH");
    same("D_DATAIN_SIZE_0", "HEIGHT", "D_DATAIN_SIZE_EXT_0", "HEIGHT");
    context_.equal(csc_.field("D_WEIGHT_SIZE_EXT_1", "CHANNEL"), "CSC.D_WEIGHT_SIZE_EXT_1.CHANNEL",
                   c_.in.channels - 1, "CDMA.D_DATAIN_SIZE_1.CHANNEL");
    context_.equal(cdma_.field("D_MISC_CFG", "IN_PRECISION"), "CDMA.D_MISC_CFG.IN_PRECISION",
                   cdma_.field("D_MISC_CFG", "PROC_PRECISION"), "PROC_PRECISION");
    context_.check_cube(c_.in, c_.source, c_.precision, "input of the convolution");
  }

  void read_image() {
    Image image;
    image.pixel_format = cdma_.field("D_DATAIN_FORMAT", "PIXEL_FORMAT");
    image.signed_pixels = cdma_.flag("D_DATAIN_FORMAT", "PIXEL_SIGN_OVERRIDE");
    image.pad_right = cdma_.field("D_ZERO_PADDING", "RIGHT");
    image.x_offset = cdma_.field("D_PIXEL_OFFSET", "X");
    image.base_1 = cdma_.address("D_DAIN_ADDR", "_1");
    image.line_stride_1 = cdma_.field("D_LINE_UV_STRIDE");
    if (cdma_.flag("D_MEAN_FORMAT", "MEAN_FORMAT")) {
      image.means = {
          cdma_.signed_field("D_MEAN_GLOBAL_0", "RY"), cdma_.signed_field("D_MEAN_GLOBAL_0", "GU"),
          cdma_.signed_field("D_MEAN_GLOBAL_1", "BV"), cdma_.signed_field("D_MEAN_GLOBAL_1", "AX")};
    }
    const std::uint32_t merged = csc_.field("D_POST_Y_EXTENSION", "Y_EXTENSION");
    context_.require(merged < 3, "CSC.D_POST_Y_EXTENSION is 3; it must be 0, 1 or 2");
    image.rows_merged = 1U << merged;
    c_.pad_left = cdma_.field("D_ZERO_PADDING", "LEFT");
    c_.image = image;
    context_.check_elements(c_.in, c_.precision, "input of the convolution");
    check_pixels(image);
    read_image_kernel(image);
  }

  void check_pixels(const Image& image) {
    context_.require(!cdma_.flag("D_DATAIN_FORMAT", "PIXEL_MAPPING"),
                     "CDMA.D_DATAIN_FORMAT.PIXEL_MAPPING must be 0, pitch linear");
    const auto format = nvdla::pixel_layout(image.pixel_format);
    context_.require(format.has_value(),
                     fmt::format("PIXEL_FORMAT {} is not modelled: floats and codes that do not "
                                 "exist",
                                 image.pixel_format));
    context_.equal(c_.in.channels, "CDMA.D_DATAIN_SIZE_1.CHANNEL + 1", format->channels,
                   fmt::format("the channels of PIXEL_FORMAT {}", image.pixel_format));
    context_.require(
        format->element_bits <= 8 * bytes_of(c_.precision) || c_.in_converter.has_value(),
        "pixels of 16 bits need CVT_EN where int8 is computed");
    const std::uint64_t columns = std::uint64_t{image.x_offset} + c_.in.width;
    const auto plane = [&](std::uint64_t base, std::uint32_t stride, std::uint32_t bytes) {
      context_.check_region(base, std::uint64_t{c_.in.height - 1} * stride + columns * bytes,
                            "input of the convolution");
    };
    plane(c_.source.base, c_.source.line_stride, format->pixel_bytes);
    if (format->planes == 2) plane(image.base_1, image.line_stride_1, 2 * format->pixel_bytes);
  }

  /// Columns and channels of a kernel stand in one row: WIDTH 1, CHANNEL S times C.
  void read_image_kernel(const Image& image) {
    const std::uint32_t extended = csc_.size("D_WEIGHT_SIZE_EXT_1", "CHANNEL");
    context_.require(c_.kernel_width == 1,
                     "CSC.D_WEIGHT_SIZE_EXT_0.WIDTH must be 0 for an image: columns count as "
                     "channels");
    context_.require(extended % c_.in.channels == 0,
                     fmt::format("CSC.D_WEIGHT_SIZE_EXT_1.CHANNEL + 1 is {}; must be a multiple of "
                                 "the image's {} channels",
                                 extended, c_.in.channels));
    c_.kernel_width = extended / c_.in.channels;
    c_.dilation_x = 1;
    const std::uint32_t room = context_.configuration.block_channels / image.rows_merged;
    context_.require(
        image.rows_merged == 1 || extended <= room,
        fmt::format("D_POST_Y_EXTENSION merges {} rows of {} values; they must fit "
                    "{}",
                    image.rows_merged, extended, context_.configuration.block_channels));
  }

  void read_weights() {
    const std::uint64_t kernel_bytes =
        base::product({c_.kernel_width, c_.kernel_height, c_.in.channels, bytes_of(c_.precision)});
    c_.weight_base = cdma_.address("D_WEIGHT_ADDR");
    c_.weight_bytes = cdma_.field("D_WEIGHT_BYTES");
    context_.equal(std::uint64_t{cdma_.size("D_WEIGHT_SIZE_0", "BYTE_PER_KERNEL")},
                   "CDMA.D_WEIGHT_SIZE_0.BYTE_PER_KERNEL + 1", kernel_bytes,
                   "the bytes of a kernel");
    const std::uint64_t all = kernel_bytes * c_.kernels;
    context_.require(
        c_.weight_bytes >= all,
        fmt::format("CDMA.D_WEIGHT_BYTES is {}; the kernels have {} bytes", c_.weight_bytes, all));
    context_.require(
        all <= kMaxWeightBytes,
        fmt::format("weights of {} bytes; at most {} are allowed", all, kMaxWeightBytes));
    context_.check_region(c_.weight_base, all, "weights");
  }

  void read_buffer() {
    c_.entries_per_line = cdma_.size("D_ENTRY_PER_SLICE", "ENTRIES");
    c_.data_banks = cdma_.size("D_BANK", "DATA_BANK");
    c_.weight_banks = cdma_.size("D_BANK", "WEIGHT_BANK");
    c_.reuse_data = cdma_.flag("D_MISC_CFG", "DATA_REUSE");
    c_.reuse_weights = cdma_.flag("D_MISC_CFG", "WEIGHT_REUSE");
    c_.keep_data = cdma_.flag("D_MISC_CFG", "SKIP_DATA_RLS");
    c_.keep_weights = cdma_.flag("D_MISC_CFG", "SKIP_WEIGHT_RLS");
  }

  static constexpr std::uint64_t kMaxWeightBytes = std::uint64_t{1} << 28;

  Group cdma_;
  Group csc_;
  Group cacc_;
  std::array<Group, 2> cmacs_;
  const DecodeContext& context_;
  Convolution c_;
};

}  // namespace

Convolution decode_convolution(const RegisterFile& registers, const DecodeContext& context) {
  return Decoder(registers, context).decode();
}

}  // namespace sim::workload::nvdla_program
