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
#include "model/rope.hpp"

namespace pmtune::model {

// The linear layers of a block by the names PEFT and transformers use, in the order they are stored in the groups. A
// family has the single ones or those that are fused (Architecture::fused_projections).
enum class Linear : int { q_proj, k_proj, v_proj, qkv_proj, o_proj, gate_proj, up_proj, gate_up_proj, down_proj };
inline constexpr int kLinears = 9;
inline constexpr std::array<const char*, kLinears> kLinearNames{
    "q_proj", "k_proj", "v_proj", "qkv_proj", "o_proj", "gate_proj", "up_proj", "gate_up_proj", "down_proj"};
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
  // Where `group` is dense and its file has the same matrix in quantised blocks: those, mapped, for answering.
  std::array<kernels::FrozenMatrix, kGroups> stored;
  at::Tensor attention_norm, mlp_norm;  // f32 [hidden]: of what the halves are given
  // Undefined where the architecture has none:
  at::Tensor qkv_bias;                            // f32 [rows of qkv]
  at::Tensor query_norm, key_norm;                // f32 [head_dim]
  at::Tensor post_attention_norm, post_mlp_norm;  // f32 [hidden]: of what the halves add

  // All of the above that are defined.
  std::vector<at::Tensor> vectors() const;
};

struct Weights {
  Architecture architecture;
  at::ScalarType dtype = at::kFloat;  // the compute dtype: f32 or bf16
  at::Device device = at::kCPU;
  kernels::FrozenMatrix embedding;    // [vocabulary, hidden]
  at::Tensor head;                    // [vocabulary, hidden]; the same tensor as the embedding's when tied
  kernels::FrozenMatrix stored_head;  // as LayerWeights::stored
  at::Tensor final_norm;              // f32 [hidden]
  std::vector<LayerWeights> layers;
  std::vector<RopeTable> ropes;  // of Architecture::ropes

  std::int64_t parameters() const;
  // Of these, in the matrices of the layers.
  std::int64_t layer_parameters() const;
  std::int64_t bytes() const;
  // Of these, what is held in this process's own memory; the rest stays in the mapped file.
  std::int64_t own_bytes() const;
  // Whether the layers are kept in quantised blocks.
  bool in_blocks() const { return layers.front().group.front().in_blocks(); }
  // Whether a text of so many tokens is rotated by other frequencies than a short one (LongRoPE).
  bool is_rotated_otherwise(std::int64_t length) const;
  // What dequantising the largest matrix takes; 0 when none is kept in blocks.
  std::int64_t scratch_bytes() const;
};

// One for each of the architecture's ropes (rope.hpp, rotation).
std::vector<Rotation> rotations(const Weights& weights, const at::Tensor& positions, const at::Tensor& lengths);

}  // namespace pmtune::model
