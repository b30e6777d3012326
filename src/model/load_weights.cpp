// Reads matrices out of mapped files straight into the compute dtype, a few rows at a time: the file is never held
// twice.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "base/fail.hpp"
#include "files/mapped_file.hpp"
#include "files/quantise.hpp"
#include "files/safetensors_folder.hpp"
#include "kernels/frozen_matrix.hpp"
#include "model/loading.hpp"
#include "model/tensor_names.hpp"

namespace pmtune::model {
namespace fs = std::filesystem;
using files::TensorView;

namespace {

class Loader {
 public:
  using Find = std::function<const TensorView*(const std::string& name)>;

  // file: what keeps the tensors' bytes mapped.
  Loader(Architecture architecture, std::string what, const TensorNames& names, Find find, const Storage& storage,
         at::Device device, std::shared_ptr<const void> file)
      : what_(std::move(what)),
        names_(names),
        find_(std::move(find)),
        storage_(storage),
        device_(device),
        file_(std::move(file)) {
    weights_.architecture = std::move(architecture);
    weights_.dtype = storage.dtype;
    weights_.device = device;
  }

  Weights load() {
    const Architecture& a = weights_.architecture;
    // The output matrix is read twice for every chunk of taught rows: it is always dense.
    if (a.tied_head) {
      weights_.head = dense({{names_.embedding(), a.vocabulary, 0}}, a.hidden);
      weights_.embedding = weights_.head;
    } else {
      weights_.head = dense({{names_.head(), a.vocabulary, 0}}, a.hidden);
      weights_.embedding = matrix({{names_.embedding(), a.vocabulary, 0}}, a.hidden, false);
    }
    weights_.stored_head = stored({{a.tied_head ? names_.embedding() : names_.head(), a.vocabulary, 0}}, a.hidden);
    weights_.final_norm = norm(names_.final_norm(), a.hidden);
    for (std::int64_t layer = 0; layer < a.layers; ++layer) weights_.layers.push_back(load_layer(layer));
    for (const RopeScaling& rope : a.ropes) weights_.ropes.emplace_back(rope, a.head_dim, device_);
    return std::move(weights_);
  }

  // How most of the matrix elements were stored.
  std::string precision() const {
    const auto most = std::max_element(stored_as_.begin(), stored_as_.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
    return most == stored_as_.end() ? "" : most->first;
  }
  const std::set<std::string>& used() const { return used_; }

 private:
  struct Source {
    std::string name;
    std::int64_t rows;
    std::int64_t interleaved_head;  // as in kernels::BlockRows
  };

  LayerWeights load_layer(std::int64_t layer) {
    const Architecture& a = weights_.architecture;
    LayerWeights result;
    for (int g = 0; g < kGroups; ++g) {
      std::vector<Source> sources;
      for (const GroupPart& part : parts_of(a, static_cast<Group>(g))) {
        const bool turned =
            weights_.architecture.paired_rows && (part.linear == Linear::q_proj || part.linear == Linear::k_proj);
        sources.push_back({names_.linear(layer, part.linear), part.size, turned ? a.head_dim : 0});
      }
      const std::int64_t columns = input_size(a, static_cast<Group>(g));
      result.group[g] = matrix(sources, columns);
      if (!result.group[g].in_blocks()) result.stored[g] = stored(sources, columns);
    }
    const auto norm_of = [&](Norm which, std::int64_t size) { return norm(names_.norm(layer, which), size); };
    result.attention_norm = norm_of(Norm::attention, a.hidden);
    result.mlp_norm = norm_of(Norm::mlp, a.hidden);
    if (a.qkv_bias) result.qkv_bias = biases(layer, Group::qkv);
    if (a.head_norms) {
      result.query_norm = norm_of(Norm::query, a.head_dim);
      result.key_norm = norm_of(Norm::key, a.head_dim);
    }
    if (a.post_norms) {
      result.post_attention_norm = norm_of(Norm::post_attention, a.hidden);
      result.post_mlp_norm = norm_of(Norm::post_mlp, a.hidden);
    }
    return result;
  }

  const TensorView& tensor(const std::string& name, const std::vector<std::int64_t>& shape) {
    const TensorView* view = find_(name);
    if (!view)
      fail(Code::corrupt, what_, " lacks the tensor ", name, "; the download is incomplete, fetch the model again.");
    if (view->shape != shape)
      fail(Code::corrupt, "The tensor ", name, " in ", what_,
           " has another shape than its configuration says; fetch the model again.");
    used_.insert(name);
    return *view;
  }

  // In blocks where that was asked for: those of the file when every part has them, or new ones when none has.
  kernels::FrozenMatrix matrix(const std::vector<Source>& sources, std::int64_t columns, bool of_layer = true) {
    std::vector<kernels::BlockRows> parts;
    std::size_t in_blocks = 0;
    for (const Source& source : sources) {
      const TensorView& view = tensor(source.name, {source.rows, columns});
      in_blocks += files::info(view.dtype).block > 1;
      parts.push_back({view.dtype, view.data, source.rows, source.interleaved_head});
    }
    if (storage_.keep_blocks && in_blocks == parts.size()) {
      for (const kernels::BlockRows& part : parts) count_stored(part.dtype, part.rows * columns);
      return kernels::FrozenMatrix(std::move(parts), columns, storage_.dtype, file_, true);
    }
    const bool divides =
        storage_.quantise && columns % static_cast<std::int64_t>(files::info(*storage_.quantise).block) == 0;
    if (of_layer && divides && in_blocks == 0) return quantised(sources, columns, *storage_.quantise);
    return dense(sources, columns);
  }

  // The file's own blocks, where answers are to read them and every part has them.
  kernels::FrozenMatrix stored(const std::vector<Source>& sources, std::int64_t columns) {
    std::vector<kernels::BlockRows> parts;
    for (const Source& source : sources) {
      const TensorView& view = tensor(source.name, {source.rows, columns});
      if (!storage_.read_blocks || files::info(view.dtype).block == 1) return {};
      parts.push_back({view.dtype, view.data, source.rows, source.interleaved_head});
    }
    return kernels::FrozenMatrix(std::move(parts), columns, storage_.dtype, file_, true);
  }

  at::Tensor dense(const std::vector<Source>& sources, std::int64_t columns) {
    at::Tensor out = at::empty({rows_of(sources), columns}, at::TensorOptions().dtype(storage_.dtype));
    std::int64_t at_row = 0;
    for (const Source& source : sources) {
      const TensorView& view = tensor(source.name, {source.rows, columns});
      count_stored(view.dtype, source.rows * columns);
      at::Tensor part = out.narrow(0, at_row, source.rows);
      kernels::dequantise_rows({view.dtype, view.data, source.rows, source.interleaved_head}, part);
      files::forget_pages({view.data, view.bytes});
      at_row += source.rows;
    }
    return out.to(device_);
  }

  // A few rows at a time: the numbers are never held whole beside their blocks.
  kernels::FrozenMatrix quantised(const std::vector<Source>& sources, std::int64_t columns, files::DType dtype) {
    constexpr std::int64_t kRows = 256;
    const std::size_t row_bytes = files::stored_bytes(dtype, static_cast<std::size_t>(columns));
    const auto blocks =
        std::make_shared<std::vector<std::byte>>(static_cast<std::size_t>(rows_of(sources)) * row_bytes);
    std::byte* out = blocks->data();
    for (const Source& source : sources) {
      const TensorView& view = tensor(source.name, {source.rows, columns});
      count_stored(view.dtype, source.rows * columns);
      for (std::int64_t row = 0; row < source.rows; row += kRows) {
        at::Tensor numbers =
            at::empty({std::min(kRows, source.rows - row), columns}, at::TensorOptions().dtype(at::kFloat));
        kernels::dequantise_rows({view.dtype, view.data, source.rows, source.interleaved_head}, numbers, row);
        check_finite(numbers, source.name);
        at::parallel_for(0, numbers.size(0), 8, [&](std::int64_t begin, std::int64_t end) {
          files::quantise(dtype, numbers.data_ptr<float>() + begin * columns,
                          static_cast<std::size_t>((end - begin) * columns),
                          out + static_cast<std::size_t>(begin) * row_bytes);
        });
        out += static_cast<std::size_t>(numbers.size(0)) * row_bytes;
      }
      files::forget_pages({view.data, view.bytes});
    }
    const kernels::BlockRows whole{dtype, blocks->data(), rows_of(sources), 0};
    return kernels::FrozenMatrix({whole}, columns, storage_.dtype, blocks, false);
  }

  void check_finite(const at::Tensor& numbers, const std::string& name) const {
    if (!at::isfinite(numbers).all().item<bool>())
      fail(Code::corrupt, "The tensor ", name, " in ", what_,
           " holds numbers that are not finite, which cannot be quantised; fetch the model again.");
  }

  static std::int64_t rows_of(const std::vector<Source>& sources) {
    std::int64_t rows = 0;
    for (const Source& source : sources) rows += source.rows;
    return rows;
  }

  void count_stored(files::DType dtype, std::int64_t elements) {
    stored_as_[std::string(files::info(dtype).name)] += elements;
  }

  at::Tensor vector(const std::string& name, std::int64_t size) {
    const TensorView& view = tensor(name, {size});
    at::Tensor out = at::empty({size}, at::TensorOptions().dtype(at::kFloat));
    files::dequantise(view.dtype, view.data, static_cast<std::size_t>(size), out.data_ptr<float>());
    return out.to(device_);
  }

  at::Tensor norm(const std::string& name, std::int64_t size) {
    at::Tensor weight = vector(name, size);
    return weights_.architecture.norms_less_one ? weight.add_(1) : weight;
  }

  // Of the parts of a group, in the order of its rows.
  at::Tensor biases(std::int64_t layer, Group group) {
    std::vector<at::Tensor> parts;
    for (const GroupPart& part : parts_of(weights_.architecture, group))
      parts.push_back(vector(names_.bias(layer, part.linear), part.size));
    return at::cat(parts);
  }

  std::string what_;
  const TensorNames& names_;
  Find find_;
  Storage storage_;
  at::Device device_;
  std::shared_ptr<const void> file_;
  Weights weights_;
  std::map<std::string, std::int64_t> stored_as_;
  std::set<std::string> used_;
};

// A tensor that nothing reads means that the model computes something we do not: better an error than wrong answers.
void refuse_unread(const std::string& what, const std::vector<TensorView>& tensors,
                   const std::set<std::string>& used) {
  for (const TensorView& view : tensors) {
    const bool harmless = view.name.ends_with("rotary_emb.inv_freq") ||
                          view.name.starts_with("rope_f") ||  // read with the sizes
                          view.name == "lm_head.weight";      // a copy of the tied head
    if (!harmless && !used.contains(view.name))
      fail(Code::unsupported, what, " holds the tensor ", view.name,
           ", which its architecture does not have; pmtune cannot run this variant.");
  }
}

}  // namespace

LoadedWeights load_gguf_weights(const std::shared_ptr<const files::GgufFile>& opened, const Storage& storage,
                                at::Device device) {
  const files::GgufFile& file = *opened;
  file.check_not_shortened();
  const std::string what = "The model file " + file.path().string();
  const GgufNames names;
  Loader loader(
      architecture_of(file), what, names, [&](const std::string& name) { return file.find(name); }, storage, device,
      opened);
  LoadedWeights loaded{loader.load(), "gguf", loader.precision(), {file.path()}};
  refuse_unread(what, file.tensors(), loader.used());
  return loaded;
}

LoadedWeights load_folder_weights(const fs::path& folder, const Storage& storage, at::Device device) {
  const std::string what = "The model folder " + folder.string();
  const Architecture architecture = architecture_of_folder(folder);
  const auto weights = files::SafetensorsFolder::open(folder);
  std::vector<fs::path> paths;
  for (const auto& shard : weights.shards()) {
    shard->check_not_shortened();
    paths.push_back(shard->path());
  }
  const auto find = [&](const std::string& name) { return weights.find(name); };
  const FolderNames names(architecture.post_norms);
  Loader loader(architecture, what, names, find, storage, device, nullptr);
  LoadedWeights loaded{loader.load(), "safetensors", loader.precision(), std::move(paths)};
  for (const auto& shard : weights.shards()) refuse_unread(what, shard->tensors(), loader.used());
  return loaded;
}

}  // namespace pmtune::model
