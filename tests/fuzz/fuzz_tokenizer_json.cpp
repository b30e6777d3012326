#include "base/json.hpp"
#include "target.hpp"
#include "text/tokenizer.hpp"

using namespace pmtune;

namespace {

constexpr std::string_view samples[] = {"", "Hello w\u00F6rld 12!", "  a\n\nb\tab <|im_end|>ab</s>",
                                        "na\u00EFve e\u0301 \u65E5\u672C\u8A9E \U0001F600"};

// What characters that the vocabulary lacks become; -1 when there is none.
text::TokenId unknown_of(const text::Tokenizer& tokenizer, std::string_view input) {
  const Json json = parse_json_or_throw(input, "the input");
  const Json::json_pointer name("/model/unk_token");
  return json.contains(name) && json[name].is_string() ? tokenizer.find(json[name].get<std::string>()) : -1;
}

void check_tokenizer(const text::Tokenizer& tokenizer, text::TokenId unknown) {
  for (const text::TokenId id : tokenizer.stop_tokens())
    fuzz::require(id >= 0 && id < tokenizer.size(), "stop tokens are of the vocabulary");
  for (text::TokenId id = 0; id < tokenizer.size(); ++id) tokenizer.bytes(id);
  for (const std::string_view sample : samples)
    fuzz::accepted([&] {
      const std::vector<text::TokenId> ids = tokenizer.encode(sample, true);
      for (const text::TokenId id : ids) fuzz::require(id >= 0 && id < tokenizer.size(), "ids are of the vocabulary");
      fuzz::require(ids == tokenizer.encode(sample, true), "the same text gives the same ids");
      tokenizer.decode(ids, false);
      const std::vector<text::ByteRange> whole = {{0, sample.size()}};
      for (const text::TokenId id : tokenizer.encode_guarded(sample, whole))
        fuzz::require(!tokenizer.is_special(id) || id == unknown, "a person's words never become a control token");
    });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = fuzz::as_text(data, size);
  fuzz::write("tokenizer.json", input);
  std::shared_ptr<const text::Tokenizer> tokenizer;
  if (fuzz::accepted([&] { tokenizer = text::Tokenizer::from_folder(fuzz::folder()); }))
    check_tokenizer(*tokenizer, unknown_of(*tokenizer, input));
  return 0;
}
