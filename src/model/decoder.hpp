// The decoder run forward, for answers and measurements. Training has its own forward pass (train/layer.hpp), which
// keeps what the backward pass needs; both are made of the same groups, kernels and attention.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "model/adapter.hpp"
#include "model/weights.hpp"

namespace pmtune::model {

// Keys and values of the tokens so far, preallocated for `capacity` tokens.
class KvCache {
 public:
  KvCache(const Weights& weights, std::int64_t capacity);
  std::int64_t length() const { return length_; }
  std::int64_t capacity() const { return capacity_; }
  void clear() { length_ = 0; }

 private:
  friend class Decoder;
  std::vector<at::Tensor> keys_, values_;  // per layer [capacity, kv_heads * head_dim]
  std::int64_t length_ = 0;
  std::int64_t capacity_ = 0;
};

// y [T,out] = x W^T + (x A^T) B^T. When `h` is given it receives x A^T [T, k*rank].
// weight dense, [out, in].
void apply_group(const at::Tensor& x, const at::Tensor& weight, const GroupAdapter& adapter, at::Tensor& y,
                 at::Tensor* h = nullptr);

// scores = cap * tanh(scores / cap); unchanged when cap is 0. The slope is 1 - (scores / cap)^2 of the new scores.
void soft_cap_(at::Tensor& scores, double cap);

// Token ids as the decoder takes them: int64 [T] on the device of the weights.
at::Tensor ids_tensor(const Weights& weights, const std::vector<std::int32_t>& ids);

class Decoder {
 public:
  // Both must outlive it; adapter may be null.
  Decoder(const Weights& weights, const Adapter* adapter) : weights_(weights), adapter_(adapter) {}

  // ids int64 [T] -> f32 [T, hidden] after the final norm. With a cache the tokens follow those in it and are added
  // to it.
  at::Tensor forward(const at::Tensor& ids, KvCache* cache = nullptr) const;

  // Whether the next token makes the text so long that the frequencies of all its tokens change (LongRoPE): what the
  // cache holds is then of no use.
  bool must_begin_again(const KvCache& cache) const;

  // hidden f32 [n, hidden] -> scores f32 [n, vocabulary]
  at::Tensor logits(const at::Tensor& hidden) const;

  // What the first layer is given, f32 [T, hidden]: rows of the embedding, scaled where the architecture does so.
  static at::Tensor embed(const Weights& weights, const at::Tensor& ids);

 private:
  at::Tensor attention(std::int64_t layer, at::Tensor& qkv, KvCache* cache) const;

  const Weights& weights_;
  const Adapter* adapter_;
};

}  // namespace pmtune::model
