#include "base/json.hpp"

#include <algorithm>
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
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& error) override {
    position_ = position;
    reason_ = plain_reason(error.what());
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
  static std::string plain_reason(const std::string& text) {
    if (text.find("unexpected end of input") != std::string::npos) return "it ends too early; a closing bracket or quote is missing";
    if (text.find("missing closing quote") != std::string::npos) return "a closing quote \" is missing";
    if (text.find("control character") != std::string::npos) return "a line break or control character stands inside a text; write \\n instead";
    if (text.find("ill-formed UTF-8") != std::string::npos) return "the text is not UTF-8; save the file as UTF-8";
    if (text.find("invalid literal") != std::string::npos) return "a word stands where a value should be; texts need double quotes";
    if (text.find("while parsing object key") != std::string::npos) return "a key in double quotes is expected here";
    if (text.find("while parsing object separator") != std::string::npos) return "a colon is missing after a key";
    if (text.find("while parsing object") != std::string::npos) return "a comma or a closing } is missing";
    if (text.find("while parsing array") != std::string::npos) return "a comma or a closing ] is missing";
    if (text.find("expected end of input") != std::string::npos) return "there is more text after the end of the value";
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
  if (Json::sax_parse(text.begin(), text.end(), &builder)) return true;
  out = nullptr;
  fault.reason = builder.reason();
  fault.byte = builder.refused() ? 0 : (builder.position() > 0 ? builder.position() - 1 : 0);
  locate(text, fault);
  return false;
}

Json parse_json_or_throw(std::string_view text, std::string_view what, std::size_t max_depth) {
  Json value;
  JsonFault fault;
  if (!parse_json(text, value, fault, max_depth))
    fail(Code::corrupt, what, " is not valid JSON at line ", fault.line, ", column ", fault.column, ": ", fault.reason, ".");
  return value;
}

}  // namespace pmtune
