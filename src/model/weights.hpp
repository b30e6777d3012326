// The frozen weights of a decoder in memory. Matrices that read the same input are stored as one, so that one matrix
// product serves them (query, key, value; gate, up). Immutable after loading.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "kernels/frozen_matrix.hpp"
#include "model/architecture.hpp"

namespace pmtune::model {

// The seven linear layers of a block by the names PEFT and transformers use, in the order they are stored in the
// groups.
enum class Linear : int { q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj };
inline constexpr int kLinears = 7;
inline constexpr std::array<const char*, kLinears> kLinearNames{"q_proj",    "k_proj",  "v_proj",   "o_proj",
                                                                "gate_proj", "up_proj", "down_proj"};
// "self_attn" or "mlp": the module of transformers that holds it
const char* parent_of(Linear linear);

// Fused groups of linear layers with one input.
enum class Group : int { qkv, o, gate_up, down };
inline constexpr int kGroups = 4;

struct GroupPart {
  Linear linear;
  std::int64_t offset;  // first row in the group's matrix
  std::int64_t size;    // output features
};
Group group_of(Linear linear);
std::vector<GroupPart> parts_of(const Architecture& architecture, Group group);
std::int64_t input_size(const Architecture& architecture, Group group);
std::int64_t output_size(const Architecture& architecture, Group group);

struct LayerWeights {
  std::array<kernels::FrozenMatrix, kGroups> group;  // [out, in]
  at::Tensor attention_norm;                         // f32 [hidden]
  at::Tensor mlp_norm;                               // f32 [hidden]
};

struct Weights {
  Architecture architecture;
  at::ScalarType dtype = at::kFloat;  // the compute dtype: f32 or bf16
  at::Device device = at::kCPU;
  kernels::FrozenMatrix embedding;  // [vocabulary, hidden]
  at::Tensor head;                  // [vocabulary, hidden]; the same tensor as the embedding's when tied
  at::Tensor final_norm;            // f32 [hidden]
  std::vector<LayerWeights> layers;
  at::Tensor inverse_frequencies;  // f32 [head_dim/2]: base^(-2i/head_dim)

  std::int64_t parameters() const;
  // Of these, in the matrices of the layers.
  std::int64_t layer_parameters() const;
  std::int64_t bytes() const;
  // Of these, what is held in this process's own memory; the rest stays in the mapped file.
  std::int64_t own_bytes() const;
  // Whether the layers are kept in quantised blocks.
  bool in_blocks() const { return layers.front().group.front().in_blocks(); }
  // What dequantising the largest matrix takes; 0 when none is kept in blocks.
  std::int64_t scratch_bytes() const;
};

// cos and sin, f32 [T, head_dim/2], for these positions (int64 [T]).
std::pair<at::Tensor, at::Tensor> rope_angles(const Weights& weights, const at::Tensor& positions);

}  // namespace pmtune::model
