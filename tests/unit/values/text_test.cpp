#include "sim/values/text.h"

#include <gtest/gtest.h>

#include <vector>

#include "sim/base/error.h"

namespace sim::values {
namespace {

const std::vector<std::string> kVocabulary = {"<unk>", "<s>", "</s>",      "<pad>", "▁Guten",
                                              "▁Ta",   "g",   "▁und▁mehr", ".",     "<b>"};

std::string text(const std::vector<std::int32_t>& tokens) {
  return detokenize(kVocabulary, tokens);
}

TEST(Detokenize, JoinsPiecesAndDropsTheFirstSpace) {
  EXPECT_EQ(text({4, 5, 6, 7, 8}), "Guten Tag und mehr.");
}

TEST(Detokenize, ControlPiecesLeaveNothingButTextInBracketsStays) {
  EXPECT_EQ(text({1, 4, 3, 9, 2}), "Guten<b>");
  EXPECT_EQ(text({2}), "");
}

TEST(Detokenize, UnknownPieceShows) { EXPECT_EQ(text({4, 0, 8}), "Guten ⁇ ."); }

TEST(Detokenize, TokenWithoutPieceIsAnInternalError) {
  EXPECT_THROW(text({10}), base::SimulationError);
  EXPECT_THROW(text({-1}), base::SimulationError);
}

}  // namespace
}  // namespace sim::values
