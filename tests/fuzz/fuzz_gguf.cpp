#include "files/gguf.hpp"
#include "target.hpp"
#include "text/tokenizer.hpp"

using namespace pmtune;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = fuzz::as_text(data, size);
  const auto path = fuzz::write("x.gguf", input);
  std::shared_ptr<const files::GgufFile> file;
  if (!fuzz::accepted([&] { file = files::GgufFile::open(path); })) return 0;
  std::size_t sum = 0;
  for (const files::TensorView& tensor : file->tensors()) {
    fuzz::check_tensor(tensor, input);
    sum += tensor.bytes;
    fuzz::require(file->find(tensor.name) == &tensor, "a tensor is found by its name");
  }
  fuzz::require(sum < size, "tensors do not overlap");
  std::shared_ptr<const text::Tokenizer> tokenizer;
  if (!fuzz::accepted([&] { tokenizer = text::Tokenizer::from_gguf(*file); })) return 0;
  fuzz::accepted([&] {
    for (const text::TokenId id : tokenizer->encode("Hello w\u00F6rld 12!", true))
      fuzz::require(id >= 0 && id < tokenizer->size(), "ids are of the vocabulary");
  });
  return 0;
}
