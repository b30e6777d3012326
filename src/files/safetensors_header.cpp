#include "files/safetensors_header.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "files/limits.hpp"
#include "files/safetensors_dtypes.hpp"
#include "files/wording.hpp"

namespace pmtune::files {
namespace {

// Called by the JSON parser for each value. The header has one fixed form, so what may come next is always known:
// {"name": {"dtype": text, "shape": [numbers], "data_offsets": [begin, end]}, "__metadata__": {"key": text}}
class HeaderReader : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit HeaderReader(const std::filesystem::path& path) : path_(path) {}
  SafetensorsHeader take() { return std::move(header_); }

  bool null() override { wrong("a null"); }
  bool boolean(bool) override { wrong("true or false"); }
  bool number_integer(number_integer_t) override { wrong("a negative number"); }
  bool number_float(number_float_t, const string_t&) override {
    wrong("a number that is not whole or far too large");
  }
  bool binary(binary_t&) override { wrong("binary data"); }
  bool number_unsigned(number_unsigned_t value) override;
  bool string(string_t& value) override;
  bool start_object(std::size_t) override;
  bool end_object() override;
  bool start_array(std::size_t) override;
  bool end_array() override;
  bool key(string_t& name) override;
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    fail_damaged(path_, "its list of tensors is not valid JSON near byte ", position);
  }

 private:
  enum class Place { before, root, metadata_start, metadata, tensor_start, tensor, shape, offsets };
  enum Field : unsigned { none = 0, dtype = 1, shape = 2, data_offsets = 4, all = 7 };

  [[noreturn]] void wrong(const char* found) const {
    fail_damaged(path_, "in its list of tensors there is ", found, " where ", expected(), " should be", where());
  }
  const char* expected() const;
  std::string where() const;
  void begin_field(const std::string& name);
  void end_tensor();

  const std::filesystem::path& path_;
  SafetensorsHeader header_;
  Place place_ = Place::before;
  bool metadata_seen_ = false;
  std::string metadata_key_;
  SafetensorsEntry entry_;
  unsigned fields_seen_ = none;
  Field field_ = none;  // whose value comes next
  std::size_t offsets_seen_ = 0;
};

const char* HeaderReader::expected() const {
  switch (place_) {
    case Place::before:
    case Place::metadata_start:
    case Place::tensor_start: return "an object {...}";
    case Place::metadata: return "a text";
    case Place::tensor: return field_ == dtype ? "a text" : "a list of whole numbers";
    case Place::shape:
    case Place::offsets: return "a whole number of at most 2^63-1";
    case Place::root: break;
  }
  return "a name";
}

std::string HeaderReader::where() const {
  switch (place_) {
    case Place::before:
    case Place::root: return "";
    case Place::metadata_start: return " (in \"__metadata__\")";
    case Place::metadata: return " (in \"__metadata__\", key " + in_quotes(metadata_key_) + ")";
    default: return " (tensor " + in_quotes(entry_.name) + ")";
  }
}

bool HeaderReader::key(string_t& name) {
  if (place_ == Place::metadata) {
    metadata_key_ = name;
  } else if (place_ == Place::tensor) {
    begin_field(name);
  } else if (name == "__metadata__") {
    if (std::exchange(metadata_seen_, true)) fail_damaged(path_, "\"__metadata__\" stands in it twice");
    place_ = Place::metadata_start;
  } else {
    if (name.size() > limits::longest_tensor_name)
      fail_damaged(path_, "the tensor name ", in_quotes(name), " is longer than ", limits::longest_tensor_name,
                   " bytes");
    entry_ = {};
    entry_.name = name;
    fields_seen_ = none;
    place_ = Place::tensor_start;
  }
  return true;
}

void HeaderReader::begin_field(const std::string& name) {
  field_ = name == "dtype" ? dtype : name == "shape" ? shape : name == "data_offsets" ? data_offsets : none;
  if (field_ == none)
    fail_damaged(path_, "the tensor ", in_quotes(entry_.name), " has the unknown property ", in_quotes(name));
  if ((fields_seen_ & field_) != 0)
    fail_damaged(path_, "the tensor ", in_quotes(entry_.name), " has the property ", in_quotes(name), " twice");
  fields_seen_ |= field_;
}

bool HeaderReader::string(string_t& value) {
  if (place_ == Place::metadata) {
    if (header_.metadata.size() >= limits::most_metadata_entries)
      fail_damaged(path_, "its \"__metadata__\" has more than ", limits::most_metadata_entries, " entries");
    if (!header_.metadata.emplace(metadata_key_, value).second)
      fail_damaged(path_, "the key ", in_quotes(metadata_key_), " stands in its \"__metadata__\" twice");
    return true;
  }
  if (place_ != Place::tensor || field_ != dtype) wrong("a text");
  const std::optional<DType> known = dtype_of_safetensors(value);
  if (known) {
    entry_.dtype = *known;
    return true;
  }
  if (is_other_safetensors_dtype(value))
    fail(Code::unsupported, "In the file ", path_.string(), " the tensor ", in_quotes(entry_.name), " is stored as ",
         value, ", which pmtune does not read yet; choose an F32, F16 or BF16 file of the same model.");
  fail_damaged(path_, "the tensor ", in_quotes(entry_.name), " is stored as ", in_quotes(value),
               ", which no safetensors file may use");
}

bool HeaderReader::number_unsigned(number_unsigned_t value) {
  if (place_ == Place::shape) {
    if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) wrong("a far too large number");
    if (entry_.shape.size() >= limits::most_safetensors_dimensions)
      fail_damaged(path_, "the tensor ", in_quotes(entry_.name), " has more than ",
                   limits::most_safetensors_dimensions, " dimensions");
    entry_.shape.push_back(static_cast<std::int64_t>(value));
    return true;
  }
  if (place_ != Place::offsets) wrong("a number");
  if (offsets_seen_ < 2) entry_.offsets[offsets_seen_] = value;
  ++offsets_seen_;
  return true;
}

bool HeaderReader::start_object(std::size_t) {
  switch (place_) {
    case Place::before: place_ = Place::root; return true;
    case Place::metadata_start: place_ = Place::metadata; return true;
    case Place::tensor_start: place_ = Place::tensor; return true;
    default: wrong("an object {...}");
  }
}

bool HeaderReader::end_object() {
  if (place_ == Place::tensor) end_tensor();
  place_ = Place::root;
  return true;
}

void HeaderReader::end_tensor() {
  if (fields_seen_ != all)
    fail_damaged(path_, "the tensor ", in_quotes(entry_.name), " lacks its dtype, shape or data_offsets");
  if (header_.entries.size() >= limits::most_tensors)
    fail_damaged(path_, "it lists more than ", limits::most_tensors, " tensors, which no model has");
  header_.entries.push_back(std::move(entry_));
}

bool HeaderReader::start_array(std::size_t) {
  if (place_ != Place::tensor || field_ == dtype) wrong("a list [...]");
  place_ = field_ == shape ? Place::shape : Place::offsets;
  offsets_seen_ = 0;
  return true;
}

bool HeaderReader::end_array() {
  if (place_ == Place::offsets && offsets_seen_ != 2)
    fail_damaged(path_, "the data_offsets of the tensor ", in_quotes(entry_.name), " should be two numbers and are ",
                 offsets_seen_);
  place_ = Place::tensor;
  return true;
}

}  // namespace

SafetensorsHeader parse_safetensors_header(std::string_view text, const std::filesystem::path& path) {
  // The parser would skip spaces or a byte order mark before the brace, and take a NUL for the end of the text.
  if (text.empty() || text.front() != '{')
    fail_damaged(path, "its list of tensors does not begin with {, so it is not a safetensors file");
  if (text.find('\0') != std::string_view::npos) fail_damaged(path, "its list of tensors contains a zero byte");
  // Writers pad with spaces; a hostile one with 100 MB of them, which the parser would take one by one.
  text = text.substr(0, text.find_last_not_of(' ') + 1);
  HeaderReader reader(path);
  nlohmann::json::sax_parse(text.begin(), text.end(), &reader);
  return reader.take();
}

}  // namespace pmtune::files
