#include "kernels/pack_panel.hpp"

#include <cstring>

namespace pmtune::kernels {
namespace {

// f16: where the value came from one, so that nothing is lost.
void put_scale(std::byte* to, std::int64_t lane, float value, bool half) {
  if (half) {
    const std::uint16_t bits = files::f32_to_f16(value);
    std::memcpy(to + 2 * lane, &bits, sizeof bits);
  } else {
    std::memcpy(to + 4 * lane, &value, sizeof value);
  }
}

// One row's 32 columns into its lane of a block of a panel.
void put_numbers(const files::BlockNumbers& from, Packing packing, std::int64_t lane, std::byte* block) {
  const PackingSize size = size_of(packing);
  for (std::int64_t g = 0; g < size.numbers / 64; ++g)
    for (std::int64_t i = 0; i < 4; ++i) {
      const std::int64_t k = 4 * g + i;
      const unsigned both = size.numbers == 256 ? static_cast<unsigned>(from.number[k] | from.number[k + 16] << 4)
                                                : static_cast<unsigned>(from.number[k]);
      block[64 * g + 4 * lane + i] = static_cast<std::byte>(both);
    }
  const bool half = size.scales == 32;
  std::byte* const scales = block + size.numbers;
  put_scale(scales, lane, from.scale[0], half);
  if (size.scales == 128) put_scale(scales + 64, lane, from.scale[1], false);
  if (size.minimums > 0) put_scale(scales + size.scales, lane, from.minimum, half);
}

}  // namespace

Packing packing_of(const files::NumberForm& form) {
  if (form.two_scales) return Packing::q8_two_scales32;
  if (form.four_bits) {
    if (!form.minimum) return Packing::q4_scale16;
    return form.half ? Packing::q4_scale16_minimum : Packing::q4_scale32_minimum;
  }
  if (!form.minimum) return form.half ? Packing::q8_scale16 : Packing::q8_scale32;
  return form.half ? Packing::q8_scale16_minimum : Packing::q8_scale32_minimum;
}

void pack_row(files::DType dtype, const std::byte* row, std::int64_t columns, std::int64_t lane, std::byte* panel) {
  const Packing packing = packing_of(*files::number_form(dtype));
  files::BlockNumbers numbers;
  for (std::int64_t b = 0; b < columns / kScaleBlock; ++b, panel += size_of(packing).block()) {
    files::read_block_numbers(dtype, row, static_cast<std::size_t>(b), numbers);
    put_numbers(numbers, packing, lane, panel);
  }
}

}  // namespace pmtune::kernels
