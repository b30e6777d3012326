// The three forms of a preview, of examples that mean harm.
#include <doctest/doctest.h>

#include <pmtune/dataset_preview.hpp>

#include "base/json.hpp"
#include "preview/histogram.hpp"

using namespace pmtune;

namespace {

DatasetPreview hostile() {
  const std::string bad = "</pre><script>alert(1)</script><img src=x onerror=alert(1)>\x1b[2J\u202E";
  ExamplePreview example;
  example.origin = "\"><script>.jsonl";
  example.line = 3;
  example.tokens = 9;
  example.taught = 4;
  example.tokens_cut = 2;
  example.taught_cut = 1;
  example.runs = {{"<|im_start|>user\n" + bad, 5, false, false}, {bad, 3, true, false}, {"x<b>", 1, true, true}};
  example.answers = {{3, 4, 1, 2, "<b>", 8, true, false, true}};
  ExamplePreview refused;
  refused.index = 1;
  refused.error = "The template says: " + bad;
  DatasetPreview preview;
  preview.model = "<script>model";
  preview.context_length = 7;
  preview.stop_tokens = {"<|im_end|>", "<script>"};
  preview.examples = {example, refused};
  preview.example_tokens = preview::histogram_of({9});
  preview.answer_tokens = preview::histogram_of({4});
  preview.taught = 4;
  preview.answers = preview.answers_cut = preview.too_long = preview.refused = 1;
  preview.tokens_cut = 2;
  return preview;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

}  // namespace

TEST_SUITE("forms of a preview") {
  TEST_CASE("no markup, no control character and no turned line reaches the page") {
    const std::string page = hostile().to_html();
    CHECK(page.find("<script") == std::string::npos);
    CHECK(page.find("<img") == std::string::npos);
    CHECK(page.find("<b>\"") == std::string::npos);
    CHECK(page.find('\x1b') == std::string::npos);
    CHECK(page.find("\u202E") == std::string::npos);
    CHECK(page.find("default-src 'none'") != std::string::npos);
    CHECK(count(page, "<pre") == count(page, "</pre>"));
    CHECK(count(page, "<ins>") == count(page, "</ins>"));
  }
  TEST_CASE("taught, cut and end are marked by more than colour") {
    const std::string page = hostile().to_html();
    CHECK(page.find("<ins><del>x<kbd class=\"bad\">&lt;b&gt;</kbd></del></ins>") != std::string::npos);
    CHECK(page.find("ins { color: var(--ink); background: var(--tuned-tint); text-decoration: underline") !=
          std::string::npos);
  }
  TEST_CASE("nor the terminal") {
    const std::string text = hostile().to_text(9);
    CHECK(text.find('\x1b') == std::string::npos);
    CHECK(text.find("\u202E") == std::string::npos);
    CHECK(text.find("[[{{cut: x<b>}}]]") != std::string::npos);
    CHECK(text.find("Only 0 of 1 answer end") != std::string::npos);
    CHECK(text.find("The template says") != std::string::npos);
  }
  TEST_CASE("JSON keeps every character") {
    const DatasetPreview preview = hostile();
    const Json json = Json::parse(preview.to_json());
    CHECK(json["examples"][0]["runs"][1]["text"] == preview.examples[0].runs[1].text);
    CHECK(json["examples"][0]["answers"][0]["end_stops"] == false);
    CHECK(json["examples"][0]["answers"][0]["end_is_cut"] == true);
    CHECK(json["example_tokens"]["bars"].size() == 1);
  }
  TEST_CASE("an empty preview has its forms too") {
    const DatasetPreview nothing;
    CHECK(nothing.to_text().find("0 examples, nothing to teach.") != std::string::npos);
    CHECK(nothing.to_html().find("</html>") != std::string::npos);
    CHECK(Json::parse(nothing.to_json())["examples"].empty());
  }
}
