#include "text/jinja/value.hpp"

namespace pmtune::text::jinja {

Value Value::undefined(std::string name) {
  Value made;
  made.data_ = Undefined{std::make_shared<const std::string>(std::move(name))};
  return made;
}

Value Value::text(std::string trusted) { return text(MarkedText::trusted(std::move(trusted))); }
Value Value::text(MarkedText text) { return Value(std::make_shared<const MarkedText>(std::move(text))); }

std::int64_t Value::as_integer() const {
  if (const bool* value = std::get_if<bool>(&data_)) return *value ? 1 : 0;
  const std::int64_t* value = std::get_if<std::int64_t>(&data_);
  return value == nullptr ? 0 : *value;
}

double Value::as_real() const {
  if (const double* value = std::get_if<double>(&data_)) return *value;
  return static_cast<double>(as_integer());
}

bool Value::truthy() const {
  if (is_undefined() || is_none()) return false;
  if (is_real()) return as_real() != 0;
  if (is_number()) return as_integer() != 0;
  if (const MarkedText* text = if_text()) return !text->empty();
  if (const List* list = if_list()) return list->kind == List::Kind::generator || !list->items.empty();
  if (const Dict* dict = if_dict()) return !dict->entries.empty();
  return true;
}

int Value::depth() const {
  if (const List* list = if_list()) return list->depth;
  if (const Dict* dict = if_dict()) return dict->depth;
  if (const Loop* loop = if_loop()) return 1 + loop->items->depth;
  if (const Callable* callable = if_callable()) return callable->depth;
  return 0;
}

std::uint64_t Value::weight() const {
  if (const MarkedText* text = if_text()) return 1 + text->size() / 64;
  if (const List* list = if_list()) return list->weight;
  if (const Dict* dict = if_dict()) return dict->weight;
  return 1;
}

const char* Value::kind_name() const {
  if (is_undefined()) return "an undefined value";
  if (is_none()) return "none";
  if (is_bool()) return "true or false";
  if (is_number()) return "a number";
  if (is_text()) return "a text";
  if (if_list() != nullptr) return "a list";
  if (if_dict() != nullptr) return "a dict";
  if (if_namespace() != nullptr) return "a namespace";
  if (if_loop() != nullptr) return "a loop";
  return "a function";
}

const Value* Dict::find(const Value& key) const {
  for (const auto& [name, value] : entries)
    if (equal(name, key)) return &value;
  return nullptr;
}

const Value* Dict::find(std::string_view key) const {
  for (const auto& [name, value] : entries)
    if (name.is_text() && name.if_text()->view() == key) return &value;
  return nullptr;
}

Value* Namespace::find(std::string_view name) {
  for (auto& [key, value] : attributes)
    if (key == name) return &value;
  return nullptr;
}

namespace {

bool equal_lists(const List& left, const List& right) {
  if (left.kind != right.kind || left.kind == List::Kind::generator) return &left == &right;
  if (left.items.size() != right.items.size()) return false;
  for (std::size_t i = 0; i < left.items.size(); ++i)
    if (!equal(left.items[i], right.items[i])) return false;
  return true;
}

bool equal_dicts(const Dict& left, const Dict& right) {
  if (left.entries.size() != right.entries.size()) return false;
  for (const auto& [key, value] : left.entries) {
    const Value* other = right.find(key);
    if (other == nullptr || !equal(value, *other)) return false;
  }
  return true;
}

}  // namespace

bool equal(const Value& left, const Value& right) {
  if (left.is_number() && right.is_number()) {
    if (left.is_real() || right.is_real()) return left.as_real() == right.as_real();
    return left.as_integer() == right.as_integer();
  }
  if (left.is_text() && right.is_text()) return left.if_text()->view() == right.if_text()->view();
  if (left.if_list() != nullptr && right.if_list() != nullptr) return equal_lists(*left.if_list(), *right.if_list());
  if (left.if_dict() != nullptr && right.if_dict() != nullptr) return equal_dicts(*left.if_dict(), *right.if_dict());
  if (left.is_undefined() || left.is_none())
    return (left.is_undefined() && right.is_undefined()) || (left.is_none() && right.is_none());
  if (left.if_namespace() != nullptr) return left.if_namespace() == right.if_namespace();
  if (left.if_loop() != nullptr) return left.if_loop() == right.if_loop();
  if (left.if_callable() != nullptr) return left.if_callable() == right.if_callable();
  return false;
}

}  // namespace pmtune::text::jinja
