#include "files/gguf.hpp"

#include "files/gguf_parser.hpp"
#include "files/wording.hpp"

namespace pmtune::files {
namespace {

// The value under `key` as a Kind; nullptr when there is none.
template <class Kind>
const Kind* typed(const GgufFile& file, const std::string& key, const char* wanted) {
  const auto entry = file.metadata().find(key);
  if (entry == file.metadata().end()) return nullptr;
  if (const Kind* value = std::get_if<Kind>(&entry->second)) return value;
  fail_damaged(file.path(), "its key ", in_quotes(key), " should hold ", wanted, " and holds something else");
}

}  // namespace

std::shared_ptr<const GgufFile> GgufFile::open(const std::filesystem::path& path) {
  std::shared_ptr<GgufFile> file(new GgufFile(path));
  GgufParser(*file).parse();
  return file;
}

const TensorView* GgufFile::find(const std::string& name) const {
  const auto entry = index_.find(name);
  return entry == index_.end() ? nullptr : &tensors_[entry->second];
}

const bool* GgufFile::get_bool(const std::string& key) const { return typed<bool>(*this, key, "true or false"); }

const std::int64_t* GgufFile::get_int(const std::string& key) const {
  return typed<std::int64_t>(*this, key, "a whole number");
}

const std::string* GgufFile::get_string(const std::string& key) const {
  return typed<std::string>(*this, key, "a text");
}

std::optional<double> GgufFile::get_number(const std::string& key) const {
  const auto entry = metadata_.find(key);
  if (entry == metadata_.end()) return std::nullopt;
  if (const auto* whole = std::get_if<std::int64_t>(&entry->second)) return static_cast<double>(*whole);
  return *typed<double>(*this, key, "a number");
}

const std::vector<std::string>* GgufFile::get_strings(const std::string& key) const {
  return typed<std::vector<std::string>>(*this, key, "a list of texts");
}

const std::vector<std::int64_t>* GgufFile::get_ints(const std::string& key) const {
  return typed<std::vector<std::int64_t>>(*this, key, "a list of whole numbers");
}

const std::vector<double>* GgufFile::get_numbers(const std::string& key) const {
  return typed<std::vector<double>>(*this, key, "a list of numbers with a fraction");
}

}  // namespace pmtune::files
