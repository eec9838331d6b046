#pragma once

#include <verilated.h>

#include <concepts>
#include <memory>

#include "tests/cosim/twin.h"

namespace sim::test {

template <std::unsigned_integral T>
void put(T& port, const Bits& bits) {
  port = static_cast<T>(bits[0]);
}

template <std::size_t N>
void put(VlWide<N>& port, const Bits& bits) {
  for (std::size_t i = 0; i < N; ++i) {
    port[i] = i / 2 < bits.size() ? static_cast<EData>(bits[i / 2] >> (i % 2 * 32)) : 0;
  }
}

template <std::unsigned_integral T>
Bits get(const T& port) {
  return {port};
}

template <std::size_t N>
Bits get(const VlWide<N>& port) {
  Bits bits((N + 1) / 2);
  for (std::size_t i = 0; i < N; ++i) bits[i / 2] |= std::uint64_t{port[i]} << (i % 2 * 32);
  return bits;
}

/// The twin made of a Verilated `cosim_top`, whose ports are named as in tests/cosim/poetbin, or of
/// a generated netlist with parallel scores, which shows nothing of its inside.
template <class Top>
class TwinOf final : public Twin {
 public:
  TwinOf() {
    top_->rst_ni = 0;
    for (int i = 0; i < 2; ++i) clock();
    top_->rst_ni = 1;
    top_->eval();
  }
  ~TwinOf() override { top_->final(); }

  void drive(bool in_valid, const Bits& in_bits, bool out_ready) override {
    top_->in_valid_i = in_valid;
    put(top_->in_bits_i, in_bits);
    top_->out_ready_i = out_ready;
    top_->eval();
  }

  void drive_config(bool valid, const Bits& bits) override {
    if constexpr (requires(Top & t) { t.config_bits_i; }) {
      top_->config_valid_i = valid;
      put(top_->config_bits_i, bits);
      top_->eval();
    }
  }

  void clock() override {
    top_->clk_i = 1;
    top_->eval();
    top_->clk_i = 0;
    top_->eval();
  }

  bool in_ready() const override { return top_->in_ready_o != 0; }
  bool out_valid() const override { return top_->out_valid_o != 0; }
  bool config_ready() const override {
    if constexpr (requires(Top & t) { t.config_ready_o; }) return top_->config_ready_o != 0;
    return false;
  }
  Bits result() const override {
    if constexpr (requires(Top & t) { t.result_o; }) {
      return get(top_->result_o);
    } else {
      return get(top_->out_scores_o);
    }
  }
  Bits probe() const override {
    if constexpr (requires(Top & t) { t.probe_o; }) return get(top_->probe_o);
    return {};
  }

 private:
  VerilatedContext context_;
  std::unique_ptr<Top> top_ = std::make_unique<Top>(&context_);
};

}  // namespace sim::test
