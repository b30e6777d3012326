#include <cstdlib>
#include <string_view>

#include "kernels/loops.hpp"

namespace pmtune::kernels {
namespace {

const Loops& choose() {
#if defined(__x86_64__)
  const char* asked = std::getenv("PMTUNE_ISA");
  const std::string_view limit = asked ? asked : "avx512";
  __builtin_cpu_init();
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (avx512 && limit == "avx512") return isa_avx512::table;
  if (avx2 && limit != "default") return isa_avx2::table;
#endif
  return isa_default::table;
}

}  // namespace

const Loops& loops() {
  static const Loops& chosen = choose();
  return chosen;
}

}  // namespace pmtune::kernels
