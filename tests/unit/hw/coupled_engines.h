#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "sim/hw/engine.h"
#include "sim/hw/shared_port.h"
#include "tests/unit/hw/coupled_case.h"

namespace sim::hw::coupled_test {

/// A unit of a random mesh, and its counters as the judge writes them.
class MeshEngine : public Engine {
 public:
  virtual std::string text() const = 0;
};

/// Works on each burst of its list, then offers it.
class Producer : public MeshEngine {
 public:
  Producer(const std::vector<Made>& list, std::uint64_t first_id, BurstQueue& out)
      : list_(list), first_id_(first_id), out_(out) {}
  std::string text() const override;

 protected:
  bool push_if_possible(std::uint64_t cycle);

  const std::vector<Made>& list_;
  const std::uint64_t first_id_;
  BurstQueue& out_;
  std::size_t made_ = 0;
  std::uint64_t busy_ = 0, pushes_ = 0, waits_ = 0, over_ = 0;
};

class ProducerTick final : public Producer {
 public:
  using Producer::Producer;
  void run_to(std::uint64_t cycle) override;
  std::uint64_t next_event() const override { return next_; }

 private:
  std::uint64_t worked_ = 0;
  std::uint64_t next_ = 0;
};

class ProducerSkip final : public Producer {
 public:
  using Producer::Producer;
  void run_to(std::uint64_t cycle) override;
  std::uint64_t next_event() const override;

 private:
  std::uint64_t until_ = 0;  // cycles before this one are counted
  std::uint64_t begun_ = 0;  // cycle in which work on the next burst begins
  std::uint64_t ready() const { return begun_ + list_[made_].work; }
};

/// Takes a burst, then serves it.
class Consumer : public MeshEngine {
 public:
  /// `taken` is told of each burst.
  Consumer(const std::vector<std::uint64_t>& services, BurstQueue& in, std::function<void()> taken)
      : services_(services), in_(in), told_(std::move(taken)) {}
  std::string text() const override;

 protected:
  std::uint64_t take(std::uint64_t cycle);

  const std::vector<std::uint64_t>& services_;
  BurstQueue& in_;
  std::function<void()> told_;
  std::size_t taken_ = 0;
  std::uint64_t busy_ = 0, waits_ = 0;
  std::string arrivals_;
};

class ConsumerTick final : public Consumer {
 public:
  using Consumer::Consumer;
  void run_to(std::uint64_t cycle) override;
  std::uint64_t next_event() const override { return next_; }

 private:
  std::uint64_t left_ = 0;
  std::uint64_t next_ = 0;
};

class ConsumerSkip final : public Consumer {
 public:
  using Consumer::Consumer;
  void run_to(std::uint64_t cycle) override;
  std::uint64_t next_event() const override;

 private:
  std::uint64_t until_ = 0;
  std::uint64_t free_ = 0;  // first cycle in which it can take
};

/// Takes a burst, holds it for some cycles, gives it on.
class Relay : public MeshEngine {
 public:
  Relay(std::uint32_t cycles, BurstQueue& in, BurstQueue& out)
      : cycles_(cycles), in_(in), out_(out) {}
  std::string text() const override;

 protected:
  void take(std::uint64_t cycle);
  void give(std::uint64_t cycle);

  const std::uint32_t cycles_;
  BurstQueue& in_;
  BurstQueue& out_;
  bool holds_ = false;
  Burst burst_{};
  std::uint64_t busy_ = 0, takes_ = 0, gives_ = 0, input_waits_ = 0, output_waits_ = 0;
};

class RelayTick final : public Relay {
 public:
  using Relay::Relay;
  void run_to(std::uint64_t cycle) override;
  std::uint64_t next_event() const override { return next_; }

 private:
  std::uint32_t left_ = 0;
  std::uint64_t next_ = 0;
};

class RelaySkip final : public Relay {
 public:
  using Relay::Relay;
  void run_to(std::uint64_t cycle) override;
  std::uint64_t next_event() const override;

 private:
  std::uint64_t until_ = 0;
  std::uint64_t ready_ = 0;  // first cycle in which it can give what it holds
};

}  // namespace sim::hw::coupled_test
