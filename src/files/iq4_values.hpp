// The values of IQ4_NL and IQ4_XS (ggml's kvalues_iq4nl), to be multiplied with the scale.
//
// No other header is included: kernels/loops.cpp must not either (kernels/loops.hpp).
#pragma once

namespace pmtune::files {

inline constexpr float kIq4Values[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

}  // namespace pmtune::files
