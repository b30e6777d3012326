// What the fuzz targets share. Each target is one .cpp with LLVMFuzzerTestOneInput: it hands the bytes to the
// functions that loading calls, and stops the process when something that must hold does not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "files/tensor_view.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace pmtune::fuzz {

// Says what does not hold, and stops.
void require(bool holds, std::string_view what);

// A folder in memory (where the system has one) that lasts as long as the process.
const std::filesystem::path& folder();

// Writes the bytes to that file of folder().
std::filesystem::path write(const std::string& name, std::string_view bytes);

// Runs `load`; true when it came to its end. It may throw an Error that blames the input (corrupt, unsupported,
// invalid_argument) in one sentence a person can be shown, and nothing else.
bool accepted(const std::function<void()>& load);

// The tensor is what `file` holds there: within it, of the size its shape says. Converts it as loading does.
void check_tensor(const files::TensorView& tensor, std::string_view file);

inline std::string_view as_text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace pmtune::fuzz
