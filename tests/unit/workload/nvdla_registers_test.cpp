#include "sim/workload/nvdla_registers.h"

#include <gtest/gtest.h>

namespace sim::workload::nvdla {
namespace {

template <class Act>
void for_each_register(const Act& act) {
  for (std::size_t u = 0; u < kUnits; ++u) {
    const auto unit = static_cast<Unit>(u);
    for (const Register& reg : registers_of(unit)) act(unit, reg);
  }
}

TEST(NvdlaRegistersTest, NamesAndPlacesAreOneAnothersInverse) {
  for_each_register([](Unit unit, const Register& reg) {
    EXPECT_EQ(unit_named(name_of(unit)), unit);
    const auto index = register_named(unit, reg.name);
    ASSERT_TRUE(index) << reg.name;
    EXPECT_EQ(&registers_of(unit)[*index], &reg) << "two registers are named " << reg.name;
  });
}

TEST(NvdlaRegistersTest, FieldsOfARegisterShareNoBit) {
  for_each_register([](Unit unit, const Register& reg) {
    std::uint32_t taken = 0;
    for (const Field& field : reg.fields) {
      EXPECT_LE(field.lsb + field.bits, 32U);
      EXPECT_EQ(taken & field.mask(), 0U) << name_of(unit) << "." << reg.name << field.name;
      taken |= field.mask();
      EXPECT_EQ(reg.field(field.name), &field);
      EXPECT_EQ(field.of(field.placed(~0U)), field.mask() >> field.lsb);
    }
  });
}

TEST(NvdlaRegistersTest, WhatAFieldHoldsIsPlacedWhereTheManualSays) {
  const auto& cdma = registers_of(Unit::kCdma);
  const Register& misc = cdma[*register_named(Unit::kCdma, "D_MISC_CFG")];
  EXPECT_EQ(misc.field("PROC_PRECISION")->placed(1), 0x1000U);
  EXPECT_EQ(misc.field("WEIGHT_REUSE")->of(0x0010'0000), 1U);
  const Register& window = cdma[*register_named(Unit::kCdma, "D_ZERO_PADDING")];
  EXPECT_EQ(window.field("RIGHT")->mask(), 0x3f00U);
}

}  // namespace
}  // namespace sim::workload::nvdla
