// Memory for the keys and values of texts, preallocated, in blocks of 32 tokens (all layers of a token lie in one
// block). A text is a list of blocks, so texts that begin alike can share them, and none is ever moved.
//
// Threads: write() and heads() of different tokens at the same time; take and release from one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "kernels/decode_loops.hpp"
#include "model/architecture.hpp"

namespace pmtune::decode {

using BlockId = std::int32_t;

enum class CachePrecision : std::uint8_t { f32, bf16, int8 };
CachePrecision cache_precision(std::string_view name);  // of EngineOptions

class KeyCache {
 public:
  KeyCache(const model::Architecture& architecture, CachePrecision precision, std::int64_t blocks);

  // Of one block.
  static std::int64_t block_bytes(const model::Architecture& architecture, CachePrecision precision);

  std::int64_t capacity() const { return blocks_; }
  std::int64_t free() const { return static_cast<std::int64_t>(free_.size()); }
  std::int64_t bytes() const { return blocks_ * block_bytes_; }
  CachePrecision precision() const { return precision_; }

  BlockId take();  // -1 when none is free
  void release(BlockId block) { free_.push_back(block); }

  // keys and values f32 [kv_heads * head_dim] of the token at `slot` (0 to 31) of a block.
  void write(BlockId block, std::int64_t slot, std::int64_t layer, const float* keys, const float* values);

  // One head of a block, as attention reads it.
  template <class T>
  kernels::KeyBlock<T> head(BlockId block, std::int64_t layer, std::int64_t head) const {
    const std::byte* const at = place(block, layer, head);
    const auto count = static_cast<std::size_t>(head_dim_ * kernels::kKeyBlock);
    const auto* const keys = reinterpret_cast<const T*>(at);
    const auto* const scales = sizeof(T) == 1 ? reinterpret_cast<const float*>(keys + 2 * count) : nullptr;
    return {keys, keys + count, scales, scales ? scales + kernels::kKeyBlock : nullptr};
  }

 private:
  std::byte* place(BlockId block, std::int64_t layer, std::int64_t head) const {
    return memory_ + static_cast<std::int64_t>(block) * block_bytes_ + (layer * kv_heads_ + head) * head_bytes_;
  }

  CachePrecision precision_;
  std::int64_t kv_heads_, head_dim_, head_bytes_, block_bytes_, blocks_;
  std::unique_ptr<std::byte[]> owner_;
  std::byte* memory_;
  std::vector<BlockId> free_;
};

}  // namespace pmtune::decode
