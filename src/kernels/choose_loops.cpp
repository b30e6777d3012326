#include <array>
#include <cstdlib>
#include <string_view>
#include <vector>

#if defined(__x86_64__)
#include <cpuid.h>
#endif
#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#elif defined(__aarch64__) && defined(__APPLE__)
#include <sys/sysctl.h>
#endif

#include "kernels/decode_loops.hpp"
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

#if defined(__x86_64__)
// AVX-VNNI of processors without AVX-512 (CPUID leaf 7, subleaf 1, EAX bit 4), which GCC 12 has no name for.
bool has_avx_vnni() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid_count(7, 1, &a, &b, &c, &d) != 0 && (a >> 4 & 1u) != 0;
}
#endif

#if defined(__aarch64__)
bool has_dot_products() {
#if defined(__linux__)
  return (::getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0;
#else
  return true;  // every Apple processor
#endif
}

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
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma") || !__builtin_cpu_supports("f16c"))
    return plain;
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

// The best first.
std::vector<const DecodeLoops*> decode_loops_of_machine() {
  std::vector<const DecodeLoops*> found;
#if defined(__x86_64__)
  const Level best = best_of_machine();
  if (best >= avx512 && __builtin_cpu_supports("avx512vnni")) found.push_back(&isa_avx512_vnni::decode_table);
  if (best >= avx512) found.push_back(&isa_avx512::decode_table);
  if (best >= avx2 && has_avx_vnni()) found.push_back(&isa_avxvnni::decode_table);
  if (best >= avx2) found.push_back(&isa_avx2::decode_table);
#elif defined(__aarch64__)
  if (has_dot_products()) found.push_back(&isa_neon_dot::decode_table);
#endif
  found.push_back(&isa_default::decode_table);
  return found;
}

const std::vector<const DecodeLoops*>& decode_loops_found() {
  static const std::vector<const DecodeLoops*> found = decode_loops_of_machine();
  return found;
}

}  // namespace

const DecodeLoops* const* all_decode_loops(std::int64_t& count) {
  count = static_cast<std::int64_t>(decode_loops_found().size());
  return decode_loops_found().data();
}

const DecodeLoops& decode_loops() {
  static const DecodeLoops& chosen = []() -> const DecodeLoops& {
    const char* asked = std::getenv("PMTUNE_ISA");
    for (const DecodeLoops* table : decode_loops_found())
      if (asked && std::string_view(asked) == table->name) return *table;
    return *decode_loops_found().front();
  }();
  return chosen;
}

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
