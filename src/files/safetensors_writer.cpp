#include <array>
#include <cstring>
#include <set>
#include <string>
#include <string_view>

#include "base/atomic_file.hpp"
#include "base/checked.hpp"
#include "base/json.hpp"
#include "base/utf8.hpp"
#include "files/limits.hpp"
#include "files/safetensors.hpp"
#include "files/safetensors_dtypes.hpp"
#include "files/tensor_bytes.hpp"
#include "files/wording.hpp"

namespace pmtune::files {
namespace {

std::string json_text(std::string_view text, const char* what) {
  if (find_invalid_utf8(text) != std::string_view::npos)
    fail(Code::invalid_argument, "The ", what, " ", in_quotes(text),
         " is not UTF-8 and cannot be written; rename it.");
  return Json(std::string(text)).dump();
}

// What the reader would refuse must not be written.
void require_writable(const TensorView& tensor) {
  if (tensor.name == "__metadata__" || tensor.name.size() > limits::longest_tensor_name)
    fail(Code::invalid_argument, "A tensor cannot be written under the name ", in_quotes(tensor.name),
         "; give it another one.");
  if (safetensors_name(tensor.dtype).empty())
    fail(Code::unsupported, "The tensor ", in_quotes(tensor.name), " is stored as ", info(tensor.dtype).name,
         ", which a safetensors file cannot hold; convert it to F32, F16 or BF16 first.");
  const std::optional<std::uint64_t> bytes = tensor_bytes(tensor.dtype, tensor.shape);
  if (tensor.shape.size() > limits::most_safetensors_dimensions || !bytes || *bytes != tensor.bytes ||
      (tensor.bytes > 0 && tensor.data == nullptr))
    fail(Code::invalid_argument, "The tensor ", in_quotes(tensor.name), " has ", tensor.bytes,
         " bytes, which does not agree with its shape; give it as many as its shape needs.");
}

std::string describe(const TensorView& tensor, Checked begin) {
  std::string text = json_text(tensor.name, "tensor name");
  text += ":{\"dtype\":\"" + std::string(safetensors_name(tensor.dtype)) + "\",\"shape\":[";
  const char* separator = "";
  for (const std::int64_t size : tensor.shape) {
    text += separator;
    text += std::to_string(size);
    separator = ",";
  }
  const Checked end = begin + tensor.bytes;
  return text + "],\"data_offsets\":[" + std::to_string(begin.value()) + "," + std::to_string(end.value()) + "]}";
}

std::string describe(const std::map<std::string, std::string>& metadata) {
  std::string text = "\"__metadata__\":{";
  const char* separator = "";
  for (const auto& [key, value] : metadata) {
    text += separator;
    text += json_text(key, "key");
    text += ':';
    text += json_text(value, "value");
    separator = ",";
  }
  return text + "}";
}

std::string header_of(const std::vector<TensorView>& tensors, const std::map<std::string, std::string>& metadata) {
  std::string header = "{";
  if (!metadata.empty()) header += describe(metadata);
  std::set<std::string_view> names;
  Checked begin = 0;
  for (const TensorView& tensor : tensors) {
    require_writable(tensor);
    if (!names.insert(tensor.name).second)
      fail(Code::invalid_argument, "Two tensors are named ", in_quotes(tensor.name), "; give each its own name.");
    if (header.size() > 1) header += ',';
    header += describe(tensor, begin);
    begin += tensor.bytes;
  }
  header += '}';
  header.resize((header.size() + 7) / 8 * 8, ' ');  // so that the data begins at a multiple of 8 bytes
  return header;
}

}  // namespace

void write_safetensors(const std::filesystem::path& path, const std::vector<TensorView>& tensors,
                       const std::map<std::string, std::string>& metadata) {
  const std::string header = header_of(tensors, metadata);
  if (header.size() > limits::longest_header || tensors.size() > limits::most_tensors ||
      metadata.size() > limits::most_metadata_entries)
    fail(Code::invalid_argument, "There are too many tensors or notes for one file ", path.string(),
         "; spread them over several.");
  const std::uint64_t length = header.size();
  std::array<char, 8> length_bytes;
  std::memcpy(length_bytes.data(), &length, sizeof length);

  AtomicFile file(path);
  file.write(length_bytes.data(), length_bytes.size());
  file.write(header);
  for (const TensorView& tensor : tensors) file.write(tensor.data, tensor.bytes);
  file.commit();
}

}  // namespace pmtune::files
