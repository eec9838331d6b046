#include "sim/accelerators/optimus/array_counts.h"

namespace sim::optimus {
namespace {

constexpr std::string_view kUnit = "MAC-cycles";

constexpr stats::Field<ArrayCounts> kCounts[] = {
    {"sparse_macs", kUnit, "multiply-accumulates of kept weights", &ArrayCounts::sparse_macs},
    {"dense_macs", kUnit, "multiply-accumulates of attention products", &ArrayCounts::dense_macs},
    {"fillers", kUnit,
     "(d) entries of value zero that only bridge a column distance, or marks of empty columns",
     &ArrayCounts::fillers},
    {"load_stalls", kUnit,
     "(a) MACs that waited for an input column or for K/V elements, including "
     "loading before the computation when load and computation are not matched",
     &ArrayCounts::load_stalls},
    {"weight_stalls", kUnit,
     "MACs that waited for a weight from DRAM, its latency at the start of a pass included",
     &ArrayCounts::weight_stalls},
    {"conflict_stalls", kUnit, "(b) MACs that lost the write to a shared accumulator",
     &ArrayCounts::conflict_stalls},
    {"imbalance", kUnit, "(c) MACs whose list was exhausted before the pass ended",
     &ArrayCounts::imbalance},
    {"edge_idle", kUnit, "MACs without a row in an attention product", &ArrayCounts::edge_idle},
    {"issue", kUnit, "from the start of a pass to its first column", &ArrayCounts::issue},
    {"drain", kUnit, "pipeline emptying after a pass", &ArrayCounts::drain},
    {"reduce", kUnit, "additions over the ways of a set", &ArrayCounts::reduce},
    {"output_stalls", kUnit, "results that waited for the write port", &ArrayCounts::output_stalls},
    {"barrier", kUnit, "(e) array idle because the next operator's inputs were not complete",
     &ArrayCounts::barrier},
};

constexpr stats::Field<ArrayEvents> kEvents[] = {
    {"weight_reads", "words",
     "words of weight_entries_per_fetch stored entries, read from weight banks once for all tokens "
     "that hold them",
     &ArrayEvents::weight_reads},
    {"weight_writes", "words", "words that came from DRAM, written to weight banks",
     &ArrayEvents::weight_writes},
    {"column_reads", "marks",
     "column marks read beside the weights, once for all tokens: a length of each column of each "
     "list, or its pointer and the next one's",
     &ArrayEvents::column_reads},
    {"column_writes", "marks", "column marks that came from DRAM, written beside the weights",
     &ArrayEvents::column_writes},
    {"window_loads", "elements", "elements from the global buffer to the input window",
     &ArrayEvents::window_loads},
    {"window_copies", "elements",
     "elements that sets took into windows of their own, each set those of its columns",
     &ArrayEvents::window_copies},
    {"window_reads", "elements", "input elements read by MACs", &ArrayEvents::window_reads},
    {"accumulations", "events", "partial sums read, added to and written back",
     &ArrayEvents::accumulations},
    {"reduction_reads", "words", "partial sums read for the addition over ways",
     &ArrayEvents::reduction_reads},
    {"reduction_adds", "events", "additions over ways", &ArrayEvents::reduction_adds},
    {"kv_reads", "elements", "elements read from the K/V store", &ArrayEvents::kv_reads},
    {"results", "elements", "results handed to the write port", &ArrayEvents::results},
    {"dram_bytes", "bytes", "weight bytes streamed from DRAM", &ArrayEvents::dram_bytes},
};

}  // namespace

std::uint64_t ArrayCounts::total() const {
  std::uint64_t sum = 0;
  for (const auto& field : kCounts) sum = base::checked_add(sum, this->*field.member);
  return sum;
}

std::span<const stats::Field<ArrayCounts>> array_count_fields() { return kCounts; }
std::span<const stats::Field<ArrayEvents>> array_event_fields() { return kEvents; }

}  // namespace sim::optimus
