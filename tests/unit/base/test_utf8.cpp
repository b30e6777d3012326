#include "base/utf8.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace pmtune;

TEST_CASE("utf8: valid texts") {
  for (const char* text :
       {"", "plain", "grün", "日本語", "\xF0\x9F\x98\x80", "\x7F", "\xC2\x80", "\xEF\xBF\xBF", "\xF4\x8F\xBF\xBF"})
    CHECK(find_invalid_utf8(text) == std::string_view::npos);
  CHECK(find_invalid_utf8(std::string_view("a\0b", 3)) == std::string_view::npos);
}

TEST_CASE("utf8: what Unicode forbids is found where it stands") {
  CHECK(find_invalid_utf8("ab\xFF") == 2);
  CHECK(find_invalid_utf8("\x80") == 0);
  CHECK(find_invalid_utf8("a\xC0\xAF") == 1);          // overlong
  CHECK(find_invalid_utf8("a\xE0\x80\x80") == 1);      // overlong
  CHECK(find_invalid_utf8("a\xF0\x80\x80\x80") == 1);  // overlong
  CHECK(find_invalid_utf8("a\xED\xA0\x80") == 1);      // surrogate
  CHECK(find_invalid_utf8("a\xF4\x90\x80\x80") == 1);  // above U+10FFFF
  CHECK(find_invalid_utf8("a\xE2\x82") == 1);          // cut off
  CHECK(find_invalid_utf8("gr\xFCn") == 2);            // Latin-1
}

TEST_CASE("utf8: whole characters of a stream") {
  CHECK(whole_characters("") == 0);
  CHECK(whole_characters("abc") == 3);
  CHECK(whole_characters("ab\xE2") == 2);
  CHECK(whole_characters("ab\xE2\x82") == 2);
  CHECK(whole_characters("ab\xE2\x82\xAC") == 5);
  CHECK(whole_characters("\xF0\x9F\x98") == 0);
  CHECK(whole_characters("ab\xFF") == 3);  // never becomes a character: not held back
}

TEST_CASE("utf8: every code point there and back") {
  for (std::uint32_t c = 0; c <= 0x10FFFF; c += 13) {
    if (c >= 0xD800 && c < 0xE000) continue;
    std::string text;
    append_utf8(text, c);
    REQUIRE(find_invalid_utf8(text) == std::string_view::npos);
    std::size_t at = 0;
    REQUIRE(next_code_point(text, at) == c);
    REQUIRE(at == text.size());
  }
}

TEST_CASE("utf8: replacing what is invalid") {
  CHECK(replace_invalid_utf8("a\xFFz") == "a\xEF\xBF\xBDz");
  CHECK(replace_invalid_utf8("\xE2\x82") == "\xEF\xBF\xBD\xEF\xBF\xBD");
  CHECK(replace_invalid_utf8("grün") == "grün");
}
