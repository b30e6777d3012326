#include "decode/packed_weights.hpp"

#include <ATen/ATen.h>

#include <algorithm>

#include "model/impl.hpp"

namespace pmtune::decode {
using kernels::kPackRows;
using model::Group;

namespace {

PackedGroup pack_group(const kernels::LowRank& low_rank, const kernels::PackedMatrix& matrix) {
  PackedGroup packed;
  if (!low_rank.defined()) return packed;
  packed.a = low_rank.a.data_ptr();
  packed.is_f32 = low_rank.a.scalar_type() == at::kFloat;
  packed.columns = low_rank.a.size(0);
  const at::Tensor b = low_rank.b.to(at::kFloat).contiguous();  // [out, columns]
  for (std::int64_t task = 0; task < matrix.tasks(); ++task) {
    const std::int64_t first = matrix.first_row(task), end = first + matrix.row_count(task);
    std::int64_t from = packed.columns, to = 0;
    for (std::size_t i = 0; i < low_rank.slots.size(); ++i) {
      const auto& slot = low_rank.slots[i];
      if (slot.row >= end || slot.row + slot.rows <= first) continue;
      from = std::min(from, static_cast<std::int64_t>(i) * low_rank.rank);
      to = std::max(to, static_cast<std::int64_t>(i + 1) * low_rank.rank);
    }
    const std::int64_t rank = std::max<std::int64_t>(0, to - from);
    packed.tasks.push_back({from, rank, static_cast<std::int64_t>(packed.b.size())});
    for (std::int64_t k = from; k < from + rank; ++k)
      for (std::int64_t lane = 0; lane < kPackRows; ++lane)
        packed.b.push_back(first + lane < end ? b.data_ptr<float>()[(first + lane) * packed.columns + k] : 0.0F);
  }
  return packed;
}

}  // namespace

PackedWeights::PackedWeights(const model::Weights& weights)
    : weights_(weights),
      head_(weights.stored_head.defined() ? weights.stored_head : kernels::FrozenMatrix(weights.head)) {
  for (const model::LayerWeights& layer : weights.layers) {
    auto& groups = groups_.emplace_back();
    for (std::size_t g = 0; g < groups.size(); ++g)
      groups[g] = kernels::PackedMatrix(layer.stored[g].defined() ? layer.stored[g] : layer.group[g]);
  }
}

std::int64_t PackedWeights::own_bytes() const {
  std::int64_t bytes = head_.own_bytes();
  for (const auto& groups : groups_)
    for (const kernels::PackedMatrix& matrix : groups) bytes += matrix.own_bytes();
  return bytes;
}

std::int64_t PackedWeights::scratch_floats(std::int64_t rows) const {
  std::int64_t most = head_.scratch_floats(rows);
  for (const auto& groups : groups_)
    for (const kernels::PackedMatrix& matrix : groups) most = std::max(most, matrix.scratch_floats(rows));
  return most;
}

PackedAdapter::PackedAdapter(const PackedWeights& weights, std::shared_ptr<const model::Adapter> adapter)
    : adapter_(std::move(adapter)) {
  for (std::int64_t layer = 0; layer < weights.architecture().layers; ++layer) {
    auto& groups = groups_.emplace_back();
    for (int g = 0; g < model::kGroups; ++g) {
      const Group group = static_cast<Group>(g);
      groups[static_cast<std::size_t>(g)] = pack_group(adapter_->group(layer, group), weights.group(layer, group));
    }
  }
}

}  // namespace pmtune::decode

namespace pmtune::model {

std::shared_ptr<const decode::PackedWeights> Base::packed() const {
  const std::lock_guard lock(packed_mutex_);
  if (!packed_) packed_ = std::make_shared<const decode::PackedWeights>(weights);
  return packed_;
}

std::shared_ptr<const grammar::TokenTable> Base::token_table() const {
  const std::lock_guard lock(packed_mutex_);
  if (!token_table_) token_table_ = grammar::TokenTable::of(*tokenizer);
  return token_table_;
}

}  // namespace pmtune::model

namespace pmtune {

std::shared_ptr<const decode::PackedAdapter> Model::Impl::packed_adapter() const {
  if (!adapter) return nullptr;
  const auto weights_packed = base->packed();
  const std::lock_guard lock(packed_mutex_);
  if (!packed_adapter_) packed_adapter_ = std::make_shared<const decode::PackedAdapter>(*weights_packed, adapter);
  return packed_adapter_;
}

}  // namespace pmtune
