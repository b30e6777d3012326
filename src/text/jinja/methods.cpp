#include "text/jinja/methods.hpp"

#include <algorithm>
#include <unordered_map>

#include "text/jinja/operators.hpp"
#include "text/jinja/text_ops.hpp"
#include "text/unicode.hpp"

namespace pmtune::text::jinja {
namespace {

using Method = Value (*)(Runtime&, const Value&, const Arguments&);
using MethodTable = std::unordered_map<std::string_view, Method>;

const MarkedText& text_of(const Value& value) { return *value.if_text(); }

const MarkedText& text_argument(Runtime& runtime, const Arguments& arguments, std::size_t position,
                                std::string_view name, std::string_view method) {
  const Value* value = arguments.get(position, name);
  if (value == nullptr || !value->is_text()) runtime.fault("calls ", method, "() without a text for \"", name, "\"");
  return *value->if_text();
}

std::int64_t integer_argument(Runtime& runtime, const Arguments& arguments, std::size_t position,
                              std::string_view name, std::int64_t otherwise) {
  const Value* value = arguments.get(position, name);
  if (value == nullptr || value->is_none()) return otherwise;
  if (!value->is_integer() && !value->is_bool())
    runtime.fault("passes ", value->kind_name(), " where an integer is needed");
  return value->as_integer();
}

// --- strings ---

Value strip_sides(Runtime& runtime, const Value& object, const Arguments& arguments, Sides sides) {
  arguments.expect(runtime, "strip()", {"chars"});
  const Value* chars = arguments.get(0, "chars");
  std::optional<std::string_view> set;
  if (chars != nullptr && !chars->is_none()) set = text_argument(runtime, arguments, 0, "chars", "strip").view();
  runtime.step(object.weight());
  const ByteRange rest = strip(text_of(object).view(), set, sides);
  return runtime.text(text_of(object).slice(rest.begin, rest.end));
}

Value split_text(Runtime& runtime, const Value& object, const Arguments& arguments, bool from_right) {
  arguments.expect(runtime, "split()", {"sep", "maxsplit"});
  const Value* given = arguments.get(0, "sep");
  std::optional<std::string_view> separator;
  if (given != nullptr && !given->is_none()) separator = text_argument(runtime, arguments, 0, "sep", "split").view();
  if (separator && separator->empty()) runtime.fault("splits a text at an empty separator");
  return runtime.list(split(runtime, text_of(object), separator,
                            integer_argument(runtime, arguments, 1, "maxsplit", -1), from_right));
}

// startswith and endswith take one text or a tuple of them.
template <class Matches>
Value matches_any(Runtime& runtime, const Value& object, const Arguments& arguments, const char* method,
                  Matches matches) {
  arguments.expect(runtime, method, {"prefix"});
  const Value* wanted = arguments.get(0, "prefix");
  const std::string_view text = text_of(object).view();
  if (wanted != nullptr && wanted->is_text()) return Value(matches(text, wanted->if_text()->view()));
  if (wanted == nullptr || wanted->if_list() == nullptr) runtime.fault("calls ", method, " without a text");
  for (const Value& candidate : wanted->if_list()->items)
    if (candidate.is_text() && matches(text, candidate.if_text()->view())) return Value(true);
  return Value(false);
}

Value changed_case(Runtime& runtime, const Value& object, const Arguments& arguments,
                   std::string (*change)(std::string_view)) {
  arguments.expect(runtime, "a method that changes case", {});
  runtime.step(object.weight() * 8);
  return runtime.text(MarkedText::derived(change(text_of(object).view()), text_of(object).has_untrusted()));
}

std::int64_t find_in(Runtime& runtime, const Value& object, const Arguments& arguments, bool from_right) {
  arguments.expect(runtime, "find()", {"sub"});
  const std::string_view text = text_of(object).view();
  const std::string_view wanted = text_argument(runtime, arguments, 0, "sub", "find").view();
  runtime.step(object.weight());
  const std::size_t at = from_right ? text.rfind(wanted) : text.find(wanted);
  return at == std::string_view::npos ? -1 : count_characters(text.substr(0, at));
}

Value index_in(Runtime& runtime, const Value& object, const Arguments& arguments) {
  const std::int64_t at = find_in(runtime, object, arguments, false);
  if (at < 0) runtime.fault("calls index() for a text that is not there");
  return Value(at);
}

Value count_in(Runtime& runtime, const Value& object, const Arguments& arguments) {
  arguments.expect(runtime, "count()", {"sub"});
  const std::string_view text = text_of(object).view();
  const std::string_view wanted = text_argument(runtime, arguments, 0, "sub", "count").view();
  runtime.step(object.weight());
  if (wanted.empty()) return Value(count_characters(text) + 1);
  std::int64_t count = 0;
  for (std::size_t at = text.find(wanted); at != std::string_view::npos; at = text.find(wanted, at + wanted.size()))
    ++count;
  return Value(count);
}

Value replace_in(Runtime& runtime, const Value& object, const Arguments& arguments) {
  arguments.expect(runtime, "replace()", {"old", "new", "count"});
  return runtime.text(replace(runtime, text_of(object), text_argument(runtime, arguments, 0, "old", "replace").view(),
                              text_argument(runtime, arguments, 1, "new", "replace"),
                              integer_argument(runtime, arguments, 2, "count", -1)));
}

Value join_items(Runtime& runtime, const Value& object, const Arguments& arguments) {
  arguments.expect(runtime, "join()", {"iterable"});
  const Value* items = arguments.get(0, "iterable");
  if (items == nullptr) runtime.fault("calls join() without a list");
  MarkedText joined;
  bool first = true;
  const ListPtr visited = iterate(runtime, *items);
  for (const Value& part : visited->items) {
    if (!part.is_text()) runtime.fault("joins ", part.kind_name(), " where a text is needed");
    if (!first) joined.append(text_of(object));
    first = false;
    joined.append(*part.if_text());
    runtime.check_text_size(joined.size());
    runtime.step();
  }
  return runtime.text(std::move(joined));
}

Value without_affix(Runtime& runtime, const Value& object, const Arguments& arguments, bool at_front) {
  arguments.expect(runtime, "removeprefix()", {"prefix"});
  const std::string_view text = text_of(object).view();
  const std::string_view affix = text_argument(runtime, arguments, 0, "prefix", "removeprefix").view();
  if (at_front)
    return text.starts_with(affix) ? runtime.text(text_of(object).slice(affix.size(), text.size())) : object;
  return text.ends_with(affix) ? runtime.text(text_of(object).slice(0, text.size() - affix.size())) : object;
}

bool is_digit(std::uint32_t c) { return c >= '0' && c <= '9'; }
bool is_letter_or_digit(std::uint32_t c) { return is_digit(c) || is_letter(c); }
bool is_space(std::uint32_t c) { return is_python_space(c); }

Value has_only(const Value& object, bool (*property)(std::uint32_t)) {
  return Value(all_characters(text_of(object).view(), property));
}

using R = Runtime;
using V = Value;
using A = Arguments;

const MethodTable& text_methods() {
  static const MethodTable table = {
      {"strip", [](R& r, const V& o, const A& a) { return strip_sides(r, o, a, {}); }},
      {"lstrip",
       [](R& r, const V& o, const A& a) {
         return strip_sides(r, o, a, {true, false});
       }},
      {"rstrip",
       [](R& r, const V& o, const A& a) {
         return strip_sides(r, o, a, {false, true});
       }},
      {"split", [](R& r, const V& o, const A& a) { return split_text(r, o, a, false); }},
      {"rsplit", [](R& r, const V& o, const A& a) { return split_text(r, o, a, true); }},
      {"splitlines",
       [](R& r, const V& o, const A& a) {
         a.expect(r, "splitlines()", {"keepends"});
         return r.list(split_lines(r, text_of(o), a.flag(0, "keepends", false)));
       }},
      {"startswith",
       [](R& r, const V& o, const A& a) {
         return matches_any(r, o, a, "startswith()",
                            [](std::string_view t, std::string_view p) { return t.starts_with(p); });
       }},
      {"endswith",
       [](R& r, const V& o, const A& a) {
         return matches_any(r, o, a, "endswith()",
                            [](std::string_view t, std::string_view p) { return t.ends_with(p); });
       }},
      {"upper", [](R& r, const V& o, const A& a) { return changed_case(r, o, a, to_upper); }},
      {"lower", [](R& r, const V& o, const A& a) { return changed_case(r, o, a, to_lower); }},
      {"title", [](R& r, const V& o, const A& a) { return changed_case(r, o, a, title_python); }},
      {"capitalize", [](R& r, const V& o, const A& a) { return changed_case(r, o, a, capitalize); }},
      {"find", [](R& r, const V& o, const A& a) { return V(find_in(r, o, a, false)); }},
      {"rfind", [](R& r, const V& o, const A& a) { return V(find_in(r, o, a, true)); }},
      {"index", index_in},
      {"count", count_in},
      {"replace", replace_in},
      {"join", join_items},
      {"removeprefix", [](R& r, const V& o, const A& a) { return without_affix(r, o, a, true); }},
      {"removesuffix", [](R& r, const V& o, const A& a) { return without_affix(r, o, a, false); }},
      {"isdigit", [](R&, const V& o, const A&) { return has_only(o, is_digit); }},
      {"isdecimal", [](R&, const V& o, const A&) { return has_only(o, is_digit); }},
      {"isnumeric", [](R&, const V& o, const A&) { return has_only(o, is_digit); }},
      {"isalpha", [](R&, const V& o, const A&) { return has_only(o, is_letter); }},
      {"isalnum", [](R&, const V& o, const A&) { return has_only(o, is_letter_or_digit); }},
      {"isspace", [](R&, const V& o, const A&) { return has_only(o, is_space); }},
  };
  return table;
}

// --- dicts ---

Value dict_get(Runtime& runtime, const Value& object, const Arguments& arguments) {
  arguments.expect(runtime, "get()", {"key", "default"});
  const Value* key = arguments.get(0, "key");
  if (key == nullptr) runtime.fault("calls get() without a key");
  runtime.step(1 + object.if_dict()->entries.size() / 8);
  if (const Value* found = object.if_dict()->find(*key)) return *found;
  const Value* otherwise = arguments.get(1, "default");
  return otherwise == nullptr ? Value(None{}) : *otherwise;
}

Value dict_items(Runtime& runtime, const Value& object, const Arguments& arguments) {
  arguments.expect(runtime, "items()", {});
  std::vector<Value> pairs;
  for (const auto& [key, value] : object.if_dict()->entries)
    pairs.push_back(runtime.list({key, value}, List::Kind::tuple));
  return runtime.list(std::move(pairs));
}

Value dict_keys(Runtime& runtime, const Value& object, const Arguments& arguments) {
  arguments.expect(runtime, "keys()", {});
  std::vector<Value> keys;
  for (const auto& [key, value] : object.if_dict()->entries) keys.push_back(key);
  return runtime.list(std::move(keys));
}

Value dict_values(Runtime& runtime, const Value& object, const Arguments& arguments) {
  arguments.expect(runtime, "values()", {});
  std::vector<Value> values;
  for (const auto& [key, value] : object.if_dict()->entries) values.push_back(value);
  return runtime.list(std::move(values));
}

Value itself(Runtime&, const Value& object, const Arguments&) { return object; }

const MethodTable& dict_methods() {
  static const MethodTable table = {
      {"get", dict_get}, {"items", dict_items}, {"keys", dict_keys}, {"values", dict_values}, {"copy", itself}};
  return table;
}

// --- lists ---

Value list_index(Runtime& runtime, const Value& object, const Arguments& arguments) {
  arguments.expect(runtime, "index()", {"value"});
  const Value* wanted = arguments.get(0, "value");
  const std::vector<Value>& items = object.if_list()->items;
  for (std::size_t i = 0; wanted != nullptr && i < items.size(); ++i)
    if (runtime.equal(items[i], *wanted)) return Value(static_cast<std::int64_t>(i));
  runtime.fault("calls index() for an item that is not in the list");
}

Value list_count(Runtime& runtime, const Value& object, const Arguments& arguments) {
  arguments.expect(runtime, "count()", {"value"});
  const Value* wanted = arguments.get(0, "value");
  if (wanted == nullptr) runtime.fault("calls count() without an item");
  return Value(std::int64_t{std::count_if(object.if_list()->items.begin(), object.if_list()->items.end(),
                                          [&](const Value& item) { return runtime.equal(item, *wanted); })});
}

const MethodTable& list_methods() {
  static const MethodTable table = {{"index", list_index}, {"count", list_count}, {"copy", itself}};
  return table;
}

Value cycle(Runtime& runtime, const Value& object, const Arguments& arguments) {
  if (arguments.positional.empty()) runtime.fault("calls loop.cycle() without values");
  return arguments.positional[object.if_loop()->index0 % arguments.positional.size()];
}

bool changes_its_object(const Value& object, const std::string& name) {
  constexpr std::string_view of_lists[] = {"append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort"};
  constexpr std::string_view of_dicts[] = {"clear", "pop", "popitem", "setdefault", "update"};
  if (const List* list = object.if_list(); list != nullptr && list->kind == List::Kind::list)
    return std::find(std::begin(of_lists), std::end(of_lists), name) != std::end(of_lists);
  return object.if_dict() != nullptr &&
         std::find(std::begin(of_dicts), std::end(of_dicts), name) != std::end(of_dicts);
}

}  // namespace

Value find_method(Runtime& runtime, const Value& object, const std::string& name) {
  if (object.if_loop() != nullptr && name == "cycle") return runtime.method(name, object, cycle);
  if (changes_its_object(object, name))
    runtime.fault("calls ", name, "() to change ", object.kind_name(), ", which the sandbox of templates forbids");
  const MethodTable* table = object.is_text()              ? &text_methods()
                             : object.if_dict() != nullptr ? &dict_methods()
                             : object.if_list() != nullptr ? &list_methods()
                                                           : nullptr;
  if (table == nullptr) return Value::undefined(name);
  const auto found = table->find(name);
  return found == table->end() ? Value::undefined(name) : runtime.method(name, object, found->second);
}

}  // namespace pmtune::text::jinja
