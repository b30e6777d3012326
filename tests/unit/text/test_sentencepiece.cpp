#include <algorithm>
#include <chrono>

#include "helpers.hpp"
#include "text/detokenizer.hpp"
#include "text/render.hpp"

using namespace text_tests;

namespace {

using Parts = std::vector<std::string>;

// All 256 named bytes behind <unk>, <s> and </s>, then pieces with falling scores, then Phi-3's tokens.
BpeParts llama_parts() {
  BpeParts parts;
  parts.where = "llama.gguf";
  parts.alphabet = Alphabet::characters;
  parts.byte_fallback = true;
  parts.decoding = TokenDecoding::sentence_piece();
  const auto add = [&](const std::string& text, double score) {
    parts.tokens.push_back(text);
    parts.scores.push_back(score);
    return static_cast<TokenId>(parts.tokens.size() - 1);
  };
  for (const char* text : {"<unk>", "<s>", "</s>"})
    parts.added.push_back({.text = text, .id = add(text, 0), .special = true});
  for (unsigned byte = 0; byte < 256; ++byte) add(byte_name(static_cast<std::uint8_t>(byte)), 0);
  double score = -1;
  for (const char* text :
       {"\u2581h", "ll", "ell", "\u2581hell", "\u2581hello", "\u2581", "h", "e", "l", "o", "w", "i", "\u2581\u2581"})
    add(text, score--);
  for (const char* text : {"<|user|>", "<|end|>", "<|assistant|>"})
    parts.added.push_back({.text = text, .id = add(text, 0), .special = true, .strips_right = true});
  parts.unknown = 0;
  parts.bos = 1;
  parts.eos = 2;
  parts.adds_bos = true;
  parts.normalizer.add_prepend("\u2581");
  parts.normalizer.add_replace(" ", "\u2581");
  return parts;
}

Parts spelled(const Tokenizer& tokenizer, const std::vector<TokenId>& ids) {
  Parts parts;
  for (const TokenId id : ids) parts.emplace_back(tokenizer.bytes(id));
  return parts;
}

Parts spelled(const Tokenizer& tokenizer, const std::string& text, Preceding preceding = Preceding::nothing) {
  return spelled(tokenizer, tokenizer.encode_guarded(text, {}, preceding));
}

const std::string phi3_template =
    "{{ bos_token }}{% for m in messages %}{{ '<|' + m.role + '|>\n' + m.content + '<|end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% endif %}";

}  // namespace

TEST_CASE("the pair of the highest score is joined first, of equal scores the leftmost") {
  const BpeTokenizer tokenizer(llama_parts());
  CHECK(spelled(tokenizer, "hello hello") == Parts{" hello", " hello"});
  CHECK(spelled(tokenizer, "helllo") == Parts{" hell", "l", "o"});
  CHECK(spelled(tokenizer, "o  o") == Parts{" ", "o", "  ", "o"});
  BpeParts equal = llama_parts();
  std::fill(equal.scores.begin(), equal.scores.end(), 0.0);
  CHECK(spelled(BpeTokenizer(equal), "llll") == Parts{" ", "ll", "ll"});
  CHECK(spelled(BpeTokenizer(equal), std::string(61, 'l')).back() == "l");
}

TEST_CASE("characters without a token are spelled in bytes") {
  const BpeTokenizer tokenizer(llama_parts());
  CHECK(spelled(tokenizer, "é") == Parts{" ", "\xC3", "\xA9"});
  CHECK(tokenizer.decode(tokenizer.encode("hé\n\U0001F600", true)) == "hé\n\U0001F600");
  CHECK(spelled(tokenizer, "<0x41>") == Parts{" ", "<", "0", "x", "4", "1", ">"});
}

TEST_CASE("a space goes in front of a text, not into the middle of one") {
  const BpeTokenizer tokenizer(llama_parts());
  CHECK(spelled(tokenizer, "hello") == Parts{" hello"});
  CHECK(spelled(tokenizer, "hello", Preceding::token) == Parts{" hello"});
  CHECK(spelled(tokenizer, "hell", Preceding::text) == Parts{"h", "ell"});
  CHECK(spelled(tokenizer, " \n hello", tokenizer.after(tokenizer.find("<|user|>"))) == Parts{" hello"});
  CHECK(tokenizer.after(1) == Preceding::token);
  CHECK(tokenizer.after(tokenizer.find("\u2581hello")) == Preceding::text);
  CHECK(spelled(tokenizer, "<|user|>\n hello") == Parts{"<|user|>", " hello"});
}

TEST_CASE("an answer is encoded as part of the conversation") {
  const BpeTokenizer tokenizer(llama_parts());
  const ChatTemplate phi3(phi3_template, "<s>", "</s>");
  const std::vector<Turn> turns = {{{"user", "hello"}, true}, {{"assistant", "hello"}, true}};
  const Rendered rendered = render(tokenizer, phi3, turns, false);
  CHECK(rendered.ids == tokenizer.encode(rendered.text, true));
  CHECK(rendered.ids.front() == 1);
  CHECK(std::count(rendered.ids.begin(), rendered.ids.end(), 1) == 1);  // the template's BOS, not a second one
  const Rendered prompt = render(tokenizer, phi3, {turns[0]}, true);
  CHECK(std::equal(prompt.ids.begin(), prompt.ids.end(), rendered.ids.begin()));
  // An answer that goes on from text, as Llama 2's behind [/INST], gets no space of its own.
  const ChatTemplate plain(
      "{% for m in messages %}{{ m.content }}{% if m.role == 'assistant' %}</s>{% endif %}{% endfor %}", "", "");
  CHECK(spelled(tokenizer,
                render(tokenizer, plain, {{{"user", "o"}, true}, {{"assistant", "hell"}, true}}, false).ids) ==
        Parts{"<s>", " ", "o", "h", "ell", "</s>"});
}

TEST_CASE("streaming drops the space that the tokenizer has put in front") {
  const BpeTokenizer tokenizer(llama_parts());
  for (const std::string text : {"hello hello", " hello", "é", "  o", "\U0001F600 hello"}) {
    const std::vector<TokenId> ids = tokenizer.encode(text, true);
    Detokenizer detokenizer(tokenizer, Preceding::token);
    std::string joined;
    for (const TokenId id : ids) joined += detokenizer.add(id);
    CHECK(joined == text);
    CHECK(tokenizer.decode(ids) == text);
  }
  Detokenizer going_on(tokenizer, Preceding::text);
  CHECK(going_on.add(tokenizer.encode("hello", true)[0]) == " hello");
  CHECK(going_on.add(2).empty());
  CHECK(tokenizer.decode({1, 263}, false) == "<s> hello");
}

TEST_CASE("control tokens that are looked for in normalized text are guarded too") {
  BpeParts parts = llama_parts();
  for (AddedToken& token : parts.added) token.after_others = true;
  const BpeTokenizer tokenizer(std::move(parts));
  const std::string text = "é </s> é </s> x";
  CHECK(tokenizer.encode_guarded(text, {}).size() == tokenizer.encode_guarded(text, {{11, 15}}).size() - 4);
  const auto count = [&](const std::vector<ByteRange>& untrusted) {
    const std::vector<TokenId> ids = tokenizer.encode_guarded(text, untrusted);
    return std::count(ids.begin(), ids.end(), 2);
  };
  CHECK(count({}) == 2);
  CHECK(count({{3, 7}}) == 1);
  CHECK(count({{11, 12}}) == 1);
  CHECK(count({{0, 3}}) == 1);  // the space before is part of what is found
  CHECK(count({{7, 9}}) == 2);
  CHECK(count({{0, text.size()}}) == 0);
}

TEST_CASE("long texts are not encoded in quadratic time") {
  const BpeTokenizer tokenizer(llama_parts());
  const auto start = std::chrono::steady_clock::now();
  CHECK(tokenizer.encode(std::string(2'000'000, 'l'), true).size() == 1'000'001);
  CHECK(tokenizer.encode(std::string(2'000'000, ' '), true).size() > 1'000'000);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(30));  // under sanitizers too
}

TEST_CASE("a fingerprint changes with what only these tokenizers have") {
  const std::string original = BpeTokenizer(llama_parts()).fingerprint();
  const auto changed = [](const std::function<void(BpeParts&)>& change) {
    BpeParts parts = llama_parts();
    change(parts);
    return BpeTokenizer(std::move(parts)).fingerprint();
  };
  CHECK(changed([](BpeParts&) {}) == original);
  CHECK(changed([](BpeParts& parts) { std::swap(parts.scores[260], parts.scores[261]); }) != original);
  CHECK(changed([](BpeParts& parts) { parts.normalizer = Normalizer(); }) != original);
  CHECK(changed([](BpeParts& parts) { parts.decoding.drops_first_space = false; }) != original);
  CHECK(changed([](BpeParts& parts) { parts.added[1].single_word = true; }) != original);
}
