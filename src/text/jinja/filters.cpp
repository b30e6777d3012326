// Filters of single values: texts, numbers, JSON. Those of lists are in list_filters.cpp.
#include "text/jinja/filters.hpp"

#include <charconv>
#include <cmath>
#include <optional>
#include <unordered_map>

#include "text/jinja/operators.hpp"
#include "text/jinja/printing.hpp"
#include "text/jinja/text_ops.hpp"
#include "text/unicode.hpp"

namespace pmtune::text::jinja {
namespace {

using R = Runtime;
using V = Value;
using A = Arguments;

std::int64_t integer_or(R& runtime, const A& arguments, std::size_t position, std::string_view name,
                        std::int64_t otherwise) {
  const V* value = arguments.get(position, name);
  if (value == nullptr || value->is_none()) return otherwise;
  if (!value->is_integer() && !value->is_bool())
    runtime.fault("gives a filter ", value->kind_name(), " for \"", name, "\", which must be an integer");
  return value->as_integer();
}

V default_filter(R& runtime, const V& input, const A& arguments) {
  arguments.expect(runtime, "the filter \"default\"", {"default_value", "boolean"});
  const bool replaces = input.is_undefined() || (arguments.flag(1, "boolean", false) && !input.truthy());
  if (!replaces) return input;
  const V* otherwise = arguments.get(0, "default_value");
  return otherwise == nullptr ? runtime.text(std::string()) : *otherwise;
}

V trim(R& runtime, const V& input, const A& arguments) {
  arguments.expect(runtime, "the filter \"trim\"", {"chars"});
  const V* chars = arguments.get(0, "chars");
  const V text = to_text_value(runtime, input);
  runtime.step(text.weight());
  std::optional<std::string_view> set;
  if (chars != nullptr && chars->is_text()) set = chars->if_text()->view();
  const ByteRange rest = strip(text.if_text()->view(), set, {});
  if (rest.size() == text.if_text()->size()) return text;
  return runtime.text(text.if_text()->slice(rest.begin, rest.end));
}

V changed_case(R& runtime, const V& input, const A& arguments, std::string (*change)(std::string_view)) {
  arguments.expect(runtime, "a filter that changes case", {});
  const V text = to_text_value(runtime, input);
  runtime.step(text.weight() * 8);
  return runtime.text(MarkedText::derived(change(text.if_text()->view()), text.if_text()->has_untrusted()));
}

V to_string(R& runtime, const V& input, const A& arguments) {
  arguments.expect(runtime, "the filter \"string\"", {});
  return to_text_value(runtime, input);
}

V replace_filter(R& runtime, const V& input, const A& arguments) {
  arguments.expect(runtime, "the filter \"replace\"", {"old", "new", "count"});
  const V* old = arguments.get(0, "old");
  const V* replacement = arguments.get(1, "new");
  if (old == nullptr || replacement == nullptr)
    runtime.fault("uses the filter \"replace\" without an old and a new text");
  const V old_text = to_text_value(runtime, *old);
  return runtime.text(replace(runtime, to_text(runtime, input), old_text.if_text()->view(),
                              to_text(runtime, *replacement), integer_or(runtime, arguments, 2, "count", -1)));
}

V escape(R& runtime, const V& input, const A& arguments) {
  arguments.expect(runtime, "the filter \"escape\"", {});
  constexpr std::pair<char, std::string_view> escapes[] = {
      {'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'\'', "&#39;"}, {'"', "&#34;"}};
  const MarkedText text = to_text(runtime, input);
  MarkedText made;
  std::size_t at = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    for (const auto& [character, escaped] : escapes) {
      if (text.view()[i] != character) continue;
      made.append_slice(text, at, i);
      made.append(escaped);
      at = i + 1;
    }
  }
  made.append_slice(text, at, text.size());
  return runtime.text(std::move(made));
}

V indent(R& runtime, const V& input, const A& arguments) {
  arguments.expect(runtime, "the filter \"indent\"", {"width", "first", "blank"});
  const V* width = arguments.get(0, "width");
  MarkedText margin = MarkedText::trusted("    ");
  if (width != nullptr && width->is_text()) {
    margin = *width->if_text();
  } else if (width != nullptr) {
    const std::int64_t spaces = integer_or(runtime, arguments, 0, "width", 4);
    if (spaces > 10'000) runtime.limit_passed("spaces of indentation", 10'000);
    margin = MarkedText::trusted(std::string(static_cast<std::size_t>(std::max<std::int64_t>(spaces, 0)), ' '));
  }
  const bool blank = arguments.flag(2, "blank", false);
  const MarkedText text = to_text(runtime, input);
  MarkedText made;
  if (arguments.flag(1, "first", false)) made.append(margin);
  const std::vector<Value> lines = split_lines(runtime, text, false);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const MarkedText& line = *lines[i].if_text();
    if (i > 0) {
      made.append("\n");
      if (blank || !line.empty()) made.append(margin);
    }
    made.append(line);
    runtime.check_text_size(made.size());
  }
  // split_lines forgets a line end at the very end, which str.splitlines() of the text plus "\n" would keep.
  const bool ends_line = !text.empty() && (text.view().back() == '\n' || text.view().back() == '\r');
  if (ends_line) {
    made.append("\n");
    if (blank) made.append(margin);
  }
  return runtime.text(std::move(made));
}

// Python's int() and float() of a text: spaces around, underscores between digits.
std::optional<std::string> numeral(std::string_view text) {
  const ByteRange rest = strip(text, std::nullopt, {});
  std::string digits;
  for (std::size_t i = rest.begin; i < rest.end; ++i) {
    const bool between = i > rest.begin && i + 1 < rest.end && text[i - 1] != '_' && text[i + 1] != '_';
    if (text[i] != '_') {
      digits += text[i];
    } else if (!between) {
      return std::nullopt;
    }
  }
  if (digits.starts_with('+') && !digits.starts_with("+-")) digits.erase(0, 1);
  return digits;
}

std::optional<double> parse_real(std::string_view text) {
  const std::optional<std::string> digits = numeral(text);
  if (!digits) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(digits->data(), digits->data() + digits->size(), value);
  if (error != std::errc() || end != digits->data() + digits->size()) return std::nullopt;
  return value;
}

std::optional<std::int64_t> parse_integer(std::string_view text, int base) {
  const std::optional<std::string> digits = numeral(text);
  if (!digits) return std::nullopt;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits->data(), digits->data() + digits->size(), value, base);
  if (error != std::errc() || end != digits->data() + digits->size()) return std::nullopt;
  return value;
}

std::optional<std::int64_t> truncated(double value) {
  if (!(std::abs(value) < 9.2e18)) return std::nullopt;
  return static_cast<std::int64_t>(value);
}

V to_int(R& runtime, const V& input, const A& arguments) {
  arguments.expect(runtime, "the filter \"int\"", {"default", "base"});
  if (input.is_undefined()) runtime.fault("turns an undefined value into a number");
  const V* given = arguments.get(0, "default");
  const V otherwise = given == nullptr ? V(std::int64_t{0}) : *given;
  std::optional<std::int64_t> value;
  if (const MarkedText* text = input.if_text()) {
    const std::int64_t base = integer_or(runtime, arguments, 1, "base", 10);
    if (base < 2 || base > 36) runtime.fault("uses the filter \"int\" with the base ", base);
    value = parse_integer(text->view(), static_cast<int>(base));
    if (!value)
      if (const std::optional<double> real = parse_real(text->view())) value = truncated(*real);
  } else if (input.is_real()) {
    value = truncated(input.as_real());
  } else if (input.is_number()) {
    value = input.as_integer();
  }
  return value ? V(*value) : otherwise;
}

V to_float(R& runtime, const V& input, const A& arguments) {
  arguments.expect(runtime, "the filter \"float\"", {"default"});
  if (input.is_undefined()) runtime.fault("turns an undefined value into a number");
  const V* given = arguments.get(0, "default");
  if (input.is_number()) return V(input.as_real());
  if (const MarkedText* text = input.if_text())
    if (const std::optional<double> value = parse_real(text->view())) return V(*value);
  return given == nullptr ? V(0.0) : *given;
}

V absolute(R& runtime, const V& input, const A& arguments) {
  arguments.expect(runtime, "the filter \"abs\"", {});
  if (!input.is_number()) runtime.fault("asks for the absolute value of ", input.kind_name());
  if (input.is_real()) return V(std::abs(input.as_real()));
  return input.as_integer() < 0 ? signed_value(runtime, true, input) : V(input.as_integer());
}

V round_filter(R& runtime, const V& input, const A& arguments) {
  arguments.expect(runtime, "the filter \"round\"", {"precision", "method"});
  if (!input.is_number()) runtime.fault("rounds ", input.kind_name());
  const std::int64_t precision = integer_or(runtime, arguments, 0, "precision", 0);
  if (precision < -300 || precision > 300) runtime.limit_passed("digits of rounding", 300);
  const V* given = arguments.get(1, "method");
  const std::string method = given != nullptr && given->is_text() ? given->if_text()->bytes() : "common";
  const double scale = std::pow(10.0, static_cast<double>(precision));
  if (method == "ceil") return V(std::ceil(input.as_real() * scale) / scale);
  if (method == "floor") return V(std::floor(input.as_real() * scale) / scale);
  if (method != "common") runtime.fault("rounds by the unknown method \"", method, "\"");
  if (precision < 0 || !std::isfinite(input.as_real())) {
    const double rounded = std::nearbyint(input.as_real() * scale) / scale;
    return input.is_real() ? V(rounded) : V(static_cast<std::int64_t>(rounded));
  }
  if (!input.is_real()) return V(input.as_integer());
  // Python rounds the exact decimal value; printing with that many digits does the same.
  const std::string digits = [&] {
    std::string buffer(700, '\0');
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), input.as_real(),
                                   std::chars_format::fixed, static_cast<int>(precision))
                         .ptr;
    buffer.resize(static_cast<std::size_t>(end - buffer.data()));
    return buffer;
  }();
  return V(parse_real(digits).value_or(input.as_real()));
}

V tojson(R& runtime, const V& input, const A& arguments) {
  arguments.expect(runtime, "the filter \"tojson\"", {"ensure_ascii", "indent", "separators", "sort_keys"});
  JsonStyle style;
  style.ascii_only = arguments.flag(0, "ensure_ascii", false);
  style.indent = integer_or(runtime, arguments, 1, "indent", -1);
  style.sort_keys = arguments.flag(3, "sort_keys", false);
  if (style.indent > 100) runtime.limit_passed("spaces of indentation", 100);
  if (style.indent >= 0) style.item_separator = ",";
  if (const V* separators = arguments.get(2, "separators"); separators != nullptr && !separators->is_none()) {
    const List* pair = separators->if_list();
    if (pair == nullptr || pair->items.size() != 2 || !pair->items[0].is_text() || !pair->items[1].is_text())
      runtime.fault("gives the filter \"tojson\" separators that are not two texts");
    style.item_separator = pair->items[0].if_text()->bytes();
    style.key_separator = pair->items[1].if_text()->bytes();
  }
  return runtime.text(MarkedText::derived(to_json(runtime, input, style), has_untrusted(input)));
}

V same(R&, const V& input, const A&) { return input; }

const std::unordered_map<std::string_view, FilterFunction>& value_filters() {
  static const std::unordered_map<std::string_view, FilterFunction> table = {
      {"default", default_filter},
      {"d", default_filter},
      {"trim", trim},
      {"upper", [](R& r, const V& i, const A& a) { return changed_case(r, i, a, to_upper); }},
      {"lower", [](R& r, const V& i, const A& a) { return changed_case(r, i, a, to_lower); }},
      {"title", [](R& r, const V& i, const A& a) { return changed_case(r, i, a, title_jinja); }},
      {"capitalize", [](R& r, const V& i, const A& a) { return changed_case(r, i, a, capitalize); }},
      {"string", to_string},
      {"replace", replace_filter},
      {"escape", escape},
      {"e", escape},
      {"forceescape", escape},
      {"safe", same},
      {"indent", indent},
      {"int", to_int},
      {"float", to_float},
      {"abs", absolute},
      {"round", round_filter},
      {"tojson", tojson},
  };
  return table;
}

}  // namespace

Value apply_filter(Runtime& runtime, const std::string& name, const Value& input, const Arguments& arguments) {
  const Level level(runtime);
  runtime.step();
  const auto found = value_filters().find(name);
  FilterFunction filter = found != value_filters().end() ? found->second : find_list_filter(name);
  if (filter == nullptr) filter = find_grouping_filter(name);
  if (filter == nullptr) runtime.unsupported("the filter \"", name, "\"");
  return filter(runtime, input, arguments);
}

}  // namespace pmtune::text::jinja
