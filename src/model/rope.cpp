#include "model/rope.hpp"

#include <ATen/ATen.h>

namespace pmtune::model {
namespace {

at::Tensor frequencies_of(const RopeScaling& scaling, const std::vector<double>& factors, std::int64_t half,
                          at::Device device) {
  const at::TensorOptions floats = at::TensorOptions().dtype(at::kFloat);
  if (scaling.base == 0) return at::zeros({half}, floats.device(device));
  const at::Tensor exponents = at::arange(0, 2 * half, 2, floats) / static_cast<double>(2 * half);
  at::Tensor divisor = at::pow(scaling.base, exponents);
  if (!factors.empty()) divisor *= at::tensor(factors, floats);
  return (1.0 / divisor).to(device);
}

}  // namespace

RopeTable::RopeTable(const RopeScaling& scaling, std::int64_t head_dim, at::Device device)
    : frequencies(frequencies_of(scaling, scaling.factors, head_dim / 2, device)),
      original_length(scaling.original_length),
      magnitude(scaling.magnitude) {
  if (scaling.depends_on_length())
    long_frequencies = frequencies_of(scaling, scaling.long_factors, head_dim / 2, device);
}

Rotation rotation(const RopeTable& table, const at::Tensor& positions, const at::Tensor& lengths) {
  const at::Tensor places = positions.to(table.frequencies.device(), at::kFloat).unsqueeze(1);
  at::Tensor angles = places * table.frequencies.unsqueeze(0);
  if (table.long_frequencies.defined()) {
    const at::Tensor is_long = lengths.to(table.frequencies.device()).gt(table.original_length).unsqueeze(1);
    angles = at::where(is_long, places * table.long_frequencies.unsqueeze(0), angles);
  }
  Rotation r{angles.cos(), angles.sin()};
  if (table.magnitude != 1) {
    r.cos.mul_(table.magnitude);
    r.sin.mul_(table.magnitude);
  }
  return r;
}

}  // namespace pmtune::model
