#include "text/added_tokens.hpp"

#include <algorithm>
#include <iterator>

#include "base/utf8.hpp"
#include "text/regex.hpp"
#include "text/unicode.hpp"

namespace pmtune::text {
namespace {

std::size_t without_trailing_space(std::string_view text, std::size_t begin, std::size_t end) {
  while (end > begin) {
    std::size_t start = end - 1;
    while (start > begin && (static_cast<unsigned char>(text[start]) & 0xC0) == 0x80) --start;
    std::size_t after = start;
    if (!is_white_space(next_code_point(text, after))) break;
    end = start;
  }
  return end;
}

std::size_t past_leading_space(std::string_view text, std::size_t begin, std::size_t end) {
  while (begin < end) {
    std::size_t after = begin;
    if (!is_white_space(next_code_point(text, after))) break;
    begin = after;
  }
  return begin;
}

// A character of \w in Unicode's sense (UTS #18, annex C).
bool is_word_character(std::string_view text, std::size_t at) {
  static const Regex word(R"([\p{L}\p{M}\p{Nd}\p{Nl}\p{Pc}\x{200C}\x{200D}\x{24B6}-\x{24E9}\x{1F130}-\x{1F149})"
                          R"(\x{1F150}-\x{1F169}\x{1F170}-\x{1F189}])",
                          "single_word");
  std::size_t after = at;
  next_code_point(text, after);
  std::vector<ByteRange> found;
  word.find_all(text.substr(at, after - at), found);
  return !found.empty();
}

bool touches_word(std::string_view text, ByteRange bytes) {
  std::size_t before = bytes.begin;
  while (before > 0 && (static_cast<unsigned char>(text[--before]) & 0xC0) == 0x80) {
  }
  return (bytes.begin > 0 && is_word_character(text, before)) ||
         (bytes.end < text.size() && is_word_character(text, bytes.end));
}

}  // namespace

void AddedTokens::Trie::insert(std::string_view text, std::int32_t index) {
  starts[static_cast<unsigned char>(text.front())] = true;
  std::uint64_t node = 0;
  for (const char c : text) {
    const std::uint64_t edge = node << 8 | static_cast<unsigned char>(c);
    std::uint64_t child = children.find(edge);
    if (child == FlatMap::absent) {
      child = token.size();
      token.push_back(-1);
      children.insert_or_assign(edge, child);
    }
    node = child;
  }
  token[node] = index;
}

bool AddedToken::is_control() const {
  constexpr std::string_view known[] = {"<s>",   "</s>",   "<unk>",   "<pad>",           "<bos>",
                                        "<eos>", "[INST]", "[/INST]", "<start_of_turn>", "<end_of_turn>"};
  return special || (text.starts_with("<|") && text.ends_with("|>")) ||
         (text.starts_with("<\uFF5C") && text.ends_with("\uFF5C>")) ||
         std::find(std::begin(known), std::end(known), text) != std::end(known);
}

void AddedTokens::add(AddedToken token, std::string_view normalized) {
  const std::string_view sought = token.after_others ? normalized : std::string_view(token.text);
  if (sought.empty()) return;  // would be found everywhere
  has_later_ = has_later_ || token.after_others;
  (token.after_others ? later_ : first_).insert(sought, static_cast<std::int32_t>(tokens_.size()));
  tokens_.push_back(std::move(token));
}

std::size_t AddedTokens::white_space_before(std::string_view text) {
  return past_leading_space(text, 0, text.size());
}

// The longest token that begins at found.begin; sets found.end.
const AddedToken* AddedTokens::longest_at(const Trie& trie, std::string_view text, ByteRange& found,
                                          std::size_t trusted_until) const {
  const AddedToken* best = nullptr;
  std::uint64_t node = 0;
  for (std::size_t at = found.begin; at < text.size(); ++at) {
    node = trie.children.find(node << 8 | static_cast<unsigned char>(text[at]));
    if (node == FlatMap::absent) break;
    if (trie.token[node] < 0) continue;
    const AddedToken& token = tokens_[static_cast<std::size_t>(trie.token[node])];
    if (token.is_control() && at >= trusted_until) continue;
    best = &token;
    found.end = at + 1;
  }
  return best;
}

std::vector<AddedTokens::Match> AddedTokens::search(const Trie& trie, std::string_view text,
                                                    const std::vector<ByteRange>& untrusted) const {
  std::vector<Match> matches;
  std::size_t free_from = 0;  // where the last match ends
  auto next_untrusted = untrusted.begin();
  for (std::size_t at = 0; at < text.size();) {
    if (!trie.starts[static_cast<unsigned char>(text[at])]) {
      ++at;
      continue;
    }
    while (next_untrusted != untrusted.end() && next_untrusted->end <= at) ++next_untrusted;
    const std::size_t trusted_until = next_untrusted == untrusted.end() ? text.size() : next_untrusted->begin;
    ByteRange bytes{at, at};
    const AddedToken* token = longest_at(trie, text, bytes, trusted_until);
    if (token == nullptr) {
      ++at;
      continue;
    }
    at = bytes.end;
    if (token->single_word && touches_word(text, bytes)) continue;
    if (token->strips_left) bytes.begin = without_trailing_space(text, free_from, bytes.begin);
    if (token->strips_right) bytes.end = past_leading_space(text, bytes.end, text.size());
    matches.push_back({bytes, token->id});
    at = free_from = bytes.end;
  }
  return matches;
}

}  // namespace pmtune::text
