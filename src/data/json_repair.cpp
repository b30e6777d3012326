#include "data/json_repair.hpp"

#include <array>

#include "base/ascii.hpp"
#include "base/utf8.hpp"

namespace pmtune::data {
namespace {

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

std::string without_end_comma(std::string_view text) {
  while (text.ends_with(',') || text.ends_with(';')) text = trimmed(text.substr(0, text.size() - 1));
  return std::string(text);
}

std::string with_straight_quotes(std::string_view text) {
  std::string out(text);
  for (const std::string_view curly : {"\xE2\x80\x9C", "\xE2\x80\x9D", "\xE2\x80\x9E"}) replace_all(out, curly, "\"");
  return out;
}

// What stands outside of texts goes through `outside`, with the index; texts are copied, raw control characters
// escaped.
template <class Outside>
std::string rewritten(std::string_view text, Outside&& outside) {
  std::string out;
  bool in_text = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '"') in_text = !in_text;
    if (!in_text || c == '"') {
      outside(at, out);
      continue;
    }
    if (c == '\\' && at + 1 < text.size()) {
      out += c;
      out += text[++at];
    } else if (c == '\t' || c == '\n' || c == '\r') {
      out += c == '\t' ? "\\t" : c == '\n' ? "\\n" : "\\r";
    } else if (static_cast<unsigned char>(c) >= 0x20) {
      out += c;
    }
  }
  return out;
}

std::string with_escaped_controls(std::string_view text) {
  return rewritten(text, [&](std::size_t at, std::string& out) { out += text[at]; });
}

// {"a": 1,} and [1,]
std::string without_dangling_commas(std::string_view text) {
  return rewritten(text, [&](std::size_t at, std::string& out) {
    const std::size_t next = text.find_first_not_of(" \t\r\n", at + 1);
    const bool dangles =
        text[at] == ',' && next != std::string_view::npos && (text[next] == '}' || text[next] == ']');
    if (!dangles) out += text[at];
  });
}

// Closes what is open at the end; "" when a text is.
std::string with_closing_brackets(std::string_view text) {
  std::string open;
  bool in_text = false;
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (in_text && c == '\\') {
      out += c;
      if (at + 1 < text.size()) out += text[++at];
      continue;
    }
    if (c == '"') in_text = !in_text;
    if (!in_text && (c == '{' || c == '[')) open += c == '{' ? '}' : ']';
    if (!in_text && (c == '}' || c == ']')) {
      // One that closes something further out: what is within it was left open.
      while (!open.empty() && open.back() != c) {
        out += open.back();
        open.pop_back();
      }
      if (open.empty()) continue;  // one too many
      open.pop_back();
    }
    out += c;
  }
  return in_text ? "" : out.append(open.rbegin(), open.rend());
}

// What Python prints for a dictionary.
class PythonLiteral {
 public:
  explicit PythonLiteral(std::string_view text) : text_(text) {}

  std::string to_json() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '\'' || c == '"')
        quoted(c);
      else if (!word("True", "true") && !word("False", "false") && !word("None", "null"))
        out_ += text_[at_++];
    }
    return std::move(out_);
  }

 private:
  bool word(std::string_view python, std::string_view json) {
    if (!text_.substr(at_).starts_with(python)) return false;
    out_ += json;
    at_ += python.size();
    return true;
  }

  void quoted(char quote) {
    out_ += '"';
    for (++at_; at_ < text_.size() && text_[at_] != quote; ++at_) {
      const char c = text_[at_];
      if (c == '"') {
        out_ += "\\\"";
      } else if (c != '\\') {
        out_ += c;
      } else if (++at_ < text_.size()) {
        escape(text_[at_]);
      }
    }
    if (at_ < text_.size()) ++at_;
    out_ += '"';
  }

  void escape(char c) {
    if (c == '\'')
      out_ += c;
    else if (c == 'x' && at_ + 2 < text_.size())
      out_.append("\\u00").append(text_.substr(at_ + 1, 2)), at_ += 2;
    else
      out_ += '\\', out_ += c;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string out_;
};

std::string as_python(std::string_view text) { return PythonLiteral(text).to_json(); }

struct Repair {
  std::string (*apply)(std::string_view);
  const char* what;
};

constexpr std::array<Repair, 6> repairs{{
    {without_end_comma, "The comma at the end of the line is removed."},
    {with_straight_quotes, "The curly quotes are straight ones now."},
    {as_python, "The single quotes are double ones now."},
    {with_escaped_controls, "Line breaks and tabs inside texts are written as JSON wants them."},
    {without_dangling_commas, "A comma before a closing bracket is removed."},
    {with_closing_brackets, "The missing bracket is added, or the one too many removed."},
}};

bool parses(const std::string& text, Json& value) {
  JsonFault fault;
  return !text.empty() && parse_json(text, value, fault) && value.is_object() && !value.empty();
}

}  // namespace

std::optional<JsonRepair> repair_json(std::string_view record) {
  const std::string_view text = trimmed(record);
  if (!text.starts_with('{')) return std::nullopt;
  JsonRepair done;
  for (const Repair& repair : repairs)
    if (parses(repair.apply(text), done.value)) {
      done.what = repair.what;
      return done;
    }
  // Two at once, the comma at the end being one of them.
  const std::string plain = without_end_comma(text);
  for (const Repair& repair : repairs)
    if (parses(repair.apply(plain), done.value)) {
      done.what = std::string(repairs.front().what) + " " + repair.what;
      return done;
    }
  return std::nullopt;
}

}  // namespace pmtune::data
