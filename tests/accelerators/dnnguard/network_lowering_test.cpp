#include "sim/accelerators/dnnguard/network_lowering.h"

#include <gtest/gtest.h>

#include <cctype>
#include <string>
#include <vector>

#include "sim/workload/load.h"

namespace sim::dnnguard {
namespace {

namespace nvdla = workload::nvdla;
using workload::OperatorKind;

const std::string kNetworks = std::string(LOCKSTEP_SOURCE_DIR) + "/workloads/networks/";
const std::string kTraces = "../";  // networks with values

std::uint64_t atoms_of(const nvdla::Cube& cube, std::uint32_t atom) {
  return std::uint64_t{cube.width} * cube.height * ((cube.channels + atom - 1) / atom);
}

/// Atoms in memory that hold something, as address / atom_bytes.
class Memory {
 public:
  Memory(std::uint64_t bytes, std::uint32_t atom_bytes)
      : atom_(atom_bytes), written_(bytes / atom_bytes) {}

  /// An image, as lines of atoms.
  bool holds_image(const nvdla::Convolution& c) const { return holds(line_atoms(c.in), c.source); }
  void write_image(const PlacedCube& image) { write(line_atoms(image.cube), image.place); }

  /// How many of the cube's atoms were written before.
  std::uint64_t write(const nvdla::Cube& cube, const nvdla::CubePlace& place) {
    std::uint64_t again = 0;
    each(cube, place, [&](std::uint64_t atom) {
      again += written_.at(atom) ? 1 : 0;
      written_[atom] = true;
    });
    atoms_ += atoms_of(cube, atom_) - again;
    return again;
  }
  bool holds(const nvdla::Cube& cube, const nvdla::CubePlace& place) const {
    bool all = true;
    each(cube, place, [&](std::uint64_t atom) { all = all && written_.at(atom); });
    return all;
  }
  std::uint64_t atoms() const { return atoms_; }

 private:
  nvdla::Cube line_atoms(const nvdla::Cube& pixels) const {
    return {(pixels.width * pixels.channels + atom_ - 1) / atom_, pixels.height, 1};
  }
  template <class Visit>
  void each(const nvdla::Cube& cube, const nvdla::CubePlace& place, Visit visit) const {
    for (std::uint64_t s = 0; s * atom_ < cube.channels; ++s) {
      for (std::uint64_t y = 0; y < cube.height; ++y) {
        const std::uint64_t line = place.base + s * place.surface_stride + y * place.line_stride;
        for (std::uint64_t x = 0; x < cube.width; ++x) visit(line / atom_ + x);
      }
    }
  }

  std::uint32_t atom_;
  std::vector<bool> written_;
  std::uint64_t atoms_ = 0;
};

/// What a layer reads has been written before, and what it writes has not.
void expect_flow(const nvdla::Layer& layer, Memory& memory, std::uint32_t atom_bytes) {
  if (layer.convolution) {
    const nvdla::Convolution& c = *layer.convolution;
    EXPECT_TRUE(c.image ? memory.holds_image(c) : memory.holds(c.in, c.source));
    EXPECT_EQ(c.weight_base % atom_bytes, 0U);
    EXPECT_GE(c.data_banks, 1U);
  }
  if (layer.sdp) {
    const nvdla::Sdp& sdp = *layer.sdp;
    if (sdp.source) {
      EXPECT_TRUE(memory.holds(sdp.cube, *sdp.source));
    }
    for (const auto* stage : {&sdp.bs, &sdp.bn, &sdp.ew}) {
      if (!*stage || !(*stage)->operands || !(*stage)->operands->per_element) continue;
      EXPECT_TRUE(memory.holds(sdp.cube, (*stage)->operands->place));
    }
    nvdla::Cube bytes = sdp.cube;
    bytes.channels *= nvdla::bytes_of(sdp.out_precision);
    EXPECT_EQ(memory.write(bytes, *sdp.destination), 0U);
  }
  if (layer.pdp) {
    EXPECT_TRUE(memory.holds(layer.pdp->in, *layer.pdp->source));
    EXPECT_EQ(memory.write(layer.pdp->out, layer.pdp->destination), 0U);
  }
  if (layer.cdp) {
    EXPECT_TRUE(memory.holds(layer.cdp->cube, layer.cdp->source));
    EXPECT_EQ(memory.write(layer.cdp->cube, layer.cdp->destination), 0U);
  }
}

void expect_dataflow(const workload::Network& network, const LoweredNetwork& lowered,
                     std::uint32_t atom_bytes) {
  Memory memory(lowered.memory_bytes, atom_bytes);
  for (std::uint32_t op = 0; op < network.operators.size(); ++op) {
    const OperatorKind kind = network.operators[op].kind();
    if (kind != OperatorKind::kInput && kind != OperatorKind::kConstant) continue;
    const PlacedCube& cube = *lowered.cubes[op];
    if (cube.image) {
      memory.write_image(cube);
    } else {
      memory.write(cube.cube, cube.place);
    }
  }
  for (const NetworkStep& step : lowered.steps) {
    SCOPED_TRACE(network.operators[step.op].name);
    const PlacedCube& made = *lowered.cubes[step.op];
    const std::uint64_t before = memory.atoms();
    for (const nvdla::Layer& layer : step.layers) expect_flow(layer, memory, atom_bytes);
    if (step.layers.empty()) memory.write(made.cube, made.place);  // by the CPU
    EXPECT_TRUE(memory.holds(made.cube, made.place));
    if (network.operators[step.op].kind() != OperatorKind::kConcat) {
      EXPECT_EQ(memory.atoms() - before, atoms_of(made.cube, atom_bytes));
    }
  }
  for (const std::uint32_t output : network.outputs) {
    EXPECT_TRUE(memory.holds(lowered.cubes[output]->cube, lowered.cubes[output]->place));
  }
}

/// Products of a dense convolution, without those of channels that only fill up atoms.
std::uint64_t macs(const nvdla::Convolution& c, std::uint64_t channels) {
  return std::uint64_t{c.out_width} * c.out_height * c.kernels * c.kernel_width * c.kernel_height *
         channels;
}

std::uint64_t macs_of(const LoweredNetwork& lowered) {
  std::uint64_t sum = 0;
  for (const NetworkStep& step : lowered.steps) {
    for (const nvdla::Layer& layer : step.layers) {
      if (!layer.convolution) continue;
      const bool rgb = layer.convolution->image.has_value();  // with a fourth channel of zeros
      sum += macs(*layer.convolution, rgb ? 3 : layer.convolution->in.channels);
    }
  }
  return sum;
}

class PublishedNetwork : public testing::TestWithParam<std::string> {};

TEST_P(PublishedNetwork, IsReadAndWrittenInOrder) {
  const auto workload = workload::load(kNetworks + GetParam() + ".yaml");
  const auto& task = workload::only_task<workload::NetworkTask>(workload, "test");
  for (const ArrayGeometry& array : {kNvSmall, kNvSmall256, kNvLarge}) {
    const LoweredNetwork lowered = lower(task.model, array);
    expect_dataflow(task.model, lowered, array.atom_bytes);
  }
}

/// Operators that the CPU does, as the network calls them.
std::vector<std::string> left_to_cpu(const std::string& name, const ArrayGeometry& array) {
  const auto workload = workload::load(kNetworks + name + ".yaml");
  const auto& task = workload::only_task<workload::NetworkTask>(workload, "test");
  std::vector<std::string> names;
  for (const NetworkStep& step : lower(task.model, array).steps) {
    if (step.layers.empty()) names.push_back(task.model.operators[step.op].name);
  }
  return names;
}

TEST(NetworkLowering, OnlyWhatNoUnitOrRegisterCanDoIsLeftToTheCpu) {
  using Names = std::vector<std::string>;
  for (const std::string name : {"alexnet", "googlenet", "mobilenet-v2", "resnet-50", "vgg-16"}) {
    EXPECT_EQ(left_to_cpu(name, kNvSmall), Names());
    EXPECT_EQ(left_to_cpu(name, kNvLarge), Names());
  }
  EXPECT_EQ(left_to_cpu("squeezenet-1.1", kNvLarge), Names{"avgpool"});  // of 13 x 13
  EXPECT_EQ(left_to_cpu("yolov3-tiny", kNvLarge), Names{"upsample19"});
  EXPECT_EQ(left_to_cpu("yolov3-tiny", kNvSmall).size(), 12U);  // without tables
}

INSTANTIATE_TEST_SUITE_P(All, PublishedNetwork,
                         testing::Values("alexnet", "alexnet-groups", "googlenet", "mobilenet-v1",
                                         "mobilenet-v2", "resnet-18", "resnet-50", "squeezenet-1.0",
                                         "squeezenet-1.1", "vgg-16", "yolov3-tiny",
                                         kTraces + "fashion-residual",
                                         kTraces + "fashion-depthwise"),
                         [](const auto& info) {
                           std::string name = info.param;
                           for (char& c : name)
                             c = std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
                           return name;
                         });

/// MACs that the papers and torchvision count.
TEST(NetworkLowering, DenseNetworksMultiplyAsOftenAsPublished) {
  const auto published = [](const std::string& name) {
    const auto workload = workload::load(kNetworks + name + ".yaml");
    return macs_of(
        lower(workload::only_task<workload::NetworkTask>(workload, "test").model, kNvSmall));
  };
  EXPECT_EQ(published("resnet-50"), 4'089'184'256U);
  EXPECT_EQ(published("alexnet"), 714'188'480U);
  EXPECT_EQ(published("googlenet"), 1'582'671'872U);
}

}  // namespace
}  // namespace sim::dnnguard
