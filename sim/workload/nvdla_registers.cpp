#include "sim/workload/nvdla_registers.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "sim/base/check.h"

namespace sim::workload::nvdla {
namespace {

struct Row {
  std::string_view name;
  std::string_view fields;  // "NAME msb:lsb" or "NAME bit", with commas between
};

constexpr std::string_view kWord = "VALUE 31:0";
constexpr std::string_view kHalf = "VALUE 15:0";
constexpr std::string_view kSize = "VALUE 12:0";
constexpr std::string_view kPlane = "WIDTH 12:0, HEIGHT 28:16";
constexpr std::string_view kPrecision = "PRECISION 1:0";
constexpr std::string_view kNone = "";

constexpr Row kGlb[] = {{"S_NVDLA_HW_VERSION", kNone},
                        {"S_INTR_MASK", kWord},
                        {"S_INTR_SET", kNone},
                        {"S_INTR_STATUS", kNone}};

constexpr Row kHead[] = {
    {"S_STATUS", kNone}, {"S_POINTER", "PRODUCER 0, CONSUMER 16"}, {"D_OP_ENABLE", "OP_EN 0"}};

constexpr std::string_view kConvMisc =
    "CONV_MODE 0, IN_PRECISION 9:8, PROC_PRECISION 13:12, DATA_REUSE 16, WEIGHT_REUSE 20, "
    "SKIP_DATA_RLS 24, SKIP_WEIGHT_RLS 28";
constexpr std::string_view kBank = "DATA_BANK 4:0, WEIGHT_BANK 20:16";

constexpr Row kCdma[] = {
    {"S_ARBITER", kNone},
    {"S_CBUF_FLUSH_STATUS", kNone},
    {"D_MISC_CFG", kConvMisc},
    {"D_DATAIN_FORMAT",
     "DATAIN_FORMAT 0, PIXEL_FORMAT 13:8, PIXEL_MAPPING 16, PIXEL_SIGN_OVERRIDE 20"},
    {"D_DATAIN_SIZE_0", kPlane},
    {"D_DATAIN_SIZE_1", "CHANNEL 12:0"},
    {"D_DATAIN_SIZE_EXT_0", kPlane},
    {"D_PIXEL_OFFSET", "X 4:0, Y 18:16"},
    {"D_DAIN_RAM_TYPE", kNone},
    {"D_DAIN_ADDR_HIGH_0", kWord},
    {"D_DAIN_ADDR_LOW_0", kWord},
    {"D_DAIN_ADDR_HIGH_1", kWord},
    {"D_DAIN_ADDR_LOW_1", kWord},
    {"D_LINE_STRIDE", kWord},
    {"D_LINE_UV_STRIDE", kWord},
    {"D_SURF_STRIDE", kWord},
    {"D_DAIN_MAP", kNone},
    {"D_RESERVED_X_CFG", kNone},
    {"D_RESERVED_Y_CFG", kNone},
    {"D_BATCH_NUMBER", "BATCHES 4:0"},
    {"D_BATCH_STRIDE", kNone},
    {"D_ENTRY_PER_SLICE", "ENTRIES 13:0"},
    {"D_FETCH_GRAIN", kNone},
    {"D_WEIGHT_FORMAT", "WEIGHT_FORMAT 0"},
    {"D_WEIGHT_SIZE_0", "BYTE_PER_KERNEL 17:0"},
    {"D_WEIGHT_SIZE_1", "KERNEL 12:0"},
    {"D_WEIGHT_RAM_TYPE", kNone},
    {"D_WEIGHT_ADDR_HIGH", kWord},
    {"D_WEIGHT_ADDR_LOW", kWord},
    {"D_WEIGHT_BYTES", kWord},
    {"D_WGS_ADDR_HIGH", kNone},
    {"D_WGS_ADDR_LOW", kNone},
    {"D_WMB_ADDR_HIGH", kNone},
    {"D_WMB_ADDR_LOW", kNone},
    {"D_WMB_BYTES", kNone},
    {"D_MEAN_FORMAT", "MEAN_FORMAT 0"},
    {"D_MEAN_GLOBAL_0", "RY 15:0, GU 31:16"},
    {"D_MEAN_GLOBAL_1", "BV 15:0, AX 31:16"},
    {"D_CVT_CFG", "CVT_EN 0, CVT_TRUNCATE 9:4"},
    {"D_CVT_OFFSET", kHalf},
    {"D_CVT_SCALE", kHalf},
    {"D_CONV_STRIDE", "X 2:0, Y 18:16"},
    {"D_ZERO_PADDING", "LEFT 4:0, RIGHT 13:8, TOP 20:16, BOTTOM 29:24"},
    {"D_ZERO_PADDING_VALUE", kHalf},
    {"D_BANK", kBank}};

constexpr Row kCsc[] = {{"D_MISC_CFG", kConvMisc},
                        {"D_DATAIN_FORMAT", "DATAIN_FORMAT 0"},
                        {"D_DATAIN_SIZE_EXT_0", kPlane},
                        {"D_DATAIN_SIZE_EXT_1", "CHANNEL 12:0"},
                        {"D_BATCH_NUMBER", "BATCHES 4:0"},
                        {"D_POST_Y_EXTENSION", "Y_EXTENSION 1:0"},
                        {"D_ENTRY_PER_SLICE", "ENTRIES 13:0"},
                        {"D_WEIGHT_FORMAT", "WEIGHT_FORMAT 0"},
                        {"D_WEIGHT_SIZE_EXT_0", "WIDTH 4:0, HEIGHT 20:16"},
                        {"D_WEIGHT_SIZE_EXT_1", "CHANNEL 12:0, KERNEL 28:16"},
                        {"D_WEIGHT_BYTES", kWord},
                        {"D_WMB_BYTES", kNone},
                        {"D_DATAOUT_SIZE_0", kPlane},
                        {"D_DATAOUT_SIZE_1", "CHANNEL 12:0"},
                        {"D_ATOMICS", "ATOMICS 20:0"},
                        {"D_RELEASE", "SLICES 11:0"},
                        {"D_CONV_STRIDE_EXT", "X 2:0, Y 18:16"},
                        {"D_DILATION_EXT", "X 4:0, Y 20:16"},
                        {"D_ZERO_PADDING", "LEFT 4:0, TOP 20:16"},
                        {"D_ZERO_PADDING_VALUE", kHalf},
                        {"D_BANK", kBank},
                        {"D_PRA_CFG", kNone}};

constexpr Row kCmac[] = {{"D_MISC_CFG", "CONV_MODE 0, PROC_PRECISION 13:12"}};

constexpr Row kCacc[] = {{"D_MISC_CFG", "CONV_MODE 0, PROC_PRECISION 13:12"},
                         {"D_DATAOUT_SIZE_0", kPlane},
                         {"D_DATAOUT_SIZE_1", "CHANNEL 12:0"},
                         {"D_DATAOUT_ADDR", kNone},
                         {"D_BATCH_NUMBER", kNone},
                         {"D_LINE_STRIDE", kNone},
                         {"D_SURF_STRIDE", kNone},
                         {"D_DATAOUT_MAP", kNone},
                         {"D_CLIP_CFG", "CLIP_TRUNCATE 4:0"},
                         {"D_OUT_SATURATION", kNone}};

constexpr std::string_view kStreamCfg =
    "DISABLE 0, DATA_USE 2:1, DATA_SIZE 3, DATA_MODE 4, RAM_TYPE 5";

constexpr Row kSdpRdma[] = {{"D_DATA_CUBE_WIDTH", kSize},
                            {"D_DATA_CUBE_HEIGHT", kSize},
                            {"D_DATA_CUBE_CHANNEL", kSize},
                            {"D_SRC_BASE_ADDR_LOW", kWord},
                            {"D_SRC_BASE_ADDR_HIGH", kWord},
                            {"D_SRC_LINE_STRIDE", kWord},
                            {"D_SRC_SURFACE_STRIDE", kWord},
                            {"D_BRDMA_CFG", kStreamCfg},
                            {"D_BS_BASE_ADDR_LOW", kWord},
                            {"D_BS_BASE_ADDR_HIGH", kWord},
                            {"D_BS_LINE_STRIDE", kWord},
                            {"D_BS_SURFACE_STRIDE", kWord},
                            {"D_BS_BATCH_STRIDE", kNone},
                            {"D_NRDMA_CFG", kStreamCfg},
                            {"D_BN_BASE_ADDR_LOW", kWord},
                            {"D_BN_BASE_ADDR_HIGH", kWord},
                            {"D_BN_LINE_STRIDE", kWord},
                            {"D_BN_SURFACE_STRIDE", kWord},
                            {"D_BN_BATCH_STRIDE", kNone},
                            {"D_ERDMA_CFG", kStreamCfg},
                            {"D_EW_BASE_ADDR_LOW", kWord},
                            {"D_EW_BASE_ADDR_HIGH", kWord},
                            {"D_EW_LINE_STRIDE", kWord},
                            {"D_EW_SURFACE_STRIDE", kWord},
                            {"D_EW_BATCH_STRIDE", kNone},
                            {"D_FEATURE_MODE_CFG",
                             "FLYING_MODE 0, WINOGRAD 1, IN_PRECISION 3:2, PROC_PRECISION 5:4, "
                             "OUT_PRECISION 7:6, BATCH_NUMBER 12:8"},
                            {"D_SRC_DMA_CFG", kNone}};

constexpr std::string_view kLutAccess = "ADDR 9:0, TABLE_ID 16, ACCESS_TYPE 17";
constexpr std::string_view kLutCfg =
    "LE_FUNCTION 0, UFLOW_PRIORITY 4, OFLOW_PRIORITY 5, HYBRID_PRIORITY 6";
constexpr std::string_view kLutInfo =
    "LE_INDEX_OFFSET 7:0, LE_INDEX_SELECT 15:8, LO_INDEX_SELECT 23:16";
constexpr std::string_view kSlopeScale = "UFLOW 15:0, OFLOW 31:16";
constexpr std::string_view kSlopeShift = "UFLOW 4:0, OFLOW 9:5";
constexpr std::string_view kStageCfg =
    "BYPASS 0, ALU_BYPASS 1, ALU_ALGO 3:2, MUL_BYPASS 4, MUL_PRELU 5, RELU_BYPASS 6";

constexpr Row kSdp[] = {
    {"S_LUT_ACCESS_CFG", kLutAccess},
    {"S_LUT_ACCESS_DATA", kHalf},
    {"S_LUT_CFG", kLutCfg},
    {"S_LUT_INFO", kLutInfo},
    {"S_LUT_LE_START", kWord},
    {"S_LUT_LE_END", kWord},
    {"S_LUT_LO_START", kWord},
    {"S_LUT_LO_END", kWord},
    {"S_LUT_LE_SLOPE_SCALE", kSlopeScale},
    {"S_LUT_LE_SLOPE_SHIFT", kSlopeShift},
    {"S_LUT_LO_SLOPE_SCALE", kSlopeScale},
    {"S_LUT_LO_SLOPE_SHIFT", kSlopeShift},
    {"D_DATA_CUBE_WIDTH", kSize},
    {"D_DATA_CUBE_HEIGHT", kSize},
    {"D_DATA_CUBE_CHANNEL", kSize},
    {"D_DST_BASE_ADDR_LOW", kWord},
    {"D_DST_BASE_ADDR_HIGH", kWord},
    {"D_DST_LINE_STRIDE", kWord},
    {"D_DST_SURFACE_STRIDE", kWord},
    {"D_DP_BS_CFG", kStageCfg},
    {"D_DP_BS_ALU_CFG", "ALU_SRC 0, ALU_SHIFT_VALUE 13:8"},
    {"D_DP_BS_ALU_SRC_VALUE", kHalf},
    {"D_DP_BS_MUL_CFG", "MUL_SRC 0, MUL_SHIFT_VALUE 13:8"},
    {"D_DP_BS_MUL_SRC_VALUE", kHalf},
    {"D_DP_BN_CFG", kStageCfg},
    {"D_DP_BN_ALU_CFG", "ALU_SRC 0, ALU_SHIFT_VALUE 13:8"},
    {"D_DP_BN_ALU_SRC_VALUE", kHalf},
    {"D_DP_BN_MUL_CFG", "MUL_SRC 0, MUL_SHIFT_VALUE 13:8"},
    {"D_DP_BN_MUL_SRC_VALUE", kHalf},
    {"D_DP_EW_CFG",
     "BYPASS 0, ALU_BYPASS 1, ALU_ALGO 3:2, MUL_BYPASS 4, MUL_PRELU 5, LUT_BYPASS 6"},
    {"D_DP_EW_ALU_CFG", "SRC 0, CVT_BYPASS 1"},
    {"D_DP_EW_ALU_SRC_VALUE", kWord},
    {"D_DP_EW_ALU_CVT_OFFSET_VALUE", kWord},
    {"D_DP_EW_ALU_CVT_SCALE_VALUE", kHalf},
    {"D_DP_EW_ALU_CVT_TRUNCATE_VALUE", "VALUE 5:0"},
    {"D_DP_EW_MUL_CFG", "SRC 0, CVT_BYPASS 1"},
    {"D_DP_EW_MUL_SRC_VALUE", kWord},
    {"D_DP_EW_MUL_CVT_OFFSET_VALUE", kWord},
    {"D_DP_EW_MUL_CVT_SCALE_VALUE", kHalf},
    {"D_DP_EW_MUL_CVT_TRUNCATE_VALUE", "VALUE 5:0"},
    {"D_DP_EW_TRUNCATE_VALUE", "VALUE 9:0"},
    {"D_FEATURE_MODE_CFG",
     "FLYING_MODE 0, OUTPUT_DST 1, WINOGRAD 2, NAN_TO_ZERO 3, BATCH_NUMBER 12:8"},
    {"D_DST_DMA_CFG", kNone},
    {"D_DST_BATCH_STRIDE", kNone},
    {"D_DATA_FORMAT", "PROC_PRECISION 1:0, OUT_PRECISION 3:2"},
    {"D_CVT_OFFSET", kWord},
    {"D_CVT_SCALE", kHalf},
    {"D_CVT_SHIFT", "VALUE 5:0"}};

constexpr Row kPdpRdma[] = {{"D_DATA_CUBE_IN_WIDTH", kSize},
                            {"D_DATA_CUBE_IN_HEIGHT", kSize},
                            {"D_DATA_CUBE_IN_CHANNEL", kSize},
                            {"D_FLYING_MODE", "FLYING_MODE 0"},
                            {"D_SRC_BASE_ADDR_LOW", kWord},
                            {"D_SRC_BASE_ADDR_HIGH", kWord},
                            {"D_SRC_LINE_STRIDE", kWord},
                            {"D_SRC_SURFACE_STRIDE", kWord},
                            {"D_SRC_RAM_CFG", kNone},
                            {"D_DATA_FORMAT", kPrecision},
                            {"D_OPERATION_MODE_CFG", "SPLIT_NUM 7:0"},
                            {"D_POOLING_KERNEL_CFG", "WIDTH 3:0, STRIDE 7:4"},
                            {"D_POOLING_PADDING_CFG", "LEFT 3:0"},
                            {"D_PARTIAL_WIDTH_IN", "FIRST 9:0, LAST 19:10, MID 29:20"}};

constexpr std::string_view kPadValue = "VALUE 18:0";

constexpr Row kPdp[] = {
    {"D_DATA_CUBE_IN_WIDTH", kSize},
    {"D_DATA_CUBE_IN_HEIGHT", kSize},
    {"D_DATA_CUBE_IN_CHANNEL", kSize},
    {"D_DATA_CUBE_OUT_WIDTH", kSize},
    {"D_DATA_CUBE_OUT_HEIGHT", kSize},
    {"D_DATA_CUBE_OUT_CHANNEL", kSize},
    {"D_OPERATION_MODE_CFG", "POOLING_METHOD 1:0, FLYING_MODE 4, SPLIT_NUM 15:8"},
    {"D_PARTIAL_WIDTH_IN", "FIRST 9:0, LAST 19:10, MID 29:20"},
    {"D_PARTIAL_WIDTH_OUT", "FIRST 9:0, LAST 19:10, MID 29:20"},
    {"D_POOLING_KERNEL_CFG", "WIDTH 3:0, HEIGHT 11:8, STRIDE_WIDTH 19:16, STRIDE_HEIGHT 23:20"},
    {"D_RECIP_KERNEL_WIDTH", "VALUE 16:0"},
    {"D_RECIP_KERNEL_HEIGHT", "VALUE 16:0"},
    {"D_POOLING_PADDING_CFG", "LEFT 2:0, TOP 6:4, RIGHT 10:8, BOTTOM 14:12"},
    {"D_POOLING_PADDING_VALUE_1_CFG", kPadValue},
    {"D_POOLING_PADDING_VALUE_2_CFG", kPadValue},
    {"D_POOLING_PADDING_VALUE_3_CFG", kPadValue},
    {"D_POOLING_PADDING_VALUE_4_CFG", kPadValue},
    {"D_POOLING_PADDING_VALUE_5_CFG", kPadValue},
    {"D_POOLING_PADDING_VALUE_6_CFG", kPadValue},
    {"D_POOLING_PADDING_VALUE_7_CFG", kPadValue},
    {"D_SRC_BASE_ADDR_LOW", kNone},
    {"D_SRC_BASE_ADDR_HIGH", kNone},
    {"D_SRC_LINE_STRIDE", kNone},
    {"D_SRC_SURFACE_STRIDE", kNone},
    {"D_DST_BASE_ADDR_LOW", kWord},
    {"D_DST_BASE_ADDR_HIGH", kWord},
    {"D_DST_LINE_STRIDE", kWord},
    {"D_DST_SURFACE_STRIDE", kWord},
    {"D_DST_RAM_CFG", kNone},
    {"D_DATA_FORMAT", kPrecision}};

constexpr Row kCdpRdma[] = {{"D_DATA_CUBE_WIDTH", kSize},    {"D_DATA_CUBE_HEIGHT", kSize},
                            {"D_DATA_CUBE_CHANNEL", kSize},  {"D_SRC_BASE_ADDR_LOW", kWord},
                            {"D_SRC_BASE_ADDR_HIGH", kWord}, {"D_SRC_LINE_STRIDE", kWord},
                            {"D_SRC_SURFACE_STRIDE", kWord}, {"D_SRC_DMA_CFG", kNone},
                            {"D_SRC_COMPRESSION_EN", kNone}, {"D_OPERATION_MODE", kNone},
                            {"D_DATA_FORMAT", kPrecision}};

constexpr std::string_view kHigh = "VALUE 5:0";

constexpr Row kCdp[] = {{"S_LUT_ACCESS_CFG", kLutAccess},
                        {"S_LUT_ACCESS_DATA", kHalf},
                        {"S_LUT_CFG", kLutCfg},
                        {"S_LUT_INFO", kLutInfo},
                        {"S_LUT_LE_START_LOW", kWord},
                        {"S_LUT_LE_START_HIGH", kHigh},
                        {"S_LUT_LE_END_LOW", kWord},
                        {"S_LUT_LE_END_HIGH", kHigh},
                        {"S_LUT_LO_START_LOW", kWord},
                        {"S_LUT_LO_START_HIGH", kHigh},
                        {"S_LUT_LO_END_LOW", kWord},
                        {"S_LUT_LO_END_HIGH", kHigh},
                        {"S_LUT_LE_SLOPE_SCALE", kSlopeScale},
                        {"S_LUT_LE_SLOPE_SHIFT", kSlopeShift},
                        {"S_LUT_LO_SLOPE_SCALE", kSlopeScale},
                        {"S_LUT_LO_SLOPE_SHIFT", kSlopeShift},
                        {"D_FUNC_BYPASS", "SQSUM_BYPASS 0, MUL_BYPASS 1"},
                        {"D_DST_BASE_ADDR_LOW", kWord},
                        {"D_DST_BASE_ADDR_HIGH", kWord},
                        {"D_DST_LINE_STRIDE", kWord},
                        {"D_DST_SURFACE_STRIDE", kWord},
                        {"D_DST_DMA_CFG", kNone},
                        {"D_DST_COMPRESSION_EN", kNone},
                        {"D_DATA_FORMAT", kPrecision},
                        {"D_LRN_CFG", "NORMALZ_LEN 1:0"},
                        {"D_DATIN_OFFSET", kHalf},
                        {"D_DATIN_SCALE", kHalf},
                        {"D_DATIN_SHIFTER", "VALUE 4:0"},
                        {"D_DATOUT_OFFSET", kWord},
                        {"D_DATOUT_SCALE", kHalf},
                        {"D_DATOUT_SHIFTER", "VALUE 5:0"},
                        {"D_OUT_SATURATION", kNone}};

struct UnitRow {
  std::string_view name;
  const Row* rows;
  std::size_t count;
  bool has_groups;
};

template <std::size_t N>
constexpr UnitRow unit_row(std::string_view name, const Row (&rows)[N], bool has_groups = true) {
  return {name, rows, N, has_groups};
}

// In the order of Unit.
constexpr std::array<UnitRow, kUnits> kUnitRows = {
    unit_row("GLB", kGlb, false),   unit_row("CDMA", kCdma),        unit_row("CSC", kCsc),
    unit_row("CMAC_A", kCmac),      unit_row("CMAC_B", kCmac),      unit_row("CACC", kCacc),
    unit_row("SDP_RDMA", kSdpRdma), unit_row("SDP", kSdp),          unit_row("PDP_RDMA", kPdpRdma),
    unit_row("PDP", kPdp),          unit_row("CDP_RDMA", kCdpRdma), unit_row("CDP", kCdp)};

constexpr std::array<std::string_view, 8> kOtherUnits = {"BDMA", "RBK",    "RUBIK",  "MCIF",
                                                         "CVIF", "SRAMIF", "CFGROM", "GEC"};

std::uint32_t number(std::string_view digits) {
  std::uint32_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

/// "NAME msb:lsb" or "NAME bit".
Field field_of(std::string_view text) {
  const std::size_t space = text.find(' ');
  const std::string_view range = text.substr(space + 1);
  const std::size_t colon = range.find(':');
  const std::uint32_t msb = number(range.substr(0, colon));
  const std::uint32_t lsb = colon == std::string_view::npos ? msb : number(range.substr(colon + 1));
  return {text.substr(0, space), lsb, msb - lsb + 1};
}

Register register_of(const Row& row) {
  Register made{row.name, {}};
  std::string_view rest = row.fields;
  while (!rest.empty()) {
    const std::size_t comma = rest.find(", ");
    made.fields.push_back(field_of(rest.substr(0, comma)));
    rest = comma == std::string_view::npos ? "" : rest.substr(comma + 2);
  }
  return made;
}

std::vector<Register> registers_from(const UnitRow& unit) {
  std::vector<Register> all;
  if (unit.has_groups) {
    for (const Row& row : kHead) all.push_back(register_of(row));
  }
  for (std::size_t i = 0; i < unit.count; ++i) all.push_back(register_of(unit.rows[i]));
  return all;
}

std::array<std::vector<Register>, kUnits> all_registers() {
  std::array<std::vector<Register>, kUnits> all;
  for (std::size_t u = 0; u < kUnits; ++u) all[u] = registers_from(kUnitRows[u]);
  return all;
}

}  // namespace

std::string_view name_of(Unit unit) { return kUnitRows[static_cast<std::size_t>(unit)].name; }

std::optional<Unit> unit_named(std::string_view name) {
  const auto at = std::ranges::find(kUnitRows, name, &UnitRow::name);
  if (at == kUnitRows.end()) return std::nullopt;
  return static_cast<Unit>(at - kUnitRows.begin());
}

bool is_other_unit(std::string_view name) { return std::ranges::count(kOtherUnits, name) > 0; }

const Field* Register::field(std::string_view wanted) const {
  const auto at = std::ranges::find(fields, wanted, &Field::name);
  return at == fields.end() ? nullptr : &*at;
}

const std::vector<Register>& registers_of(Unit unit) {
  static const std::array<std::vector<Register>, kUnits> kAll = all_registers();
  return kAll[static_cast<std::size_t>(unit)];
}

std::optional<std::size_t> register_named(Unit unit, std::string_view name) {
  const auto& all = registers_of(unit);
  const auto at = std::ranges::find(all, name, &Register::name);
  if (at == all.end()) return std::nullopt;
  return static_cast<std::size_t>(at - all.begin());
}

bool is_idle_register(std::string_view name) {
  constexpr std::array<std::string_view, 5> kIdle = {"D_PERF_", "D_NAN_", "D_INF_", "D_STATUS",
                                                     "D_CYA"};
  return std::ranges::any_of(kIdle,
                             [&](std::string_view start) { return name.starts_with(start); });
}

}  // namespace sim::workload::nvdla
