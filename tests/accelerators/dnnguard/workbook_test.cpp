#include "sim/accelerators/dnnguard/workbook.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "sim/base/error.h"
#include "sim/workload/load.h"

// The figures are stored in nvdla/hw, perf/NVDLA_OpenSource_Performance.xlsx (blob 898ea7ea), and
// printed in nvdla/doc at 31f5740e, doc/primer.rst.

namespace sim::dnnguard::workbook {
namespace {

workload::Workload load(const std::string& name) {
  return workload::load(std::string(LOCKSTEP_SOURCE_DIR) + "/workloads/networks/" + name + ".yaml");
}

Estimate estimate_of(const std::string& name, Sheet sheet, const Point& point) {
  const workload::Workload workload = load(name);
  return estimate(workload::only_task<workload::NetworkTask>(workload, "workbook").model, sheet,
                  point);
}

std::map<std::string, LayerCycles> by_name(const Estimate& estimate) {
  std::map<std::string, LayerCycles> layers;
  for (const LayerCycles& layer : estimate.layers) layers[layer.name] = layer;
  return layers;
}

struct Row {
  Point point;
  double printed = 0;  // frames/s
  double recomputed = 0;
};

TEST(WorkbookTest, FramesOfThePrimersTable) {
  const Row rows[] = {
      {{.macs = 2048, .buffer_kib = 512, .gb_per_second = 20}, 269, 268.80},
      {{.macs = 1024, .buffer_kib = 256, .gb_per_second = 15}, 153, 152.62},
      {{.macs = 512, .buffer_kib = 256, .gb_per_second = 10}, 93, 92.95},
      {{.macs = 256, .buffer_kib = 256, .gb_per_second = 5}, 46, 46.48},
      {{.macs = 128, .buffer_kib = 256, .gb_per_second = 2}, 20, 19.98},
      {{.macs = 64, .buffer_kib = 128, .gb_per_second = 1}, 7.3, 7.30},
      {{.macs = 32, .buffer_kib = 128, .gb_per_second = 0.5}, 3.6, 3.65},
  };
  for (const Row& row : rows) {
    const double frames =
        estimate_of("resnet-50-nvdla", Sheet::kResNet50, row.point).frames_per_second;
    EXPECT_NEAR(frames, row.recomputed, 0.00501) << row.point.macs;
    // 3.6 is cut, the others are rounded; those below 10 have one digit behind the point.
    EXPECT_NEAR(frames, row.printed, row.printed < 10 ? 0.05 : 0.5) << row.point.macs;
  }
}

TEST(WorkbookTest, TotalOfAlexNetsSheet) {
  const Estimate all = estimate_of("alexnet-groups", Sheet::kAlexNet, {});
  EXPECT_EQ(std::round(all.cycles * 100) / 100, 895443.56);
  EXPECT_NEAR(all.frames_per_second, 1116.8, 0.05);
}

TEST(WorkbookTest, LayersOfAlexNetsSheet) {
  auto layers = by_name(estimate_of("alexnet-groups", Sheet::kAlexNet, {}));
  EXPECT_NEAR(layers["conv1"].cycles(), 49617.6, 0.05);
  EXPECT_FALSE(layers["conv1"].memory_bound());
  EXPECT_FALSE(layers["conv2"].memory_bound());
  EXPECT_EQ(layers["conv2"].groups, 2);
  EXPECT_EQ(layers["conv2"].mac, 54675);
  const std::map<std::string, std::pair<double, double>> memory_bound = {
      {"conv3", {32448, 164163}}, {"conv4", {12168, 63938}}, {"conv5", {8112, 42019}},
      {"fc6", {18432, 231700}},   {"fc7", {8192, 103200}},   {"fc8", {2000, 25499}}};
  for (const auto& [name, cycles] : memory_bound) {
    EXPECT_EQ(layers[name].mac, cycles.first) << name;
    EXPECT_EQ(layers[name].memory, cycles.second) << name;
    EXPECT_TRUE(layers[name].memory_bound()) << name;
    EXPECT_EQ(layers[name].groups, name == "conv4" || name == "conv5" ? 2 : 1) << name;
  }
}

TEST(WorkbookTest, TotalOfAlexNetsSheetWithSram) {
  const Point point{.sram = Sram{.kib = 4096, .read_gb_per_second = 25, .write_gb_per_second = 25}};
  const Estimate all = estimate_of("alexnet-groups", Sheet::kAlexNet, point);
  EXPECT_EQ(std::round(all.cycles * 100) / 100, 591475.56);
}

TEST(WorkbookTest, SramThatIsTooSmallForTheWeightsChangesNothing) {
  const Point point{.sram = Sram{.kib = 1024, .read_gb_per_second = 25, .write_gb_per_second = 25}};
  EXPECT_EQ(estimate_of("alexnet-groups", Sheet::kAlexNet, point).cycles,
            estimate_of("alexnet-groups", Sheet::kAlexNet, {}).cycles);
}

TEST(WorkbookTest, TotalOfResNet50sSheet) {
  const Estimate all = estimate_of("resnet-50-nvdla", Sheet::kResNet50, {});
  EXPECT_EQ(all.cycles, 7113691);
  EXPECT_NEAR(all.frames_per_second, 140.6, 0.05);
}

TEST(WorkbookTest, LayersOfResNet50sSheet) {
  auto layers = by_name(estimate_of("resnet-50-nvdla", Sheet::kResNet50, {}));
  EXPECT_EQ(layers["conv1"].cycles(), 153664);
  for (const char* name : {"layer1.0.conv2", "layer1.rest.0.conv2", "layer1.rest.1.conv2"}) {
    EXPECT_EQ(layers.at(name).cycles(), 50176) << name;
    EXPECT_FALSE(layers.at(name).memory_bound()) << name;
  }
  EXPECT_EQ(layers.at("layer2.0.conv2").cycles(), 45200);
  EXPECT_EQ(layers.at("layer2.rest.2.conv2").cycles(), 45200);
  EXPECT_EQ(layers.at("layer3.0.conv2").cycles(), 112200);
  EXPECT_EQ(layers.at("layer3.rest.4.conv2").cycles(), 112200);
  EXPECT_EQ(layers.at("layer4.0.conv2").cycles(), 414500);
  EXPECT_EQ(layers.at("layer4.rest.1.conv2").cycles(), 414500);
}

// The stored total is 1,222,071 cycles. The rules that are known of the sheet count 30 % more;
// which reads its own formulas leave out is not known.
TEST(WorkbookTest, RulesOfGoogLeNetsSheetAreNotAllKnown) {
  const Estimate all = estimate_of("googlenet-nvdla", Sheet::kGoogLeNet, {});
  EXPECT_NEAR(all.cycles / 1222071, 1.298, 0.001);
}

TEST(WorkbookTest, EveryNetworkThatTakesTensorsHasAnEstimate) {
  for (const char* name :
       {"alexnet", "googlenet", "mobilenet-v1", "mobilenet-v2", "resnet-18", "resnet-50",
        "resnet-50-v1", "squeezenet-1.0", "squeezenet-1.1", "vgg-16", "yolov3-tiny"}) {
    for (const Sheet sheet : {Sheet::kAlexNet, Sheet::kGoogLeNet, Sheet::kResNet50}) {
      const Estimate all = estimate_of(name, sheet, {});
      EXPECT_GT(all.cycles, 1e5) << name;
      EXPECT_LT(all.cycles, 1e9) << name;
    }
  }
}

TEST(WorkbookTest, RefusesNetworksOfTokensAndBuffersThatAreTooSmall) {
  EXPECT_THROW(estimate_of("gpt-2-small", Sheet::kResNet50, {}), base::WorkloadError);
  EXPECT_THROW(estimate_of("resnet-50-nvdla", Sheet::kResNet50, {.buffer_kib = 16}),
               base::WorkloadError);
}

}  // namespace
}  // namespace sim::dnnguard::workbook
