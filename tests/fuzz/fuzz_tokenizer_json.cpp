#include "target.hpp"
#include "text/tokenizer.hpp"

using namespace pmtune;

namespace {

constexpr std::string_view samples[] = {"", "Hello w\u00F6rld 12!", "  a\n\nb\tab <|im_end|>ab</s>",
                                        "na\u00EFve e\u0301 \u65E5\u672C\u8A9E \U0001F600"};

void check_tokenizer(const text::Tokenizer& tokenizer) {
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
        fuzz::require(!tokenizer.is_special(id), "a person's words never become a control token");
    });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::write("tokenizer.json", fuzz::as_text(data, size));
  std::shared_ptr<const text::Tokenizer> tokenizer;
  if (fuzz::accepted([&] { tokenizer = text::Tokenizer::from_folder(fuzz::folder()); })) check_tokenizer(*tokenizer);
  return 0;
}
