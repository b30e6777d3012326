#include "text/tokenizer.hpp"

#include <algorithm>

#include "base/utf8.hpp"

namespace pmtune::text {

std::vector<TokenId> Tokenizer::encode(std::string_view text, bool special) const {
  if (special || text.empty()) return encode_guarded(text, {});
  return encode_guarded(text, {{0, text.size()}});
}

std::string Tokenizer::decode(const std::vector<TokenId>& ids, bool skip_special) const {
  std::string joined;
  for (const TokenId id : ids)
    if (!skip_special || !is_special(id)) joined += bytes(id);
  if (drops_first_space_ && joined.starts_with(' ')) joined.erase(0, 1);
  return replace_invalid_utf8(joined);
}

void Tokenizer::find_stop_tokens() {
  constexpr std::string_view ends_of_turn[] = {"<|im_end|>",    "<|eot_id|>", "<|end|>", "<|endoftext|>",
                                               "<end_of_turn>", "<|eom_id|>", "</s>"};
  stop_tokens_.clear();
  if (eos_ >= 0) stop_tokens_.push_back(eos_);
  for (const std::string_view text : ends_of_turn) {
    const TokenId id = find(text);
    if (id >= 0 && is_special(id) && std::find(stop_tokens_.begin(), stop_tokens_.end(), id) == stop_tokens_.end())
      stop_tokens_.push_back(id);
  }
}

}  // namespace pmtune::text
