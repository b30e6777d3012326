// GGUF model files, versions 2 and 3, little-endian (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md).
// Opening checks everything that can be checked without reading weights: every offset, size, name and type; after
// that, tensor data can be used without further bounds checks.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "files/mapped_file.hpp"
#include "files/tensor_view.hpp"

namespace pmtune::files {

// A metadata value. All integers widen to int64 (u64 above 2^63-1 is refused), f32 widens to double.
using GgufValue = std::variant<bool, std::int64_t, double, std::string, std::vector<bool>, std::vector<std::int64_t>,
                               std::vector<double>, std::vector<std::string>>;

class GgufFile {
 public:
  // Throws corrupt (with the path and the tensor or key at fault), unsupported (big-endian, version 1, a tensor type
  // not yet readable, nested arrays, one part of a split model), not_found, io.
  static std::shared_ptr<const GgufFile> open(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return file_.path(); }
  std::size_t file_bytes() const { return file_.bytes().size(); }
  const std::map<std::string, GgufValue>& metadata() const { return metadata_; }
  const std::vector<TensorView>& tensors() const { return tensors_; }  // in file order

  // The tensor of that name, or nullptr.
  const TensorView* find(const std::string& name) const;

  // Throws io when another program has shortened the file since it was opened; see MappedFile.
  void check_not_shortened() const { file_.check_not_shortened(); }

  // A metadata value of the given kind; nullptr when the key is absent. Throws corrupt when it has another kind.
  const bool* get_bool(const std::string& key) const;
  const std::int64_t* get_int(const std::string& key) const;
  const std::string* get_string(const std::string& key) const;
  std::optional<double> get_number(const std::string& key) const;  // an integer or a float
  const std::vector<std::string>* get_strings(const std::string& key) const;
  const std::vector<std::int64_t>* get_ints(const std::string& key) const;
  const std::vector<double>* get_numbers(const std::string& key) const;  // floats

 private:
  explicit GgufFile(const std::filesystem::path& path) : file_(path) {}
  friend class GgufParser;

  MappedFile file_;
  std::map<std::string, GgufValue> metadata_;
  std::vector<TensorView> tensors_;
  std::map<std::string, std::size_t> index_;
};

}  // namespace pmtune::files
