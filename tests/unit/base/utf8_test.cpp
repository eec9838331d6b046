#include "sim/base/utf8.h"

#include <gtest/gtest.h>

namespace sim::base {
namespace {

TEST(Utf8, WellFormedTextIsKnown) {
  for (const char* text :
       {"", "plain", "ä", "▁", "€", "\U0001F600", "\xed\x9f\xbf", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(is_utf8(text)) << text;
  }
}

TEST(Utf8, MalformedTextIsKnown) {
  for (const char* text :
       {"\x80", "\xc0\x80", "\xc1\xbf", "\xc3", "\xc3(", "\xe2\x82", "\xe0\x80\x80", "\xed\xa0\x80",
        "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80"}) {
    EXPECT_FALSE(is_utf8(text));
  }
}

TEST(Utf8, CodePointsAreDecoded) {
  EXPECT_EQ(utf8_code_point("A", 1), U'A');
  EXPECT_EQ(utf8_code_point("ä", 2), U'ä');
  EXPECT_EQ(utf8_code_point("▁", 3), U'▁');
  EXPECT_EQ(utf8_code_point("\U0010FFFF", 4), U'\U0010FFFF');
}

}  // namespace
}  // namespace sim::base
