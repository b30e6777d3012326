#include "model/loss.hpp"

#include <ATen/ATen.h>

#include "kernels/ops.hpp"

namespace pmtune::model {

TaughtRows taught_rows(const std::vector<std::int32_t>& ids, const std::vector<std::uint8_t>& mask) {
  TaughtRows taught;
  for (std::size_t t = 0; t + 1 < ids.size(); ++t) {
    if (!mask[t + 1]) continue;
    taught.rows.push_back(static_cast<std::int64_t>(t));
    taught.targets.push_back(ids[t + 1]);
  }
  return taught;
}

double example_loss(const Weights& weights, const Decoder& decoder, const std::vector<std::int32_t>& ids,
                    const std::vector<std::uint8_t>& mask) {
  const TaughtRows taught = taught_rows(ids, mask);
  if (taught.rows.empty()) return 0;
  const at::TensorOptions longs = at::TensorOptions().dtype(at::kLong);
  const at::Tensor rows = at::tensor(taught.rows, longs).to(weights.device),
                   targets = at::tensor(taught.targets, longs).to(weights.device);
  const at::Tensor hidden = decoder.forward(ids_tensor(weights, ids)).index_select(0, rows).to(weights.dtype);
  double sum = 0;
  for (std::int64_t at = 0; at < hidden.size(0); at += kLossChunk) {
    const std::int64_t count = std::min(kLossChunk, hidden.size(0) - at);
    at::Tensor logits = at::mm(hidden.narrow(0, at, count), weights.head.t());
    soft_cap_(logits, weights.architecture.final_soft_cap);
    at::Tensor losses = at::empty({count}, logits.options().dtype(at::kFloat));
    kernels::cross_entropy_(logits, targets.narrow(0, at, count), 0, losses);
    sum += losses.sum(at::kDouble).item<double>();
  }
  return sum;
}

}  // namespace pmtune::model
