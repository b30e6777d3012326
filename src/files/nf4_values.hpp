// The values of NF4 (Dettmers et al. 2023, https://arxiv.org/abs/2305.14314, appendix E): quantiles of the normal
// distribution, 0 among them, as bitsandbytes rounds them. A block of 64 numbers is an f32 scale, the largest magnitude
// in it, and for each half 16 bytes: byte j holds number j in its low four bits and number j + 16 in its high ones.
//
// No other header is included: kernels/loops.cpp must not either (kernels/loops.hpp).
#pragma once

namespace pmtune::files {

inline constexpr float kNf4Values[16] = {
    -0x1p+0F,        -0x1.647362p-1F, -0x1.0cd66p-1F, -0x1.94654p-2F,  -0x1.23449ap-2F, -0x1.7a6a7ep-3F,
    -0x1.74f0e2p-4F, 0x0p+0F,         0x1.45f5fep-4F, 0x1.4995c6p-3F,  0x1.f809bap-3F,  0x1.5a0674p-2F,
    0x1.c3497p-2F,   0x1.200f56p-1F,  0x1.722766p-1F, 0x1p+0F};

}  // namespace pmtune::files
