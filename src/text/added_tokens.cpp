#include "text/added_tokens.hpp"

#include "base/utf8.hpp"
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

void AddedTokens::add(AddedToken token) {
  if (token.text.empty()) return;  // would be found everywhere
  has_later_ = has_later_ || token.after_others;
  (token.after_others ? later_ : first_).insert(token.text, static_cast<std::int32_t>(tokens_.size()));
  tokens_.push_back(std::move(token));
}

const AddedToken* AddedTokens::longest_at(const Trie& trie, std::string_view text, ByteRange within,
                                          std::size_t trusted_until) const {
  const AddedToken* best = nullptr;
  std::uint64_t node = 0;
  for (std::size_t at = within.begin; at < within.end; ++at) {
    node = trie.children.find(node << 8 | static_cast<unsigned char>(text[at]));
    if (node == FlatMap::absent) break;
    if (trie.token[node] < 0) continue;
    const AddedToken& token = tokens_[static_cast<std::size_t>(trie.token[node])];
    if (!token.is_control() || at < trusted_until) best = &token;
  }
  return best;
}

void AddedTokens::search(const Trie& trie, std::string_view text, ByteRange within,
                         const std::vector<ByteRange>& untrusted, std::vector<Match>& matches) const {
  std::size_t free_from = within.begin;  // where the last match ends
  auto next_untrusted = untrusted.begin();
  for (std::size_t at = within.begin; at < within.end;) {
    if (!trie.starts[static_cast<unsigned char>(text[at])]) {
      ++at;
      continue;
    }
    while (next_untrusted != untrusted.end() && next_untrusted->end <= at) ++next_untrusted;
    const std::size_t trusted_until = next_untrusted == untrusted.end() ? text.size() : next_untrusted->begin;
    const AddedToken* token = longest_at(trie, text, {at, within.end}, trusted_until);
    if (token == nullptr) {
      ++at;
      continue;
    }
    ByteRange bytes{at, at + token->text.size()};
    if (token->strips_left) bytes.begin = without_trailing_space(text, free_from, bytes.begin);
    if (token->strips_right) bytes.end = past_leading_space(text, bytes.end, within.end);
    matches.push_back({bytes, token->id});
    at = free_from = bytes.end;
  }
}

std::vector<AddedTokens::Match> AddedTokens::find_all(std::string_view text,
                                                      const std::vector<ByteRange>& untrusted) const {
  std::vector<Match> first;
  search(first_, text, {0, text.size()}, untrusted, first);
  if (!has_later_) return first;
  std::vector<Match> all;
  std::size_t at = 0;
  for (const Match& match : first) {
    search(later_, text, {at, match.bytes.begin}, untrusted, all);
    all.push_back(match);
    at = match.bytes.end;
  }
  search(later_, text, {at, text.size()}, untrusted, all);
  return all;
}

}  // namespace pmtune::text
