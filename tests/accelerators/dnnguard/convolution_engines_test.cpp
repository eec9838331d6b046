#include <gtest/gtest.h>

#include "sim/accelerators/dnnguard/convolution_skip.h"
#include "sim/accelerators/dnnguard/network_lowering.h"
#include "sim/workload/load.h"
#include "tests/accelerators/dnnguard/convolution_support.h"

namespace sim::dnnguard {

void PrintTo(const ConvolutionCounts& c, std::ostream* out) {
  const auto stream = [&](const char* name, const StreamReads& s) {
    *out << ' ' << name << ' ' << s.beats << ' ' << s.first << ".." << s.last;
  };
  stream("weights", c.weights);
  stream("data", c.data);
  for (const StreamReads& s : c.operands) stream("operands", s);
  *out << " writes " << c.writes << ' ' << c.first_write << ".." << c.last_write << " interrupt "
       << c.interrupt << " stripes " << c.first_stripe << ".." << c.last_stripe_end << " busy "
       << c.busy << " port " << c.weight_port << " data " << c.data_stalls << " weights "
       << c.weight_stalls << " credits " << c.credit_stalls << " idle " << c.idle;
}

namespace test {
namespace {

TEST(ConvolutionEngines, AgreeOnRandomLayersInEveryCount) {
  for (const ConvolutionMachine& machine : machines())
    for (std::uint64_t seed = 0; seed < 1000; ++seed) {
      base::Rng rng(seed);
      const std::vector<ConvolutionStep> layers = random_layers(machine, rng);
      const ReadMemory memory = random_memory(rng);
      const auto expected = ticked(machine, memory, layers);
      ASSERT_EQ(convolution_skip(machine, memory, layers), expected)
          << "rows " << machine.geometry.rows << " lanes " << machine.geometry.lanes << " seed "
          << seed << " latency " << memory.latency << " interval "
          << memory.interval(machine.geometry.beat_bytes);
      Cycle cycles = 0;
      for (const ConvolutionCounts& layer : expected) cycles += layer.cycles();
      ASSERT_EQ(cycles, expected.back().interrupt) << seed;
    }
}

TEST(ConvolutionEngines, AgreeOnTheConvolutionsOfAPublishedNetwork) {
  const auto workload =
      workload::load(std::string(LOCKSTEP_SOURCE_DIR) + "/workloads/networks/resnet-50.yaml");
  const auto& task = workload::only_task<workload::NetworkTask>(workload, "test");
  const ConvolutionMachine machine = kNvLargeConvolution;
  std::vector<ConvolutionStep> layers;
  for (const NetworkStep& step : lower(task.model, machine.geometry).steps) {
    for (const Layer& layer : step.layers) {
      if (layer.convolution) layers.push_back({convolution_work(machine, layer), 0});
    }
  }
  const ReadMemory memory = {.bytes_per_cycle = 20, .latency = 100, .accept_interval = 1};
  EXPECT_EQ(convolution_skip(machine, memory, layers), ticked(machine, memory, layers));
}

}  // namespace
}  // namespace test
}  // namespace sim::dnnguard
