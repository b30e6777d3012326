// The function of the gate in a gated linear unit, act = f(gate) * up (Shazeer 2020,
// https://arxiv.org/abs/2002.05202).
#pragma once

namespace pmtune::kernels {

enum class Activation : int {
  silu,       // SwiGLU: x * sigmoid(x)
  gelu_tanh,  // GeGLU: x * sigmoid(2 sqrt(2/pi) (x + 0.044715 x^3)), which is GELU by its tanh approximation
};
inline constexpr int kActivations = 2;

}  // namespace pmtune::kernels
