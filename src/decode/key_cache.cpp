#include "decode/key_cache.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/loops.hpp"

namespace pmtune::decode {
using kernels::kKeyBlock;

namespace {

std::int64_t number_bytes(CachePrecision precision) {
  switch (precision) {
    case CachePrecision::f32: return 4;
    case CachePrecision::bf16: return 2;
    case CachePrecision::int8: return 1;
  }
  return 4;
}

std::int64_t bytes_of_head(const model::Architecture& a, CachePrecision precision) {
  const std::int64_t scales = precision == CachePrecision::int8 ? 2 * kKeyBlock * 4 : 0;
  return 2 * a.head_dim * kKeyBlock * number_bytes(precision) + scales;
}

// A token's keys lie kKeyBlock apart: they are rounded where its values will lie, and taken to their places from there.
template <class T>
void write_plain(std::byte* head, std::int64_t slot, std::int64_t dim, const float* keys, const float* values) {
  const auto from_f32 = kernels::loops_of<T>().from_f32;
  T* const to_keys = reinterpret_cast<T*>(head);
  T* const to_values = to_keys + dim * kKeyBlock + slot * dim;
  from_f32(keys, to_values, dim);
  for (std::int64_t d = 0; d < dim; ++d) to_keys[d * kKeyBlock + slot] = to_values[d];
  from_f32(values, to_values, dim);
}

// Numbers to_stride apart, with one scale for all of them.
void write_bytes(const float* from, std::int64_t dim, std::int8_t* to, std::int64_t to_stride, float& scale) {
  float most = 0;
  for (std::int64_t d = 0; d < dim; ++d) most = std::max(most, std::fabs(from[d]));
  const float inverse = most > 0 ? 127.0F / most : 0.0F;
  scale = most / 127.0F;
  for (std::int64_t d = 0; d < dim; ++d)
    to[d * to_stride] = static_cast<std::int8_t>(std::nearbyint(from[d] * inverse));
}

}  // namespace

CachePrecision cache_precision(std::string_view name) {
  return name == "f32" ? CachePrecision::f32 : name == "int8" ? CachePrecision::int8 : CachePrecision::bf16;
}

std::int64_t KeyCache::block_bytes(const model::Architecture& a, CachePrecision precision) {
  return a.layers * a.kv_heads * bytes_of_head(a, precision);
}

KeyCache::KeyCache(const model::Architecture& a, CachePrecision precision, std::int64_t blocks)
    : precision_(precision),
      kv_heads_(a.kv_heads),
      head_dim_(a.head_dim),
      head_bytes_(bytes_of_head(a, precision)),
      block_bytes_(block_bytes(a, precision)),
      blocks_(blocks),
      // Not cleared: pages that are never used stay unmapped.
      owner_(new std::byte[static_cast<std::size_t>(blocks * block_bytes_ + 64)]) {
  const auto address = reinterpret_cast<std::uintptr_t>(owner_.get());
  memory_ = owner_.get() + (64 - address % 64) % 64;
  for (std::int64_t block = blocks; block-- > 0;) free_.push_back(static_cast<BlockId>(block));
}

BlockId KeyCache::take() {
  if (free_.empty()) return -1;
  const BlockId block = free_.back();
  free_.pop_back();
  return block;
}

void KeyCache::write(BlockId block, std::int64_t slot, std::int64_t layer, const float* keys, const float* values) {
  for (std::int64_t h = 0; h < kv_heads_; ++h, keys += head_dim_, values += head_dim_) {
    std::byte* const head = place(block, layer, h);
    switch (precision_) {
      case CachePrecision::f32: write_plain<float>(head, slot, head_dim_, keys, values); break;
      case CachePrecision::bf16: write_plain<kernels::Bf16>(head, slot, head_dim_, keys, values); break;
      case CachePrecision::int8: {
        auto* const bytes = reinterpret_cast<std::int8_t*>(head);
        const std::int64_t count = head_dim_ * kKeyBlock;
        auto* const scales = reinterpret_cast<float*>(bytes + 2 * count);
        write_bytes(keys, head_dim_, bytes + slot, kKeyBlock, scales[slot]);
        write_bytes(values, head_dim_, bytes + count + slot * head_dim_, 1, scales[kKeyBlock + slot]);
        break;
      }
    }
  }
}

}  // namespace pmtune::decode
