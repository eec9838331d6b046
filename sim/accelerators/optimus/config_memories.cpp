#include "sim/accelerators/optimus/config.h"

namespace sim::optimus {
namespace {

void read_dram(base::ConfigReader& in, Memories& c) {
  constexpr std::string_view kDram = "weight_store is streamed or embedding_store is dram";
  if (in.applies("dram", c.uses_dram(), kDram)) {
    c.dram = in.read_section<hw::DramConfig>("dram", "where streamed weights or tables come from");
  }
  if (in.applies("dram_request_bytes", c.uses_dram(), kDram)) {
    c.dram_request_bytes = in.integer32({.name = "dram_request_bytes",
                                         .unit = "bytes",
                                         .min = 1,
                                         .max = 65536,
                                         .fallback = 256,
                                         .meaning = "largest read that the DMA asks for; weights "
                                                    "and tables begin at multiples of it"});
  }
  if (in.applies("prefetch_weights", c.streamed(), "weight_store is streamed")) {
    c.prefetch_weights = in.flag("prefetch_weights", false,
                                 "ask for the weights of a pass when the pass before it begins; "
                                 "banks then hold two passes");
  }
}

/// A MAC takes an entry a cycle at most, so that a word of n entries lasts for n cycles.
void read_weight_banks(base::ConfigReader& in, Memories& c) {
  c.weight_bank_kib = in.integer32({.name = "weight_bank_kib",
                                    .unit = "KiB",
                                    .max = 65536,
                                    .fallback = 0,
                                    .meaning = "weight bank of each MAC; 0: as large as the "
                                               "workload needs"});
  c.weight_entries_per_fetch = in.integer32({.name = "weight_entries_per_fetch",
                                             .unit = "entries",
                                             .min = 1,
                                             .max = 64,
                                             .fallback = 1,
                                             .meaning = "entries of a list in a word of a weight "
                                                        "bank; a list begins with a word"});
  c.weight_access_cycles =
      in.integer32({.name = "weight_access_cycles",
                    .unit = "cycles",
                    .min = 1,
                    .max = 64,
                    .fallback = 1,
                    .meaning = "that reading a word of a weight bank may take, at most "
                               "weight_entries_per_fetch; words are taken to be asked for ahead"});
  if (c.weight_access_cycles <= c.weight_entries_per_fetch) return;
  in.fail("weight_access_cycles",
          fmt::format("a read of {} cycles is too slow: a MAC takes an entry a cycle, and a word "
                      "holds {} (weight_entries_per_fetch)",
                      c.weight_access_cycles, c.weight_entries_per_fetch));
}

/// Of column marks beside the entries.
void read_column_banks(base::ConfigReader& in, ColumnMark mark, Memories& c) {
  const auto applies = [&](std::string_view key) {
    return in.applies(key, mark != ColumnMark::kDelta, "mac_array.sparse.column_mark is not delta");
  };
  if (applies("column_bank_kib")) {
    c.column_bank_kib = in.integer32({.name = "column_bank_kib",
                                      .unit = "KiB",
                                      .max = 65536,
                                      .fallback = 0,
                                      .meaning = "each bank of column marks, of which a list has "
                                                 "one with lengths and two with pointers; 0: as "
                                                 "large as the workload needs"});
  }
  c.column_access_cycles = 1;
  if (applies("column_access_cycles")) {
    c.column_access_cycles = in.integer32({.name = "column_access_cycles",
                                           .unit = "cycles",
                                           .min = 1,
                                           .max = 64,
                                           .fallback = 1,
                                           .meaning = "that reading a column mark may take; marks "
                                                      "are taken to be asked for ahead"});
  }
}

}  // namespace

Memories Memories::from(base::ConfigReader& in, ColumnMark mark) {
  Memories c{};
  c.weight_store = in.choice<WeightStore>(
      "weight_store", {{"resident", WeightStore::kResident}, {"streamed", WeightStore::kStreamed}},
      WeightStore::kResident, "weights stay in the banks, or come from DRAM for each pass");
  c.embedding_store =
      in.choice<EmbeddingStore>("embedding_store",
                                {{"host", EmbeddingStore::kHost},
                                 {"on_chip", EmbeddingStore::kOnChip},
                                 {"dram", EmbeddingStore::kDram}},
                                EmbeddingStore::kHost,
                                "where token and position tables are: the host delivers embedded "
                                "vectors, or the machine reads them on chip or from DRAM");
  c.dram = {.kind = hw::DramKind::kIdeal, .port = {}, .fixed = hw::kIdealDram, .banked = {}};
  read_dram(in, c);
  read_weight_banks(in, c);
  read_column_banks(in, mark, c);
  if (in.applies("embedding_kib", c.embedding_store == EmbeddingStore::kOnChip,
                 "embedding_store is on_chip")) {
    c.embedding_kib = in.integer32({.name = "embedding_kib",
                                    .unit = "KiB",
                                    .max = 1048576,
                                    .fallback = 0,
                                    .meaning = "token and position tables; 0: as large as the "
                                               "workload needs"});
  }
  c.global_buffer_kib = in.integer32({.name = "global_buffer_kib",
                                      .unit = "KiB",
                                      .min = 1,
                                      .max = 1048576,
                                      .fallback = 512,
                                      .meaning = "activations between operators"});
  c.kv_store_kib = in.integer32({.name = "kv_store_kib",
                                 .unit = "KiB",
                                 .min = 1,
                                 .max = 1048576,
                                 .fallback = 1024,
                                 .meaning = "K and V of all decoder layers"});
  c.kv_port_elements_per_cycle =
      in.integer32({.name = "kv_port_elements_per_cycle",
                    .unit = "elements/cycle",
                    .max = 65536,
                    .fallback = 0,
                    .meaning = "elements of K or V read in a cycle; 0: as many as there are MACs"});
  return c;
}

}  // namespace sim::optimus
