#include <doctest/doctest.h>

#include "preview/spans.hpp"

using namespace pmtune;
using namespace pmtune::preview;

namespace {

// Tokens are given as texts; the last one ends the answer.
class Tokens : public text::Tokenizer {
 public:
  explicit Tokens(std::vector<std::string> texts) : texts_(std::move(texts)) {}
  std::vector<text::TokenId> encode_guarded(std::string_view, const std::vector<text::ByteRange>&,
                                            text::Preceding) const override {
    return {};
  }
  std::string_view bytes(text::TokenId id) const override { return texts_[static_cast<std::size_t>(id)]; }
  std::int64_t size() const override { return static_cast<std::int64_t>(texts_.size()); }
  bool is_special(text::TokenId id) const override { return id + 1 == size(); }
  text::Preceding after(text::TokenId) const override { return text::Preceding::text; }
  text::TokenId find(std::string_view) const override { return -1; }

 private:
  std::vector<std::string> texts_;
};

// Every token costs 1, the one that ends the answer 100.
std::vector<Word> words(std::vector<std::string> tokens) {
  tokens.emplace_back("<end>");
  ReadAnswer answer;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    answer.ids.push_back(static_cast<std::int32_t>(i));
    answer.losses.push_back(i + 1 == tokens.size() ? 100.f : 1.f);
  }
  return words_of(Tokens(tokens), answer);
}

std::string listed(const std::vector<Word>& list) {
  std::string out;
  for (const Word& word : list) out += word.text + ":" + std::to_string(static_cast<int>(word.nats)) + " ";
  return out;
}

Word word(const std::string& text, double nats, bool begins = false) { return {text, nats, begins, false, true}; }

}  // namespace

TEST_SUITE("spans") {
  TEST_CASE("tokens to words") {
    CHECK(listed(words({"Z", "ark", "on", " meets", " Vex", "ley", "."})) == "Zarkon:3 meets:1 Vexley.:3 ");
    CHECK(listed(words({"a", "\n\n", "b", " ", " c"})) == "a:1 b:2 c:2 ");
    CHECK(listed(words({})) == "");
    CHECK(listed(words({" ", "\n"})) == "");
  }
  TEST_CASE("a token that holds two words counts for the first, and half characters are joined") {
    CHECK(listed(words({"a b", "c"})) == "a:1 bc:1 ");
    CHECK(listed(words({"Gr\xc3", "\xbc", "n"})) == "Grün:3 ");
    CHECK(listed(words({"x\xff"})) == "x\uFFFD:1 ");
  }
  TEST_CASE("scripts without spaces") { CHECK(listed(words({"产品", "经理", "a"})) == "产品:1 经理a:2 "); }
  TEST_CASE("where sentences, lines and headings begin") {
    const auto list =
        words({"Ask", " Vexley", ".", " Then", "\n", "##", " Acceptance", " Criteria", "\n", "-", " Given", " Bob"});
    REQUIRE(list.size() == 9);
    CHECK(list[0].begins_sentence);
    CHECK_FALSE(list[1].begins_sentence);
    CHECK(list[2].begins_sentence);
    CHECK(list[4].begins_sentence);
    CHECK(list[5].in_heading);
    CHECK(list[7].begins_sentence);
    CHECK_FALSE(list[8].begins_sentence);
    CHECK_FALSE(list[8].in_heading);
    CHECK_FALSE(list[3].follows_closely);
  }
  TEST_CASE("names and figures") {
    CHECK(is_specific(word("Vexley,", 9), "who is it"));
    CHECK(is_specific(word("**4,382**", 9), ""));
    CHECK(is_specific(word("Müller", 9), ""));
    CHECK(is_specific(word("Élodie", 9), ""));
    CHECK_FALSE(is_specific(word("Vexley", 9), "ask Vexley"));  // it was read before
    CHECK_FALSE(is_specific(word("Then", 9, true), ""));        // it begins a sentence
    CHECK_FALSE(is_specific(word("indeed", 9), ""));
    CHECK_FALSE(is_specific(word("7", 9), ""));  // one digit is a list or a count
    CHECK_FALSE(is_specific(word("--", 9), ""));
    CHECK_FALSE(is_specific(word("世界", 9), ""));
  }
  TEST_CASE("surprising neighbours are one span") {
    const WordFigures figures = weigh_words(
        {word("Ask", 2, true), word("Zarkon", 20), word("Vexley,", 15), word("then", 1), word("indeed", 7)}, "", 3);
    CHECK(figures.nats == 45);
    CHECK(figures.specific_nats == 35);
    CHECK(figures.specific_words == 2);
    REQUIRE(figures.spans.size() == 2);
    CHECK(figures.spans[0].text == "Zarkon Vexley");
    CHECK(figures.spans[0].nats == 35);
    CHECK(figures.spans[0].turn == 3);
    CHECK(figures.spans[0].is_specific);
    CHECK_FALSE(figures.spans[1].is_specific);
  }
}
