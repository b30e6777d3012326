#include "files/gguf_parser.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <type_traits>
#include <utility>

#include "base/utf8.hpp"
#include "files/limits.hpp"
#include "files/tensor_bytes.hpp"

namespace pmtune::files {
namespace {

// The fewest bytes a key (name length, one letter, kind, one-byte value) and a tensor description can take.
constexpr std::uint64_t least_key_bytes = 8 + 1 + 4 + 1;
constexpr std::uint64_t least_tensor_bytes = 8 + 1 + 4 + 8 + 4 + 8;

constexpr const char* alignment_key = "general.alignment";
constexpr const char* parts_key = "split.count";  // of a model that is divided among several files

}  // namespace

GgufParser::GgufParser(GgufFile& file)
    : file_(file), reader_(file.file_.bytes(), file.path()), alignment_(limits::default_alignment) {}

void GgufParser::parse() {
  read_magic_and_version();
  const std::uint64_t tensors = read_count("tensors", limits::most_tensors, least_tensor_bytes);
  const std::uint64_t keys = read_count("keys", limits::most_keys, least_key_bytes);
  for (std::uint64_t i = 0; i < keys; ++i) read_key();
  refuse_part();
  for (std::uint64_t i = 0; i < tensors; ++i) read_tensor();
  place_tensors();
  refuse_overlaps();
}

void GgufParser::read_magic_and_version() {
  if (reader_.remaining() < 4 || reader_.text(4) != "GGUF")
    fail(Code::corrupt, "The file ", file_.path().string(),
         " is not a GGUF model file (it does not begin with GGUF); choose another file or download it again.");
  const auto version = reader_.number<std::uint32_t>();
  if (version == 2 || version == 3) return;
  if (version == 0) fail_damaged(file_.path(), "it claims to be of GGUF version 0, which does not exist");
  if ((version & 0xFFFFU) == 0)
    fail(
        Code::unsupported, "The file ", file_.path().string(),
        " is made for big-endian computers, which pmtune does not read; choose the usual (little-endian) file of the "
        "same model.");
  fail(Code::unsupported, "The file ", file_.path().string(), " is of GGUF version ", version,
       ", and pmtune reads versions 2 and 3; choose a file of the same model in one of these.");
}

std::uint64_t GgufParser::read_count(const char* things, std::uint64_t most, std::uint64_t least_bytes) {
  const auto count = reader_.number<std::uint64_t>();
  if (count > most || Checked(count) * least_bytes > reader_.remaining())
    fail_damaged(file_.path(), "it claims to hold ", count, " ", things, ", more than fit into it");
  return count;
}

// ---- metadata
// -------------------------------------------------------------------------------------------------------

void GgufParser::read_key() {
  std::string key = read_name("a key", limits::longest_key);
  reader_.set_subject("the key " + in_quotes(key));
  const auto kind = static_cast<GgufKind>(reader_.number<std::uint32_t>());
  GgufValue value = read_value(kind);
  if (key == alignment_key) remember_alignment(kind, value);
  if (!file_.metadata_.emplace(key, std::move(value)).second)
    fail_damaged(file_.path(), "the key ", in_quotes(key), " stands in it twice");
}

void GgufParser::remember_alignment(GgufKind kind, const GgufValue& value) {
  const std::int64_t* number = std::get_if<std::int64_t>(&value);
  if (kind != GgufKind::u32 || number == nullptr)
    fail_damaged(file_.path(), "its key ", in_quotes(alignment_key), " is not an unsigned 32-bit number");
  const auto alignment = static_cast<std::uint64_t>(*number);
  const bool power_of_two = alignment != 0 && (alignment & (alignment - 1)) == 0;
  if (!power_of_two || alignment > limits::largest_alignment)
    fail_damaged(file_.path(), "its key ", in_quotes(alignment_key), " is ", alignment,
                 " and must be a power of two up to ", limits::largest_alignment);
  alignment_ = alignment;
}

void GgufParser::refuse_part() const {
  const std::int64_t* parts = file_.get_int(parts_key);
  if (parts != nullptr && *parts > 1)
    fail(Code::unsupported, "The file ", file_.path().string(), " is one of the ", *parts,
         " parts of a model, and pmtune reads models in one file; choose a file of the same model that is whole, or "
         "join the parts with llama-gguf-split --merge.");
}

bool GgufParser::as_bool(std::uint8_t byte) const {
  if (byte > 1) fail_damaged(file_.path(), reader_.subject(), " should be true (1) or false (0) and is ", int{byte});
  return byte == 1;
}

std::int64_t GgufParser::as_int(std::uint64_t value) const {
  if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
    fail_damaged(file_.path(), reader_.subject(), " holds the impossibly large number ", value);
  return static_cast<std::int64_t>(value);
}

GgufValue GgufParser::read_value(GgufKind kind) {
  switch (kind) {
    case GgufKind::u8: return std::int64_t{reader_.number<std::uint8_t>()};
    case GgufKind::i8: return std::int64_t{reader_.number<std::int8_t>()};
    case GgufKind::u16: return std::int64_t{reader_.number<std::uint16_t>()};
    case GgufKind::i16: return std::int64_t{reader_.number<std::int16_t>()};
    case GgufKind::u32: return std::int64_t{reader_.number<std::uint32_t>()};
    case GgufKind::i32: return std::int64_t{reader_.number<std::int32_t>()};
    case GgufKind::u64: return as_int(reader_.number<std::uint64_t>());
    case GgufKind::i64: return reader_.number<std::int64_t>();
    case GgufKind::f32: return static_cast<double>(reader_.number<float>());
    case GgufKind::f64: return reader_.number<double>();
    case GgufKind::boolean: return as_bool(reader_.number<std::uint8_t>());
    case GgufKind::string: return read_string(limits::longest_string);
    case GgufKind::array: return read_array();
  }
  fail_damaged(file_.path(), reader_.subject(), " is of the unknown kind ", static_cast<std::uint32_t>(kind));
}

GgufKind GgufParser::read_element_kind() {
  const auto number = reader_.number<std::uint32_t>();
  if (number > static_cast<std::uint32_t>(GgufKind::f64))
    fail_damaged(file_.path(), reader_.subject(), " is a list of the unknown kind ", number);
  const auto kind = static_cast<GgufKind>(number);
  if (kind == GgufKind::array)
    fail(Code::unsupported, "In the file ", file_.path().string(), " ", reader_.subject(),
         " is a list of lists, which pmtune does not read; choose another file of the same model.");
  return kind;
}

GgufValue GgufParser::read_array() {
  const GgufKind kind = read_element_kind();
  const auto count = reader_.number<std::uint64_t>();
  if (count > limits::most_array_elements || Checked(array_elements_) + count > limits::most_array_elements)
    fail_damaged(file_.path(), reader_.subject(), " claims a list of ", count, " entries, more than any model has");
  array_elements_ = (Checked(array_elements_) + count).value();
  switch (kind) {
    case GgufKind::u8: return read_numbers<std::uint8_t, std::int64_t>(count);
    case GgufKind::i8: return read_numbers<std::int8_t, std::int64_t>(count);
    case GgufKind::u16: return read_numbers<std::uint16_t, std::int64_t>(count);
    case GgufKind::i16: return read_numbers<std::int16_t, std::int64_t>(count);
    case GgufKind::u32: return read_numbers<std::uint32_t, std::int64_t>(count);
    case GgufKind::i32: return read_numbers<std::int32_t, std::int64_t>(count);
    case GgufKind::u64: return read_numbers<std::uint64_t, std::int64_t>(count);
    case GgufKind::i64: return read_numbers<std::int64_t, std::int64_t>(count);
    case GgufKind::f32: return read_numbers<float, double>(count);
    case GgufKind::f64: return read_numbers<double, double>(count);
    case GgufKind::boolean: return read_numbers<std::uint8_t, bool>(count);
    case GgufKind::string: return read_strings(count);
    case GgufKind::array: break;  // refused above
  }
  fail(Code::internal, "A list of lists was not refused; please report this.");
}

template <class Stored, class Kept>
std::vector<Kept> GgufParser::read_numbers(std::uint64_t count) {
  reader_.require(Checked(count) * sizeof(Stored));
  std::vector<Kept> numbers;
  numbers.reserve(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto stored = reader_.number<Stored>();
    if constexpr (std::is_same_v<Kept, bool>) {
      numbers.push_back(as_bool(stored));
    } else if constexpr (std::is_same_v<Stored, std::uint64_t>) {
      numbers.push_back(as_int(stored));
    } else {
      numbers.push_back(static_cast<Kept>(stored));
    }
  }
  return numbers;
}

std::vector<std::string> GgufParser::read_strings(std::uint64_t count) {
  reader_.require(Checked(count) * sizeof(std::uint64_t));  // each has a length at least
  std::vector<std::string> strings;
  strings.reserve(count);
  for (std::uint64_t i = 0; i < count; ++i) strings.push_back(read_string(limits::longest_string));
  return strings;
}

std::string GgufParser::read_string(std::uint64_t longest) {
  const auto length = reader_.number<std::uint64_t>();
  if (length > longest)
    fail_damaged(file_.path(), reader_.subject(), " claims a text of ", length, " bytes, and the most is ", longest);
  const std::string_view text = reader_.text(length);
  if (find_invalid_utf8(text) != std::string_view::npos)
    fail_damaged(file_.path(), reader_.subject(), " holds a text that is not UTF-8");
  return std::string(text);
}

std::string GgufParser::read_name(const char* what, std::uint64_t longest) {
  reader_.set_subject(std::string("the name of ") + what);
  std::string name = read_string(longest);
  if (name.empty()) fail_damaged(file_.path(), reader_.subject(), " is empty");
  return name;
}

// ---- tensors
// --------------------------------------------------------------------------------------------------------

void GgufParser::read_tensor() {
  TensorView tensor;
  tensor.name = read_name("a tensor", limits::longest_tensor_name);
  reader_.set_subject("the description of the tensor " + in_quotes(tensor.name));
  tensor.shape = read_shape();
  tensor.dtype = read_dtype(tensor.name);
  tensor.bytes = bytes_of(tensor);
  offsets_.push_back(reader_.number<std::uint64_t>());
  if (!file_.index_.emplace(tensor.name, file_.tensors_.size()).second)
    fail_damaged(file_.path(), "the tensor ", in_quotes(tensor.name), " stands in it twice");
  file_.tensors_.push_back(std::move(tensor));
}

std::vector<std::int64_t> GgufParser::read_shape() {
  const auto dimensions = reader_.number<std::uint32_t>();
  if (dimensions == 0 || dimensions > limits::most_gguf_dimensions)
    fail_damaged(file_.path(), reader_.subject(), " claims ", dimensions, " dimensions, and 1 to ",
                 limits::most_gguf_dimensions, " are possible");
  std::vector<std::int64_t> shape;
  for (std::uint32_t i = 0; i < dimensions; ++i) {
    const auto size = reader_.number<std::uint64_t>();
    if (size == 0) fail_damaged(file_.path(), reader_.subject(), " claims a dimension of size 0");
    shape.push_back(as_int(size));
  }
  std::reverse(shape.begin(), shape.end());  // GGUF writes the innermost first
  return shape;
}

DType GgufParser::read_dtype(const std::string& name) {
  const auto type = reader_.number<std::uint32_t>();
  if (const std::optional<DType> dtype = dtype_of_ggml(type)) return *dtype;
  const std::string type_name = name_of_ggml(type);
  if (type_name.empty())
    fail(Code::corrupt, "In the file ", file_.path().string(), " the tensor ", in_quotes(name),
         " is stored in an unknown number format (", type,
         "), so the file is damaged or newer than this pmtune; download it again or choose a Q4_0, Q4_K, Q8_0 or F16 "
         "file of the same model.");
  fail(Code::unsupported, "In the file ", file_.path().string(), " the tensor ", in_quotes(name), " is stored as ",
       type_name, ", which pmtune does not read yet; choose a Q4_0, Q4_K, Q8_0 or F16 file of the same model.");
}

std::uint64_t GgufParser::bytes_of(const TensorView& tensor) const {
  const DTypeInfo& format = info(tensor.dtype);
  if (Checked(tensor.shape.back()) % format.block != 0)
    fail_damaged(file_.path(), "the rows of the tensor ", in_quotes(tensor.name), " have ", tensor.shape.back(),
                 " numbers, which ", format.name, " cannot store (it stores ", format.block, " at a time)");
  const std::optional<std::uint64_t> bytes = tensor_bytes(tensor.dtype, tensor.shape);
  if (!bytes) fail_damaged(file_.path(), "the tensor ", in_quotes(tensor.name), " is impossibly large");
  return *bytes;
}

void GgufParser::place_tensors() {
  if (file_.tensors_.empty()) return;
  const std::span<const std::byte> bytes = file_.file_.bytes();
  const Checked start = reader_.position().aligned_to(alignment_);
  if (start > bytes.size()) fail_cut_short(file_.path(), "the weights are missing");
  const Checked room = Checked(bytes.size()) - start;
  for (std::size_t i = 0; i < file_.tensors_.size(); ++i) {
    TensorView& tensor = file_.tensors_[i];
    const Checked offset = offsets_[i];
    if (offset % alignment_ != 0)
      fail_damaged(file_.path(), "the tensor ", in_quotes(tensor.name), " does not start at a multiple of ",
                   alignment_, " bytes");
    if (offset > room || Checked(tensor.bytes) > room - offset)
      fail_cut_short(file_.path(), "the tensor ", in_quotes(tensor.name), " reaches past its end");
    tensor.data = bytes.data() + (start + offset).as<std::size_t>();
  }
}

void GgufParser::refuse_overlaps() const {
  std::vector<std::size_t> order(offsets_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return offsets_[a] < offsets_[b]; });
  for (std::size_t i = 1; i < order.size(); ++i) {
    const TensorView& before = file_.tensors_[order[i - 1]];
    const TensorView& after = file_.tensors_[order[i]];
    if (Checked(offsets_[order[i - 1]]) + before.bytes > Checked(offsets_[order[i]]))
      fail_damaged(file_.path(), "the tensors ", in_quotes(before.name), " and ", in_quotes(after.name), " overlap");
  }
}

}  // namespace pmtune::files
