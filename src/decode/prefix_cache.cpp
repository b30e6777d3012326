#include "decode/prefix_cache.hpp"

#include <algorithm>

namespace pmtune::decode {
using kernels::kKeyBlock;

PrefixCache::PrefixCache(KeyCache& memory) : memory_(memory), entries_(static_cast<std::size_t>(memory.capacity())) {
  index_.reserve(entries_.size());
}

std::uint64_t PrefixCache::hash(int root, BlockId before, const std::int32_t* tokens) {
  std::uint64_t value =
      0x9E3779B97F4A7C15U ^ static_cast<std::uint64_t>(root) << 32 ^ static_cast<std::uint32_t>(before);
  for (std::int64_t i = 0; i < kKeyBlock; ++i) {
    value = (value ^ static_cast<std::uint32_t>(tokens[i])) * 0xBF58476D1CE4E5B9U;
    value ^= value >> 29;
  }
  return value;
}

// The hash only says where to look: what counts are the tokens.
BlockId PrefixCache::find(int root, BlockId before, const std::int32_t* tokens) const {
  const auto [from, to] = index_.equal_range(hash(root, before, tokens));
  for (auto it = from; it != to; ++it) {
    const Entry& found = entry(it->second);
    if (found.root == root && found.before == before && std::equal(found.tokens.begin(), found.tokens.end(), tokens))
      return it->second;
  }
  return -1;
}

int PrefixCache::find_root(const model::Adapter* adapter, bool is_long) const {
  for (std::size_t i = 0; i < roots_.size(); ++i)
    if (roots_[i].users > 0 && roots_[i].adapter.get() == adapter && roots_[i].is_long == is_long)
      return static_cast<int>(i);
  return -1;
}

int PrefixCache::take_root(const std::shared_ptr<const model::Adapter>& adapter, bool is_long) {
  int root = find_root(adapter.get(), is_long);
  if (root < 0) {
    const auto unused = std::find_if(roots_.begin(), roots_.end(), [](const Root& one) { return one.users == 0; });
    root = static_cast<int>(unused - roots_.begin());
    if (unused == roots_.end()) roots_.emplace_back();
    roots_[static_cast<std::size_t>(root)] = {adapter, is_long, 0};
  }
  ++roots_[static_cast<std::size_t>(root)].users;
  return root;
}

void PrefixCache::leave_root(int root) {
  Root& one = roots_[static_cast<std::size_t>(root)];
  if (--one.users == 0) one.adapter.reset();
}

std::int64_t PrefixCache::count_known(const std::shared_ptr<const model::Adapter>& adapter, bool is_long,
                                      std::span<const std::int32_t> tokens, std::int64_t most) const {
  const int root = find_root(adapter.get(), is_long);
  if (root < 0) return 0;
  BlockId before = -1;
  std::int64_t count = 0;
  for (const std::int64_t limit = std::min(most, static_cast<std::int64_t>(tokens.size()));
       (count + 1) * kKeyBlock <= limit; ++count) {
    before = find(root, before, tokens.data() + count * kKeyBlock);
    if (before < 0) break;
  }
  return count;
}

CachedText PrefixCache::open(const std::shared_ptr<const model::Adapter>& adapter, bool is_long,
                             std::span<const std::int32_t> tokens, std::int64_t most, std::size_t reserve) {
  CachedText text;
  text.root = take_root(adapter, is_long);
  text.blocks.reserve(reserve);
  const std::int64_t known = count_known(adapter, is_long, tokens, most);
  BlockId before = -1;
  for (std::int64_t i = 0; i < known; ++i) {
    before = find(text.root, before, tokens.data() + i * kKeyBlock);
    Entry& found = entry(before);
    if (found.users++ == 0) --kept_;
    found.used = ++clock_;
    text.blocks.push_back(before);
  }
  text.complete = known;
  return text;
}

bool PrefixCache::extend(CachedText& text) {
  if (memory_.free() == 0 && !make_room()) return false;
  const BlockId block = memory_.take();
  Entry& fresh = entry(block);
  fresh = Entry{};
  fresh.users = 1;
  fresh.root = text.root;
  text.blocks.push_back(block);
  return true;
}

void PrefixCache::complete(CachedText& text, std::span<const std::int32_t> tokens) {
  while ((text.complete + 1) * kKeyBlock <= static_cast<std::int64_t>(tokens.size())) {
    const std::int32_t* const of_block = tokens.data() + text.complete * kKeyBlock;
    const BlockId block = text.blocks[static_cast<std::size_t>(text.complete)];
    const BlockId before = text.complete == 0 ? -1 : text.blocks[static_cast<std::size_t>(text.complete - 1)];
    // Where another text was faster, or what stands before is not known, this block stays with its own text.
    const bool follows = before < 0 || entry(before).known;
    if (follows && find(text.root, before, of_block) < 0) {
      Entry& own = entry(block);
      std::copy_n(of_block, kKeyBlock, own.tokens.begin());
      own.before = before;
      own.known = true;
      ++roots_[static_cast<std::size_t>(text.root)].users;
      if (before >= 0) ++entry(before).after;
      index_.emplace(hash(text.root, before, of_block), block);
    }
    ++text.complete;
  }
}

void PrefixCache::close(CachedText& text) {
  // From the end, so that what goes first is what fewest texts begin with.
  for (auto block = text.blocks.rbegin(); block != text.blocks.rend(); ++block) {
    Entry& one = entry(*block);
    one.used = ++clock_;
    if (--one.users > 0) continue;
    if (one.known)
      ++kept_;
    else
      memory_.release(*block);
  }
  if (text.root >= 0) leave_root(text.root);
  text = CachedText{};
}

void PrefixCache::forget(BlockId block) {
  Entry& gone = entry(block);
  const auto [from, to] = index_.equal_range(hash(gone.root, gone.before, gone.tokens.data()));
  for (auto it = from; it != to; ++it)
    if (it->second == block) {
      index_.erase(it);
      break;
    }
  if (gone.before >= 0) --entry(gone.before).after;
  leave_root(gone.root);
  gone = Entry{};
  --kept_;
  memory_.release(block);
}

bool PrefixCache::make_room() {
  BlockId oldest = -1;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const Entry& one = entries_[i];
    if (!one.known || one.users > 0 || one.after > 0) continue;
    if (oldest < 0 || one.used < entry(oldest).used) oldest = static_cast<BlockId>(i);
  }
  if (oldest < 0) return false;
  forget(oldest);
  return true;
}

}  // namespace pmtune::decode
