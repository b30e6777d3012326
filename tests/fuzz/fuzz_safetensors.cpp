#include <algorithm>

#include "files/safetensors.hpp"
#include "target.hpp"

using namespace pmtune;

namespace {

std::size_t bytes_of_all(const files::SafetensorsFile& file) {
  std::size_t sum = 0;
  for (const files::TensorView& tensor : file.tensors()) sum += tensor.bytes;
  return sum;
}

// What was read is written, and read again as the same.
void check_round_trip(const files::SafetensorsFile& file) {
  const auto path = fuzz::folder() / "again.safetensors";
  files::write_safetensors(path, file.tensors(), file.metadata());
  const auto again = files::SafetensorsFile::open(path);
  fuzz::require(again->metadata() == file.metadata(), "metadata comes back as it was");
  fuzz::require(again->tensors().size() == file.tensors().size(), "as many tensors come back");
  for (const files::TensorView& tensor : file.tensors()) {
    const files::TensorView* same = again->find(tensor.name);
    fuzz::require(same && same->dtype == tensor.dtype && same->shape == tensor.shape &&
                      std::equal(tensor.data, tensor.data + tensor.bytes, same->data, same->data + same->bytes),
                  "a tensor comes back as it was");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = fuzz::as_text(data, size);
  const auto path = fuzz::write("x.safetensors", input);
  std::shared_ptr<const files::SafetensorsFile> file;
  if (!fuzz::accepted([&] { file = files::SafetensorsFile::open(path); })) return 0;
  for (const files::TensorView& tensor : file->tensors()) fuzz::check_tensor(tensor, input);
  fuzz::require(bytes_of_all(*file) < size, "tensors do not overlap");
  check_round_trip(*file);
  return 0;
}
