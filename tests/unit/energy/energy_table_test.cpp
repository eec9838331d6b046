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

  std::string path_of(const std::string& name) const { return (folder_ / name).string(); }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
    return path_of(name);
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
    return refusal([&] { EnergyTable::load({path}, {}); });
  }

  EnergyTable small_table(std::optional<SramCells> cells = {}) const {
    write("sram.csv", kCsv);
    return EnergyTable::load({write("table.yaml", std::string(kAdd8) + kAdd32 + kSram)},
                             {.sram_cells = cells});
  }

  static constexpr const char* kAdd8 =
      "voltage_v: 0.9\nrows:\n"
      "  - {event: add, width_bits: 8, value_pj: 0.5, unit: pJ/op, node_nm: 45, source: a}\n";
  static constexpr const char* kAdd32 =
      "  - {event: add, width_bits: 32, value_pj: 2, unit: pJ/op, node_nm: 45, source: a}\n";
  static constexpr const char* kAreas =
      "areas:\n  - {component: add, width_bits: 8, area_um2: 36, node_nm: 45, source: a}\n";
  static constexpr const char* kSram =
      "sram:\n  {file: sram.csv, node_nm: 45, voltage_v: {lstp: 1.1, lstp_hp: 1, hp: 0.7}, "
      "source: b}\n";
  static constexpr const char* kCsv =
      "node_nm,cells,capacity_bytes,width_bits,read_pj,write_pj,leakage_mw,gate_leakage_mw,"
      "access_ns,area_mm2\n"
      "45,lstp,1024,16,1,2,0.1,0.02,4,7\n45,hp,1024,16,3,4,0.2,0.01,1,8\n"
      "45,lstp_hp,1024,16,5,6,0.3,0.01,2,9\n28,hp,4096,16,50,60,4,1,1,1\n";

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
            path_of("table.yaml") +
                ": no row of 'rows' has event: add of 33 bits or more, which unit 'mac_array' "
                "needs; add one, or name a file that has it in energy_tables");
  EXPECT_THAT(refusal([&] { table.row("divide", 0, "norm"); }),
              HasSubstr("event: divide of 1 bits or more"));
}

TEST_F(EnergyTableTest, MemoryTakesTheLeastLeakingCellsThatAreFastEnough) {
  const EnergyTable table = small_table();
  const MemoryShape bank{.bank_bytes = 1024, .width_bits = 16};
  const MemoryShape patient{.bank_bytes = 1024, .width_bits = 16, .banks = 1, .access_cycles = 2};
  const PricedMemory slow = table.memory(bank, 4, "u");
  EXPECT_EQ(slow.cells, SramCells::kLstp);
  EXPECT_EQ(slow.price.read_pj, 1);
  EXPECT_DOUBLE_EQ(slow.price.leakage_mw, 0.12);
  EXPECT_EQ(slow.voltage_v, 1.1);
  EXPECT_EQ(table.memory(bank, 3.9, "u").cells, SramCells::kLstpHp);
  EXPECT_EQ(table.memory(bank, 1, "u").cells, SramCells::kHp);
  EXPECT_EQ(table.memory(patient, 2, "u").cells, SramCells::kLstp);
  EXPECT_EQ(small_table(SramCells::kHp).memory(bank, 4, "u").price.read_pj, 3);
}

TEST_F(EnergyTableTest, MemoryThatIsTooSlowIsNamedWithTheCellsThatWouldDo) {
  const MemoryShape bank{.bank_bytes = 1024, .width_bits = 16};
  EXPECT_EQ(refusal([&] { small_table(SramCells::kLstp).memory(bank, 2.5, "banks"); }),
            "clock_mhz: unit 'banks': a bank of 1024 bytes with words of 16 bits and lstp cells "
            "takes 4.000 "
            "ns, but an access has 1 cycle of 2.500 ns; with sram_cells: hp it takes 1.000 ns");
  const MemoryShape patient{.bank_bytes = 1024, .width_bits = 16, .banks = 1, .access_cycles = 2};
  EXPECT_EQ(refusal([&] { small_table().memory(patient, 0.4, "banks"); }),
            "clock_mhz: unit 'banks': a bank of 1024 bytes with words of 16 bits and hp cells "
            "takes 1.000 ns, "
            "but an access has 2 cycles of 0.400 ns; no cells are faster than hp with 1.000 ns: at "
            "most 2000 MHz fit");
}

TEST_F(EnergyTableTest, VariantsTakeNoCellsThatLeakLessWhereOthersAreFastEnough) {
  const MemoryShape bank{.bank_bytes = 1024, .width_bits = 16};
  const auto cells = [&](double period_ns) {
    std::vector<SramCells> chosen;
    for (const EnergyTable& t : small_table(SramCells::kHp).variants()) {
      chosen.push_back(t.memory(bank, period_ns, "u").cells);
    }
    return chosen;
  };
  using enum SramCells;
  EXPECT_THAT(cells(4), testing::ElementsAre(kLstp, kLstpHp, kHp));
  EXPECT_THAT(cells(3), testing::ElementsAre(kLstpHp, kLstpHp, kHp));
  EXPECT_THAT(cells(1), testing::ElementsAre(kHp, kHp, kHp));
}

TEST_F(EnergyTableTest, RowsAreOfTheFilesVoltageUnlessOffChip) {
  const auto path = write("table.yaml", std::string(kAdd8) +
                                            "  - {event: dram, width_bits: 8, value_pj: 1, unit: "
                                            "x, off_chip: true, source: a}\n");
  const EnergyTable table = EnergyTable::load({path}, {});
  EXPECT_EQ(table.row("add", 8, "u").voltage_v, 0.9);
  EXPECT_EQ(table.row("dram", 8, "u").voltage_v, 0);
}

TEST_F(EnergyTableTest, RowGivenTwiceIsRefusedAlsoAcrossFiles) {
  const auto first = write("first.yaml", kAdd8);
  const auto second = write("second.yaml", kAdd8);
  EXPECT_EQ(refusal([&] {
              EnergyTable::load({first, second}, {});
            }),
            second + ":3: rows[0].event: the row 'add' of 8 bits is given twice");
}

TEST_F(EnergyTableTest, MixedNodesAreRefusedUnlessAllowed) {
  const auto path = write(
      "table.yaml",
      std::string(kAdd8) +
          "  - {event: multiply, width_bits: 8, value_pj: 1, unit: x, node_nm: 28, source: a}\n");
  EXPECT_THAT(refusal([&] { EnergyTable::load({path}, {}); }),
              HasSubstr("the row 'multiply' of 8 bits is of 28 nm, others are of 45 nm"));
  EXPECT_EQ(EnergyTable::load({path}, {.allow_mixed_nodes = true}).node_nm(), 0u);
}

TEST_F(EnergyTableTest, AreasAndTheirOverheadAreReadAcrossFiles) {
  const auto first = write("first.yaml", std::string(kAdd8) + kAreas);
  const auto second = write("second.yaml", std::string("voltage_v: 0.9\nrows:\n") + kAdd32 +
                                               "logic_area_overhead: {factor: 1.5, source: c}\n");
  const EnergyTable table = EnergyTable::load({first, second}, {});
  EXPECT_EQ(table.areas().row("add", 7, "u").area_um2, 36);
  EXPECT_EQ(table.areas().overhead("u").factor, 1.5);
  EXPECT_EQ(
      refusal([&] { table.areas().row("add", 9, "norm"); }),
      first + ", " + second +
          ": no row of 'areas' has component: add of 9 bits or more, which unit 'norm' needs; "
          "add one, or name a file that has it in energy_tables");
  EXPECT_EQ(refusal([&] { EnergyTable::load({first}, {}).areas().overhead("norm"); }),
            first +
                ": no block 'logic_area_overhead', which unit 'norm' needs; add it, or name a "
                "file that has it in energy_tables");
}

TEST_F(EnergyTableTest, AreasAreReadAsStrictlyAsRows) {
  const std::string areas = std::string(kAdd8) + kAreas;
  EXPECT_THAT(load_refusal(areas + "  - {component: add, width_bits: 8, area_um2: 1, node_nm: 45, "
                                   "source: a}\n"),
              HasSubstr("table.yaml:6: areas[1].component: the area of 'add' of 8 bits is given "
                        "twice"));
  EXPECT_THAT(load_refusal(areas + "  - {component: add, width_bits: 16, area_um2: 1, node_nm: 28, "
                                   "source: a}\n"),
              HasSubstr("the area of 'add' of 16 bits is of 28 nm, others are of 45 nm"));
  EXPECT_THAT(load_refusal(areas + "  - {component: add, width_bits: 16, area_mm2: 1, node_nm: 45, "
                                   "source: a}\n"),
              HasSubstr("areas[1].area_um2: is required"));
  EXPECT_THAT(load_refusal(areas + "logic_area_overhead: {factor: 0.7, source: a}\n"),
              HasSubstr("logic_area_overhead.factor"));
  const auto twice = write("twice.yaml", std::string("voltage_v: 0.9\nrows:\n") + kAdd32 +
                                             "logic_area_overhead: {factor: 2, source: a}\n");
  const auto once =
      write("once.yaml", std::string(kAdd8) + "logic_area_overhead: {factor: 2, source: a}\n");
  EXPECT_THAT(refusal([&] {
                EnergyTable::load({once, twice}, {});
              }),
              HasSubstr("twice.yaml:4: logic_area_overhead: the overhead is given twice"));
}

TEST_F(EnergyTableTest, FilesOfDifferentVoltagesAreRefusedUnlessAllowed) {
  const auto low = write("low.yaml", std::string(kAdd8) + kSram);
  write("sram.csv", kCsv);  // its voltages are its own
  const auto high = write("high.yaml",
                          "voltage_v: 1.2\nrows:\n  - {event: add, width_bits: 32, value_pj: 4, "
                          "unit: x, node_nm: 45, source: a}\n");
  EXPECT_EQ(refusal([&] {
              EnergyTable::load({low, high}, {});
            }),
            high +
                ":3: rows[0].event: the row 'add' of 32 bits is of 1.2 V, rows before it are of "
                "0.9 V; use one voltage, or set allow_mixed_voltages: true");
  const auto mixed = EnergyTable::load({low, high}, {.allow_mixed_voltages = true});
  EXPECT_EQ(mixed.row("add", 8, "u").voltage_v, 0.9);
  EXPECT_EQ(mixed.row("add", 32, "u").voltage_v, 1.2);
}

TEST_F(EnergyTableTest, OffChipRowHasNoVoltageToMix) {
  const auto low = write("low.yaml", kAdd8);
  const auto dram = write("dram.yaml",
                          "voltage_v: 1.5\nrows:\n  - {event: dram, width_bits: 8, value_pj: 1, "
                          "unit: x, off_chip: true, source: a}\n");
  EXPECT_EQ(EnergyTable::load({low, dram}, {}).rows().size(), 2u);
  EXPECT_EQ(EnergyTable::load({dram, low}, {}).rows().size(), 2u);
}

TEST_F(EnergyTableTest, OffChipRowBelongsToNoNode) {
  const auto path = write("table.yaml", std::string(kAdd8) +
                                            "  - {event: dram, width_bits: 8, value_pj: 1, unit: "
                                            "x, off_chip: true, source: a}\n");
  EXPECT_EQ(EnergyTable::load({path}, {}).node_nm(), 45u);
}

TEST_F(EnergyTableTest, RowWithoutSourceOrWithAnUnknownKeyIsRefused) {
  EXPECT_THAT(
      load_refusal("voltage_v: 1\nrows:\n  - {event: add, width_bits: 8, value_pj: 1, unit: x, "
                   "node_nm: 45}\n"),
      HasSubstr("table.yaml:3: rows[0].source: is required"));
  EXPECT_THAT(
      load_refusal("voltage_v: 1\nrows:\n  - {event: add, width_bits: 8, value_pj: 1, unit: x, "
                   "node_nm: 28, scald_from_nm: 45, source: a}\n"),
      HasSubstr("rows[0].scald_from_nm: unknown key; did you mean 'rows[0].scaled_from_nm'?"));
  EXPECT_THAT(load_refusal("voltage_v: 1\nrows: {event: add}\n"),
              HasSubstr("a list of blocks of keys"));
}

TEST_F(EnergyTableTest, MalformedCsvIsNamedWithItsLine) {
  const auto refuse_csv = [&](const std::string& csv) {
    write("sram.csv", csv);
    return load_refusal(std::string(kAdd8) + kSram);
  };
  EXPECT_THAT(refuse_csv("node_nm,capacity_bytes\n"),
              HasSubstr("sram.csv:1: no column 'width_bits'"));
  EXPECT_THAT(refuse_csv(std::string(kCsv) + "45,hp,8,x,1,1,1,1,1,1\n"),
              HasSubstr("sram.csv:6: width_bits 'x' is not a number above 0"));
  EXPECT_THAT(refuse_csv(std::string(kCsv) + "45,hp,8\n"),
              HasSubstr("sram.csv:6: width_bits '' is not a number above 0"));
  EXPECT_THAT(refuse_csv(std::string(kCsv) + "45,edram,8,8,1,1,1,1,1,1\n"),
              HasSubstr("sram.csv:6: cells 'edram' is none of lstp, lstp_hp, hp"));
  EXPECT_THAT(refuse_csv(std::string(kCsv) + "45,hp,1024,16,1,1,1,1,1,1\n"),
              HasSubstr("the memory of 1024 bytes, 16 bits with hp cells is given twice"));
  EXPECT_THAT(refuse_csv(std::string(kCsv) + "45,hp,64,32,1,1,1,1,1,1\n"),
              HasSubstr("with hp cells the largest memory (1024 bytes) needs a row with the widest "
                        "word (32 bits)"));
  const std::string header(kCsv, std::string_view(kCsv).find('\n') + 1);
  EXPECT_THAT(refuse_csv(header), HasSubstr("sram.node_nm: "));
  write("sram.csv", header + "45,hp,1024,16,1,1,1,1,1,1\n");
  const auto path = write("table.yaml", std::string(kAdd8) + kSram);
  EXPECT_THAT(refusal([&] { EnergyTable::load({path}, {.sram_cells = SramCells::kLstp}); }),
              HasSubstr("no row of 45 nm with lstp cells, which sram_cells asks for"));
}

}  // namespace
}  // namespace sim::energy
