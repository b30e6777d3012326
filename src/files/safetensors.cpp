#include "files/safetensors.hpp"

#include <algorithm>
#include <numeric>
#include <string_view>
#include <utility>

#include "base/checked.hpp"
#include "files/byte_reader.hpp"
#include "files/limits.hpp"
#include "files/safetensors_header.hpp"
#include "files/tensor_bytes.hpp"
#include "files/wording.hpp"

namespace pmtune::files {

class SafetensorsParser {
 public:
  explicit SafetensorsParser(SafetensorsFile& file) : file_(file) {}

  void parse() {
    const std::string_view header = read_header_text();
    SafetensorsHeader parsed = parse_safetensors_header(header, file_.path());
    data_ = file_.file_.bytes().subspan((Checked(8) + header.size()).as<std::size_t>());
    file_.metadata_ = std::move(parsed.metadata);
    file_.tensors_.reserve(parsed.entries.size());
    begins_.reserve(parsed.entries.size());
    for (SafetensorsEntry& entry : parsed.entries) add(std::move(entry));
    require_seamless_cover();
  }

 private:
  std::string_view read_header_text() {
    ByteReader reader(file_.file_.bytes(), file_.path());
    const auto length = reader.number<std::uint64_t>();
    if (length > limits::longest_header)
      fail_damaged(file_.path(), "its list of tensors claims ", length, " bytes, and at most ",
                   limits::longest_header, " are allowed");
    reader.set_subject("its list of tensors");
    return reader.text(length);
  }

  void add(SafetensorsEntry entry) {
    const auto [begin, end] = entry.offsets;
    if (!file_.index_.emplace(entry.name, file_.tensors_.size()).second)
      fail_damaged(file_.path(), "the tensor ", in_quotes(entry.name), " stands in it twice");
    if (begin > end) fail_damaged(file_.path(), "the tensor ", in_quotes(entry.name), " ends before it begins");
    const std::optional<std::uint64_t> bytes = tensor_bytes(entry.dtype, entry.shape);
    if (!bytes) fail_damaged(file_.path(), "the tensor ", in_quotes(entry.name), " is impossibly large");
    const Checked span = Checked(end) - begin;
    if (span != *bytes)
      fail_damaged(file_.path(), "the tensor ", in_quotes(entry.name), " should have ", *bytes,
                   " bytes by its shape and has ", span.value());
    if (end > data_.size())
      fail_cut_short(file_.path(), "the tensor ", in_quotes(entry.name), " reaches past its end");
    begins_.push_back(begin);
    file_.tensors_.push_back(
        {std::move(entry.name), entry.dtype, std::move(entry.shape), data_.data() + begin, span.as<std::size_t>()});
  }

  // In the order of the data each tensor begins where the one before it ended, the first at 0 and the last ends with
  // the file. Bytes that belong to no tensor could hide another file; bytes of two tensors could hide anything.
  void require_seamless_cover() const {
    std::vector<std::size_t> order(begins_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    // An empty tensor comes before the one that begins at the same byte.
    const auto place = [&](std::size_t i) { return std::pair(begins_[i], file_.tensors_[i].bytes); };
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return place(a) < place(b); });
    Checked covered = 0;
    for (const std::size_t i : order) {
      const TensorView& tensor = file_.tensors_[i];
      if (Checked(begins_[i]) < covered)
        fail_damaged(file_.path(), "the tensor ", in_quotes(tensor.name), " overlaps another one");
      if (Checked(begins_[i]) > covered)
        fail_damaged(file_.path(), "there are bytes of no tensor before the tensor ", in_quotes(tensor.name));
      covered += tensor.bytes;
    }
    if (covered < data_.size()) fail_damaged(file_.path(), "there are bytes after its last tensor");
  }

  SafetensorsFile& file_;
  std::span<const std::byte> data_;
  std::vector<std::uint64_t> begins_;  // of each tensor, from the start of the data
};

std::shared_ptr<const SafetensorsFile> SafetensorsFile::open(const std::filesystem::path& path) {
  std::shared_ptr<SafetensorsFile> file(new SafetensorsFile(path));
  SafetensorsParser(*file).parse();
  return file;
}

const TensorView* SafetensorsFile::find(const std::string& name) const {
  const auto entry = index_.find(name);
  return entry == index_.end() ? nullptr : &tensors_[entry->second];
}

}  // namespace pmtune::files
