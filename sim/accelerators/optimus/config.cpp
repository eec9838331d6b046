#include "sim/accelerators/optimus/config.h"

#include <fmt/format.h>

namespace sim::optimus {
namespace {

RowOrder read_row_order(base::ConfigReader& in, Format format) {
  if (!in.applies("row_order", format != Format::kCsc, "format is rcsc or sa_rcsc")) {
    return RowOrder::kNatural;
  }
  return in.choice<RowOrder>("row_order",
                             {{"natural", RowOrder::kNatural},
                              {"snake", RowOrder::kSnake},
                              {"as_published_code", RowOrder::kAsPublishedCode},
                              {"greedy_lpt", RowOrder::kGreedyLpt}},
                             RowOrder::kSnake, "rule that deals rows to sets");
}

TileRule read_tile_rule(base::ConfigReader& in, const base::IntegerKey& key) {
  const auto value = in.name_or_integer32(key, {"auto", "largest"});
  if (value.index() == 1) return {TileRule::Kind::kFixed, std::get<1>(value)};
  return {std::get<0>(value) == 0 ? TileRule::Kind::kAuto : TileRule::Kind::kLargest, 0};
}

void read_queue(base::ConfigReader& in, InputWindow& c) {
  constexpr std::string_view kWhen = "scope is per_set";
  const bool own = c.scope == WindowScope::kPerSet;
  if (in.applies("place_freed", own, kWhen)) {
    c.place_freed = in.choice<PlaceFreed>(
        "place_freed", {{"at_end", PlaceFreed::kAtEnd}, {"at_begin", PlaceFreed::kAtBegin}},
        PlaceFreed::kAtEnd,
        "when a column leaves a set's window for another: in the beat of its last entry there, "
        "pop_beats included, or of its first; at_begin needs sets of one MAC");
  }
  if (in.applies("pop_beats", own, kWhen)) {
    c.pop_beats = in.integer32({.name = "pop_beats",
                                .unit = "beats",
                                .max = 64,
                                .fallback = 0,
                                .meaning = "in which a MAC does nothing between the last entry of "
                                           "a column and the first of its next; above 0 needs "
                                           "sets of one MAC"});
  }
}

}  // namespace

SparseFormat SparseFormat::from(base::ConfigReader& in) {
  SparseFormat c{};
  c.format = in.choice<Format>(
      "format", {{"csc", Format::kCsc}, {"rcsc", Format::kRcsc}, {"sa_rcsc", Format::kSaRcsc}},
      Format::kSaRcsc, "compressed sparse column format of the weights");
  c.row_order = read_row_order(in, c.format);
  c.ways = 1;
  if (in.applies("ways", c.format == Format::kSaRcsc, "format is sa_rcsc")) {
    c.ways = in.integer32({.name = "ways",
                           .unit = "MACs",
                           .min = 1,
                           .max = 64,
                           .fallback = 8,
                           .meaning = "m: MACs of a set, which share the set's rows"});
  }
  c.column_mark = in.choice<ColumnMark>("column_mark",
                                        {{"delta", ColumnMark::kDelta},
                                         {"pointer", ColumnMark::kPointer},
                                         {"column_length", ColumnMark::kColumnLength}},
                                        ColumnMark::kDelta,
                                        "how an entry states its column: distance to the previous "
                                        "entry, or per-column pointers or lengths");
  if (in.applies("delta_bits", c.column_mark == ColumnMark::kDelta, "column_mark is delta")) {
    c.delta_bits = in.integer32({.name = "delta_bits",
                                 .unit = "bits",
                                 .min = 1,
                                 .max = 16,
                                 .fallback = 4,
                                 .meaning = "k: width of the column distance; a "
                                            "longer distance needs filler entries"});
  }
  c.row_mark = RowMark::kSlot;
  if (in.applies("row_mark", c.column_mark != ColumnMark::kDelta, "column_mark is not delta")) {
    c.row_mark = in.choice<RowMark>(
        "row_mark", {{"slot", RowMark::kSlot}, {"zeros", RowMark::kZeros}}, RowMark::kSlot,
        "how an entry states its row: slot of its set, or number of zeros before it in its column "
        "of the list");
  }
  if (in.applies("row_bits", c.row_mark == RowMark::kZeros, "row_mark is zeros")) {
    c.row_bits = in.integer32({.name = "row_bits",
                               .unit = "bits",
                               .min = 1,
                               .max = 16,
                               .fallback = 4,
                               .meaning = "width of the number of zeros; more need padding zeros, "
                                          "entries that take a cycle like others"});
  }
  c.way_choice = in.choice<WayChoice>(
      "way_choice", {{"offline", WayChoice::kOffline}, {"runtime", WayChoice::kRuntime}},
      WayChoice::kOffline,
      "offline: the encoder gives each entry to its set's least loaded way; runtime: an idle way "
      "takes the next entry of its set's queue");
  return c;
}

InputWindow InputWindow::from(base::ConfigReader& in) {
  InputWindow c{};
  c.scope = in.choice<WindowScope>("scope",
                                   {{"global", WindowScope::kGlobal},
                                    {"per_set", WindowScope::kPerSet},
                                    {"two_level", WindowScope::kTwoLevel}},
                                   WindowScope::kGlobal,
                                   "one window for all sets, one for each set, or both levels");
  c.columns = in.integer32({.name = "columns",
                            .unit = "columns",
                            .min = 1,
                            .max = 65536,
                            .fallback = 32,
                            .meaning = "D: input columns held; with two levels, "
                                       "by the shared one"});
  if (in.applies("local_columns", c.scope == WindowScope::kTwoLevel, "scope is two_level")) {
    c.local_columns = in.integer32({.name = "local_columns",
                                    .unit = "columns",
                                    .min = 1,
                                    .max = 65536,
                                    .fallback = 8,
                                    .meaning = "columns held by each set's own level"});
  }
  c.load_width_elements_per_cycle =
      in.integer32({.name = "load_width_elements_per_cycle",
                    .unit = "elements/cycle",
                    .min = 1,
                    .max = 4096,
                    .fallback = 16,
                    .meaning = "B: elements loaded from the global buffer"});
  read_queue(in, c);
  return c;
}

MacArrayConfig MacArrayConfig::from(base::ConfigReader& in) {
  MacArrayConfig c{};
  c.macs = in.integer32({.name = "macs",
                         .unit = "MACs",
                         .min = 1,
                         .max = 65536,
                         .fallback = 1024,
                         .meaning = "N: multiply-accumulate units"});
  c.pipeline_depth_cycles = in.integer32({.name = "pipeline_depth_cycles",
                                          .unit = "cycles",
                                          .min = 1,
                                          .max = 64,
                                          .fallback = 4,
                                          .meaning = "P: fetch, decode, multiply, accumulate"});
  c.issue_cycles = in.integer32({.name = "issue_cycles",
                                 .unit = "cycles",
                                 .min = 0,
                                 .max = 1024,
                                 .fallback = 2,
                                 .meaning = "from the start of an operator to the "
                                            "first cycle of its stream"});
  c.accumulators = in.choice<Accumulators>(
      "accumulators", {{"private", Accumulators::kPrivate}, {"shared", Accumulators::kShared}},
      Accumulators::kPrivate,
      "private: each way sums on its own, with one m-way addition at the end; shared: ways of a "
      "set write to one bank and the loser of a conflict stalls");
  c.accumulators_per_mac = in.integer32({.name = "accumulators_per_mac",
                                         .unit = "words",
                                         .min = 1,
                                         .max = 65536,
                                         .fallback = 64,
                                         .meaning = "A: partial sums a MAC can hold"});
  c.weight_hold =
      in.flag("weight_hold", true,
              "a weight entry stays for all tokens of a tile instead of one pass a token");
  c.skip_zero_inputs =
      in.flag("skip_zero_inputs", false,
              "columns whose input is zero for all tokens of a tile are not broadcast: no cycle, "
              "no reads; needs column_mark pointer");
  c.pass_columns =
      in.integer32({.name = "pass_columns",
                    .unit = "columns",
                    .max = 65536,
                    .fallback = 0,
                    .meaning = "most columns of a pass, zero inputs included; the sums "
                               "stay in the accumulators for the next columns; 0: "
                               "all"});
  c.tile_tokens = {TileRule::Kind::kFixed, 1};
  if (in.applies("tile_tokens", c.weight_hold, "weight_hold is true")) {
    c.tile_tokens = read_tile_rule(
        in, {.name = "tile_tokens",
             .unit = "tokens",
             .min = 1,
             .max = 65536,
             .meaning = "L_t: tokens for which a weight entry is held, within what the "
                        "accumulators take; auto: the compiler's choice by cycles, for each layer "
                        "and number of tokens; largest: as many as the accumulators take"});
  }
  c.tile_rows = read_tile_rule(
      in, {.name = "tile_rows",
           .unit = "rows",
           .min = 1,
           .max = 65536,
           .meaning = "rows of each set that are streamed in one pass, within what the "
                      "accumulators take; auto: the compiler's choice by cycles, for each matrix; "
                      "largest: as many as the accumulators take"});
  c.sparse = in.read_section<SparseFormat>("sparse", "how weights are stored and dealt to MACs");
  if (c.macs % c.sparse.ways != 0) {
    in.fail("macs", fmt::format("{} MACs cannot be split into sets of {} ways; use a multiple of "
                                "{}",
                                c.macs, c.sparse.ways, c.sparse.ways));
  }
  if (c.skip_zero_inputs && c.sparse.column_mark != ColumnMark::kPointer) {
    in.fail("skip_zero_inputs",
            "needs sparse.column_mark pointer: with other marks a MAC finds a column only by "
            "reading those before it");
  }
  return c;
}

Skipping Skipping::from(base::ConfigReader& in) {
  Skipping c{.redundant_decoding = true,
             .cross_kv_once = true,
             .project_all_positions = false,
             .masked_scores = false};
  c.redundant_decoding = in.flag("redundant_decoding", true,
                                 "compute the newest target position only and keep K and V");
  const bool off = !c.redundant_decoding;
  constexpr std::string_view kWhen = "redundant_decoding is false";
  if (in.applies("cross_kv_once", off, kWhen)) {
    c.cross_kv_once = in.flag("cross_kv_once", false,
                              "K and V of the cross-attention once a sentence, not every step");
  }
  if (in.applies("project_all_positions", off, kWhen)) {
    c.project_all_positions =
        in.flag("project_all_positions", false, "logits of all positions, not of the newest only");
  }
  if (in.applies("masked_scores", off, kWhen)) {
    c.masked_scores =
        in.flag("masked_scores", false, "leave out attention entries that the causal mask removes");
  }
  return c;
}

Precision Precision::from(base::ConfigReader& in) {
  Precision c{};
  c.weight_bits = in.integer32({.name = "weight_bits",
                                .unit = "bits",
                                .min = 4,
                                .max = 16,
                                .fallback = 8,
                                .meaning = "width of a stored weight, or of its index in a table "
                                           "of shared weights"});
  c.activation_bits = in.integer32({.name = "activation_bits",
                                    .unit = "bits",
                                    .min = 8,
                                    .max = 16,
                                    .fallback = 8,
                                    .meaning = "width of an activation"});
  c.accumulator_bits = in.integer32({.name = "accumulator_bits",
                                     .unit = "bits",
                                     .min = 16,
                                     .max = 64,
                                     .fallback = 32,
                                     .meaning = "width of a partial sum"});
  return c;
}

PostProcessing PostProcessing::from(base::ConfigReader& in) {
  PostProcessing c{};
  c.softmax_lanes = in.integer32({.name = "softmax_lanes",
                                  .unit = "elements/cycle",
                                  .min = 1,
                                  .max = 4096,
                                  .fallback = 16,
                                  .meaning = "P_sm: elements a cycle in "
                                             "each of three passes"});
  c.softmax_latency_cycles = in.integer32({.name = "softmax_latency_cycles",
                                           .unit = "cycles",
                                           .max = 4096,
                                           .fallback = 10,
                                           .meaning = "soft-max pipeline"});
  c.softmax_overlap = in.flag("softmax_overlap", true,
                              "soft-max of a head runs while the next head's scores are computed");
  c.norm_lanes = in.integer32({.name = "norm_lanes",
                               .unit = "elements/cycle",
                               .min = 1,
                               .max = 4096,
                               .fallback = 16,
                               .meaning = "P_ln: elements a cycle in each of two passes"});
  c.norm_latency_cycles = in.integer32({.name = "norm_latency_cycles",
                                        .unit = "cycles",
                                        .max = 4096,
                                        .fallback = 10,
                                        .meaning = "add and layer-norm pipeline, for each token"});
  c.elementwise_lanes = in.integer32({.name = "elementwise_lanes",
                                      .unit = "elements/cycle",
                                      .min = 1,
                                      .max = 4096,
                                      .fallback = 16,
                                      .meaning = "P_ew: elements a cycle of the unit for "
                                                 "activations, gates, sums and positions, which is "
                                                 "there if the network has any"});
  c.elementwise_latency_cycles = in.integer32({.name = "elementwise_latency_cycles",
                                               .unit = "cycles",
                                               .max = 4096,
                                               .fallback = 10,
                                               .meaning = "elementwise pipeline"});
  c.output_width_elements_per_cycle =
      in.integer32({.name = "output_width_elements_per_cycle",
                    .unit = "elements/cycle",
                    .min = 1,
                    .max = 4096,
                    .fallback = 16,
                    .meaning = "B_out: results written to the global buffer"});
  return c;
}

namespace {

Memories read_memories(base::ConfigReader in, const MacArrayConfig& array) {
  Memories c = Memories::from(in, array.sparse.column_mark);
  if (array.partial_passes() && c.streamed()) {
    in.fail("weight_store",
            fmt::format("streamed weights come column after column, all of them: not with "
                        "mac_array.{}",
                        array.skip_zero_inputs ? "skip_zero_inputs" : "pass_columns"));
  }
  in.finish();
  return c;
}

void check_queues(const base::ConfigReader& in, const Config& c) {
  if (!c.window.queues() || c.mac_array.sparse.ways == 1) return;
  const bool pops = c.window.pop_beats > 0;
  in.fail(pops ? "input_window.pop_beats" : "input_window.place_freed",
          fmt::format("needs sets of one MAC, but mac_array.sparse.ways is {}",
                      c.mac_array.sparse.ways));
}

}  // namespace

Config Config::from(base::ConfigReader& in) {
  Config c{};
  c.mac_array = in.read_section<MacArrayConfig>("mac_array", "the multiply-accumulate array");
  c.window = in.read_section<InputWindow>("input_window", "the array's sliding view of its input");
  c.load_compute_matching =
      in.flag("load_compute_matching", true,
              "load the input and write the output while computing, instead of before and after");
  c.fuse_shared_inputs =
      in.flag("fuse_shared_inputs", true,
              "matrices of one input whose results meet in one attention or in one multiply run as "
              "one, columns interleaved");
  c.skipping = in.read_section<Skipping>("skipping", "redundant decoder work");
  c.precision = in.read_section<Precision>("precision", "widths of numbers");
  c.post = in.read_section<PostProcessing>("post_processing", "soft-max, add and norm, write port");
  c.memories = read_memories(in.section("memories", "on-chip stores and DRAM"), c.mac_array);
  check_queues(in, c);
  return c;
}

}  // namespace sim::optimus
