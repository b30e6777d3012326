// Attributes, items and slices.
#include <algorithm>

#include "text/jinja/methods.hpp"
#include "text/jinja/operators.hpp"
#include "text/jinja/text_ops.hpp"

namespace pmtune::text::jinja {
namespace {

Value loop_attribute(Runtime& runtime, const Loop& loop, const std::string& name) {
  const auto length = static_cast<std::int64_t>(loop.items->items.size());
  const auto index0 = static_cast<std::int64_t>(loop.index0);
  if (name == "index") return Value(index0 + 1);
  if (name == "index0") return Value(index0);
  if (name == "revindex") return Value(length - index0);
  if (name == "revindex0") return Value(length - index0 - 1);
  if (name == "first") return Value(index0 == 0);
  if (name == "last") return Value(index0 + 1 == length);
  if (name == "length") return Value(length);
  if (name == "depth") return Value(loop.depth0 + 1);
  if (name == "depth0") return Value(loop.depth0);
  if (name == "previtem") return index0 > 0 ? loop.items->items[loop.index0 - 1] : Value::undefined("previtem");
  if (name == "nextitem")
    return index0 + 1 < length ? loop.items->items[loop.index0 + 1] : Value::undefined("nextitem");
  if (name == "changed") runtime.unsupported("loop.changed");
  return Value::undefined(name);
}

[[noreturn]] void reach_into_undefined(const Runtime& runtime, const Value& object, const std::string& wanted) {
  const Undefined* missing = object.if_undefined();
  const std::string name = missing->name == nullptr ? "a value" : concat("\"", *missing->name, "\"");
  runtime.fault("asks for \"", wanted, "\" of ", name, ", which is not defined");
}

// The bounds of a slice as Python's slice.indices() has them.
struct Bounds {
  std::int64_t start, stop, step;
};
Bounds bounds_of(Runtime& runtime, std::int64_t length, const Value* start, const Value* stop, const Value* step) {
  const auto number = [&](const Value* bound, std::int64_t otherwise) {
    if (bound == nullptr || bound->is_none()) return otherwise;
    if (!bound->is_integer() && !bound->is_bool()) runtime.fault("slices with ", bound->kind_name(), " for a bound");
    return bound->as_integer();
  };
  const std::int64_t stride = number(step, 1);
  if (stride == 0) runtime.fault("slices with a step of 0");
  const std::int64_t lowest = stride < 0 ? -1 : 0;
  const std::int64_t highest = stride < 0 ? length - 1 : length;
  const auto place = [&](const Value* bound, std::int64_t otherwise) {
    if (bound == nullptr || bound->is_none()) return otherwise;
    const std::int64_t at = number(bound, 0);
    if (at < 0) return at < -length ? lowest : std::max(at + length, lowest);
    return std::min(at, highest);
  };
  return {place(start, stride < 0 ? highest : lowest), place(stop, stride < 0 ? lowest : highest), stride};
}

// Calls visit(index) for every index of the slice.
template <class Visit>
void each_index(const Bounds& bounds, Visit visit) {
  if (bounds.step > 0) {
    for (std::int64_t i = bounds.start;
         i<bounds.stop; i = bounds.step> bounds.stop - i ? bounds.stop : i + bounds.step)
      visit(static_cast<std::size_t>(i));
  } else {
    for (std::int64_t i = bounds.start; i > bounds.stop;
         i = bounds.step < bounds.stop - i ? bounds.stop : i + bounds.step)
      visit(static_cast<std::size_t>(i));
  }
}

Value slice_text(Runtime& runtime, const MarkedText& text, const Bounds& bounds, std::int64_t length) {
  if (bounds.step == 1) {
    if (bounds.start >= bounds.stop) return runtime.text(MarkedText());
    if (length == static_cast<std::int64_t>(text.size()))
      return runtime.text(text.slice(static_cast<std::size_t>(bounds.start), static_cast<std::size_t>(bounds.stop)));
    return runtime.text(
        text.slice(byte_of_character(text.view(), bounds.start), byte_of_character(text.view(), bounds.stop)));
  }
  std::vector<std::size_t> starts;
  for (std::size_t at = 0; at < text.size(); ++at)
    if ((static_cast<unsigned char>(text.view()[at]) & 0xC0) != 0x80) starts.push_back(at);
  starts.push_back(text.size());
  MarkedText made;
  each_index(bounds, [&](std::size_t i) { made.append_slice(text, starts[i], starts[i + 1]); });
  return runtime.text(std::move(made));
}

}  // namespace

Value attribute(Runtime& runtime, const Value& object, const std::string& name) {
  runtime.step();
  if (object.is_undefined()) reach_into_undefined(runtime, object, name);
  if (const Loop* loop = object.if_loop(); loop != nullptr && name != "cycle")
    return loop_attribute(runtime, *loop, name);
  if (Namespace* names = object.if_namespace()) {
    const Value* found = names->find(name);
    return found == nullptr ? Value::undefined(name) : *found;
  }
  // As in Python, a method hides a key of the same name.
  Value method = find_method(runtime, object, name);
  if (!method.is_undefined()) return method;
  if (const Dict* dict = object.if_dict())
    if (const Value* found = dict->find(name)) return *found;
  return Value::undefined(name);
}

Value item(Runtime& runtime, const Value& object, const Value& key) {
  runtime.step();
  const MarkedText* name = key.if_text();
  if (object.is_undefined()) reach_into_undefined(runtime, object, name != nullptr ? name->bytes() : "an item");
  if (const Dict* dict = object.if_dict()) {
    runtime.step(dict->entries.size() / 8);
    if (const Value* found = dict->find(key)) return *found;
  } else if (key.is_integer() || key.is_bool()) {
    const List* list = object.if_list();
    const MarkedText* text = object.if_text();
    if (list == nullptr && text == nullptr) return Value::undefined("item");
    if (list != nullptr && list->kind == List::Kind::generator) return Value::undefined("item");
    const std::int64_t size = length(runtime, object);
    std::int64_t at = key.as_integer();
    if (at < 0) at += size;
    if (at < 0 || at >= size) return Value::undefined("item");
    if (list != nullptr) return list->items[static_cast<std::size_t>(at)];
    return runtime.text(text->slice(byte_of_character(text->view(), at), byte_of_character(text->view(), at + 1)));
  }
  return name == nullptr ? Value::undefined("item") : attribute(runtime, object, name->bytes());
}

Value slice(Runtime& runtime, const Value& object, const Value* start, const Value* stop, const Value* step) {
  const List* list = object.if_list();
  const MarkedText* text = object.if_text();
  if (object.is_undefined()) reach_into_undefined(runtime, object, "a slice");
  if (text == nullptr && (list == nullptr || list->kind == List::Kind::generator))
    runtime.fault("takes a slice of ", object.kind_name());
  const std::int64_t size = length(runtime, object);
  const Bounds bounds = bounds_of(runtime, size, start, stop, step);
  if (text != nullptr) return slice_text(runtime, *text, bounds, size);
  std::vector<Value> items;
  each_index(bounds, [&](std::size_t i) { items.push_back(list->items[i]); });
  return runtime.list(std::move(items), list->kind);
}

}  // namespace pmtune::text::jinja
