// From a tensor to plain memory of its element type, f32 or bf16.
#pragma once

#include <ATen/core/Tensor.h>

#include "kernels/loops.hpp"

namespace pmtune::kernels {

template <class T>
T* data(const at::Tensor& tensor) {
  return static_cast<T*>(tensor.data_ptr());
}

// Calls run(T{}) for the element type T of `typed`; `using T = decltype(tag)` names it again.
template <class Run>
void by_type(const at::Tensor& typed, const Run& run) {
  if (typed.scalar_type() == at::kFloat)
    run(float{});
  else
    run(Bf16{});
}

}  // namespace pmtune::kernels
