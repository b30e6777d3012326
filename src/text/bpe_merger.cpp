#include "text/bpe_merger.hpp"

#include <algorithm>
#include <array>
#include <queue>

namespace pmtune::text {
namespace {

constexpr std::size_t short_word = 48;  // up to here scanning all pairs is quicker than a queue

// Of merges of one rank the leftmost goes first.
bool is_earlier(std::uint64_t merge, std::uint64_t other) { return merge >> 32 < other >> 32; }

}  // namespace

void BpeMerger::merge(std::vector<Id>& symbols) const {
  if (symbols.size() < 2) return;
  if (symbols.size() <= short_word) return merge_short(symbols);
  merge_long(symbols);
}

void BpeMerger::merge_short(std::vector<Id>& symbols) const {
  std::array<std::uint64_t, short_word> found;  // found[i]: merge of symbols i and i + 1
  std::size_t count = symbols.size();
  for (std::size_t i = 0; i + 1 < count; ++i) found[i] = merges_.find(pair_key(symbols[i], symbols[i + 1]));
  while (count > 1) {
    const auto best = static_cast<std::size_t>(
        std::min_element(found.begin(), found.begin() + count - 1, is_earlier) - found.begin());
    if (found[best] == FlatMap::absent) break;
    symbols[best] = joined_id(found[best]);
    std::copy(symbols.begin() + best + 2, symbols.begin() + count, symbols.begin() + best + 1);
    if (best + 2 < count) std::copy(found.begin() + best + 2, found.begin() + count - 1, found.begin() + best + 1);
    --count;
    if (best > 0) found[best - 1] = merges_.find(pair_key(symbols[best - 1], symbols[best]));
    if (best + 1 < count) found[best] = merges_.find(pair_key(symbols[best], symbols[best + 1]));
  }
  symbols.resize(count);
}

void BpeMerger::merge_long(std::vector<Id>& symbols) const {
  struct Link {
    std::size_t previous, next;
  };
  struct Candidate {
    std::uint64_t merge;
    std::size_t left, right;
    Id left_id, right_id;  // stale when a symbol has changed since
    bool operator>(const Candidate& other) const {
      return merge >> 32 != other.merge >> 32 ? merge >> 32 > other.merge >> 32 : left > other.left;
    }
  };
  constexpr Id gone = -2;
  const std::size_t end = symbols.size();
  std::vector<Link> links(end);
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> queue;

  const auto offer = [&](std::size_t left, std::size_t right) {
    const std::uint64_t merge = merges_.find(pair_key(symbols[left], symbols[right]));
    if (merge != FlatMap::absent) queue.push({merge, left, right, symbols[left], symbols[right]});
  };
  for (std::size_t i = 0; i < end; ++i) links[i] = {i - 1, i + 1};  // before the first stands SIZE_MAX
  for (std::size_t i = 0; i + 1 < end; ++i) offer(i, i + 1);

  while (!queue.empty()) {
    const Candidate top = queue.top();
    queue.pop();
    if (symbols[top.left] != top.left_id || symbols[top.right] != top.right_id) continue;
    if (links[top.left].next != top.right) continue;
    symbols[top.left] = joined_id(top.merge);
    symbols[top.right] = gone;
    const std::size_t after = links[top.right].next;
    links[top.left].next = after;
    if (after < end) {
      links[after].previous = top.left;
      offer(top.left, after);
    }
    if (links[top.left].previous < end) offer(links[top.left].previous, top.left);
  }
  std::erase(symbols, gone);
}

}  // namespace pmtune::text
