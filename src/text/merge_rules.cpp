#include "text/merge_rules.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <unordered_map>

#include "base/fail.hpp"
#include "text/byte_alphabet.hpp"
#include "text/limits.hpp"
#include "text/shown.hpp"

namespace pmtune::text {
namespace {

constexpr std::string_view fetch_again = "; the file is damaged, fetch the model again.";

using TokensByText = std::unordered_map<std::string_view, TokenId>;

TokensByText tokens_by_text(const BpeParts& parts) {
  TokensByText by_text;
  by_text.reserve(parts.tokens.size());
  for (std::size_t id = 0; id < parts.tokens.size(); ++id) {
    const std::string& token = parts.tokens[id];
    const auto [other, is_new] = by_text.emplace(token, static_cast<TokenId>(id));
    if (!is_new && !token.empty())
      fail(Code::corrupt, "Tokens ", other->second, " and ", id, " of ", parts.where, " are both \"", shown(token),
           "\"", fetch_again);
  }
  return by_text;
}

void check_scores(const BpeParts& parts) {
  if (parts.scores.size() != parts.tokens.size())
    fail(Code::corrupt, parts.where, " has ", parts.tokens.size(), " tokens but ", parts.scores.size(), " scores",
         fetch_again);
  for (std::size_t id = 0; id < parts.scores.size(); ++id)
    if (std::isnan(parts.scores[id]))
      fail(Code::corrupt, "The score of token ", id, " of ", parts.where, " is not a number", fetch_again);
}

// Rank of every token: how many distinct scores are higher.
std::vector<std::uint32_t> ranks_of(const std::vector<double>& scores) {
  std::vector<double> distinct = scores;
  std::sort(distinct.begin(), distinct.end(), std::greater<>());
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  std::vector<std::uint32_t> ranks;
  ranks.reserve(scores.size());
  for (const double score : scores)
    ranks.push_back(static_cast<std::uint32_t>(
        std::lower_bound(distinct.begin(), distinct.end(), score, std::greater<>()) - distinct.begin()));
  return ranks;
}

BpeMerger rules_by_score(const BpeParts& parts, const Vocabulary& vocabulary) {
  check_scores(parts);
  const TokensByText by_text = tokens_by_text(parts);
  const std::vector<std::uint32_t> ranks = ranks_of(parts.scores);
  BpeMerger merger(parts.tokens.size() * 2);
  std::size_t count = 0;
  const auto word_of = [&](std::string_view text) {
    const auto found = by_text.find(text);
    return found != by_text.end() && vocabulary.is_word(static_cast<std::size_t>(found->second)) ? found->second : -1;
  };
  for (std::size_t id = 0; id < parts.tokens.size(); ++id) {
    const std::string_view token = parts.tokens[id];
    if (!vocabulary.is_word(id)) continue;
    if (token.size() > max_scored_token_bytes)
      fail(Code::corrupt, "Token ", id, " of ", parts.where, " is ", token.size(), " bytes long, more than ",
           max_scored_token_bytes, fetch_again);
    for (std::size_t cut = 1; cut < token.size(); ++cut) {
      if ((static_cast<unsigned char>(token[cut]) & 0xC0) == 0x80) continue;
      const TokenId left = word_of(token.substr(0, cut));
      const TokenId right = left < 0 ? -1 : word_of(token.substr(cut));
      if (right < 0) continue;
      merger.add(left, right, ranks[id], static_cast<TokenId>(id));
      if (++count > max_merges)
        fail(Code::corrupt, "The tokens of ", parts.where, " can be joined in more than ", max_merges, " ways",
             fetch_again);
    }
  }
  return merger;
}

BpeMerger rules_by_rank(const BpeParts& parts, const Vocabulary& vocabulary) {
  if (parts.merges.size() > max_merges)
    fail(Code::corrupt, parts.where, " has ", parts.merges.size(), " merges, more than ", max_merges, fetch_again);
  const TokensByText by_text = tokens_by_text(parts);
  BpeMerger merger(parts.merges.size());
  // A GGUF stores added words as they are, not in the alphabet of the merges.
  const auto find_token = [&](const std::string& token, std::size_t merge) {
    const auto found = by_text.find(token);
    if (found != by_text.end() && !token.empty()) return found->second;
    const std::optional<std::string> bytes =
        parts.alphabet == Alphabet::bytes ? bytes_from_alphabet(token) : std::nullopt;
    const TokenId added = bytes ? vocabulary.find_added(*bytes) : -1;
    if (added < 0)
      fail(Code::corrupt, "Merge ", merge, " of ", parts.where, " names \"", shown(token), "\", which is not a token",
           fetch_again);
    return added;
  };
  for (std::size_t rank = 0; rank < parts.merges.size(); ++rank) {
    const auto& [left, right] = parts.merges[rank];
    const TokenId joined = find_token(left + right, rank);
    // Plain text must never become a control token, whatever the file says.
    if (vocabulary.is_control(static_cast<std::size_t>(joined))) continue;
    merger.add(find_token(left, rank), find_token(right, rank), static_cast<std::uint32_t>(rank), joined);
  }
  return merger;
}

}  // namespace

BpeMerger merge_rules(const BpeParts& parts, const Vocabulary& vocabulary) {
  return parts.scores.empty() ? rules_by_rank(parts, vocabulary) : rules_by_score(parts, vocabulary);
}

}  // namespace pmtune::text
