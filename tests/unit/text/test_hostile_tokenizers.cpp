#include <cmath>

#include "base/json.hpp"
#include "files/gguf.hpp"
#include "helpers.hpp"
#include "hostile/limits.hpp"
#include "text/regex.hpp"
#include "unit/files/builders.hpp"

using namespace text_tests;
using namespace pmtune::test;

namespace {

Json good_folder() {
  return Json::parse(R"({
    "added_tokens": [{"id": 3, "content": "<|im_end|>", "special": true, "normalized": false}],
    "normalizer": null,
    "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "use_regex": true},
    "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": ["a b"]}
  })");
}

void open_folder(const std::string& tokenizer_json, const std::string& config = "{}") {
  const TempFolder folder;
  folder.write("tokenizer.json", tokenizer_json);
  folder.write("tokenizer_config.json", config);
  hostile::within_limits([&] { return Tokenizer::from_folder(folder.path()); });
}

struct Change {
  std::string pointer;
  Json value;
  const char* code;
  const char* phrase;
};

GgufBuilder tokenizer_gguf() {
  GgufBuilder file;
  file.key("tokenizer.ggml.model", kind::string, gguf_text("gpt2"))
      .key("tokenizer.ggml.pre", kind::string, gguf_text("gpt-2"))
      .key("tokenizer.ggml.tokens", kind::array,
           gguf_array(kind::string, 4, gguf_text("a") + gguf_text("b") + gguf_text("ab") + gguf_text("</s>")))
      .key("tokenizer.ggml.token_type", kind::array,
           gguf_array(kind::i32, 4,
                      raw(std::int32_t{1}) + raw(std::int32_t{1}) + raw(std::int32_t{1}) + raw(std::int32_t{3})))
      .key("tokenizer.ggml.merges", kind::array, gguf_array(kind::string, 1, gguf_text("a b")))
      .key("tokenizer.ggml.eos_token_id", kind::u32, u32(3));
  return file;
}

std::shared_ptr<const Tokenizer> open_gguf(const GgufBuilder& builder) {
  const TempFolder folder;
  const auto path = folder.write("model.gguf", builder.build());
  return hostile::within_limits([&] { return Tokenizer::from_gguf(*files::GgufFile::open(path)); });
}

// The same file with one key changed; without a value the key is left out.
GgufBuilder with_key(const std::string& name, std::uint32_t value_kind, const std::string& value) {
  GgufBuilder file = tokenizer_gguf();
  std::erase_if(file.keys, [&](const std::string& key) { return key.find(name) != std::string::npos; });
  if (!value.empty()) file.key(name, value_kind, value);
  return file;
}

}  // namespace

TEST_CASE("a right folder and a right GGUF open") {
  CHECK(error_of([] { open_folder(good_folder().dump()); }) == "no error");
  const auto tokenizer = open_gguf(tokenizer_gguf());
  CHECK(tokenizer->encode("ab</s>", true) == std::vector<TokenId>{2, 3});
  CHECK(tokenizer->stop_tokens() == std::vector<TokenId>{3});
}

TEST_CASE("every fault of a tokenizer.json is one clear error") {
  const std::string long_token(1'000'000, 'a');
  const std::vector<Change> changes = {
      {"/model/vocab/c", 7, "corrupt", "has the id 7"},
      {"/model/vocab", {{"a", 0}, {"b", 1}, {"ab", 4}, {"<|im_end|>", 3}}, "corrupt", "No token"},
      {"/model/vocab/ab", 2147483648LL, "corrupt", "not a whole number from 0 to 2147483647"},
      {"/model/vocab/ab", -1, "corrupt", "not a whole number"},
      {"/model/vocab/ab", 1.5, "corrupt", "not a whole number"},
      {"/model/vocab/ab", "2", "corrupt", "not a whole number"},
      {"/model/vocab/ab", 1, "corrupt", "have the id 1"},
      {"/model/vocab", Json::object(), "corrupt", "only 1 tokens"},
      {"/model/vocab", Json::array(), "corrupt", "no object \"vocab\""},
      {"/model/vocab/" + long_token, 4, "corrupt", "1000000 bytes long"},
      {"/model/merges", {"a c"}, "corrupt", "which is not a token"},
      {"/model/merges", {"b a"}, "corrupt", "names \"ba\""},
      {"/model/merges", {"ab"}, "corrupt", "is not two tokens"},
      {"/model/merges", {"a b c"}, "corrupt", "is not two tokens"},
      {"/model/merges", {Json{"a", "b", "c"}}, "corrupt", "is not two tokens"},
      {"/model/merges", {1}, "corrupt", "is not two tokens"},
      {"/model/merges", "a b", "corrupt", "no list \"merges\""},
      {"/model/type", "Unigram", "unsupported", "Unigram"},
      {"/model/byte_fallback", true, "unsupported", "byte_fallback"},
      {"/model/end_of_word_suffix", "</w>", "unsupported", "end_of_word_suffix"},
      {"/model/dropout", 0.1, "unsupported", "dropout"},
      {"/model/unk_token", "zz", "corrupt", "not in its vocabulary"},
      {"/model/ignore_merges", 1, "corrupt", "not true or false"},
      {"/model", 1, "corrupt", "no object \"model\""},
      {"/pre_tokenizer", nullptr, "unsupported", "no decoder"},
      {"/pre_tokenizer", {{"type", "Metaspace"}}, "corrupt", "no text \"replacement\""},
      {"/pre_tokenizer", {{"type", "WhitespaceSplit"}}, "unsupported", "WhitespaceSplit"},
      {"/pre_tokenizer", {{"type", "Digits"}}, "unsupported", "no decoder"},
      {"/pre_tokenizer",
       {{"type", "Sequence"}, {"pretokenizers", {{{"type", "ByteLevel"}}, {{"type", "Digits"}}}}},
       "unsupported",
       "Digits behind ByteLevel"},
      {"/pre_tokenizer", {{"type", "Sequence"}}, "corrupt", "no list \"pretokenizers\""},
      {"/pre_tokenizer", 5, "corrupt", "not an object"},
      {"/pre_tokenizer", {{"type", "Split"}, {"behavior", "Isolated"}}, "corrupt", "no pattern"},
      {"/pre_tokenizer",
       {{"type", "Split"}, {"pattern", {{"Regex", "(a"}}}, {"behavior", "Isolated"}},
       "corrupt",
       "not a valid regular expression"},
      {"/pre_tokenizer",
       {{"type", "Split"}, {"pattern", {{"Regex", "[a&&b]"}}}, {"behavior", "Isolated"}},
       "unsupported",
       "intersection"},
      {"/pre_tokenizer",
       {{"type", "Split"}, {"pattern", {{"Regex", "a"}}}, {"behavior", "Sideways"}},
       "unsupported",
       "Sideways"},
      {"/normalizer", {{"type", "Lowercase"}}, "unsupported", "Lowercase"},
      {"/added_tokens/0/id", 2, "corrupt", "have the id 2"},
      {"/added_tokens/0/id", 9, "corrupt", "has the id 9"},
      {"/added_tokens/0/id", 4294967299LL, "corrupt", "not a whole number"},
      {"/added_tokens/0/content", nullptr, "corrupt", "no content"},
      {"/added_tokens/0/single_word", 1, "corrupt", "not true or false"},
      {"/normalizer", {{"type", "Prepend"}}, "corrupt", "no text \"prepend\""},
      {"/normalizer", {{"type", "Prepend"}, {"prepend", std::string(257, 'x')}}, "corrupt", "more than 256"},
      {"/normalizer", {{"type", "Replace"}, {"content", "x"}}, "corrupt", "no pattern"},
      {"/normalizer", 7, "corrupt", "not an object"},
      {"/added_tokens/0", 1, "corrupt", "no content"},
      {"/added_tokens", 1, "corrupt", "not a list"},
  };
  for (const Change& change : changes) {
    Json json = good_folder();
    json[Json::json_pointer(change.pointer)] = change.value;
    INFO(change.pointer.substr(0, 60) << " = " << change.value.dump().substr(0, 60));
    check_error([&] { open_folder(json.dump()); }, change.code, change.phrase);
  }
  check_error([] { open_folder("{"); }, "corrupt", "is not valid JSON");
  check_error([] { open_folder("[]"); }, "corrupt", "is not a JSON object");
  check_error([] { open_folder(R"({"model": {"vocab": {"a": 0, "a": 1}}})"); }, "corrupt", "stands twice");
}

TEST_CASE("every fault of a tokenizer_config.json is one clear error") {
  const std::string good = good_folder().dump();
  check_error([&] { open_folder(good, R"({"eos_token": "</s>"})"); }, "corrupt", "not in its vocabulary");
  check_error([&] { open_folder(good, R"({"add_bos_token": "yes"})"); }, "corrupt", "not true or false");
  check_error([&] { open_folder(good, R"({"chat_template": 5})"); }, "corrupt", "chat_template");
  check_error([&] { open_folder(good, R"({"chat_template": [{"name": "rag", "template": "x"}]})"); }, "corrupt",
              "chat_template");
  const TempFolder empty;
  check_error([&] { Tokenizer::from_folder(empty.path()); }, "not_found", "tokenizer.json");
}

TEST_CASE("every fault of a GGUF's tokenizer is one clear error") {
  const auto strings = [](std::initializer_list<std::string> texts) {
    std::string elements;
    for (const std::string& text : texts) elements += gguf_text(text);
    return gguf_array(kind::string, texts.size(), elements);
  };
  const auto refuses = [](const GgufBuilder& builder, const char* code, const char* phrase) {
    check_error([&] { open_gguf(builder); }, code, phrase);
  };
  refuses(with_key("tokenizer.ggml.model", 0, ""), "corrupt", "no tokenizer.ggml.model");
  refuses(with_key("tokenizer.ggml.model", kind::string, gguf_text("t5")), "unsupported", "\"t5\"");
  refuses(with_key("tokenizer.ggml.model", kind::string, gguf_text("gemma4")), "unsupported", "\"gemma4\"");
  refuses(with_key("tokenizer.ggml.model", kind::u32, u32(1)), "corrupt", "tokenizer.ggml.model");
  refuses(with_key("tokenizer.ggml.pre", 0, ""), "corrupt", "no tokenizer.ggml.pre");
  refuses(with_key("tokenizer.ggml.pre", kind::string, gguf_text("marsian")), "unsupported", "\"marsian\"");
  refuses(with_key("tokenizer.ggml.tokens", 0, ""), "corrupt", "no tokenizer.ggml.tokens");
  refuses(with_key("tokenizer.ggml.tokens", kind::array, strings({"a", "b", "ab"})), "corrupt", "4 token types");
  refuses(with_key("tokenizer.ggml.tokens", kind::array, strings({"a", "b", "ab", "a"})), "corrupt",
          "are both \"a\"");
  refuses(with_key("tokenizer.ggml.tokens", kind::array, strings({"a", "b", "ab", std::string(1'000'000, 'x')})),
          "corrupt", "1000000 bytes long");
  refuses(with_key("tokenizer.ggml.tokens", kind::array, strings({"a", "b", "ab", "\xFF"})), "corrupt", "UTF-8");
  refuses(with_key("tokenizer.ggml.merges", 0, ""), "corrupt", "no tokenizer.ggml.merges");
  refuses(with_key("tokenizer.ggml.merges", kind::array, strings({"a zz"})), "corrupt", "which is not a token");
  refuses(with_key("tokenizer.ggml.merges", kind::array, strings({"ab"})), "corrupt", "is not two tokens");
  refuses(with_key("tokenizer.ggml.merges", kind::array, strings({""})), "corrupt", "is not two tokens");
  refuses(with_key("tokenizer.ggml.eos_token_id", kind::u32, u32(4)), "corrupt", "is 4, but there are 4 tokens");
  refuses(with_key("tokenizer.ggml.eos_token_id", kind::i32, raw(std::int32_t{-1})), "corrupt", "is -1");
  refuses(with_key("tokenizer.ggml.eos_token_id", kind::u32, u32(4294967295U)), "corrupt", "is 4294967295");
}

namespace {

// <unk> <s> </s> <0x41> ▁ a ▁a, as Llama's vocabulary begins.
struct SentencePieceFile {
  std::vector<std::string> tokens = {"<unk>", "<s>", "</s>", "<0x41>", "\u2581", "a", "\u2581a"};
  std::vector<float> scores = {0, 0, 0, 0, -2, -3, -1};
  std::vector<std::int32_t> types = {2, 3, 3, 6, 1, 1, 1};

  GgufBuilder build() const {
    std::string texts, numbers, kinds;
    for (const std::string& token : tokens) texts += gguf_text(token);
    for (const float score : scores) numbers += raw(score);
    for (const std::int32_t type : types) kinds += raw(type);
    GgufBuilder file;
    file.key("tokenizer.ggml.model", kind::string, gguf_text("llama"))
        .key("tokenizer.ggml.tokens", kind::array, gguf_array(kind::string, tokens.size(), texts))
        .key("tokenizer.ggml.scores", kind::array, gguf_array(kind::f32, scores.size(), numbers))
        .key("tokenizer.ggml.token_type", kind::array, gguf_array(kind::i32, types.size(), kinds));
    return file;
  }
};

}  // namespace

TEST_CASE("every fault of a GGUF's SentencePiece tokenizer is one clear error") {
  const auto refuses = [](const std::function<void(SentencePieceFile&)>& change, const char* code,
                          const char* phrase) {
    SentencePieceFile file;
    change(file);
    check_error([&] { open_gguf(file.build()); }, code, phrase);
  };
  const auto right = open_gguf(SentencePieceFile{}.build());
  CHECK(right->encode("aA a</s>", true) == std::vector<TokenId>{6, 3, 6, 2});
  CHECK(right->bos() == 1);
  CHECK(right->stop_tokens() == std::vector<TokenId>{2});
  CHECK(right->adds_bos());
  for (const char* name : {"<0x-1>", "<0xZZ>", "<0x100>", "<0x4>", "A", "<0x+1>"})
    refuses([&](SentencePieceFile& file) { file.tokens[3] = name; }, "corrupt", "stand for a byte");
  refuses([](SentencePieceFile& file) { file.scores[4] = std::nanf(""); }, "corrupt", "score of token 4");
  refuses([](SentencePieceFile& file) { file.scores.pop_back(); }, "corrupt", "6 scores");
  refuses([](SentencePieceFile& file) { file.types.pop_back(); }, "corrupt", "6 token types");
  refuses([](SentencePieceFile& file) { file.tokens[5] = "\u2581"; }, "corrupt", "are both");
  refuses([](SentencePieceFile& file) { file.tokens[6] = std::string(1'000'000, 'a'); }, "corrupt",
          "1000000 bytes long");
  refuses([](SentencePieceFile& file) { file.tokens[6] = std::string(2'000, 'a'); }, "corrupt", "2000 bytes long");
  refuses([](SentencePieceFile& file) { file.tokens[6] = "a\xC3"; }, "corrupt", "UTF-8");
  const auto without = [](const char* key) {
    GgufBuilder file = SentencePieceFile{}.build();
    std::erase_if(file.keys, [&](const std::string& text) { return text.find(key) != std::string::npos; });
    return file;
  };
  check_error([&] { open_gguf(without("ggml.scores")); }, "corrupt", "no tokenizer.ggml.scores");
  check_error([&] { open_gguf(without("token_type")); }, "corrupt", "no tokenizer.ggml.token_type");
  const auto with = [&](const char* key, std::uint32_t value_kind, const std::string& value) {
    GgufBuilder file = without(key);
    file.key(key, value_kind, value);
    check_error([&] { open_gguf(file); }, "corrupt", key);
  };
  with("tokenizer.ggml.scores", kind::array, gguf_array(kind::i32, 7, std::string(28, '\0')));
  with("tokenizer.ggml.scores", kind::string, gguf_text("high"));
  with("tokenizer.ggml.token_type", kind::array, gguf_array(kind::f32, 7, std::string(28, '\0')));
  with("tokenizer.ggml.unknown_token_id", kind::u32, u32(7));
  with("tokenizer.ggml.add_space_prefix", kind::u32, u32(1));
}

TEST_CASE("a normalizer cannot make a text explode") {
  Json json = good_folder();
  json["normalizer"] = {{"type", "Sequence"}, {"normalizers", Json::array()}};
  for (int i = 0; i < 8; ++i)
    json["normalizer"]["normalizers"].push_back(
        {{"type", "Replace"}, {"pattern", {{"String", "a"}}}, {"content", std::string(200, 'a')}});
  const TempFolder folder;
  folder.write("tokenizer.json", json.dump());
  const auto tokenizer = Tokenizer::from_folder(folder.path());
  check_error([&] { tokenizer->encode(std::string(1000, 'a'), true); }, "corrupt", "normalizer of this model makes");
}

TEST_CASE("names of byte-fallback tokens are plain text, however odd") {
  const auto strings =
      gguf_array(kind::string, 4, gguf_text("a") + gguf_text("b") + gguf_text("ab") + gguf_text("<0x-1>"));
  CHECK(open_gguf(with_key("tokenizer.ggml.tokens", kind::array, strings))->bytes(3) == "<0x-1>");
}

TEST_CASE("a catastrophic pattern is an error, not a hang") {
  std::vector<ByteRange> matches;
  for (const char* pattern : {"(x+x+)+[yz]", "^(\\w+\\s?)*[yz]", "(x|xx)+[yz]"}) {
    INFO(pattern);
    const Regex regex(pattern, "a test");
    check_error([&] { hostile::within_limits([&] { regex.find_all(std::string(60, 'x') + "!", matches); }); },
                "corrupt", "takes too much time");
  }
}

TEST_CASE("a pattern that needs much memory for a right match still matches") {
  std::vector<ByteRange> matches;
  Regex("(?:a|b(?=b|$))+", "a test").find_all(std::string(100'000, 'a'), matches);
  CHECK(matches == std::vector<ByteRange>{{0, 100'000}});
}
