// Which block of the cache holds what, so that a text that begins as an earlier one did goes on from there. Blocks of
// 32 tokens are shared by all texts with the same tokens before and in them, the same adapter and the same rotation;
// what nobody uses is kept until the room is needed, the longest unused first.
//
// Threads: one at a time.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "decode/key_cache.hpp"
#include "model/adapter.hpp"

namespace pmtune::decode {

// A text's place in the cache. Move it, do not copy it: the blocks count their users.
struct CachedText {
  std::vector<BlockId> blocks;
  std::int64_t complete = 0;  // of its blocks, those whose tokens are all there and known to the cache
  int root = -1;
};

class PrefixCache {
 public:
  explicit PrefixCache(KeyCache& memory);

  // The longest beginning of `tokens` that is there, in whole blocks, and no longer than `most` tokens. reserve: room
  // for so many blocks in all, so that adding one never moves them.
  CachedText open(const std::shared_ptr<const model::Adapter>& adapter, bool is_long,
                  std::span<const std::int32_t> tokens, std::int64_t most, std::size_t reserve);
  // How many blocks open() would find.
  std::int64_t count_known(const std::shared_ptr<const model::Adapter>& adapter, bool is_long,
                           std::span<const std::int32_t> tokens, std::int64_t most) const;

  // One more block; false when all are in use.
  bool extend(CachedText& text);
  // Says that the keys of all these tokens of the text are now in the cache: its whole blocks can serve others.
  void complete(CachedText& text, std::span<const std::int32_t> tokens);
  void close(CachedText& text);

  std::int64_t available() const { return memory_.free() + kept_; }  // blocks that no text uses
  std::int64_t kept() const { return kept_; }                        // of these, those that hold something

 private:
  using Tokens = std::array<std::int32_t, kernels::kKeyBlock>;
  struct Entry {
    Tokens tokens{};
    BlockId before = -1;  // in the text
    int root = -1;
    std::int64_t users = 0;
    std::int64_t after = 0;  // entries whose `before` this is
    std::uint64_t used = 0;  // when last
    bool known = false;      // found by open()
  };
  struct Root {
    std::shared_ptr<const model::Adapter> adapter;  // kept as long as a block is its work
    bool is_long = false;
    std::int64_t users = 0;  // open texts and known blocks; 0: the place is free
  };
  static std::uint64_t hash(int root, BlockId before, const std::int32_t* tokens);
  BlockId find(int root, BlockId before, const std::int32_t* tokens) const;
  int find_root(const model::Adapter* adapter, bool is_long) const;  // -1: none
  int take_root(const std::shared_ptr<const model::Adapter>& adapter, bool is_long);
  void leave_root(int root);
  void forget(BlockId block);
  bool make_room();
  Entry& entry(BlockId block) { return entries_[static_cast<std::size_t>(block)]; }
  const Entry& entry(BlockId block) const { return entries_[static_cast<std::size_t>(block)]; }

  KeyCache& memory_;
  std::vector<Entry> entries_;
  std::unordered_multimap<std::uint64_t, BlockId> index_;
  std::vector<Root> roots_;
  std::int64_t kept_ = 0;
  std::uint64_t clock_ = 0;
};

}  // namespace pmtune::decode
