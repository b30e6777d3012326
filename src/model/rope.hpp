// The rotation of queries and keys, as tensors (rope_scaling.hpp says by what frequencies).
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "model/rope_scaling.hpp"

namespace pmtune::model {

// Frequencies ready for use, f32 [half].
struct RopeTable {
  RopeTable(const RopeScaling& scaling, std::int64_t head_dim, at::Device device);
  at::Tensor frequencies;       // of texts up to original_length
  at::Tensor long_frequencies;  // of longer ones; undefined where they do not differ
  std::int64_t original_length;
  double magnitude;
};

struct Rotation {
  at::Tensor cos, sin;  // f32 [T, head_dim/2]
};

// For these positions (int64 [T]). lengths: tokens of the text that each position belongs to, int64 [T]; read only
// where frequencies depend on it.
Rotation rotation(const RopeTable& table, const at::Tensor& positions, const at::Tensor& lengths);

}  // namespace pmtune::model
