#include <algorithm>
#include <chrono>
#include <thread>

#include "helpers.hpp"

using namespace text_tests;

namespace {

std::vector<std::string> spelled(const Tokenizer& tokenizer, const std::string& text, bool special = true) {
  std::vector<std::string> parts;
  for (const TokenId id : tokenizer.encode(text, special)) parts.emplace_back(tokenizer.bytes(id));
  return parts;
}

using Parts = std::vector<std::string>;

}  // namespace

TEST_CASE("words are merged in the order the merges were learned") {
  const auto tokenizer = small_tokenizer();
  CHECK(spelled(*tokenizer, "hello world") == Parts{"hello", " w", "o", "r", "l", "d"});
  CHECK(spelled(*tokenizer, "hellll") == Parts{"hell", "ll"});
  CHECK(spelled(*tokenizer, "12") == Parts{"1", "2"});
  CHECK(tokenizer->encode("", true).empty());
}

TEST_CASE("long words are merged like short ones, and not in quadratic time") {
  const auto tokenizer = small_tokenizer();
  for (const int count : {5, 20, 100, 1000}) {
    std::string word;
    Parts expected;
    for (int i = 0; i < count; ++i) {
      word += "hello";
      expected.emplace_back("hello");
    }
    CHECK(spelled(*tokenizer, word) == expected);
  }
  const auto start = std::chrono::steady_clock::now();
  CHECK(tokenizer->encode(std::string(2'000'000, 'l'), true).size() == 1'000'000);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(20));  // under sanitizers too
}

TEST_CASE("control tokens are found only where they are allowed") {
  const auto tokenizer = small_tokenizer();
  CHECK(spelled(*tokenizer, "hello<|im_end|>") == Parts{"hello", "<|im_end|>"});
  const std::vector<TokenId> plain = tokenizer->encode("<|im_end|>", false);
  CHECK(plain.size() == 10);
  CHECK(tokenizer->decode(plain, false) == "<|im_end|>");
  CHECK(std::none_of(plain.begin(), plain.end(), [&](TokenId id) { return tokenizer->is_special(id); }));

  const std::string text = "<|im_end|>x<|im_end|>";
  CHECK(tokenizer->encode_guarded(text, {}).size() == 3);
  CHECK(tokenizer->encode_guarded(text, {{0, 10}}).back() == 263);
  CHECK(tokenizer->encode_guarded(text, {{0, 10}}).size() == 12);
  // One untrusted byte is enough: neither side can complete a token of the other.
  CHECK(tokenizer->encode_guarded("<|im_end|>", {{0, 1}}).size() == 10);
  CHECK(tokenizer->encode_guarded("<|im_end|>", {{9, 10}}).size() == 10);
  CHECK(tokenizer->encode_guarded("<|im_end|>", {{10, 10}}).size() == 1);
}

TEST_CASE("untrusted text is not cut at its ends") {
  const auto tokenizer = small_tokenizer();
  CHECK(tokenizer->encode_guarded("hello world", {{2, 7}}) == tokenizer->encode("hello world", true));
}

TEST_CASE("merges cannot spell a control token") {
  BpeParts parts = small_parts();
  parts.tokens.emplace_back("<|im_end|");
  parts.merges.insert(parts.merges.end(), {{"<|im_end|", ">"}});
  const BpeTokenizer tokenizer(std::move(parts));
  for (const TokenId id : tokenizer.encode("<|im_end|>", false)) CHECK_FALSE(tokenizer.is_special(id));
}

TEST_CASE("tokens decode to their bytes") {
  const auto tokenizer = small_tokenizer();
  for (const std::string text : {"hello world", "héllo 你好 \U0001F600\n", " \t ", "a<|im_end|>b"})
    CHECK(tokenizer->decode(tokenizer->encode(text, true), false) == text);
  CHECK(tokenizer->decode({262, 259, 263}) == "hello");
  CHECK(tokenizer->decode({262, 259, 263}, false) == "<|im_start|>hello<|im_end|>");
  const std::vector<TokenId> smile = tokenizer->encode("\U0001F600", true);
  CHECK(smile.size() == 4);
  CHECK(tokenizer->decode({smile[0], smile[1]}) == "\xEF\xBF\xBD\xEF\xBF\xBD");
  check_error([&] { tokenizer->bytes(100000); }, "invalid_argument", "There is no token 100000");
  check_error([&] { tokenizer->bytes(-1); }, "invalid_argument", "There is no token -1");
  CHECK_FALSE(tokenizer->is_special(-1));
  CHECK_FALSE(tokenizer->is_special(100000));
}

TEST_CASE("text that is not UTF-8 is refused") {
  check_error([] { small_tokenizer()->encode("ab\xFF", true); }, "invalid_argument", "at byte 2");
}

TEST_CASE("stop tokens are the EOS and the known ends of turns") {
  const auto tokenizer = small_tokenizer();
  CHECK(tokenizer->stop_tokens() == std::vector<TokenId>{263, 261});
  CHECK(tokenizer->find("<|im_start|>") == 262);
  CHECK(tokenizer->find("hello") == 259);
  CHECK(tokenizer->find("nothing") == -1);
}

TEST_CASE("bytes without a token are dropped, or become the unknown token") {
  BpeParts parts = small_parts();
  parts.tokens['x'] = "unused-x";
  CHECK(spelled(BpeTokenizer(parts), "axxb") == Parts{"a", "b"});
  parts.unknown = 261;
  CHECK(BpeTokenizer(parts).encode("axxb", true) == std::vector<TokenId>{'a', 261, 261, 'b'});
  parts.fuse_unknown = true;
  CHECK(BpeTokenizer(parts).encode("axxb", true) == std::vector<TokenId>{'a', 261, 'b'});
}

TEST_CASE("a fingerprint changes with whatever changes the ids") {
  const std::string original = small_tokenizer()->fingerprint();
  CHECK(original.size() == 64);
  CHECK(BpeTokenizer(small_parts()).fingerprint() == original);
  const auto changed = [](const std::function<void(BpeParts&)>& change) {
    BpeParts parts = small_parts();
    change(parts);
    return BpeTokenizer(std::move(parts)).fingerprint();
  };
  CHECK(changed([](BpeParts& parts) { parts.merges.pop_back(); }) != original);
  CHECK(changed([](BpeParts& parts) { std::swap(parts.merges[0], parts.merges[1]); }) != original);
  CHECK(changed([](BpeParts& parts) { parts.chat_template = "x"; }) != original);
  CHECK(changed([](BpeParts& parts) { parts.pre_tokenizer = PreTokenizer::named("gpt-2", "x"); }) != original);
  CHECK(changed([](BpeParts& parts) { parts.ignore_merges = true; }) != original);
}

TEST_CASE("one tokenizer serves many threads") {
  const auto tokenizer = small_tokenizer();
  const std::string text = "hello world 123 <|im_end|> héllo";
  const std::vector<TokenId> expected = tokenizer->encode(text, true);
  std::vector<std::thread> threads;
  std::vector<int> wrong(4, 0);
  for (int& count : wrong)
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) count += tokenizer->encode(text, true) != expected;
    });
  for (std::thread& thread : threads) thread.join();
  for (const int count : wrong) CHECK(count == 0);
}
