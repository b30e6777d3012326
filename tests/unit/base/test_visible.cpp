#include <doctest/doctest.h>

#include "base/html_page.hpp"
#include "base/visible.hpp"

using namespace pmtune;

TEST_SUITE("visible text") {
  TEST_CASE("line ends, tabs, letters and emoji stay") {
    for (const char* text : {"", "a\n\tb", "Größe 世界", "👩‍💻 ✅", "क्‍ष"})
      CHECK(visible_text(text) == text);
  }
  TEST_CASE("what would rewrite a terminal is written out") {
    CHECK(visible_text("\x1b[2J\a\r\x7f") == "␛[2J␇␍␡");
    CHECK(visible_text(std::string_view("a\0b", 3)) == "a␀b");
    CHECK(visible_text("\xc2\x9b") == "<U+009B>");
  }
  TEST_CASE("what cannot be seen or turns a line around is written out") {
    CHECK(visible_text("a\u202Eb\u200B\uFEFF") == "a<U+202E>b<U+200B><U+FEFF>");
    CHECK(visible_text("\U000E0041") == "<U+E0041>");
  }
  TEST_CASE("bytes that are no UTF-8 are replaced") { CHECK(visible_text("a\xff") == "a\uFFFD"); }
}

TEST_SUITE("html page") {
  TEST_CASE("markup is made harmless") {
    CHECK(html_escaped("<script>\"'&\x01") == "&lt;script&gt;&quot;&#39;&amp;\uFFFD");
    CHECK(html_page_begin("</title><script>", "").find("<script") == std::string::npos);
  }
}
