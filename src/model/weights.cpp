#include "model/weights.hpp"

#include <ATen/ATen.h>

#include <algorithm>

namespace pmtune::model {

const char* parent_of(Linear linear) { return linear <= Linear::o_proj ? "self_attn" : "mlp"; }

Group group_of(Linear linear) {
  if (linear <= Linear::qkv_proj) return Group::qkv;
  if (linear == Linear::o_proj) return Group::o;
  return linear == Linear::down_proj ? Group::down : Group::gate_up;
}

std::vector<GroupPart> parts_of(const Architecture& a, Group group) {
  switch (group) {
    case Group::qkv:
      if (a.fused_projections) return {{Linear::qkv_proj, 0, a.qkv_size()}};
      return {{Linear::q_proj, 0, a.query_size()},
              {Linear::k_proj, a.query_size(), a.kv_size()},
              {Linear::v_proj, a.query_size() + a.kv_size(), a.kv_size()}};
    case Group::o: return {{Linear::o_proj, 0, a.hidden}};
    case Group::gate_up:
      if (a.fused_projections) return {{Linear::gate_up_proj, 0, 2 * a.feed_forward}};
      return {{Linear::gate_proj, 0, a.feed_forward}, {Linear::up_proj, a.feed_forward, a.feed_forward}};
    case Group::down: return {{Linear::down_proj, 0, a.hidden}};
  }
  return {};
}

std::vector<at::Tensor> LayerWeights::vectors() const {
  std::vector<at::Tensor> defined;
  for (const at::Tensor* vector :
       {&attention_norm, &mlp_norm, &qkv_bias, &query_norm, &key_norm, &post_attention_norm, &post_mlp_norm})
    if (vector->defined()) defined.push_back(*vector);
  return defined;
}

std::int64_t input_size(const Architecture& a, Group group) {
  return group == Group::o ? a.query_size() : group == Group::down ? a.feed_forward : a.hidden;
}

std::int64_t output_size(const Architecture& a, Group group) {
  return group == Group::qkv ? a.qkv_size() : group == Group::gate_up ? 2 * a.feed_forward : a.hidden;
}

namespace {

template <class Visit>
void for_each_matrix(const Weights& w, const Visit& visit) {
  visit(w.embedding);
  for (const LayerWeights& layer : w.layers)
    for (const kernels::FrozenMatrix& matrix : layer.group) visit(matrix);
}

// Norms, biases, and the output matrix where it is one of its own: always dense.
std::int64_t dense_bytes(const Weights& w) {
  auto bytes = static_cast<std::int64_t>(w.final_norm.nbytes() + (w.architecture.tied_head ? 0 : w.head.nbytes()));
  for (const LayerWeights& layer : w.layers)
    for (const at::Tensor& vector : layer.vectors()) bytes += static_cast<std::int64_t>(vector.nbytes());
  return bytes;
}

}  // namespace

std::int64_t Weights::layer_parameters() const {
  std::int64_t count = 0;
  for (const LayerWeights& layer : layers)
    for (const kernels::FrozenMatrix& matrix : layer.group) count += matrix.rows() * matrix.columns();
  return count;
}

std::int64_t Weights::parameters() const {
  std::int64_t count = layer_parameters() + embedding.rows() * embedding.columns() + final_norm.numel() +
                       (architecture.tied_head ? 0 : head.numel());
  for (const LayerWeights& layer : layers)
    for (const at::Tensor& vector : layer.vectors()) count += vector.numel();
  return count;
}

std::int64_t Weights::bytes() const {
  std::int64_t bytes = dense_bytes(*this);
  for_each_matrix(*this, [&](const kernels::FrozenMatrix& matrix) { bytes += matrix.bytes(); });
  return bytes;
}

std::int64_t Weights::own_bytes() const {
  std::int64_t bytes = dense_bytes(*this);
  for_each_matrix(*this, [&](const kernels::FrozenMatrix& matrix) { bytes += matrix.own_bytes(); });
  return bytes;
}

bool Weights::is_rotated_otherwise(std::int64_t length) const {
  return std::any_of(ropes.begin(), ropes.end(), [&](const RopeTable& table) {
    return table.long_frequencies.defined() && length > table.original_length;
  });
}

std::int64_t Weights::scratch_bytes() const {
  std::int64_t most = 0;
  for (const LayerWeights& layer : layers)
    for (const kernels::FrozenMatrix& matrix : layer.group) most = std::max(most, matrix.scratch_bytes());
  return most;
}

std::vector<Rotation> rotations(const Weights& weights, const at::Tensor& positions, const at::Tensor& lengths) {
  std::vector<Rotation> all;
  for (const RopeTable& table : weights.ropes) all.push_back(rotation(table, positions, lengths));
  return all;
}

}  // namespace pmtune::model
