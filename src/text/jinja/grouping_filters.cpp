// Filters that look at all items of a list together.
#include <algorithm>
#include <unordered_map>

#include "text/jinja/filters.hpp"
#include "text/jinja/operators.hpp"
#include "text/jinja/text_ops.hpp"

namespace pmtune::text::jinja {
namespace {

using R = Runtime;
using V = Value;
using A = Arguments;

// Of equal items the first.
V extreme(R& runtime, const V& input, const A& arguments, std::string_view filter, bool greatest) {
  arguments.expect(runtime, concat("the filter \"", filter, "\""), {"case_sensitive", "attribute"});
  const ListPtr list = iterate(runtime, input);
  if (list->items.empty()) return V::undefined(std::string(filter));
  const bool case_sensitive = arguments.flag(0, "case_sensitive", false);
  const V* path = arguments.get(1, "attribute");
  const V* best = nullptr;
  V best_key;
  for (const V& value : list->items) {
    runtime.step();
    V key = sort_key(runtime, value, path, case_sensitive);
    if (best != nullptr && (greatest ? order(runtime, key, best_key) <= 0 : order(runtime, key, best_key) >= 0))
      continue;
    best = &value;
    best_key = std::move(key);
  }
  return *best;
}

V sum(R& runtime, const V& input, const A& arguments) {
  arguments.expect(runtime, "the filter \"sum\"", {"attribute", "start"});
  const V* path = arguments.get(0, "attribute");
  const V* start = arguments.get(1, "start");
  V total = start == nullptr ? V(std::int64_t{0}) : *start;
  const ListPtr list = iterate(runtime, input);
  for (const V& value : list->items)
    total = binary(runtime, BinaryOp::add, total, path == nullptr ? value : attribute_path(runtime, value, *path));
  return total;
}

// Lists of `linecount` items each; the last is filled up with `fill_with` when that is given.
V batch(R& runtime, const V& input, const A& arguments) {
  arguments.expect(runtime, "the filter \"batch\"", {"linecount", "fill_with"});
  const V* count = arguments.get(0, "linecount");
  if (count == nullptr || !count->is_integer() || count->as_integer() < 1)
    runtime.fault("uses the filter \"batch\" without a number of items above 0");
  const V* fill = arguments.get(1, "fill_with");
  const auto size = static_cast<std::size_t>(std::min<std::int64_t>(count->as_integer(), max_range));
  const ListPtr list = iterate(runtime, input);
  std::vector<V> batches;
  for (std::size_t at = 0; at < list->items.size(); at += size) {
    const auto begin = list->items.begin() + static_cast<std::ptrdiff_t>(at);
    std::vector<V> part(begin, begin + static_cast<std::ptrdiff_t>(std::min(size, list->items.size() - at)));
    if (fill != nullptr && !fill->is_none()) part.resize(size, *fill);
    batches.push_back(runtime.list(std::move(part)));
  }
  return runtime.list(std::move(batches), List::Kind::generator);
}

// Pairs of an attribute's value and the items that have it, sorted by the value.
V groupby(R& runtime, const V& input, const A& arguments) {
  arguments.expect(runtime, "the filter \"groupby\"", {"attribute", "default", "case_sensitive"});
  const V* path = arguments.get(0, "attribute");
  if (path == nullptr) runtime.fault("uses the filter \"groupby\" without an attribute");
  const V* otherwise = arguments.get(1, "default");
  const bool case_sensitive = arguments.flag(2, "case_sensitive", false);
  const auto value_of = [&](const V& item) {
    V value = attribute_path(runtime, item, *path);
    return value.is_undefined() && otherwise != nullptr ? *otherwise : value;
  };
  std::vector<std::pair<V, V>> keyed;
  const ListPtr list = iterate(runtime, input);
  for (const V& item : list->items)
    keyed.emplace_back(sort_key(runtime, value_of(item), nullptr, case_sensitive), item);
  std::stable_sort(keyed.begin(), keyed.end(),
                   [&](const auto& left, const auto& right) { return order(runtime, left.first, right.first) < 0; });
  std::vector<V> groups;
  for (std::size_t begin = 0; begin < keyed.size();) {
    std::size_t end = begin;
    std::vector<V> members;
    while (end < keyed.size() && runtime.equal(keyed[end].first, keyed[begin].first))
      members.push_back(keyed[end++].second);
    groups.push_back(
        runtime.list({value_of(keyed[begin].second), runtime.list(std::move(members))}, List::Kind::tuple));
    begin = end;
  }
  return runtime.list(std::move(groups));
}

}  // namespace

FilterFunction find_grouping_filter(std::string_view name) {
  static const std::unordered_map<std::string_view, FilterFunction> table = {
      {"min", [](R& r, const V& i, const A& a) { return extreme(r, i, a, "min", false); }},
      {"max", [](R& r, const V& i, const A& a) { return extreme(r, i, a, "max", true); }},
      {"sum", sum},
      {"batch", batch},
      {"groupby", groupby},
  };
  const auto found = table.find(name);
  return found == table.end() ? nullptr : found->second;
}

}  // namespace pmtune::text::jinja
