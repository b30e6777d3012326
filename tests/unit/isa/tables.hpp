// Every table of loops that this processor can run.
#pragma once

#if defined(__aarch64__)
#include <sys/auxv.h>
#endif

#include <vector>

#include "kernels/loops.hpp"
#include "kernels/tile_loops.hpp"

namespace pmtune::test {

struct Tables {
  const kernels::Tiles* tiles;
  const kernels::Loops* loops;
};

inline std::vector<Tables> tables() {
  std::vector<Tables> all{{&kernels::isa_default::tiles, &kernels::isa_default::table}};
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    all.push_back({&kernels::isa_avx2::tiles, &kernels::isa_avx2::table});
  if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq"))
    all.push_back({&kernels::isa_avx512::tiles, &kernels::isa_avx512::table});
  if (__builtin_cpu_supports("avx512bf16"))
    all.push_back({&kernels::isa_avx512_bf16::tiles, &kernels::isa_avx512_bf16::table});
#elif defined(__aarch64__)
  if (::getauxval(AT_HWCAP2) & HWCAP2_BF16)
    all.push_back({&kernels::isa_neon_bf16::tiles, &kernels::isa_neon_bf16::table});
#endif
  return all;
}

}  // namespace pmtune::test
