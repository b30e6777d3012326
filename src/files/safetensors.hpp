// Safetensors files (https://github.com/huggingface/safetensors#format): an 8-byte header length, a JSON header, the
// data. The reader is as strict as the specification: no holes, no overlaps, no duplicate names, nothing after the
// last tensor. The writer puts the file in place atomically.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "files/mapped_file.hpp"
#include "files/tensor_view.hpp"

namespace pmtune::files {

class SafetensorsFile {
 public:
  // Throws corrupt (naming file and tensor), unsupported (a dtype such as F8), not_found, io.
  static std::shared_ptr<const SafetensorsFile> open(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return file_.path(); }
  const std::map<std::string, std::string>& metadata() const { return metadata_; }  // "__metadata__"
  const std::vector<TensorView>& tensors() const { return tensors_; }
  const TensorView* find(const std::string& name) const;

  // Throws io when another program has shortened the file since it was opened; see MappedFile.
  void check_not_shortened() const { file_.check_not_shortened(); }

 private:
  explicit SafetensorsFile(const std::filesystem::path& path) : file_(path) {}
  friend class SafetensorsParser;

  MappedFile file_;
  std::map<std::string, std::string> metadata_;
  std::vector<TensorView> tensors_;
  std::map<std::string, std::size_t> index_;
};

// Writes the tensors (f32, f16, bf16, i64 ... with `bytes` bytes at `data`) in the given order, with the header
// padded to 8 bytes. Throws io; nothing is left behind when it fails.
void write_safetensors(const std::filesystem::path& path, const std::vector<TensorView>& tensors,
                       const std::map<std::string, std::string>& metadata = {});

}  // namespace pmtune::files
