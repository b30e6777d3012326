#include "base/json.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <unordered_set>
#include <vector>

#include "base/fail.hpp"
#include "base/utf8.hpp"

namespace pmtune {
namespace {

// Builds the value while it watches depth and keys. nlohmann's own DOM builder keeps the last of two equal keys.
class GuardedBuilder : public nlohmann::json_sax<Json> {
 public:
  GuardedBuilder(Json& root, std::size_t max_depth) : root_(root), max_depth_(max_depth) {}

  bool null() override { return put(nullptr); }
  bool boolean(bool value) override { return put(value); }
  bool number_integer(number_integer_t value) override { return put(value); }
  bool number_unsigned(number_unsigned_t value) override { return put(value); }
  bool number_float(number_float_t value, const string_t&) override { return put(value); }
  bool string(string_t& value) override { return put(std::move(value)); }
  bool binary(binary_t&) override { return refuse("binary data is not JSON"); }
  bool start_object(std::size_t) override { return open(Json::object()); }
  bool start_array(std::size_t) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    if (!open_.back().keys.insert(name).second) return refuse("the key \"" + name + "\" stands twice in one object");
    key_ = name;
    return true;
  }
  bool parse_error(std::size_t position, const std::string& token,
                   const nlohmann::detail::exception& error) override {
    position_ = position;
    reason_ = plain_reason(error.what());
    // A text in the wrong place has been read to its end; the fault is where it begins.
    const bool misplaced = std::string_view(error.what()).find("unexpected string literal") != std::string_view::npos;
    if (misplaced && !token.empty() && token.size() <= position) position_ -= token.size() - 1;
    return false;
  }

  std::size_t position() const { return position_; }
  const std::string& reason() const { return reason_; }
  bool refused() const { return refused_; }

 private:
  struct Open {
    Json* value;
    std::unordered_set<std::string> keys;
  };

  // The parser's own words name grammar symbols; these are for a person.
  static std::string plain_reason(const std::string& whole) {
    // What was read last is quoted in the middle; it is the file's text and may itself hold any of these words.
    const std::size_t quote = whole.find("; last read: '");
    const std::size_t behind = whole.rfind("; expected ");
    const std::string text =
        whole.substr(0, quote) + (quote < behind && behind != std::string::npos ? whole.substr(behind) : "");
    if (text.find("out_of_range") != std::string::npos) return "a number is too large";
    if (text.find("object key - unexpected '}'") != std::string::npos ||
        text.find("value - unexpected ']'") != std::string::npos)
      return "there is a comma too many before the closing bracket";
    if (text.find("unexpected end of input") != std::string::npos)
      return "it ends too early; a closing bracket or quote is missing";
    if (text.find("missing closing quote") != std::string::npos) return "a closing quote \" is missing";
    if (text.find("control character") != std::string::npos)
      return "a line break or control character stands inside a text; write \\n instead";
    if (text.find("ill-formed UTF-8") != std::string::npos) return "the text is not UTF-8; save the file as UTF-8";
    if (text.find("invalid literal") != std::string::npos)
      return "a word stands where a value should be; texts need double quotes";
    if (text.find("while parsing object key") != std::string::npos) return "a key in double quotes is expected here";
    if (text.find("while parsing object separator") != std::string::npos) return "a colon is missing after a key";
    if (text.find("while parsing object") != std::string::npos) return "a comma or a closing } is missing";
    if (text.find("while parsing array") != std::string::npos) return "a comma or a closing ] is missing";
    if (text.find("expected end of input") != std::string::npos)
      return "there is more text after the end of the value";
    return "it is not valid JSON here";
  }

  template <class Value>
  bool put(Value&& value) {
    place(Json(std::forward<Value>(value)));
    return true;
  }
  Json* place(Json value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    Json& parent = *open_.back().value;
    if (parent.is_array()) {
      parent.push_back(std::move(value));
      return &parent.back();
    }
    // Appended, not looked up: key() has made sure that the name is new, and a look-up walks the whole object.
    auto& members = parent.get_ref<Json::object_t&>();
    members.emplace_back(key_, std::move(value));
    return &members.back().second;
  }
  bool open(Json empty) {
    if (open_.size() >= max_depth_) return refuse("it nests too deeply");
    open_.push_back({place(std::move(empty)), {}});
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }
  bool refuse(std::string reason) {
    reason_ = std::move(reason);
    refused_ = true;
    return false;
  }

  Json& root_;
  std::size_t max_depth_;
  std::vector<Open> open_;
  std::string key_;
  std::size_t position_ = 0;
  std::string reason_;
  bool refused_ = false;
};

// Walks over the text and leaves word how far the parser has come: a fault that the builder finds has no other
// position.
class Walker {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  Walker(const char* at, const char** reached) : at_(at), reached_(reached) {}
  reference operator*() const { return *at_; }
  Walker& operator++() {
    *reached_ = ++at_;
    return *this;
  }
  Walker operator++(int) {
    const Walker before = *this;
    ++*this;
    return before;
  }
  bool operator==(const Walker& other) const { return at_ == other.at_; }

 private:
  const char* at_;
  const char** reached_;
};

void locate(std::string_view text, JsonFault& fault) {
  const std::size_t end = std::min(fault.byte, text.size());
  for (std::size_t i = 0; i < end; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte == '\n') {
      ++fault.line;
      fault.column = 1;
    } else if ((byte & 0xC0) != 0x80) {
      ++fault.column;
    }
  }
}

}  // namespace

bool parse_json(std::string_view text, Json& out, JsonFault& fault, std::size_t max_depth) {
  fault = {};
  out = nullptr;
  GuardedBuilder builder(out, max_depth);
  const char* reached = text.data();
  const char* end = text.data() + text.size();
  if (Json::sax_parse(Walker(text.data(), &reached), Walker(end, &reached), &builder)) return true;
  out = nullptr;
  fault.reason = builder.reason();
  const auto position = builder.refused() ? static_cast<std::size_t>(reached - text.data()) : builder.position();
  fault.byte = position > 0 ? position - 1 : 0;
  locate(text, fault);
  return false;
}

Json parse_json_or_throw(std::string_view text, std::string_view what, std::size_t max_depth) {
  Json value;
  JsonFault fault;
  if (!parse_json(text, value, fault, max_depth))
    fail(Code::corrupt, what, " is not valid JSON at line ", fault.line, ", column ", fault.column, ": ",
         fault.reason, ".");
  return value;
}

}  // namespace pmtune
