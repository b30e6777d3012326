// A LoRA adapter (Hu et al. 2021): for a frozen y = W x it adds y += scale * B A x. All parameters lie in one flat
// f32 buffer, so that the optimiser is one kernel; a working copy in the compute dtype, fused by group, is what the
// matrix products use.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "files/adapter_config.hpp"
#include "kernels/linear.hpp"
#include "model/weights.hpp"

namespace pmtune::model {

// One adapted linear layer: where its A [rank, in] and B [out, rank] lie in the flat buffer.
struct AdapterPart {
  std::int64_t layer;
  Linear linear;
  std::int64_t in;
  std::int64_t out;
  std::int64_t a_offset;
  std::int64_t b_offset;
  std::int64_t row;   // first output row within its group
  std::int64_t slot;  // first column within the group's fused h = x A^T, in units of rank
};

// The fused working matrices of one group of one layer, the scale multiplied into b; undefined when nothing in the
// group is adapted.
using GroupAdapter = kernels::LowRank;

// Where each adapted layer's matrices lie; the same for parameters, gradients and optimiser moments.
struct AdapterLayout {
  std::int64_t rank = 0;
  double scale = 0;  // alpha / rank, or alpha / sqrt(rank)
  std::int64_t size = 0;
  std::vector<AdapterPart> parts;

  static AdapterLayout make(const Architecture& architecture, const files::AdapterConfig& config);
  at::Tensor a_of(const at::Tensor& flat, const AdapterPart& part) const;  // views
  at::Tensor b_of(const at::Tensor& flat, const AdapterPart& part) const;
  // The lowest layer that learns; those below only pass on.
  std::int64_t lowest_layer() const { return parts.empty() ? 0 : parts.front().layer; }
  // The parts of one group of one layer; they stand together.
  std::span<const AdapterPart> parts_of(std::int64_t layer, Group group) const;
  // Columns of that group's h = x A^T, filled up for the kernels; 0 when nothing in it is adapted.
  std::int64_t columns_of(std::int64_t layer, Group group) const;

 private:
  std::vector<std::size_t> group_begin_;  // index of the first part of each group, layer by layer, and the end
};

class Adapter {
 public:
  // A random A (Kaiming uniform, as PEFT), B zero: the model starts unchanged.
  static std::shared_ptr<Adapter> create(const Weights& weights, const files::AdapterConfig& config,
                                         std::uint64_t seed);
  static std::shared_ptr<Adapter> load(const Weights& weights, const std::filesystem::path& folder);
  // With these parameters (f32 [size]); the buffer is kept, not copied.
  static std::shared_ptr<Adapter> with_parameters(const Weights& weights, const files::AdapterConfig& config,
                                                  at::Tensor flat);

  // Writes adapter_model.safetensors and adapter_config.json.
  void save(const std::filesystem::path& folder, const std::string& base_model) const;

  const files::AdapterConfig& config() const { return config_; }
  const AdapterLayout& layout() const { return layout_; }
  const at::Tensor& flat() const { return flat_; }
  const GroupAdapter& group(std::int64_t layer, Group group) const { return groups_[layer][static_cast<int>(group)]; }

  // Columns of the widest group's h.
  std::int64_t widest_inner() const;

  // Brings the working copies up to date after the parameters changed.
  void refresh();

  // ("base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight", view) in layer order.
  std::vector<std::pair<std::string, at::Tensor>> named_tensors() const { return named_tensors(flat_); }
  // The same views into another buffer of this layout, e.g. gradients.
  std::vector<std::pair<std::string, at::Tensor>> named_tensors(const at::Tensor& flat) const;

 private:
  Adapter(const Weights& weights, const files::AdapterConfig& config);

  files::AdapterConfig config_;
  AdapterLayout layout_;
  at::Tensor flat_;
  at::ScalarType dtype_;
  std::vector<std::array<GroupAdapter, kGroups>> groups_;
};

// "all-linear" becomes the names of all linear layers that the architecture has; throws invalid_argument for one that
// it does not have (with the nearest name), and for none.
std::vector<std::string> expand_target_modules(const Architecture& architecture,
                                               const std::vector<std::string>& names);
// The same for a name that no architecture has.
void check_target_modules(const std::vector<std::string>& names);

}  // namespace pmtune::model
