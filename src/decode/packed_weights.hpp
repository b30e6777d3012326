// The weights of a base, and of an adapter, laid out for answering. Immutable: all answers of all threads share them.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "kernels/packed_matrix.hpp"
#include "model/adapter.hpp"
#include "model/weights.hpp"

namespace pmtune::decode {

class PackedWeights {
 public:
  // weights must outlive it, and be on the CPU.
  explicit PackedWeights(const model::Weights& weights);

  const model::Weights& weights() const { return weights_; }
  const model::Architecture& architecture() const { return weights_.architecture; }
  const kernels::PackedMatrix& group(std::int64_t layer, model::Group group) const {
    return groups_[static_cast<std::size_t>(layer)][static_cast<std::size_t>(group)];
  }
  const kernels::PackedMatrix& head() const { return head_; }
  std::int64_t own_bytes() const;
  // For up to `rows` rows at a time, of the largest matrix.
  std::int64_t scratch_floats(std::int64_t rows) const;

 private:
  const model::Weights& weights_;
  std::vector<std::array<kernels::PackedMatrix, model::kGroups>> groups_;
  kernels::PackedMatrix head_;
};

// The low-rank part of one group of one layer, cut as the tasks of its frozen matrix are.
struct PackedGroup {
  const void* a = nullptr;  // [columns, in], in the adapter's type; null when nothing in the group is adapted
  bool is_f32 = true;
  std::int64_t columns = 0;
  struct Task {
    std::int64_t first_column;  // of h, that these rows need
    std::int64_t rank;          // columns
    std::int64_t offset;        // into b: [rank, 16]
  };
  std::vector<Task> tasks;
  std::vector<float> b;
};

class PackedAdapter {
 public:
  PackedAdapter(const PackedWeights& weights, std::shared_ptr<const model::Adapter> adapter);

  const PackedGroup& group(std::int64_t layer, model::Group group) const {
    return groups_[static_cast<std::size_t>(layer)][static_cast<std::size_t>(group)];
  }
  const std::shared_ptr<const model::Adapter>& adapter() const { return adapter_; }
  std::int64_t widest() const { return adapter_->widest_inner(); }

 private:
  std::shared_ptr<const model::Adapter> adapter_;
  std::vector<std::array<PackedGroup, model::kGroups>> groups_;
};

}  // namespace pmtune::decode
