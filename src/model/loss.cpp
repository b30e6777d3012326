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

at::Tensor token_losses(const Weights& weights, const Decoder& decoder, const std::vector<std::int32_t>& ids,
                        const std::vector<std::uint8_t>& mask) {
  const TaughtRows taught = taught_rows(ids, mask);
  const auto count = static_cast<std::int64_t>(taught.rows.size());
  at::Tensor losses = at::empty({count}, at::TensorOptions().dtype(at::kFloat).device(weights.device));
  if (count == 0) return losses;
  const at::TensorOptions longs = at::TensorOptions().dtype(at::kLong);
  const at::Tensor rows = at::tensor(taught.rows, longs).to(weights.device),
                   targets = at::tensor(taught.targets, longs).to(weights.device);
  const at::Tensor hidden = decoder.forward(ids_tensor(weights, ids)).index_select(0, rows).to(weights.dtype);
  for (std::int64_t at = 0; at < count; at += kLossChunk) {
    const std::int64_t some = std::min(kLossChunk, count - at);
    at::Tensor logits = at::mm(hidden.narrow(0, at, some), weights.head.t());
    soft_cap_(logits, weights.architecture.final_soft_cap);
    at::Tensor part = losses.narrow(0, at, some);
    kernels::cross_entropy_(logits, targets.narrow(0, at, some), 0, part);
  }
  return losses;
}

double example_loss(const Weights& weights, const Decoder& decoder, const std::vector<std::int32_t>& ids,
                    const std::vector<std::uint8_t>& mask) {
  return token_losses(weights, decoder, ids, mask).to(at::kCPU).sum(at::kDouble).item<double>();
}

}  // namespace pmtune::model
