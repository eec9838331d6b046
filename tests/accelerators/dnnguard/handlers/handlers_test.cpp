#include "sim/accelerators/dnnguard/handlers/handlers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <random>
#include <vector>

// Judges: other forms of the definitions, in double.

namespace sim::dnnguard {
namespace {

using Floats = std::vector<float>;
using Random = std::mt19937;

Floats draw(Random& random, std::size_t n, float least, float most) {
  std::uniform_real_distribution<float> values(least, most);
  Floats x(n);
  for (float& value : x) value = values(random);
  return x;
}

Floats draw_distribution(Random& random, std::size_t n) {
  Floats x = draw(random, n, 0, 1);
  if (n > 1) x[random() % n] = 0;
  const float sum = std::accumulate(x.begin(), x.end(), 0.0F);
  for (float& value : x) value /= sum;
  return x;
}

TEST(HandlersTest, SoftmaxIsTheQuotientOfExponentials) {
  Random random(1);
  for (const std::size_t n : {1, 2, 10, 1000}) {
    Floats x = draw(random, n, -8, 8);
    Floats p(n);
    handler_softmax(x.data(), p.data(), n);
    for (std::size_t i = 0; i < n; i += 1 + n / 7) {
      double others = 0;  // 1 / p is the sum of e^(x[j] - x[i])
      for (const float other : x) others += std::exp(double{other} - x[i]);
      EXPECT_NEAR(p[i] * others, 1, 1e-5);
    }
    handler_softmax(x.data(), x.data(), n);
    EXPECT_EQ(x, p);
  }
  Floats large{1000, 1000, -1000};
  handler_softmax(large.data(), large.data(), 3);
  EXPECT_EQ(large, (Floats{0.5F, 0.5F, 0}));
  handler_softmax(nullptr, nullptr, 0);
}

TEST(HandlersTest, DistancesAreThoseOfTheTriangle) {
  EXPECT_EQ(handler_l1(Floats{0, 0}.data(), Floats{3, -4}.data(), 2), 7);
  EXPECT_EQ(handler_l2(Floats{0, 0}.data(), Floats{3, -4}.data(), 2), 5);
  EXPECT_EQ(handler_l1(nullptr, nullptr, 0), 0);
  Random random(2);
  const Floats a = draw(random, 500, -1, 1);
  const Floats b = draw(random, 500, -1, 1);
  double l1 = 0;
  double squares = 0;  // (a - b)^2 = a^2 + b^2 - 2ab
  for (std::size_t i = 0; i < a.size(); ++i) {
    l1 += double{std::max(a[i], b[i])} - std::min(a[i], b[i]);
    squares += double{a[i]} * a[i] + double{b[i]} * b[i] - 2.0 * a[i] * b[i];
  }
  EXPECT_NEAR(handler_l1(a.data(), b.data(), a.size()), l1, 1e-3);
  EXPECT_NEAR(handler_l2(a.data(), b.data(), a.size()), std::sqrt(squares), 1e-4);
}

double entropy(const std::vector<double>& p) {
  double sum = 0;
  for (const double value : p) sum -= value > 0 ? value * std::log(value) : 0;
  return sum;
}

TEST(HandlersTest, DivergenceIsTheEntropyOfTheMeanLessTheMeanEntropy) {
  Random random(3);
  for (const std::size_t n : {1, 2, 10, 1000}) {
    const Floats p = draw_distribution(random, n);
    const Floats q = draw_distribution(random, n);
    std::vector<double> mean;
    for (std::size_t i = 0; i < n; ++i) mean.push_back((double{p[i]} + q[i]) / 2);
    const double right =
        entropy(mean) - (entropy({p.begin(), p.end()}) + entropy({q.begin(), q.end()})) / 2;
    EXPECT_NEAR(handler_jensen_shannon(p.data(), q.data(), n), right, 1e-5);
  }
  EXPECT_NEAR(handler_jensen_shannon(Floats{1, 0}.data(), Floats{0, 1}.data(), 2), std::log(2),
              1e-6);
}

TEST(HandlersTest, MedianIsTheThirdOfFourSortedPixels) {
  Random random(4);
  const std::size_t height = 9;
  const std::size_t width = 13;
  std::vector<std::uint8_t> in(height * width);
  for (std::uint8_t& value : in) value = static_cast<std::uint8_t>(random() % 6);
  std::vector<std::uint8_t> out(in.size());
  handler_median_2x2(in.data(), out.data(), height, width);
  for (std::size_t y = 0; y < height; ++y) {
    for (std::size_t x = 0; x < width; ++x) {
      std::vector<std::uint8_t> window;
      for (const std::size_t i : {y, y == 0 ? 0 : y - 1}) {
        for (const std::size_t j : {x, x == 0 ? 0 : x - 1}) window.push_back(in[i * width + j]);
      }
      std::ranges::sort(window);
      ASSERT_EQ(out[y * width + x], window[2]) << y << ' ' << x;
    }
  }
}

TEST(HandlersTest, BitDepthTakesTheNearestLevel) {
  Random random(5);
  for (const unsigned bits : {1U, 5U, 8U}) {
    const Floats x = draw(random, 300, 0, 1);
    Floats y(x.size());
    handler_bit_depth(x.data(), y.data(), x.size(), bits);
    for (std::size_t i = 0; i < x.size(); ++i) {
      double best = 2;
      for (unsigned level = 0; level < 1U << bits; ++level) {
        const double value = double{1} * level / ((1U << bits) - 1);
        if (std::abs(value - x[i]) < std::abs(best - x[i])) best = value;
      }
      ASSERT_NEAR(y[i], best, 1e-6);
    }
  }
}

/// With the image written out as far as windows reach.
std::vector<double> non_local_means(const Floats& in, int height, int width, int search, int patch,
                                    double strength) {
  const int margin = search / 2 + patch / 2;
  const int wide = width + 2 * margin;
  std::vector<double> padded;
  for (int y = -margin; y < height + margin; ++y) {
    for (int x = -margin; x < width + margin; ++x) {
      padded.push_back(in[static_cast<std::size_t>(std::clamp(y, 0, height - 1) * width +
                                                   std::clamp(x, 0, width - 1))]);
    }
  }
  const auto at = [&](int y, int x) { return padded[static_cast<std::size_t>(y * wide + x)]; };
  std::vector<double> out;
  for (int y = margin; y < height + margin; ++y) {
    for (int x = margin; x < width + margin; ++x) {
      double sum = 0;
      double weights = 0;
      for (int shift = 0; shift < search * search; ++shift) {
        const int v = y + shift / search - search / 2;
        const int u = x + shift % search - search / 2;
        double squares = 0;
        for (int k = 0; k < patch * patch; ++k) {
          const int dy = k / patch - patch / 2;
          const int dx = k % patch - patch / 2;
          squares += std::pow(at(y + dy, x + dx) - at(v + dy, u + dx), 2);
        }
        const double weight = std::exp(-squares / (patch * patch * strength * strength));
        sum += weight * at(v, u);
        weights += weight;
      }
      out.push_back(sum / weights);
    }
  }
  return out;
}

TEST(HandlersTest, NonLocalMeansWeighPixelsByTheirPatches) {
  Random random(6);
  const Floats in = draw(random, 8 * 11, 0, 20);
  for (const auto& [search, patch, strength] :
       {std::tuple{11, 3, 4.0F}, {3, 5, 1.0F}, {1, 1, 1.0F}, {7, 1, 9.0F}}) {
    Floats out(in.size());
    handler_non_local_means(in.data(), out.data(), 8, 11, static_cast<std::size_t>(search),
                            static_cast<std::size_t>(patch), strength);
    const auto right = non_local_means(in, 8, 11, search, patch, strength);
    for (std::size_t i = 0; i < in.size(); ++i) ASSERT_NEAR(out[i], right[i], 2e-4) << i;
  }
}

TEST(HandlersTest, NearestAreTheFirstOfAllSortedDistances) {
  Random random(7);
  const std::size_t n = 12;
  for (const std::size_t points : {1, 5, 100}) {
    const Floats query = draw(random, n, -1, 1);
    Floats rows = draw(random, points * n, -1, 1);
    if (points > 4) std::copy_n(rows.begin(), n, rows.begin() + n);  // a tie
    std::vector<double> all(points);
    for (std::size_t i = 0; i < points; ++i) {
      for (std::size_t j = 0; j < n; ++j) all[i] += std::pow(double{rows[i * n + j]} - query[j], 2);
      all[i] = std::sqrt(all[i]);
    }
    std::ranges::sort(all);
    for (const std::size_t k : {std::size_t{1}, std::min<std::size_t>(points, 20), points}) {
      Floats nearest(k, -1);
      handler_nearest(query.data(), rows.data(), points, n, nearest.data(), k);
      for (std::size_t i = 0; i < k; ++i) ASSERT_NEAR(nearest[i], all[i], 1e-5);
    }
  }
}

TEST(HandlersTest, DimensionalityOfPointsThatFillASpace) {
  // Of a power law, d[i] = 3 ((i + 1) / k)^(1 / m): m k / ln(k^k / k!), from the gamma function.
  for (const double m : {1.0, 2.0, 5.0}) {
    constexpr int kPoints = 20;
    Floats nearest;
    for (int i = 1; i <= kPoints; ++i) {
      nearest.push_back(static_cast<float>(3 * std::pow(double{1} * i / kPoints, 1 / m)));
    }
    const double right =
        m * kPoints / (kPoints * std::log(kPoints) - std::lgamma(double{kPoints} + 1));
    EXPECT_NEAR(handler_lid(nearest.data(), nearest.size()), right, 1e-4 * right);
  }
}

TEST(HandlersTest, LogisticIsAShiftedHyperbolicTangent) {
  Random random(8);
  for (const std::size_t n : {0, 1, 8, 300}) {
    const Floats x = draw(random, n, -1, 1);
    const Floats w = draw(random, n, -1, 1);
    const double z = std::inner_product(x.begin(), x.end(), w.begin(), 0.25);
    EXPECT_NEAR(handler_logistic(x.data(), w.data(), 0.25F, n), (1 + std::tanh(z / 2)) / 2, 1e-5);
  }
  EXPECT_EQ(handler_logistic(nullptr, nullptr, 500, 0), 1);
  EXPECT_EQ(handler_logistic(nullptr, nullptr, -500, 0), 0);
}

TEST(HandlersTest, ComparisonsFindTheFirstHighestAndCountWhatIsAbove) {
  EXPECT_EQ(handler_argmax(Floats{1, 3, 3, 2}.data(), 4), 1);
  EXPECT_EQ(handler_above(Floats{1, 3, 3, 2}.data(), 4, 2), 2);
  Random random(9);
  const Floats x = draw(random, 1000, -5, -1);
  EXPECT_EQ(handler_argmax(x.data(), x.size()),
            static_cast<std::size_t>(std::ranges::max_element(x) - x.begin()));
  Floats sorted = x;
  std::ranges::sort(sorted);
  EXPECT_EQ(handler_above(x.data(), x.size(), sorted[699]), 300);
}

}  // namespace
}  // namespace sim::dnnguard
