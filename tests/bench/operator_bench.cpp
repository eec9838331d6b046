// Multiply-accumulates a second of the kernels of networks, on one core: ResNet-50 (He et al.,
// "Deep Residual Learning for Image Recognition", CVPR 2016, table 1) on an image of 224 x 224,
// layer by layer and whole; and one layer of BERT-base (Devlin et al., "BERT", NAACL 2019) on 512
// tokens. Weights and inputs are random.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "sim/base/rng.h"
#include "sim/values/attention_kernels.h"
#include "sim/values/conv_kernels.h"
#include "sim/values/element_kernels.h"
#include "sim/values/layer_kernels.h"
#include "sim/values/map_kernels.h"

namespace sim::values {
namespace {

using workload::Int8s;

std::vector<std::int8_t> random_bytes(std::size_t n) {
  base::Rng rng(n);
  std::vector<std::int8_t> out(n);
  for (auto& b : out) b = static_cast<std::int8_t>(rng.next());
  return out;
}

struct RandomWeights {
  RandomWeights(std::uint32_t outputs, std::uint32_t inputs)
      : weight(random_bytes(std::size_t{outputs} * inputs)),
        bias(outputs, 1000),
        multipliers(outputs, 1 << 30) {
    view = {.weight = weight,
            .bias = bias,
            .multipliers = multipliers,
            .outputs = outputs,
            .inputs = inputs,
            .shift = 40,
            .relu = true};
  }
  std::vector<std::int8_t> weight;
  std::vector<std::int32_t> bias;
  std::vector<std::int32_t> multipliers;
  workload::Weights view{};
};

struct Conv {
  std::uint32_t channels;
  std::uint32_t outputs;
  std::uint32_t size;  // rows and columns of its input
  std::uint32_t kernel = 1;
  std::uint32_t stride = 1;
  std::uint32_t groups = 1;
};

/// A convolution with what it works on.
class ConvLayer {
 public:
  explicit ConvLayer(const Conv& conv)
      : weights_(conv.outputs, conv.channels / conv.groups * conv.kernel * conv.kernel),
        size_{conv.channels, conv.size, conv.size},
        x_(random_bytes(conv.channels * size_.pixels())) {
    const std::uint32_t padding = conv.kernel / 2;
    op_ = {.weights = weights_.view,
           .kernel = {conv.kernel, conv.kernel},
           .stride = {conv.stride, conv.stride},
           .padding = {padding, padding, padding, padding},
           .groups = conv.groups};
    const auto sides = workload::window_sides(op_, conv.size, conv.size);
    out_ = windowed_size(sides, conv.outputs);
    y_.resize(conv.outputs * out_.pixels());
  }
  void run() {
    conv2d(op_, size_, x_.data(), y_.data());
    benchmark::DoNotOptimize(y_.data());
  }
  double macs() const {
    return static_cast<double>(y_.size()) * static_cast<double>(op_.weights.inputs);
  }
  MapSize out() const { return out_; }

 private:
  RandomWeights weights_;
  MapSize size_;
  MapSize out_{};
  std::vector<std::int8_t> x_;
  std::vector<std::int8_t> y_;
  workload::Conv2d op_{};
};

void set_macs(benchmark::State& state, double macs) {
  state.counters["MACs"] = macs;
  state.counters["MAC/s"] = benchmark::Counter(macs, benchmark::Counter::kIsIterationInvariantRate);
}

void convolve(benchmark::State& state, const Conv& conv) {
  ConvLayer layer(conv);
  for (auto _ : state) layer.run();
  set_macs(state, layer.macs());
}

/// All convolutions of ResNet-50, in order. A stage's first block halves the map in its 3 x 3.
std::vector<Conv> resnet50() {
  std::vector<Conv> convs = {{3, 64, 224, 7, 2}};
  std::uint32_t channels = 64, size = 56, width = 64;
  for (const std::uint32_t blocks : {3U, 4U, 6U, 3U}) {
    for (std::uint32_t block = 0; block < blocks; ++block) {
      const std::uint32_t stride = block == 0 && width > 64 ? 2 : 1;
      if (block == 0) convs.push_back({channels, 4 * width, size, 1, stride});
      convs.push_back({channels, width, size});
      convs.push_back({width, width, size, 3, stride});
      size /= stride;
      convs.push_back({width, 4 * width, size});
      channels = 4 * width;
    }
    width *= 2;
  }
  return convs;
}

void whole_resnet50(benchmark::State& state) {
  std::vector<ConvLayer> layers;
  for (const Conv& conv : resnet50()) layers.emplace_back(conv);
  const RandomWeights classes(1000, 2048);
  const MapSize first{64, 112, 112};
  const auto map = random_bytes(first.channels * first.pixels());
  std::vector<std::int8_t> out(map.size());
  const workload::MaxPool2d pool{
      .windows = {.kernel = {3, 3}, .stride = {2, 2}, .padding = {1, 1, 1, 1}}};
  const workload::Add sum{.x_multiplier = 1 << 20, .y_multiplier = 1 << 19, .shift = 21};
  double macs = 1000 * 2048;
  for (const ConvLayer& layer : layers) macs += layer.macs();
  for (auto _ : state) {
    max_pool2d(pool, first, map.data(), out.data());
    for (ConvLayer& layer : layers) {
      layer.run();
      const std::size_t n = layer.out().channels * layer.out().pixels();
      if (layer.out().channels % 256 == 0) {  // as many sums as there are outputs of blocks
        add(sum, Int8s(map).first(n), Int8s(map).first(n), Partner::kPlace, out.data());
      }
    }
    linear({classes.view}, 1, map.data(), out.data());
  }
  set_macs(state, macs);
}

/// Attention of `tokens` tokens, 12 heads of 64 features.
struct Attention {
  explicit Attention(std::uint32_t count)
      : tokens(count),
        q(random_bytes(std::size_t{768} * tokens)),
        scores(std::size_t{12} * tokens * tokens),
        probabilities(scores.size()),
        out(q.size()),
        table(256) {
    for (std::size_t i = 0; i < 256; ++i) table[i] = static_cast<std::uint16_t>(65535 / (i + 1));
    soften.table = table;
  }
  void run() {
    const Queries all{0, tokens, tokens};
    const ScoreStrides strides{std::size_t{tokens} * tokens, tokens};
    attention_scores(score, all, {q.data(), 768}, {q.data(), 768}, scores.data(), strides);
    softmax(soften, all, scores.data(), probabilities.data(), strides);
    attention_values(weigh, all, probabilities.data(), strides, {q.data(), 768}, out.data());
  }
  double macs() const { return 2.0 * 768 * tokens * tokens; }

  std::uint32_t tokens;
  std::vector<std::int8_t> q;
  std::vector<std::int8_t> scores;
  std::vector<std::int8_t> probabilities;
  std::vector<std::int8_t> out;
  std::vector<std::uint16_t> table;
  workload::AttentionScores score{
      .heads = 12, .kv_heads = 12, .mask = {}, .multiplier = 1 << 30, .shift = 41};
  workload::Softmax soften{.heads = 12, .mask = {}};
  workload::AttentionValues weigh{
      .heads = 12, .kv_heads = 12, .mask = {}, .multiplier = 1 << 30, .shift = 38};
};

void attention(benchmark::State& state) {
  Attention one(static_cast<std::uint32_t>(state.range(0)));
  for (auto _ : state) one.run();
  set_macs(state, one.macs());
}

void rows_of_linear(benchmark::State& state) {
  const RandomWeights weights(3072, 768);
  const auto rows = static_cast<std::uint32_t>(state.range(0));
  const auto x = random_bytes(std::size_t{rows} * 768);
  std::vector<std::int8_t> y(std::size_t{rows} * 3072);
  for (auto _ : state) linear({weights.view}, rows, x.data(), y.data());
  set_macs(state, 768.0 * 3072 * rows);
}

void bert_layer(benchmark::State& state) {
  constexpr std::uint32_t kTokens = 512;
  const RandomWeights square(768, 768), up(3072, 768), down(768, 3072);
  const auto table = random_bytes(256);
  const workload::Activation gelu{.table = table};
  const std::vector<std::int32_t> gamma(768, 1 << 12), beta(768, 1 << 20);
  const workload::Norm layer_norm{
      .gamma = gamma, .beta = beta, .x_multiplier = 30000, .y_multiplier = 20000, .shift = 23};
  Attention heads(kTokens);
  std::vector<std::int8_t> x = random_bytes(std::size_t{kTokens} * 768), y(x.size());
  std::vector<std::int8_t> inner(std::size_t{kTokens} * 3072), active(inner.size());
  for (auto _ : state) {
    for (int i = 0; i < 3; ++i) linear({square.view}, kTokens, x.data(), y.data());
    heads.run();
    linear({square.view}, kTokens, heads.out.data(), y.data());
    norm(layer_norm, kTokens, 768, x.data(), y.data(), heads.out.data());
    linear({up.view}, kTokens, x.data(), inner.data());
    activation(gelu, inner, active.data());
    linear({down.view}, kTokens, active.data(), y.data());
    norm(layer_norm, kTokens, 768, x.data(), y.data(), heads.out.data());
  }
  set_macs(state, kTokens * 768.0 * (4 * 768 + 2 * 3072) + heads.macs());
}

BENCHMARK(whole_resnet50)->Unit(benchmark::kMillisecond);
BENCHMARK(bert_layer)->Unit(benchmark::kMillisecond);
BENCHMARK(attention)->Arg(128)->Arg(512)->Unit(benchmark::kMillisecond);
BENCHMARK(rows_of_linear)->Arg(1)->Arg(4)->Arg(64)->Arg(512)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(convolve, first_7x7, Conv{3, 64, 224, 7, 2});
BENCHMARK_CAPTURE(convolve, stage1_1x1_in, Conv{256, 64, 56});
BENCHMARK_CAPTURE(convolve, stage1_3x3, Conv{64, 64, 56, 3});
BENCHMARK_CAPTURE(convolve, stage1_1x1_out, Conv{64, 256, 56});
BENCHMARK_CAPTURE(convolve, stage2_3x3, Conv{128, 128, 28, 3});
BENCHMARK_CAPTURE(convolve, stage3_3x3, Conv{256, 256, 14, 3});
BENCHMARK_CAPTURE(convolve, stage3_1x1_out, Conv{256, 1024, 14});
BENCHMARK_CAPTURE(convolve, stage4_3x3, Conv{512, 512, 7, 3});
BENCHMARK_CAPTURE(convolve, stage4_1x1_out, Conv{512, 2048, 7});
BENCHMARK_CAPTURE(convolve, depthwise_112, Conv{32, 32, 112, 3, 1, 32});
BENCHMARK_CAPTURE(convolve, depthwise_stride_112, Conv{96, 96, 112, 3, 2, 96});
BENCHMARK_CAPTURE(convolve, depthwise_7, Conv{960, 960, 7, 3, 1, 960});

}  // namespace
}  // namespace sim::values
