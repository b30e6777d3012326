#include <pmtune/torch.hpp>

#include <ATen/ATen.h>

#include "model/guard.hpp"
#include "model/impl.hpp"

namespace pmtune {

at::Tensor logits_tensor(const Model& model, const std::vector<std::int32_t>& ids) {
  const std::vector<float> scores = model.logits(ids);
  const std::int64_t rows = static_cast<std::int64_t>(ids.size());
  return at::tensor(at::ArrayRef<float>(scores.data(), scores.size()))
      .view({rows, model.info().vocabulary})
      .to(model.impl().weights().device);
}

std::vector<std::pair<std::string, at::Tensor>> adapter_tensors(const Model& model) {
  if (!model.has_adapter()) fail(Code::invalid_argument, "The model ", model.info().name, " has no adapter.");
  auto named = model.impl().adapter->named_tensors();
  for (auto& [name, tensor] : named) tensor = tensor.clone();
  return named;
}

}  // namespace pmtune
