// Filters that take or make lists.
#include <algorithm>
#include <charconv>
#include <unordered_map>

#include "text/jinja/filters.hpp"
#include "text/jinja/operators.hpp"
#include "text/jinja/printing.hpp"
#include "text/jinja/text_ops.hpp"

namespace pmtune::text::jinja {
namespace {

using R = Runtime;
using V = Value;
using A = Arguments;

V length_filter(R& runtime, const V& input, const A& arguments) {
  arguments.expect(runtime, "the filter \"length\"", {});
  return V(length(runtime, input));
}

V join(R& runtime, const V& input, const A& arguments) {
  arguments.expect(runtime, "the filter \"join\"", {"d", "attribute"});
  const V* separator = arguments.get(0, "d");
  const V* path = arguments.get(1, "attribute");
  const MarkedText between = separator == nullptr ? MarkedText() : to_text(runtime, *separator);
  MarkedText joined;
  bool first = true;
  const ListPtr visited = iterate(runtime, input);
  for (const V& part : visited->items) {
    runtime.step();
    if (!first) joined.append(between);
    first = false;
    joined.append(to_text(runtime, path == nullptr ? part : attribute_path(runtime, part, *path)));
    runtime.check_text_size(joined.size());
  }
  return runtime.text(std::move(joined));
}

V first(R& runtime, const V& input, const A& arguments) {
  arguments.expect(runtime, "the filter \"first\"", {});
  const ListPtr list = iterate(runtime, input);
  return list->items.empty() ? V::undefined("first") : list->items.front();
}

V last(R& runtime, const V& input, const A& arguments) {
  arguments.expect(runtime, "the filter \"last\"", {});
  const ListPtr list = iterate(runtime, input);
  return list->items.empty() ? V::undefined("last") : list->items.back();
}

V to_list(R& runtime, const V& input, const A& arguments) {
  arguments.expect(runtime, "the filter \"list\"", {});
  return runtime.list(iterate(runtime, input)->items);
}

V items(R& runtime, const V& input, const A& arguments) {
  arguments.expect(runtime, "the filter \"items\"", {});
  if (!input.is_undefined() && input.if_dict() == nullptr) runtime.fault("takes the items of ", input.kind_name());
  std::vector<V> pairs;
  if (const Dict* dict = input.if_dict())
    for (const auto& [key, value] : dict->entries) pairs.push_back(runtime.list({key, value}, List::Kind::tuple));
  return runtime.list(std::move(pairs), List::Kind::generator);
}

V reverse(R& runtime, const V& input, const A& arguments) {
  arguments.expect(runtime, "the filter \"reverse\"", {});
  std::vector<V> reversed = iterate(runtime, input)->items;
  std::reverse(reversed.begin(), reversed.end());
  if (!input.is_text()) return runtime.list(std::move(reversed), List::Kind::generator);
  MarkedText text;
  for (const V& character : reversed) text.append(*character.if_text());
  return runtime.text(std::move(text));
}

std::vector<V> sorted(R& runtime, std::vector<std::pair<V, V>> keyed, bool reversed) {
  const auto before = [&](const auto& left, const auto& right) {
    return reversed ? order(runtime, right.first, left.first) < 0 : order(runtime, left.first, right.first) < 0;
  };
  // A merge sort of the library's own stays within bounds even if the order should contradict itself.
  std::stable_sort(keyed.begin(), keyed.end(), before);
  std::vector<V> values;
  for (auto& [key, value] : keyed) values.push_back(std::move(value));
  return values;
}

V sort(R& runtime, const V& input, const A& arguments) {
  arguments.expect(runtime, "the filter \"sort\"", {"reverse", "case_sensitive", "attribute"});
  const V* path = arguments.get(2, "attribute");
  std::vector<std::pair<V, V>> keyed;
  const ListPtr visited = iterate(runtime, input);
  for (const V& value : visited->items)
    keyed.emplace_back(sort_key(runtime, value, path, arguments.flag(1, "case_sensitive", false)), value);
  return runtime.list(sorted(runtime, std::move(keyed), arguments.flag(0, "reverse", false)));
}

V dictsort(R& runtime, const V& input, const A& arguments) {
  arguments.expect(runtime, "the filter \"dictsort\"", {"case_sensitive", "by", "reverse"});
  if (input.if_dict() == nullptr) runtime.fault("sorts ", input.kind_name(), " as a dict");
  const V* by = arguments.get(1, "by");
  const bool by_value = by != nullptr && by->is_text() && by->if_text()->view() == "value";
  std::vector<std::pair<V, V>> keyed;
  for (const auto& [key, value] : input.if_dict()->entries)
    keyed.emplace_back(sort_key(runtime, by_value ? value : key, nullptr, arguments.flag(0, "case_sensitive", false)),
                       runtime.list({key, value}, List::Kind::tuple));
  return runtime.list(sorted(runtime, std::move(keyed), arguments.flag(2, "reverse", false)));
}

V unique(R& runtime, const V& input, const A& arguments) {
  arguments.expect(runtime, "the filter \"unique\"", {"case_sensitive", "attribute"});
  const V* path = arguments.get(1, "attribute");
  std::vector<V> seen;
  std::vector<V> kept;
  const ListPtr visited = iterate(runtime, input);
  for (const V& value : visited->items) {
    const V key = sort_key(runtime, value, path, arguments.flag(0, "case_sensitive", false));
    const bool known =
        std::any_of(seen.begin(), seen.end(), [&](const V& other) { return runtime.equal(other, key); });
    if (known) continue;
    seen.push_back(key);
    kept.push_back(value);
  }
  return runtime.list(std::move(kept), List::Kind::generator);
}

// The arguments behind the first `count`.
A remaining(const A& arguments, std::size_t count) {
  A rest;
  rest.positional.assign(arguments.positional.begin() + static_cast<std::ptrdiff_t>(count),
                         arguments.positional.end());
  rest.named = arguments.named;
  return rest;
}

std::string name_argument(R& runtime, const A& arguments, std::size_t position, std::string_view filter) {
  if (position >= arguments.positional.size() || !arguments.positional[position].is_text())
    runtime.fault("uses the filter \"", filter, "\" without the name of a filter or test");
  return arguments.positional[position].if_text()->bytes();
}

V map(R& runtime, const V& input, const A& arguments) {
  std::vector<V> mapped;
  const ListPtr list = iterate(runtime, input);
  if (arguments.positional.empty()) {
    arguments.expect(runtime, "the filter \"map\"", {"attribute", "default"});
    const V* path = arguments.get(0, "attribute");
    const V* otherwise = arguments.get(1, "default");
    if (path == nullptr) runtime.fault("uses the filter \"map\" without an attribute or a filter");
    for (const V& value : list->items) {
      V found = attribute_path(runtime, value, *path);
      mapped.push_back(found.is_undefined() && otherwise != nullptr ? *otherwise : std::move(found));
    }
  } else {
    const std::string name = name_argument(runtime, arguments, 0, "map");
    const A rest = remaining(arguments, 1);
    for (const V& value : list->items) mapped.push_back(apply_filter(runtime, name, value, rest));
  }
  return runtime.list(std::move(mapped), List::Kind::generator);
}

// select, reject, selectattr and rejectattr: keep the items whose (attribute's) test comes out as wanted.
V choose(R& runtime, const V& input, const A& arguments, bool by_attribute, bool wanted) {
  const std::size_t before_test = by_attribute ? 1 : 0;
  if (arguments.positional.size() < before_test) runtime.fault("selects by an attribute without naming it");
  const bool has_test = arguments.positional.size() > before_test;
  const std::string test = has_test ? name_argument(runtime, arguments, before_test, "select") : "";
  const A rest = has_test ? remaining(arguments, before_test + 1) : A();
  std::vector<V> kept;
  const ListPtr visited = iterate(runtime, input);
  for (const V& value : visited->items) {
    const V tested = by_attribute ? attribute_path(runtime, value, arguments.positional[0]) : value;
    const bool passes = has_test ? apply_test(runtime, test, tested, rest) : tested.truthy();
    if (passes == wanted) kept.push_back(value);
  }
  return runtime.list(std::move(kept), List::Kind::generator);
}

}  // namespace

V attribute_path(R& runtime, const V& object, const V& path) {
  if (path.is_integer()) return item(runtime, object, path);
  const MarkedText* text = path.if_text();
  if (text == nullptr) runtime.fault("names an attribute by ", path.kind_name());
  V value = object;
  std::string_view rest = text->view();
  for (;;) {
    const std::size_t dot = rest.find('.');
    const std::string_view part = rest.substr(0, dot);
    std::int64_t index = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), index);
    const bool is_index = error == std::errc() && end == part.data() + part.size();
    value = item(runtime, value, is_index ? V(index) : V::text(std::string(part)));
    if (dot == std::string_view::npos) return value;
    rest = rest.substr(dot + 1);
  }
}

V sort_key(R& runtime, const V& value, const V* path, bool case_sensitive) {
  V key = path == nullptr ? value : attribute_path(runtime, value, *path);
  if (case_sensitive || !key.is_text()) return key;
  runtime.step(key.weight());
  return runtime.text(to_lower(key.if_text()->view()));
}

FilterFunction find_list_filter(std::string_view name) {
  static const std::unordered_map<std::string_view, FilterFunction> table = {
      {"length", length_filter},
      {"count", length_filter},
      {"join", join},
      {"first", first},
      {"last", last},
      {"list", to_list},
      {"items", items},
      {"reverse", reverse},
      {"sort", sort},
      {"dictsort", dictsort},
      {"unique", unique},
      {"map", map},
      {"select", [](R& r, const V& i, const A& a) { return choose(r, i, a, false, true); }},
      {"reject", [](R& r, const V& i, const A& a) { return choose(r, i, a, false, false); }},
      {"selectattr", [](R& r, const V& i, const A& a) { return choose(r, i, a, true, true); }},
      {"rejectattr", [](R& r, const V& i, const A& a) { return choose(r, i, a, true, false); }},
  };
  const auto found = table.find(name);
  return found == table.end() ? nullptr : found->second;
}

}  // namespace pmtune::text::jinja
