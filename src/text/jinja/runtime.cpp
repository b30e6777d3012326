#include "text/jinja/runtime.hpp"

#include <algorithm>

namespace pmtune::text::jinja {

void Runtime::limit_passed(std::string_view what, std::uint64_t limit) const {
  fail(Code::corrupt, "Line ", line, " of the chat template passes the limit of ", limit, " ", what,
       "; use a model with another template, or a shorter conversation.");
}

int Runtime::checked_depth(int depth) const {
  if (depth > max_value_depth) limit_passed("lists within lists", max_value_depth);
  return depth;
}

std::uint64_t Runtime::checked_weight(std::uint64_t weight) const {
  if (weight > max_value_weight) limit_passed("items in lists within lists", max_value_weight);
  return weight;
}

void Runtime::count_items(std::size_t items) {
  if (items > max_list_items) limit_passed("items in one list", max_list_items);
  built_items_ += items;
  if (built_items_ > max_built_items) limit_passed("items in all lists", max_built_items);
  step(1 + items / 8);
}

Value Runtime::text(MarkedText made) {
  check_text_size(made.size());
  constexpr std::size_t overhead = 96;  // of the shared object, roughly; many small texts cost memory too
  built_bytes_ += overhead + made.size() + made.untrusted_ranges().size() * sizeof(ByteRange);
  if (built_bytes_ > max_built_bytes) limit_passed("bytes in all texts", max_built_bytes);
  step(1 + made.size() / 256);
  return Value::text(std::move(made));
}

Value Runtime::list(std::vector<Value> items, List::Kind kind) {
  count_items(items.size());
  List made{.kind = kind, .items = std::move(items)};
  for (const Value& item : made.items) {
    made.depth = checked_depth(std::max(made.depth, 1 + item.depth()));
    made.weight = checked_weight(made.weight + item.weight());
  }
  return Value(std::make_shared<const List>(std::move(made)));
}

Value Runtime::dict(std::vector<std::pair<Value, Value>> entries) {
  count_items(entries.size());
  Dict made;
  for (auto& [key, value] : entries) {
    if (key.if_dict() != nullptr || (key.if_list() != nullptr && key.if_list()->kind != List::Kind::tuple))
      fault("uses ", key.kind_name(), " as a key of a dict");
    made.depth = checked_depth(std::max({made.depth, 1 + key.depth(), 1 + value.depth()}));
    made.weight = checked_weight(made.weight + key.weight() + value.weight());
    step(key.weight() + made.entries.size() / 4);
    if (const Value* known = made.find(key)) {
      *const_cast<Value*>(known) = std::move(value);  // of our own `made`, not yet shared
    } else {
      made.entries.emplace_back(std::move(key), std::move(value));
    }
  }
  return Value(std::make_shared<const Dict>(std::move(made)));
}

Value Runtime::method(std::string name, const Value& object,
                      std::function<Value(Runtime&, const Value&, const Arguments&)> call) {
  count_items(1);
  Callable made;
  made.name = std::move(name);
  made.depth = checked_depth(1 + object.depth());
  made.call = [object, call = std::move(call)](Runtime& runtime, const Arguments& arguments) {
    return call(runtime, object, arguments);
  };
  return Value(std::make_shared<const Callable>(std::move(made)));
}

void Arguments::expect(const Runtime& runtime, std::string_view callee,
                       std::initializer_list<std::string_view> parameters) const {
  if (positional.size() > parameters.size()) runtime.fault("gives ", callee, " too many arguments");
  for (const auto& [name, value] : named)
    if (std::find(parameters.begin(), parameters.end(), name) == parameters.end())
      runtime.unsupported("the argument \"", name, "\" of ", callee);
}

const Value* Arguments::get(std::size_t position, std::string_view name) const {
  if (position < positional.size()) return &positional[position];
  for (const auto& [given, value] : named)
    if (given == name) return &value;
  return nullptr;
}

bool Arguments::flag(std::size_t position, std::string_view name, bool otherwise) const {
  const Value* value = get(position, name);
  return value == nullptr ? otherwise : value->truthy();
}

}  // namespace pmtune::text::jinja
