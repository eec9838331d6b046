#include "sim/accelerators/optimus/shared_inputs.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "sim/accelerators/optimus/compiler.h"
#include "tests/accelerators/optimus/machine_support.h"

namespace sim::optimus::test {
namespace {

using workload::Network;
using workload::Operator;
using workload::OperatorKind;
using workload::OutputShape;
using workload::Phase;
using Index = std::uint32_t;
using Group = std::vector<Index>;
using Groups = std::vector<Group>;

/// An encoder, operator by operator; every linear one keeps half of its weights.
class Encoder {
 public:
  explicit Encoder(std::uint64_t seed = 1) : rng_(seed) {
    model.kind = workload::NetworkKind::kEncoder;
    model.limits.max_tokens = 64;
  }

  Index add(const std::string& name, const workload::OperatorBody& body, Group inputs,
            std::uint32_t features) {
    model.operators.push_back({.name = name,
                               .inputs = std::move(inputs),
                               .shape = OutputShape::of_phase(Phase::kEncoder, features),
                               .body = body});
    return static_cast<Index>(model.operators.size() - 1);
  }

  Index embedding(std::uint32_t features) {
    return add("e", workload::Embedding{.pieces = 11, .features = features},
               {workload::kSourceTokens}, features);
  }

  Index linear(const std::string& name, Index x, std::uint32_t outputs, bool relu = false) {
    const std::uint32_t inputs = features(x);
    auto mask = std::make_shared<workload::Mask>(outputs, inputs);
    for (std::uint32_t r = 0; r < outputs; ++r) {
      for (std::uint32_t c = 0; c < inputs; ++c) {
        if (rng_.below(2) == 0) mask->keep(r, c);
      }
    }
    const workload::Weights weights{.outputs = outputs, .inputs = inputs, .relu = relu};
    const Index added = add(name, workload::Linear{weights}, {x}, outputs);
    model.operators[added].mask = mask;
    return added;
  }

  Index softmax_of(const std::string& name, Index q, Index k) {
    return add(name + "p", workload::Softmax{.heads = 2},
               {add(name + "s", workload::AttentionScores{.heads = 2, .kv_heads = 2}, {q, k}, 0)},
               0);
  }

  Index values(const std::string& name, Index p, Index v) {
    return add(name, workload::AttentionValues{.heads = 2, .kv_heads = 2}, {p, v}, features(v));
  }

  std::uint32_t features(Index op) const { return model.operators[op].features(); }

  Network model;

 private:
  base::Rng rng_;
};

/// Attentions, gates, sums and matrices of earlier results, at random; every result has eight
/// features.
class RandomEncoder {
 public:
  explicit RandomEncoder(base::Rng& rng) : rng_(rng), made_(rng.next()) {
    results_.push_back(made_.embedding(8));
    const std::uint64_t parts = 1 + rng.below(7);
    for (std::uint64_t i = 0; i < parts; ++i) results_.push_back(part());
  }

  /// In any order in which inputs come first.
  Network in_any_order() const {
    const std::vector<Operator>& from = made_.model.operators;
    Network model = made_.model;
    model.operators.clear();
    std::vector<Index> place(from.size(), kNowhere);
    while (model.operators.size() < from.size()) {
      const auto i = static_cast<Index>(rng_.below(from.size()));
      const bool ready = std::ranges::all_of(from[i].inputs, [&](Index input) {
        return input >= from.size() || place[input] != kNowhere;
      });
      if (place[i] != kNowhere || !ready) continue;
      place[i] = static_cast<Index>(model.operators.size());
      model.operators.push_back(from[i]);
      for (Index& input : model.operators.back().inputs) {
        if (input < from.size()) input = place[input];
      }
    }
    return model;
  }

 private:
  static constexpr Index kNowhere = 0xffff'ffff;

  std::string name() { return fmt::format("o{}", made_.model.operators.size()); }
  Index any() { return results_[rng_.below(results_.size())]; }

  /// A matrix of one of two results, or of the embedding, and what may stand behind it.
  Index operand(Index x) {
    Index y = rng_.below(5) == 0 ? any() : made_.linear(name(), x, 8, rng_.below(3) == 0);
    for (std::uint64_t n = rng_.below(3); n > 0; --n) y = behind(y);
    return y;
  }

  Index behind(Index y) {
    switch (rng_.below(6)) {
      case 0:
        return made_.add(name(), workload::Rotary{.heads = 2, .pairs = 2}, {y}, 8);
      case 1:
        return made_.add(name(), workload::Activation{}, {y}, 8);
      case 2:
        return made_.add(name(), workload::Norm{}, {y}, 8);
      case 3:
        return made_.add(name(), workload::Norm{}, {y, any()}, 8);
      case 4:
        return made_.add(name(), workload::Add{}, {y, any()}, 8);
      default:
        return made_.add(name(), workload::Split{.begin = 0, .size = 8}, {y}, 8);
    }
  }

  Index part() {
    const Index x = any();
    switch (rng_.below(4)) {
      case 0:
        return made_.linear(name(), x, 8);
      case 1: {
        const Index a = operand(x);
        const Index b = operand(x);
        return made_.add(name(), workload::Multiply{}, {a, b}, 8);
      }
      default: {
        const Index q = operand(x);
        const Index k = operand(rng_.below(3) == 0 ? any() : x);
        const Index p = made_.softmax_of(name(), q, k);
        return made_.values(name(), p, operand(rng_.below(3) == 0 ? any() : x));
      }
    }
  }

  base::Rng& rng_;
  Encoder made_;
  std::vector<Index> results_{};
};

/// The rule from the side of the matrices: each result is followed to where it is read.
class GroupJudge {
 public:
  explicit GroupJudge(const Network& model) : ops_(model.operators) {}

  Groups groups() const {
    Groups all;
    for (Index i = 0; i < ops_.size(); ++i) {
      Group joined{i};
      std::erase_if(all, [&](const Group& group) {
        const bool meets = std::ranges::any_of(group, [&](Index j) { return meet(i, j); });
        if (meets) joined.insert(joined.end(), group.begin(), group.end());
        return meets;
      });
      std::ranges::sort(joined);
      all.push_back(joined);
    }
    std::ranges::sort(all);
    return all;
  }

 private:
  struct Reader {
    Index op;
    std::size_t place;
  };

  void follow(Index result, std::vector<Reader>& readers) const {
    for (Index i = 0; i < ops_.size(); ++i) {
      for (std::size_t place = 0; place < ops_[i].inputs.size(); ++place) {
        if (ops_[i].inputs[place] != result) continue;
        readers.push_back({i, place});
        const OperatorKind kind = ops_[i].kind();
        const bool one_norm = kind == OperatorKind::kNorm && ops_[i].inputs.size() == 1;
        const bool passes = kind == OperatorKind::kSplit || kind == OperatorKind::kRotary ||
                            kind == OperatorKind::kActivation || one_norm;
        if (passes) follow(i, readers);
      }
    }
  }

  /// The scores to which an operator belongs as an operand; a multiply is a place of its own.
  std::set<Index> meetings(Index matrix) const {
    std::vector<Reader> readers;
    follow(matrix, readers);
    std::set<Index> places;
    for (const Reader& reader : readers) {
      const Operator& op = ops_[reader.op];
      const OperatorKind kind = op.kind();
      if (kind == OperatorKind::kMultiply || kind == OperatorKind::kAttentionScores) {
        places.insert(reader.op);
      }
      if (kind == OperatorKind::kAttentionValues && reader.place == 1) {
        places.insert(ops_[op.inputs[0]].inputs[0]);
      }
    }
    return places;
  }

  bool meet(Index a, Index b) const {
    const bool linear =
        ops_[a].kind() == OperatorKind::kLinear && ops_[b].kind() == OperatorKind::kLinear;
    if (!linear || ops_[a].inputs != ops_[b].inputs || ops_[a].phase != ops_[b].phase) return false;
    const std::set<Index> of_a = meetings(a);
    return std::ranges::any_of(meetings(b), [&](Index place) { return of_a.contains(place); });
  }

  const std::vector<Operator>& ops_;
};

/// Names at random, some of which look like those of joined layers.
Network renamed(Network model, base::Rng& rng) {
  constexpr const char* kParts[] = {"q", "k", "a.q", "a.k", "a.q+k", "a", "a.q+k (2)", "b.c.q+a.k"};
  std::set<std::string> taken;
  for (Operator& op : model.operators) {
    op.name = kParts[rng.below(std::size(kParts))];
    while (!taken.insert(op.name).second) op.name += kParts[rng.below(std::size(kParts))];
  }
  return model;
}

std::vector<std::string> names(const Program& program) {
  std::vector<std::string> all;
  for (const Layer& layer : program.layers) all.push_back(layer.name);
  return all;
}

TEST(SharedInputs, MatricesWhoseResultsMeetAreOneInAnyOrder) {
  base::Rng rng(1);
  std::size_t together = 0;
  for (int i = 0; i < 2000; ++i) {
    const Network model = RandomEncoder(rng).in_any_order();
    const Groups groups = groups_of_shared_inputs(model);
    ASSERT_EQ(groups, GroupJudge(model).groups()) << i;
    together += model.operators.size() - groups.size();
  }
  EXPECT_GT(together, 1000u);
}

TEST(SharedInputs, NamesChangeNoNumber) {
  base::Rng rng(2);
  for (int i = 0; i < 40; ++i) {
    const std::string yaml = random_machine(rng);
    const Config config = config_of(yaml);
    const Network model = RandomEncoder(rng).in_any_order();
    const std::vector<SentenceLengths> sentences{{0, 5, 0}, {1, 17, 0}};
    const Program program = compile(model, config, sentences);
    Program other = compile(renamed(model, rng), config, sentences);
    ASSERT_EQ(other.layers.size(), program.layers.size());
    const std::vector<std::string> all = names(other);
    EXPECT_EQ(std::set(all.begin(), all.end()).size(), all.size());
    for (std::size_t l = 0; l < all.size(); ++l) other.layers[l].name = program.layers[l].name;
    const MachineOptions options{.engine = core::Engine::kSkip};
    EXPECT_EQ(simulate(other, config, options, sentences),
              simulate(program, config, options, sentences))
        << yaml;
  }
}

TEST(SharedInputs, ALaterMatrixRunsWithTheFirstOfItsGroup) {
  const auto attention = [](bool v_last) {
    Encoder e;
    const Index x = e.embedding(8);
    const Index q = e.linear("q", x, 8);
    const Index k = e.linear("k", x, 8);
    Index v = v_last ? 0 : e.linear("v", x, 8);
    const Index p = e.softmax_of("", q, k);
    if (v_last) v = e.linear("v", x, 8);
    e.values("a", p, v);
    return e.model;
  };
  const Config config = config_of("{mac_array: {macs: 64}}");
  const std::vector<SentenceLengths> sentences{{0, 9, 0}};
  const Program program = compile(attention(true), config, sentences);
  EXPECT_EQ(names(program), (std::vector<std::string>{"e", "q+k+v", "s", "p", "a"}));
  const MachineOptions options{.engine = core::Engine::kTick};
  EXPECT_EQ(simulate(program, config, options, sentences),
            simulate(compile(attention(false), config, sentences), config, options, sentences));
}

TEST(SharedInputs, BothMatricesOfAGateAreOneAlsoBehindItsRelu) {
  Encoder e;
  const Index x = e.embedding(8);
  const Index gate = e.linear("m.gate", x, 8, true);
  const Index up = e.linear("m.up", x, 8);
  e.add("m", workload::Multiply{}, {gate, up}, 8);
  e.linear("m.other", x, 8);
  const Program program = compile(e.model, config_of("{mac_array: {macs: 64}}"), {});
  EXPECT_EQ(names(program), (std::vector<std::string>{"e", "m.gate+up", "m", "m.other"}));
}

TEST(SharedInputs, MatricesOfTwoPhasesStayApart) {
  Encoder e;
  const Index x = e.embedding(8);
  const Index a = e.linear("a", x, 8);
  const Index b = e.linear("b", x, 8);
  const Index gate = e.add("gate", workload::Multiply{}, {a, b}, 8);
  EXPECT_EQ(groups_of_shared_inputs(e.model).size(), 3u);
  for (const Index op : {b, gate}) e.model.operators[op].phase = Phase::kCross;
  EXPECT_EQ(groups_of_shared_inputs(e.model), single_operators(e.model));
}

TEST(SharedInputs, NamesOfLayersAreTheirOwn) {
  Encoder e;
  const Index x = e.embedding(8);
  const auto gate = [&](const std::string& name, const std::string& a, const std::string& b) {
    const Index one = e.linear(a, x, 8);
    e.add(name, workload::Multiply{}, {one, e.linear(b, x, 8)}, 8);
  };
  gate("m.a+b", "m.a", "m.b");
  gate("g", "n.a", "o.b");
  gate("h", "p", "q+r");
  gate("i", "p+q", "r");
  const Program program = compile(e.model, config_of("{mac_array: {macs: 64}}"), {});
  EXPECT_EQ(names(program), (std::vector<std::string>{"e", "m.a+b (2)", "m.a+b", "n.a+o.b", "g",
                                                      "p+q+r", "h", "p+q+r (2)", "i"}));
}

}  // namespace
}  // namespace sim::optimus::test
