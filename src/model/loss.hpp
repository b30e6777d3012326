// The loss of taught tokens: which rows of hidden states predict them, and the scores of those rows only, a few at a
// time.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "model/decoder.hpp"

namespace pmtune::model {

// Rows whose next token is taught, and that token: row t predicts token t + 1.
struct TaughtRows {
  std::vector<std::int64_t> rows;
  std::vector<std::int64_t> targets;
};
TaughtRows taught_rows(const std::vector<std::int32_t>& ids, const std::vector<std::uint8_t>& mask);

// Rows of scores worked on at once: 256 rows of a 49k vocabulary are 25 MB in bf16.
inline constexpr std::int64_t kLossChunk = 256;

// Losses of the taught tokens of one example in their order, f32 [n], in nats, on the device of the weights.
at::Tensor token_losses(const Weights& weights, const Decoder& decoder, const std::vector<std::int32_t>& ids,
                        const std::vector<std::uint8_t>& mask);

// Their sum.
double example_loss(const Weights& weights, const Decoder& decoder, const std::vector<std::int32_t>& ids,
                    const std::vector<std::uint8_t>& mask);

}  // namespace pmtune::model
