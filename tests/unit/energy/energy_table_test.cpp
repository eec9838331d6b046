#include "sim/energy/energy_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>

namespace sim::energy {
namespace {

using testing::HasSubstr;

/// A folder of files that lives as long as the test.
class EnergyTableTest : public testing::Test {
 protected:
  EnergyTableTest() { std::filesystem::create_directories(folder_); }
  ~EnergyTableTest() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
    return (folder_ / name).string();
  }

  static std::string refusal(const std::function<void()>& act) {
    try {
      act();
    } catch (const base::ConfigError& e) {
      return e.what();
    }
    return "no error";
  }

  std::string load_refusal(const std::string& text) const {
    const auto path = write("table.yaml", text);
    return refusal([&] { EnergyTable::load({path}, false); });
  }

  EnergyTable small_table() const {
    write("sram.csv", kCsv);
    return EnergyTable::load({write("table.yaml", std::string(kAdd8) + kAdd32 + kSram)}, false);
  }

  static constexpr const char* kAdd8 =
      "rows:\n"
      "  - {event: add, width_bits: 8, value_pj: 0.5, unit: pJ/op, node_nm: 45, source: a}\n";
  static constexpr const char* kAdd32 =
      "  - {event: add, width_bits: 32, value_pj: 2, unit: pJ/op, node_nm: 45, source: a}\n";
  static constexpr const char* kSram = "sram: {file: sram.csv, node_nm: 45, source: b}\n";
  static constexpr const char* kCsv =
      "node_nm,capacity_kib,width_bits,read_pj,write_pj,leakage_mw\n"
      "45,1,16,1,2,0.1\n45,1,64,3,4,0.2\n45,4,16,5,6,0.4\n28,4,16,50,60,4\n";

 private:
  std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("lockstep_energy_" + std::to_string(::getpid()));
};

TEST_F(EnergyTableTest, EventTakesTheRowOfItsWidthOrTheNextWider) {
  const EnergyTable table = small_table();
  EXPECT_EQ(table.row("add", 8, "u").value_pj, 0.5);
  EXPECT_EQ(table.row("add", 9, "u").value_pj, 2);
  EXPECT_EQ(table.row("add", 0, "u").value_pj, 0.5);
}

TEST_F(EnergyTableTest, EventWithoutARowIsNamedWithItsUnit) {
  const EnergyTable table = small_table();
  EXPECT_EQ(refusal([&] { table.row("add", 33, "mac_array"); }),
            "the energy table has no row 'add' of 33 bits or more, which unit 'mac_array' needs");
  EXPECT_THAT(refusal([&] { table.row("divide", 8, "norm"); }), HasSubstr("'divide'"));
}

TEST_F(EnergyTableTest, MemoryTakesTheNextLargerCapacityThenTheNextLargerWidth) {
  const EnergyTable table = small_table();
  EXPECT_EQ(table.sram({.bank_bytes = 1024, .width_bits = 16}, "u").read_pj, 1);
  EXPECT_EQ(table.sram({.bank_bytes = 1024, .width_bits = 17}, "u").read_pj, 3);
  EXPECT_EQ(table.sram({.bank_bytes = 1025, .width_bits = 16}, "u").write_pj, 6);
  EXPECT_EQ(table.sram({.bank_bytes = 1, .width_bits = 1}, "u").read_pj, 1);
}

TEST_F(EnergyTableTest, WiderAccessIsSeveralAccessesAndLargerBankSeveralBanks) {
  const EnergyTable table = small_table();
  const SramPrice price =
      table.sram({.bank_bytes = 8 * 1024 + 1, .width_bits = 33, .banks = 10}, "u");
  EXPECT_DOUBLE_EQ(price.read_pj, 3 * 5);
  EXPECT_DOUBLE_EQ(price.write_pj, 3 * 6);
  EXPECT_DOUBLE_EQ(price.leakage_mw, 3 * 10 * 0.4);
}

TEST_F(EnergyTableTest, RowGivenTwiceIsRefusedAlsoAcrossFiles) {
  const auto first = write("first.yaml", kAdd8);
  const auto second = write("second.yaml", kAdd8);
  EXPECT_EQ(refusal([&] {
              EnergyTable::load({first, second}, false);
            }),
            second + ":2: rows[0].event: the row 'add' of 8 bits is given twice");
}

TEST_F(EnergyTableTest, MixedNodesAreRefusedUnlessAllowed) {
  const auto path = write(
      "table.yaml",
      std::string(kAdd8) +
          "  - {event: multiply, width_bits: 8, value_pj: 1, unit: x, node_nm: 28, source: a}\n");
  EXPECT_THAT(refusal([&] { EnergyTable::load({path}, false); }),
              HasSubstr("the row 'multiply' of 8 bits is of 28 nm, others are of 45 nm"));
  EXPECT_EQ(EnergyTable::load({path}, true).node_nm(), 0u);
}

TEST_F(EnergyTableTest, OffChipRowBelongsToNoNode) {
  const auto path = write("table.yaml", std::string(kAdd8) +
                                            "  - {event: dram, width_bits: 8, value_pj: 1, unit: "
                                            "x, off_chip: true, source: a}\n");
  EXPECT_EQ(EnergyTable::load({path}, false).node_nm(), 45u);
}

TEST_F(EnergyTableTest, RowWithoutSourceOrWithAnUnknownKeyIsRefused) {
  EXPECT_THAT(load_refusal("rows:\n  - {event: add, width_bits: 8, value_pj: 1, unit: x, "
                           "node_nm: 45}\n"),
              HasSubstr("table.yaml:2: rows[0].source: is required"));
  EXPECT_THAT(
      load_refusal("rows:\n  - {event: add, width_bits: 8, value_pj: 1, unit: x, "
                   "node_nm: 28, scald_from_nm: 45, source: a}\n"),
      HasSubstr("rows[0].scald_from_nm: unknown key; did you mean 'rows[0].scaled_from_nm'?"));
  EXPECT_THAT(load_refusal("rows: {event: add}\n"), HasSubstr("a list of blocks of keys"));
}

TEST_F(EnergyTableTest, MalformedCsvIsNamedWithItsLine) {
  const auto refuse_csv = [&](const std::string& csv) {
    write("sram.csv", csv);
    return load_refusal(std::string(kAdd8) + kSram);
  };
  EXPECT_THAT(refuse_csv("node_nm,capacity_kib\n"),
              HasSubstr("sram.csv:1: no column 'width_bits'"));
  EXPECT_THAT(refuse_csv(std::string(kCsv) + "45,8,x,1,1,1\n"),
              HasSubstr("sram.csv:6: width_bits 'x' is not a number above 0"));
  EXPECT_THAT(refuse_csv(std::string(kCsv) + "45,8\n"),
              HasSubstr("sram.csv:6: width_bits '' is not a number above 0"));
  EXPECT_THAT(refuse_csv(std::string(kCsv) + "45,4,16,1,1,1\n"), HasSubstr("is given twice"));
  EXPECT_THAT(refuse_csv("node_nm,capacity_kib,width_bits,read_pj,write_pj,leakage_mw\n"),
              HasSubstr("sram.node_nm: "));
}

}  // namespace
}  // namespace sim::energy
