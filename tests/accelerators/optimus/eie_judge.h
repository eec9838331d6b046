#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <vector>

#include "sim/workload/sparsity.h"

namespace sim::optimus::testing {

/// EIE's array as its paper tells it (Han et al., ISCA 2016, sections III and IV), clock by clock
/// and one vector at a time, written apart from the machine: row i on PE i mod N; an entry says how
/// many zeros stand before it, a longer run takes padding zeros; a unit sends one non-zero
/// activation a cycle to the queues of all PEs, and stops while one of them is full; a PE works off
/// one entry a cycle of the activation at the head of its queue.
struct EieJudge {
  std::uint32_t pes = 64;
  std::uint32_t queue_depth = 8;
  std::uint32_t zero_bits = 4;
  std::uint32_t registers = 64;     // sums of a PE
  std::uint32_t batch_columns = 0;  // 0: all
  bool leaves_at_begin = false;     // the head leaves its queue in the cycle of its first entry
  std::uint32_t pop_cycles = 0;     // between two activations

  struct Pass {
    std::uint64_t cycles = 0;  // from the first entry that could run to the last that does
    std::uint64_t entries = 0;
    std::uint64_t waits = 0;  // cycles of PEs that still have activations to come
    std::uint64_t words = 0;  // of eight entries, read for these activations
    std::uint64_t macs = 0;
  };

  /// All passes of a product and a vector: for each group of rows that fit the registers, the
  /// batches of columns.
  std::vector<Pass> passes(const workload::Mask& weights, const std::vector<bool>& nonzero) const {
    std::vector<Pass> all;
    const std::uint32_t step = batch_columns > 0 ? batch_columns : weights.columns();
    const std::uint32_t rows_of_pe = (weights.rows() + pes - 1) / pes;
    for (std::uint32_t r = 0; r < rows_of_pe; r += registers) {
      const std::vector<std::vector<Column>> stored = store(weights, r);
      for (std::uint32_t c = 0; c < weights.columns(); c += step) {
        const std::uint32_t end = std::min(c + step, weights.columns());
        all.push_back(run(stored, nonzero, c, end));
      }
    }
    return all;
  }

 private:
  struct Column {
    std::uint64_t first = 0;  // entry of the PE's memory
    std::uint32_t entries = 0;
    std::uint32_t weights = 0;  // that are not padding
  };
  struct Pe {
    std::deque<const Column*> queue;
    std::uint32_t left = 0;  // entries of the head
    bool at_work = false;    // on an activation that left the queue
    std::uint32_t popping = 0;
    std::uint32_t taken = 0;  // activations begun
  };

  /// By PE and column: what lies in its memory for rows r, r + 1, … of the PE.
  std::vector<std::vector<Column>> store(const workload::Mask& weights, std::uint32_t r) const {
    std::vector<std::vector<Column>> stored(pes, std::vector<Column>(weights.columns()));
    for (std::uint32_t pe = 0; pe < pes; ++pe) {
      std::uint64_t next = 0;
      for (std::uint32_t c = 0; c < weights.columns(); ++c) {
        Column& column = stored[pe][c];
        column.first = next;
        std::uint32_t zeros = 0;
        for (std::uint32_t i = r; i < r + registers && i * pes + pe < weights.rows(); ++i) {
          if (!weights.kept(i * pes + pe, c)) {
            ++zeros;
            continue;
          }
          const std::uint32_t padding = zeros / (1u << zero_bits);
          column.entries += padding + 1;
          ++column.weights;
          zeros = 0;
        }
        next += column.entries;
      }
      // A PE without a row takes no part.
      if (std::uint64_t{r} * pes + pe >= weights.rows()) stored[pe].clear();
    }
    return stored;
  }

  Pass run(const std::vector<std::vector<Column>>& stored, const std::vector<bool>& nonzero,
           std::uint32_t begin, std::uint32_t end) const {
    std::vector<std::uint32_t> active;
    for (std::uint32_t c = begin; c < end; ++c) {
      if (nonzero[c]) active.push_back(c);
    }
    Pass pass;
    for (const auto& columns : stored) count(columns, active, pass);
    std::vector<Pe> all(pes);
    std::size_t sent = send(all, stored, active, 0);  // while the pass is issued
    while (sent < active.size() || busy(all)) {
      ++pass.cycles;
      for (std::uint32_t pe = 0; pe < pes; ++pe) {
        if (!stored[pe].empty()) work(all[pe], active.size(), pass);
      }
      sent = send(all, stored, active, sent);
    }
    return pass;
  }

  static void count(const std::vector<Column>& columns, const std::vector<std::uint32_t>& active,
                    Pass& pass) {
    std::uint64_t last = ~std::uint64_t{0};
    for (const std::uint32_t c : active) {
      if (columns.empty()) return;
      pass.macs += columns[c].weights;
      pass.entries += std::max(columns[c].entries, 1u);
      for (std::uint64_t e = columns[c].first; e < columns[c].first + columns[c].entries; ++e) {
        if (e / 8 != last) ++pass.words;
        last = e / 8;
      }
    }
  }

  static bool busy(const std::vector<Pe>& all) {
    return std::any_of(all.begin(), all.end(),
                       [](const Pe& pe) { return !pe.queue.empty() || pe.at_work; });
  }

  /// One activation to every queue, if none is full.
  std::size_t send(std::vector<Pe>& all, const std::vector<std::vector<Column>>& stored,
                   const std::vector<std::uint32_t>& active, std::size_t sent) const {
    if (sent == active.size()) return sent;
    for (std::uint32_t pe = 0; pe < pes; ++pe) {
      if (!stored[pe].empty() && all[pe].queue.size() >= queue_depth) return sent;
    }
    for (std::uint32_t pe = 0; pe < pes; ++pe) {
      if (!stored[pe].empty()) all[pe].queue.push_back(&stored[pe][active[sent]]);
    }
    return sent + 1;
  }

  /// An activation without an entry in the PE's rows takes a cycle all the same.
  void work(Pe& pe, std::size_t activations, Pass& pass) const {
    if (pe.popping > 0) {
      ++pass.waits;
      if (--pe.popping == 0 && !leaves_at_begin) pe.queue.pop_front();
      return;
    }
    if (!pe.at_work) {
      if (pe.queue.empty()) {
        if (pe.taken < activations) ++pass.waits;
        return;
      }
      pe.left = std::max(pe.queue.front()->entries, 1u);
      pe.at_work = true;
      ++pe.taken;
      if (leaves_at_begin) pe.queue.pop_front();
    }
    if (--pe.left > 0) return;
    pe.at_work = false;
    const bool more = pe.taken < activations;
    if (more) pe.popping = pop_cycles;
    if (!leaves_at_begin && pe.popping == 0) pe.queue.pop_front();
  }
};

}  // namespace sim::optimus::testing
