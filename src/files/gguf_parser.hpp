// Reads the head of a GGUF file: counts, metadata, tensor descriptions. Used by GgufFile::open alone.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/checked.hpp"
#include "files/byte_reader.hpp"
#include "files/gguf.hpp"
#include "files/gguf_types.hpp"

namespace pmtune::files {

class GgufParser {
 public:
  explicit GgufParser(GgufFile& file);
  void parse();

 private:
  void read_magic_and_version();
  // A count of things that each take at least `least_bytes`, refused before anything is sized by it.
  std::uint64_t read_count(const char* things, std::uint64_t most, std::uint64_t least_bytes);

  void read_key();
  void remember_alignment(GgufKind kind, const GgufValue& value);
  void refuse_part() const;
  GgufValue read_value(GgufKind kind);
  GgufValue read_array();
  GgufKind read_element_kind();
  template <class Stored, class Kept>
  std::vector<Kept> read_numbers(std::uint64_t count);
  std::vector<std::string> read_strings(std::uint64_t count);
  std::string read_string(std::uint64_t longest);
  std::string read_name(const char* what, std::uint64_t longest);
  bool as_bool(std::uint8_t byte) const;
  std::int64_t as_int(std::uint64_t value) const;

  void read_tensor();
  std::vector<std::int64_t> read_shape();
  DType read_dtype(const std::string& name);
  std::uint64_t bytes_of(const TensorView& tensor) const;
  void place_tensors();
  void refuse_overlaps() const;

  GgufFile& file_;
  ByteReader reader_;
  std::uint64_t alignment_;
  std::uint64_t array_elements_ = 0;    // of all arrays so far
  std::vector<std::uint64_t> offsets_;  // of each tensor, from the start of the data
};

}  // namespace pmtune::files
