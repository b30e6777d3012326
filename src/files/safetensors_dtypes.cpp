#include "files/safetensors_dtypes.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace pmtune::files {
namespace {

constexpr std::array<std::pair<std::string_view, DType>, 10> readable = {{{"F32", DType::f32},
                                                                          {"F16", DType::f16},
                                                                          {"BF16", DType::bf16},
                                                                          {"I8", DType::i8},
                                                                          {"U8", DType::u8},
                                                                          {"I16", DType::i16},
                                                                          {"I32", DType::i32},
                                                                          {"I64", DType::i64},
                                                                          {"F64", DType::f64},
                                                                          {"BOOL", DType::boolean}}};

constexpr std::array<std::string_view, 13> others = {"F4",      "F6_E2M3",     "F6_E3M2",     "F8_E5M2", "F8_E4M3",
                                                     "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ", "U16",     "U32",
                                                     "U64",     "C64",         "C128"};

}  // namespace

std::optional<DType> dtype_of_safetensors(std::string_view name) {
  for (const auto& [known, dtype] : readable)
    if (known == name) return dtype;
  return std::nullopt;
}

bool is_other_safetensors_dtype(std::string_view name) {
  return std::find(others.begin(), others.end(), name) != others.end();
}

std::string_view safetensors_name(DType dtype) {
  for (const auto& [name, known] : readable)
    if (known == dtype) return name;
  return {};
}

}  // namespace pmtune::files
