#include "text/jinja/printing.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/utf8.hpp"

namespace pmtune::text::jinja {
namespace {

// The shortest digits that read back as the same number, laid out as Python does.
std::string format_real(double number) {
  if (std::isnan(number)) return "nan";
  if (std::isinf(number)) return number < 0 ? "-inf" : "inf";
  std::array<char, 32> buffer{};
  const auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), number, std::chars_format::scientific).ptr;
  const std::string_view scientific(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
  int exponent = 0;
  const char* digits_end = scientific.data() + scientific.find('e');
  std::from_chars(digits_end + (digits_end[1] == '+' ? 2 : 1), scientific.data() + scientific.size(), exponent);
  if (exponent < -4 || exponent >= 16) return std::string(scientific);
  std::array<char, 64> plain{};
  const auto plain_end =
      std::to_chars(plain.data(), plain.data() + plain.size(), number, std::chars_format::fixed).ptr;
  std::string text(plain.data(), plain_end);
  return text.find('.') == std::string::npos ? text + ".0" : text;
}

std::string number_text(const Value& value) {
  if (value.is_bool()) return value.as_integer() != 0 ? "True" : "False";
  return value.is_integer() ? std::to_string(value.as_integer()) : format_real(value.as_real());
}

void append_hexadecimal(std::string& out, std::uint32_t value, int digits) {
  constexpr std::string_view hexadecimal = "0123456789abcdef";
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) out += hexadecimal[value >> shift & 15];
}

void repr_text(std::string& out, std::string_view text) {
  const bool has_single = text.find('\'') != std::string_view::npos;
  const char quote = has_single && text.find('"') == std::string_view::npos ? '"' : '\'';
  out += quote;
  for (std::size_t at = 0; at < text.size();) {
    const std::uint32_t c = next_code_point(text, at);
    if (c == static_cast<unsigned char>(quote) || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c < 0x20 || (c >= 0x7F && c <= 0xA0) || c == 0xAD) {
      out += "\\x";
      append_hexadecimal(out, c, 2);
    } else {
      append_utf8(out, c);
    }
  }
  out += quote;
}

// Writes a value in Python's notation, watching the size.
class Repr {
 public:
  explicit Repr(Runtime& runtime) : runtime_(runtime) {}

  void write(const Value& value) {
    const Level level(runtime_);
    runtime_.step();
    runtime_.check_text_size(out.size());
    if (value.is_undefined()) {
      out += "Undefined";
    } else if (value.is_none()) {
      out += "None";
    } else if (value.is_number()) {
      out += number_text(value);
    } else if (value.is_text()) {
      runtime_.step(value.weight());
      repr_text(out, value.if_text()->view());
    } else if (const List* list = value.if_list()) {
      write_list(*list);
    } else if (const Dict* dict = value.if_dict()) {
      write_pairs("{", dict->entries, "}");
    } else if (const Namespace* names = value.if_namespace()) {
      write_namespace(*names);
    } else if (const Callable* callable = value.if_callable()) {
      out += callable->is_macro ? "<Macro " : "<function ";
      repr_text(out, callable->name);
      out += '>';
    } else {
      const Loop& loop = *value.if_loop();
      out += concat("<LoopContext ", loop.index0 + 1, '/', loop.items->items.size(), '>');
    }
  }

  std::string out;

 private:
  void write_list(const List& list) {
    if (list.kind == List::Kind::generator) {
      out += "<generator object>";
      return;
    }
    const bool is_tuple = list.kind == List::Kind::tuple;
    out += is_tuple ? '(' : '[';
    for (std::size_t i = 0; i < list.items.size(); ++i) {
      if (i > 0) out += ", ";
      write(list.items[i]);
    }
    if (is_tuple && list.items.size() == 1) out += ',';
    out += is_tuple ? ')' : ']';
  }

  template <class Pairs>
  void write_pairs(std::string_view open, const Pairs& pairs, std::string_view close) {
    out += open;
    bool first = true;
    for (const auto& [key, value] : pairs) {
      if (!first) out += ", ";
      first = false;
      write(key);
      out += ": ";
      write(value);
    }
    out += close;
  }

  // A namespace can hold itself; the recursion limit ends that, as it does in Python.
  void write_namespace(const Namespace& names) {
    std::vector<std::pair<Value, Value>> pairs;
    for (const auto& [name, value] : names.attributes) pairs.emplace_back(Value::text(name), value);
    write_pairs("<Namespace {", pairs, "}>");
  }

  Runtime& runtime_;
};

class JsonWriter {
 public:
  JsonWriter(Runtime& runtime, const JsonStyle& style) : runtime_(runtime), style_(style) {}

  void write(const Value& value, std::int64_t level) {
    const Level recursion(runtime_);
    runtime_.step();
    runtime_.check_text_size(out.size());
    if (value.is_none()) {
      out += "null";
    } else if (value.is_bool()) {
      out += value.as_integer() != 0 ? "true" : "false";
    } else if (value.is_number()) {
      write_number(value);
    } else if (value.is_text()) {
      runtime_.step(value.weight());
      write_text(value.if_text()->view());
    } else if (value.if_list() != nullptr && value.if_list()->kind != List::Kind::generator) {
      write_list(*value.if_list(), level);
    } else if (const Dict* dict = value.if_dict()) {
      write_dict(*dict, level);
    } else {
      runtime_.fault("writes ", value.kind_name(), " as JSON, which has no such thing");
    }
  }

  std::string out;

 private:
  void write_number(const Value& value) {
    if (value.is_real() && std::isnan(value.as_real())) {
      out += "NaN";
    } else if (value.is_real() && std::isinf(value.as_real())) {
      out += value.as_real() < 0 ? "-Infinity" : "Infinity";
    } else {
      out += number_text(value);
    }
  }

  void write_text(std::string_view text) {
    constexpr std::string_view plain = "\"\\\n\r\t\b\f";
    constexpr std::string_view letters = "\"\\nrtbf";
    out += '"';
    for (std::size_t at = 0; at < text.size();) {
      const std::uint32_t c = next_code_point(text, at);
      const std::size_t kind = c < 0x80 ? plain.find(static_cast<char>(c)) : std::string_view::npos;
      if (kind != std::string_view::npos) {
        out += '\\';
        out += letters[kind];
      } else if (c < 0x20 || (style_.ascii_only && c >= 0x7F)) {
        write_escape(c);
      } else {
        append_utf8(out, c);
      }
    }
    out += '"';
  }

  void write_escape(std::uint32_t c) {
    if (c == 0x7F) {
      out += static_cast<char>(c);
    } else if (c < 0x10000) {
      out += "\\u";
      append_hexadecimal(out, c, 4);
    } else {
      out += "\\u";
      append_hexadecimal(out, 0xD800 + ((c - 0x10000) >> 10), 4);
      out += "\\u";
      append_hexadecimal(out, 0xDC00 + ((c - 0x10000) & 0x3FF), 4);
    }
  }

  void line(std::int64_t level) {
    if (style_.indent < 0) return;
    out += '\n';
    runtime_.check_text_size(out.size() + static_cast<std::size_t>(style_.indent * level));
    out.append(static_cast<std::size_t>(style_.indent * level), ' ');
  }

  void write_list(const List& list, std::int64_t level) {
    if (list.items.empty()) {
      out += "[]";
      return;
    }
    out += '[';
    for (std::size_t i = 0; i < list.items.size(); ++i) {
      if (i > 0) out += style_.item_separator;
      line(level + 1);
      write(list.items[i], level + 1);
    }
    line(level);
    out += ']';
  }

  void write_key(const Value& key) {
    if (key.is_text()) {
      write_text(key.if_text()->view());
    } else if (key.is_number() || key.is_none()) {
      out += '"';
      write(key, 0);
      out += '"';
    } else {
      runtime_.fault("writes a dict as JSON that has ", key.kind_name(), " as a key");
    }
  }

  void write_dict(const Dict& dict, std::int64_t level) {
    if (dict.entries.empty()) {
      out += "{}";
      return;
    }
    std::vector<const std::pair<Value, Value>*> entries;
    for (const auto& entry : dict.entries) entries.push_back(&entry);
    if (style_.sort_keys) {
      const auto all_texts =
          std::all_of(entries.begin(), entries.end(), [](const auto* entry) { return entry->first.is_text(); });
      if (!all_texts) runtime_.fault("sorts keys of a dict that are not all texts");
      std::stable_sort(entries.begin(), entries.end(), [](const auto* left, const auto* right) {
        return left->first.if_text()->view() < right->first.if_text()->view();
      });
    }
    out += '{';
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (i > 0) out += style_.item_separator;
      line(level + 1);
      write_key(entries[i]->first);
      out += style_.key_separator;
      write(entries[i]->second, level + 1);
    }
    line(level);
    out += '}';
  }

  Runtime& runtime_;
  const JsonStyle& style_;
};

}  // namespace

std::string repr(Runtime& runtime, const Value& value) {
  Repr writer(runtime);
  writer.write(value);
  return std::move(writer.out);
}

MarkedText to_text(Runtime& runtime, const Value& value) {
  if (const MarkedText* text = value.if_text()) return *text;
  if (value.is_undefined()) return {};
  return MarkedText::derived(repr(runtime, value), has_untrusted(value));
}

Value to_text_value(Runtime& runtime, const Value& value) {
  return value.is_text() ? value : runtime.text(to_text(runtime, value));
}

std::string to_json(Runtime& runtime, const Value& value, const JsonStyle& style) {
  JsonWriter writer(runtime, style);
  writer.write(value, 0);
  return std::move(writer.out);
}

bool has_untrusted(const Value& value) {
  if (const MarkedText* text = value.if_text()) return text->has_untrusted();
  if (const List* list = value.if_list())
    return std::any_of(list->items.begin(), list->items.end(), [](const Value& item) { return has_untrusted(item); });
  if (const Dict* dict = value.if_dict())
    return std::any_of(dict->entries.begin(), dict->entries.end(),
                       [](const auto& entry) { return has_untrusted(entry.first) || has_untrusted(entry.second); });
  // What a namespace or a loop prints is rare enough to be distrusted as a whole.
  return value.if_namespace() != nullptr || value.if_loop() != nullptr;
}

}  // namespace pmtune::text::jinja
