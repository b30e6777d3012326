#include "model/adapter.hpp"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/fail.hpp"
#include "base/options.hpp"
#include "base/round_up.hpp"
#include "files/safetensors.hpp"
#include "kernels/tile_loops.hpp"

namespace pmtune::model {
namespace fs = std::filesystem;

namespace {

constexpr const char* kWeightsFile = "adapter_model.safetensors";

std::string tensor_name(const AdapterPart& part, char which) {
  return concat("base_model.model.model.layers.", part.layer, ".", parent_of(part.linear), ".",
                kLinearNames[static_cast<int>(part.linear)], ".lora_", which, ".weight");
}

// The end of a sentence about an adapter that does not fit.
std::string made_for(const std::string& base) {
  return base.empty() ? "was made for another base." : concat("was made for another base, ", base, ".");
}

void check_layers(const Architecture& architecture, const files::AdapterConfig& config, const fs::path& folder) {
  const std::vector<std::string> known = expand_target_modules(architecture, {"all-linear"});
  for (const std::string& name : config.target_modules)
    if (name != "all-linear" && std::find(known.begin(), known.end(), name) == known.end())
      fail(Code::corrupt, "This model has no layer called \"", name, "\", which the adapter ", folder.string(),
           " is for; it ", made_for(config.base_model), did_you_mean(name, known));
}

// Copies one matrix of an adapter file into `out`, whatever float type it is stored in.
void read_matrix(const files::SafetensorsFile& file, const std::string& name, const std::string& base,
                 at::Tensor out) {
  const files::TensorView* view = file.find(name);
  if (!view)
    fail(Code::corrupt, "The adapter ", file.path().string(), " lacks the tensor ", name, "; it is incomplete, or ",
         made_for(base));
  if (view->shape != out.sizes().vec())
    fail(Code::corrupt, "The tensor ", name, " in ", file.path().string(), " does not fit this model; the adapter ",
         made_for(base));
  files::dequantise(view->dtype, view->data, static_cast<std::size_t>(out.numel()), out.data_ptr<float>());
}

}  // namespace

namespace {

// Those of `names` that are in `all`, in its order.
std::vector<std::string> chosen(const std::vector<std::string>& names, const std::vector<std::string>& all) {
  std::vector<bool> wanted(all.size(), false);
  for (const std::string& name : names) {
    if (name == "all-linear") {
      wanted.assign(all.size(), true);
      continue;
    }
    const auto found = std::find(all.begin(), all.end(), name);
    if (found == all.end()) {
      std::string known;
      for (const std::string& one : all) known += (known.empty() ? "" : ", ") + one;
      fail(Code::invalid_argument, "The model has no layer called \"", name, "\" in target_modules.",
           did_you_mean(name, all), " Use all-linear, or any of ", known, ".");
    }
    wanted[static_cast<std::size_t>(found - all.begin())] = true;
  }
  std::vector<std::string> result;
  for (std::size_t i = 0; i < all.size(); ++i)
    if (wanted[i]) result.push_back(all[i]);
  if (result.empty())
    fail(Code::invalid_argument, "target_modules is empty; name at least one layer, or use all-linear.");
  return result;
}

}  // namespace

void check_target_modules(const std::vector<std::string>& names) {
  chosen(names, {kLinearNames.begin(), kLinearNames.end()});
}

std::vector<std::string> expand_target_modules(const Architecture& architecture,
                                               const std::vector<std::string>& names) {
  std::vector<std::string> all;
  for (int g = 0; g < kGroups; ++g)
    for (const GroupPart& part : parts_of(architecture, static_cast<Group>(g)))
      all.emplace_back(kLinearNames[static_cast<std::size_t>(part.linear)]);
  return chosen(names, all);
}

AdapterLayout AdapterLayout::make(const Architecture& architecture, const files::AdapterConfig& config) {
  AdapterLayout layout;
  layout.rank = config.rank;
  layout.scale =
      config.alpha / (config.rslora ? std::sqrt(static_cast<double>(config.rank)) : static_cast<double>(config.rank));
  const std::vector<std::string> targets = expand_target_modules(architecture, config.target_modules);
  if (!config.layers.empty() && config.layers.back() >= architecture.layers)
    fail(Code::invalid_argument, "The adapter is for layer ", config.layers.back(), ", but this model has only ",
         architecture.layers, " layers, counted from 0; it belongs to another model.");
  for (std::int64_t layer = 0; layer < architecture.layers; ++layer) {
    const bool learns =
        config.layers.empty() || std::binary_search(config.layers.begin(), config.layers.end(), layer);
    for (int g = 0; g < kGroups; ++g) {
      layout.group_begin_.push_back(layout.parts.size());
      if (!learns) continue;
      std::int64_t slot = 0;
      for (const GroupPart& part : model::parts_of(architecture, static_cast<Group>(g))) {
        if (std::find(targets.begin(), targets.end(), kLinearNames[static_cast<int>(part.linear)]) == targets.end())
          continue;
        const std::int64_t in = input_size(architecture, static_cast<Group>(g));
        if (layout.rank > std::min(in, part.size))
          fail(Code::invalid_argument, "Option rank is ", layout.rank, ", but the layer ",
               kLinearNames[static_cast<int>(part.linear)], " of this model has only ", std::min(in, part.size),
               " dimensions; choose a smaller rank (8 to 16 is plenty).");
        const std::int64_t a_offset = layout.size, b_offset = a_offset + layout.rank * in;
        layout.parts.push_back({layer, part.linear, in, part.size, a_offset, b_offset, part.offset, slot++});
        layout.size = b_offset + part.size * layout.rank;
      }
    }
  }
  layout.group_begin_.push_back(layout.parts.size());
  return layout;
}

std::span<const AdapterPart> AdapterLayout::parts_of(std::int64_t layer, Group group) const {
  const std::size_t index = static_cast<std::size_t>(layer) * kGroups + static_cast<std::size_t>(group);
  return std::span(parts).subspan(group_begin_[index], group_begin_[index + 1] - group_begin_[index]);
}

std::int64_t AdapterLayout::columns_of(std::int64_t layer, Group group) const {
  return round_up(static_cast<std::int64_t>(parts_of(layer, group).size()) * rank, kernels::kPanel);
}

at::Tensor AdapterLayout::a_of(const at::Tensor& flat, const AdapterPart& part) const {
  return flat.narrow(0, part.a_offset, rank * part.in).view({rank, part.in});
}

at::Tensor AdapterLayout::b_of(const at::Tensor& flat, const AdapterPart& part) const {
  return flat.narrow(0, part.b_offset, part.out * rank).view({part.out, rank});
}

Adapter::Adapter(const Weights& weights, const files::AdapterConfig& config)
    : config_(config), layout_(AdapterLayout::make(weights.architecture, config)), dtype_(weights.dtype) {
  config_.target_modules = expand_target_modules(weights.architecture, config.target_modules);
  const at::TensorOptions options = at::TensorOptions().dtype(dtype_).device(weights.device);
  groups_.resize(static_cast<std::size_t>(weights.architecture.layers));
  for (std::int64_t l = 0; l < weights.architecture.layers; ++l)
    for (int g = 0; g < kGroups; ++g) {
      const Group group = static_cast<Group>(g);
      const std::span<const AdapterPart> parts = layout_.parts_of(l, group);
      if (parts.empty()) continue;
      GroupAdapter& adapter = groups_[static_cast<std::size_t>(l)][g];
      const std::int64_t columns = layout_.columns_of(l, group);
      adapter.rank = layout_.rank;
      adapter.a = at::zeros({columns, input_size(weights.architecture, group)}, options);
      adapter.b = at::zeros({output_size(weights.architecture, group), columns}, options);
      for (const AdapterPart& part : parts) adapter.slots.push_back({part.row, part.out});
    }
}

std::shared_ptr<Adapter> Adapter::create(const Weights& weights, const files::AdapterConfig& config,
                                         std::uint64_t seed) {
  std::shared_ptr<Adapter> adapter(new Adapter(weights, config));
  adapter->flat_ = at::zeros({adapter->layout_.size}, at::TensorOptions().dtype(at::kFloat));
  at::Generator generator = at::detail::createCPUGenerator(seed);
  for (const AdapterPart& part : adapter->layout_.parts) {
    // kaiming_uniform with a = sqrt(5), as torch's Linear and PEFT start A: uniform within 1/sqrt(in).
    const double bound = 1.0 / std::sqrt(static_cast<double>(part.in));
    adapter->layout_.a_of(adapter->flat_, part).uniform_(-bound, bound, generator);
  }
  adapter->flat_ = adapter->flat_.to(weights.device);
  adapter->refresh();
  return adapter;
}

std::shared_ptr<Adapter> Adapter::with_parameters(const Weights& weights, const files::AdapterConfig& config,
                                                  at::Tensor flat) {
  std::shared_ptr<Adapter> adapter(new Adapter(weights, config));
  if (flat.numel() != adapter->layout_.size) fail(Code::internal, "An adapter of another size was given.");
  adapter->flat_ = std::move(flat);
  adapter->refresh();
  return adapter;
}

std::shared_ptr<Adapter> Adapter::load(const Weights& weights, const fs::path& folder) {
  const files::AdapterConfig config = files::read_adapter_config(folder);
  check_layers(weights.architecture, config, folder);
  std::shared_ptr<Adapter> adapter(new Adapter(weights, config));
  const auto file = files::SafetensorsFile::open(folder / kWeightsFile);
  at::Tensor flat = at::empty({adapter->layout_.size}, at::TensorOptions().dtype(at::kFloat));
  for (const AdapterPart& part : adapter->layout_.parts) {
    read_matrix(*file, tensor_name(part, 'A'), config.base_model, adapter->layout_.a_of(flat, part));
    read_matrix(*file, tensor_name(part, 'B'), config.base_model, adapter->layout_.b_of(flat, part));
  }
  if (file->tensors().size() != 2 * adapter->layout_.parts.size())
    for (const files::TensorView& view : file->tensors()) {
      const bool ours =
          std::any_of(adapter->layout_.parts.begin(), adapter->layout_.parts.end(), [&](const AdapterPart& part) {
            return view.name == tensor_name(part, 'A') || view.name == tensor_name(part, 'B');
          });
      if (!ours)
        fail(Code::corrupt, "The adapter ", file->path().string(), " holds the tensor ", view.name,
             ", which this model has no place for; it ", made_for(config.base_model));
    }
  if (!at::isfinite(flat).all().item<bool>())
    fail(Code::corrupt, "The adapter ", file->path().string(),
         " holds numbers that are not finite; its training went wrong, use another version.");
  adapter->flat_ = flat.to(weights.device);
  adapter->refresh();
  return adapter;
}

void Adapter::save(const fs::path& folder, const std::string& base_model) const {
  std::vector<files::TensorView> views;
  std::vector<at::Tensor> keep;
  for (const auto& [name, tensor] : named_tensors()) {
    keep.push_back(tensor.to(at::kCPU).contiguous());
    const at::Tensor& held = keep.back();
    views.push_back(
        {name, files::DType::f32, held.sizes().vec(), static_cast<const std::byte*>(held.data_ptr()), held.nbytes()});
  }
  files::write_safetensors(folder / kWeightsFile, views, {{"format", "pt"}});
  files::AdapterConfig config = config_;
  config.base_model = base_model;
  files::write_adapter_config(folder, config);
}

std::int64_t Adapter::widest_inner() const {
  std::int64_t widest = 0;
  for (const auto& layer : groups_)
    for (const GroupAdapter& group : layer)
      if (group.defined()) widest = std::max(widest, group.a.size(0));
  return widest;
}

void Adapter::refresh() {
  for (const AdapterPart& part : layout_.parts) {
    GroupAdapter& group = groups_[static_cast<std::size_t>(part.layer)][static_cast<int>(group_of(part.linear))];
    group.a.narrow(0, part.slot * layout_.rank, layout_.rank).copy_(layout_.a_of(flat_, part));
    at::Tensor block = group.b.narrow(0, part.row, part.out).narrow(1, part.slot * layout_.rank, layout_.rank);
    block.copy_(layout_.b_of(flat_, part) * layout_.scale);
  }
}

std::vector<std::pair<std::string, at::Tensor>> Adapter::named_tensors(const at::Tensor& flat) const {
  std::vector<std::pair<std::string, at::Tensor>> named;
  for (const AdapterPart& part : layout_.parts) {
    named.emplace_back(tensor_name(part, 'A'), layout_.a_of(flat, part));
    named.emplace_back(tensor_name(part, 'B'), layout_.b_of(flat, part));
  }
  return named;
}

}  // namespace pmtune::model
