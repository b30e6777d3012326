// The product of bf16 tiles on AMX: four result tiles of 16 x 16, fed by two tiles of A and two of B.
#include "kernels/tile_loops.hpp"

#if defined(__AMX_BF16__) && defined(__linux__)
#include <cpuid.h>
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace pmtune::kernels::amx {

bool available() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  constexpr unsigned kTile = 1u << 24, kBf16 = 1u << 22;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || (d & (kTile | kBf16)) != (kTile | kBf16)) return false;
  constexpr long kRequestPermission = 0x1023, kTileData = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}

namespace {

struct TileConfig {
  std::uint8_t palette, start_row, reserved[14];
  std::uint16_t row_bytes[16];
  std::uint8_t rows[16];
};
// Not a local variable: GCC tells the optimiser of the first bytes only that _tile_loadconfig reads.
alignas(64) const TileConfig kConfig{1, 0, {}, {64, 64, 64, 64, 64, 64, 64, 64}, {16, 16, 16, 16, 16, 16, 16, 16}};

}  // namespace

void begin() { _tile_loadconfig(&kConfig); }

void end() { _tile_release(); }

namespace {

void sixteen_rows(const Bf16* a, std::int64_t lda, const Bf16* panel, std::int64_t k, float* c, std::int64_t ldc,
                  bool add) {
  const long a_bytes = lda * 2, c_bytes = ldc * 4;
  if (add) {
    _tile_loadd(0, c, c_bytes);
    _tile_loadd(1, c + 16, c_bytes);
  } else {
    _tile_zero(0);
    _tile_zero(1);
  }
  for (std::int64_t i = 0; i < k; i += 32) {
    _tile_loadd(4, a + i, a_bytes);
    _tile_loadd(6, panel + i * kPanel, 128);
    _tile_loadd(7, panel + i * kPanel + 32, 128);
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
  }
  _tile_stored(0, c, c_bytes);
  _tile_stored(1, c + 16, c_bytes);
}

void thirty_two_rows(const Bf16* a, std::int64_t lda, const Bf16* panel, std::int64_t k, float* c, std::int64_t ldc,
                     bool add) {
  const long a_bytes = lda * 2, c_bytes = ldc * 4;
  float* const below = c + 16 * ldc;
  if (add) {
    _tile_loadd(0, c, c_bytes);
    _tile_loadd(1, c + 16, c_bytes);
    _tile_loadd(2, below, c_bytes);
    _tile_loadd(3, below + 16, c_bytes);
  } else {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
  }
  const Bf16* const a_below = a + 16 * lda;
  for (std::int64_t i = 0; i < k; i += 32) {
    _tile_loadd(6, panel + i * kPanel, 128);
    _tile_loadd(4, a + i, a_bytes);
    _tile_loadd(7, panel + i * kPanel + 32, 128);
    _tile_loadd(5, a_below + i, a_bytes);
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
  _tile_stored(0, c, c_bytes);
  _tile_stored(1, c + 16, c_bytes);
  _tile_stored(2, below, c_bytes);
  _tile_stored(3, below + 16, c_bytes);
}

}  // namespace

void product(const Bf16* a, std::int64_t lda, std::int64_t rows, const Bf16* panel, std::int64_t k, float* c,
             std::int64_t ldc, bool add) {
  std::int64_t row = 0;
  for (; row + 32 <= rows; row += 32) thirty_two_rows(a + row * lda, lda, panel, k, c + row * ldc, ldc, add);
  if (row < rows) sixteen_rows(a + row * lda, lda, panel, k, c + row * ldc, ldc, add);
}

}  // namespace pmtune::kernels::amx

#else

namespace pmtune::kernels::amx {
bool available() { return false; }
void begin() {}
void end() {}
void product(const Bf16*, std::int64_t, std::int64_t, const Bf16*, std::int64_t, float*, std::int64_t, bool) {}
}  // namespace pmtune::kernels::amx

#endif
