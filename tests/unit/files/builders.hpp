// Makes model files byte by byte, right or wrong, for tests of files/.
#pragma once

#include <stdlib.h>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace pmtune::test {

// A new folder, removed with all that is in it at the end.
class TempFolder {
 public:
  TempFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "pmtune-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder can be made");
    path_ = name;
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

  std::filesystem::path write(const std::string& name, std::string_view bytes) const {
    const std::filesystem::path path = path_ / name;
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    if (!file.flush()) throw std::runtime_error("a test file cannot be written");
    return path;
  }

 private:
  std::filesystem::path path_;
};

// A number as its bytes in a file.
template <class Number>
std::string raw(Number value) {
  std::string bytes(sizeof value, '\0');
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}
inline std::string u32(std::uint64_t value) { return raw(static_cast<std::uint32_t>(value)); }
inline std::string u64(std::uint64_t value) { return raw(value); }

// ---- safetensors
// ----------------------------------------------------------------------------------------------------

inline std::string safetensors(std::string_view header, std::string_view data = "") {
  return u64(header.size()) + std::string(header) + std::string(data);
}

// ---- GGUF
// -----------------------------------------------------------------------------------------------------------

namespace kind {  // of metadata values
constexpr std::uint32_t u8 = 0, i8 = 1, u16 = 2, i16 = 3, u32 = 4, i32 = 5, f32 = 6, boolean = 7, string = 8,
                        array = 9, u64 = 10, i64 = 11, f64 = 12;
}

inline std::string gguf_text(std::string_view text) { return u64(text.size()) + std::string(text); }

inline std::string gguf_array(std::uint32_t element_kind, std::uint64_t count, std::string_view elements) {
  return u32(element_kind) + u64(count) + std::string(elements);
}

struct GgufBuilder {
  std::string magic = "GGUF";
  std::uint32_t version = 3;
  std::optional<std::uint64_t> claimed_tensors;  // else as many as there are
  std::optional<std::uint64_t> claimed_keys;
  std::vector<std::string> keys;
  std::vector<std::string> tensors;
  std::size_t alignment = 32;
  std::string data;

  GgufBuilder& key(std::string_view name, std::uint32_t value_kind, std::string_view value) {
    keys.push_back(gguf_text(name) + u32(value_kind) + std::string(value));
    return *this;
  }

  // dims innermost first, as in the file
  GgufBuilder& tensor(std::string_view name, const std::vector<std::uint64_t>& dims, std::uint32_t type,
                      std::uint64_t offset) {
    std::string description = gguf_text(name) + u32(dims.size());
    for (const std::uint64_t size : dims) description += u64(size);
    tensors.push_back(description + u32(type) + u64(offset));
    return *this;
  }

  GgufBuilder& with_data(std::string bytes) {
    data = std::move(bytes);
    return *this;
  }

  std::string build() const {
    std::string file = magic + u32(version) + u64(claimed_tensors.value_or(tensors.size())) +
                       u64(claimed_keys.value_or(keys.size()));
    for (const std::string& entry : keys) file += entry;
    for (const std::string& entry : tensors) file += entry;
    if (data.empty()) return file;
    if (alignment > 0) file.resize((file.size() + alignment - 1) / alignment * alignment, '\0');
    return file + data;
  }
};

// A small file in which everything is right: one key of every kind, a plain and a quantised tensor.
inline GgufBuilder good_gguf() {
  GgufBuilder file;
  file.key("general.architecture", kind::string, gguf_text("llama"))
      .key("n.u8", kind::u8, raw(std::uint8_t{200}))
      .key("n.i8", kind::i8, raw(std::int8_t{-5}))
      .key("n.u16", kind::u16, raw(std::uint16_t{60000}))
      .key("n.i16", kind::i16, raw(std::int16_t{-6}))
      .key("n.u32", kind::u32, raw(std::uint32_t{4000000000U}))
      .key("n.i32", kind::i32, raw(std::int32_t{-7}))
      .key("n.u64", kind::u64, raw(std::uint64_t{1} << 40))
      .key("n.i64", kind::i64, raw(std::int64_t{-8}))
      .key("n.f32", kind::f32, raw(0.5F))
      .key("n.f64", kind::f64, raw(0.25))
      .key("yes", kind::boolean, raw(std::uint8_t{1}))
      .key("texts", kind::array, gguf_array(kind::string, 2, gguf_text("a") + gguf_text("")))
      .key("whole", kind::array, gguf_array(kind::i32, 2, raw(std::int32_t{3}) + raw(std::int32_t{-4})))
      .key("floats", kind::array, gguf_array(kind::f32, 1, raw(1.5F)))
      .key("flags", kind::array, gguf_array(kind::boolean, 3, std::string("\1\0\1", 3)))
      .tensor("plain", {3, 2}, 0, 0)
      .tensor("packed", {32, 2}, 2, 32);
  std::string data;
  for (int i = 0; i < 6; ++i) data += raw(static_cast<float>(i));
  data.resize(32, '\0');
  return file.with_data(data + std::string(36, '\x11'));
}

}  // namespace pmtune::test
