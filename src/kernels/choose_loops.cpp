#include <array>
#include <cstdlib>
#include <string_view>

#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#elif defined(__aarch64__) && defined(__APPLE__)
#include <sys/sysctl.h>
#endif

#include "kernels/loops.hpp"
#include "kernels/tile_loops.hpp"

namespace pmtune::kernels {
namespace {

#if defined(__aarch64__)
// NEON is part of every 64-bit ARM processor: the plain table is compiled to it.
enum Level : int { neon, neon_bf16 };
constexpr std::array<std::string_view, 2> kLevelNames{"neon", "neon_bf16"};
#else
enum Level : int { plain, avx2, avx512, avx512_bf16, amx_bf16 };
constexpr std::array<std::string_view, 5> kLevelNames{"default", "avx2", "avx512", "avx512_bf16", "amx"};
#endif

#if defined(__aarch64__)
bool has_bf16() {
#if defined(__linux__)
  return (::getauxval(AT_HWCAP2) & HWCAP2_BF16) != 0;
#elif defined(__APPLE__)
  int has = 0;
  std::size_t size = sizeof has;
  return ::sysctlbyname("hw.optional.arm.FEAT_BF16", &has, &size, nullptr, 0) == 0 && has == 1;
#else
  return false;
#endif
}
#endif

Level best_of_machine() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return plain;
  if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") ||
      !__builtin_cpu_supports("avx512vl") || !__builtin_cpu_supports("avx512dq"))
    return avx2;
  if (!__builtin_cpu_supports("avx512bf16")) return avx512;
  return amx::available() ? amx_bf16 : avx512_bf16;
#elif defined(__aarch64__)
  return has_bf16() ? neon_bf16 : neon;
#else
  return plain;
#endif
}

Level level() {
  static const Level chosen = [] {
    const Level best = best_of_machine();
    const char* asked = std::getenv("PMTUNE_ISA");
    for (int i = 0; asked && i < best; ++i)
      if (kLevelNames[static_cast<std::size_t>(i)] == asked) return static_cast<Level>(i);
    return best;
  }();
  return chosen;
}

Tiles choose_tiles() {
#if defined(__x86_64__)
  switch (level()) {
    case plain: return isa_default::tiles;
    case avx2: return isa_avx2::tiles;
    case avx512: return isa_avx512::tiles;
    case avx512_bf16: return isa_avx512_bf16::tiles;
    case amx_bf16: {
      Tiles chosen = isa_avx512_bf16::tiles;
      chosen.name = "amx";
      chosen.bf16.begin = amx::begin;
      chosen.bf16.end = amx::end;
      chosen.bf16.product = amx::product;
      return chosen;
    }
  }
#elif defined(__aarch64__)
  Tiles chosen = level() == neon_bf16 ? isa_neon_bf16::tiles : isa_default::tiles;
  chosen.name = kLevelNames[static_cast<std::size_t>(level())].data();
  return chosen;
#endif
  return isa_default::tiles;
}

}  // namespace

const Loops& loops() {
#if defined(__x86_64__)
  if (level() >= avx512_bf16) return isa_avx512_bf16::table;
  if (level() == avx512) return isa_avx512::table;
  if (level() == avx2) return isa_avx2::table;
#elif defined(__aarch64__)
  if (level() == neon_bf16) return isa_neon_bf16::table;
#endif
  return isa_default::table;
}

const Tiles& tiles() {
  static const Tiles chosen = choose_tiles();
  return chosen;
}

}  // namespace pmtune::kernels
