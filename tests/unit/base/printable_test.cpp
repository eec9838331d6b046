#include "sim/base/printable.h"

#include <gtest/gtest.h>

#include "sim/base/utf8.h"

namespace sim::base {
namespace {

TEST(Printable, OrdinaryTextStaysAsItIs) {
  for (const char* text : {"", "a b", "änderbar – ▁ 😀", "back\\slash 'quoted' \"twice\""}) {
    EXPECT_EQ(printable(text), text);
  }
}

TEST(Printable, WhatATerminalObeysIsEscaped) {
  EXPECT_EQ(printable("a\x1b[31mb\n"), "a\\x1b[31mb\\x0a");
  EXPECT_EQ(printable(std::string_view("a\0b\t\x7f", 5)), "a\\x00b\\x09\\x7f");
  EXPECT_EQ(printable("\u0085|\u009b|\u2028|\u2029"), "\\u{0085}|\\u{009b}|\\u{2028}|\\u{2029}");
  EXPECT_EQ(printable("\u202a\u202e\u2066\u2069"), "\\u{202a}\\u{202e}\\u{2066}\\u{2069}");
  EXPECT_EQ(printable("\u202f\u2065\u206a\u2027\u00a0"), "\u202f\u2065\u206a\u2027\u00a0");
}

TEST(Printable, BytesThatAreNoUtf8AreEscapedOneByOne) {
  EXPECT_EQ(printable("\xff\xc3(\xed\xa0\x80"), "\\xff\\xc3(\\xed\\xa0\\x80");
}

TEST(Printable, EveryByteAndPairOfBytesGivesOneLineOfUtf8) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string text = {static_cast<char>(first), static_cast<char>(second)};
      const std::string shown = printable(text);
      ASSERT_TRUE(is_utf8(shown)) << first << ' ' << second;
      for (const char c : shown) ASSERT_TRUE(c < 0 || (c >= ' ' && c != '\x7f')) << first;
      ASSERT_EQ(printable(shown), shown);
    }
  }
}

TEST(Printable, LongTextLosesItsMiddle) {
  EXPECT_EQ(printable("0123456789", 10), "0123456789");
  EXPECT_EQ(printable("0123456789", 9), "0123…6789");
  EXPECT_EQ(printable("0123456789", 8), "0123…789");
  EXPECT_EQ(printable("ääääää", 5), "ää…ää");
  EXPECT_EQ(printable("abc", 0), "…");
}

TEST(Printable, EscapesAreNeverCutThrough) {
  for (std::size_t max = 1; max < 40; ++max) {
    std::string shown = printable("\x1b\u2028\x1b\u2028\x1b\u2028\x1b", max);
    const auto erase = [&](const std::string& piece) {
      for (auto at = shown.find(piece); at != std::string::npos; at = shown.find(piece)) {
        shown.erase(at, piece.size());
      }
    };
    for (const char* piece : {"\\x1b", "\\u{2028}", "…"}) erase(piece);
    EXPECT_EQ(shown, "") << max;
  }
}

TEST(Printable, MegabytesAreShortenedToo) {
  EXPECT_EQ(printable(std::string(1 << 20, 'x') + "ä", 5), "xx…xä");
  EXPECT_EQ(printable(std::string(1 << 20, '\n'), 9), "\\x0a…\\x0a");
  std::string text;
  for (int i = 0; i < (1 << 18); ++i) text += "▁";
  EXPECT_EQ(printable(text, 5), "▁▁…▁▁");
}

TEST(Printable, LinesKeepTheirLineFeedsOnly) {
  EXPECT_EQ(printable_lines("a\nb\r\x1b\n\u2028\xff"), "a\nb\\x0d\\x1b\n\\u{2028}\\xff");
}

}  // namespace
}  // namespace sim::base
