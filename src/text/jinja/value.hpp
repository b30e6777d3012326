// What a template computes with: Python's values, as far as templates use them. Lists and dicts do not change once
// made, so a value can be shared freely and cannot contain itself.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "text/jinja/marked_text.hpp"

namespace pmtune::text::jinja {

class Runtime;
class Value;
struct Arguments;
struct List;
struct Dict;
struct Namespace;
struct Loop;
struct Callable;

struct Undefined {
  std::shared_ptr<const std::string> name;  // of the missing variable or attribute, for messages
};
struct None {};

using TextPtr = std::shared_ptr<const MarkedText>;
using ListPtr = std::shared_ptr<const List>;
using DictPtr = std::shared_ptr<const Dict>;

class Value {
 public:
  Value() : data_(Undefined{}) {}
  Value(None) : data_(None{}) {}
  Value(bool value) : data_(value) {}
  Value(std::int64_t value) : data_(value) {}
  Value(double value) : data_(value) {}
  Value(TextPtr text) : data_(std::move(text)) {}
  Value(ListPtr list) : data_(std::move(list)) {}
  Value(DictPtr dict) : data_(std::move(dict)) {}
  Value(std::shared_ptr<Namespace> names) : data_(std::move(names)) {}
  Value(std::shared_ptr<const Loop> loop) : data_(std::move(loop)) {}
  Value(std::shared_ptr<const Callable> callable) : data_(std::move(callable)) {}
  template <class Other>
  Value(Other*) = delete;  // would become a bool

  static Value undefined(std::string name);
  static Value text(std::string trusted);
  static Value text(MarkedText text);

  template <class Kind>
  bool is() const {
    return std::holds_alternative<Kind>(data_);
  }
  bool is_undefined() const { return is<Undefined>(); }
  bool is_none() const { return is<None>(); }
  bool is_bool() const { return is<bool>(); }
  bool is_integer() const { return is<std::int64_t>(); }  // not a bool
  bool is_real() const { return is<double>(); }
  bool is_number() const { return is_bool() || is_integer() || is_real(); }
  bool is_text() const { return is<TextPtr>(); }

  // The parts; nullptr when the value is of another kind.
  const Undefined* if_undefined() const { return std::get_if<Undefined>(&data_); }
  const MarkedText* if_text() const { return pointee<TextPtr>(); }
  const List* if_list() const { return pointee<ListPtr>(); }
  const Dict* if_dict() const { return pointee<DictPtr>(); }
  Namespace* if_namespace() const { return pointee<std::shared_ptr<Namespace>>(); }
  const Loop* if_loop() const { return pointee<std::shared_ptr<const Loop>>(); }
  const Callable* if_callable() const { return pointee<std::shared_ptr<const Callable>>(); }

  // A bool or an integer as an integer (True is 1), as Python has it. Only when is_bool() or is_integer().
  std::int64_t as_integer() const;
  double as_real() const;  // only when is_number()

  bool truthy() const;
  // How deep the value nests; what holds it is one deeper. Bounded, so that freeing it cannot overflow the stack.
  int depth() const;
  // How much there is to compare or print: items, each as often as it is reached, and bytes / 64.
  std::uint64_t weight() const;
  const char* kind_name() const;  // for messages: "a text", "a list"

 private:
  template <class Pointer>
  auto pointee() const -> decltype(std::declval<Pointer>().get()) {
    const Pointer* pointer = std::get_if<Pointer>(&data_);
    return pointer == nullptr ? nullptr : pointer->get();
  }
  std::variant<Undefined, None, bool, std::int64_t, double, TextPtr, ListPtr, DictPtr, std::shared_ptr<Namespace>,
               std::shared_ptr<const Loop>, std::shared_ptr<const Callable>>
      data_;
};

// Lists, tuples, and what in Python would be a generator (the result of map, selectattr, ...), which is always true
// and has no length.
struct List {
  enum class Kind { list, tuple, generator };
  Kind kind = Kind::list;
  std::vector<Value> items;
  int depth = 1;
  std::uint64_t weight = 1;
};

struct Dict {
  std::vector<std::pair<Value, Value>> entries;  // in order of insertion
  int depth = 1;
  std::uint64_t weight = 1;
  const Value* find(const Value& key) const;
  const Value* find(std::string_view key) const;
};

struct Namespace {
  std::vector<std::pair<std::string, Value>> attributes;
  Value* find(std::string_view name);
};

// The variable `loop` of a for statement.
struct Loop {
  ListPtr items;
  std::size_t index0 = 0;
  std::int64_t depth0 = 0;
  std::shared_ptr<const Callable> recurse = nullptr;  // of a recursive loop: runs its body over other items
};

struct Callable {
  std::string name;
  std::function<Value(Runtime&, const Arguments&)> call;
  int depth = 1;  // one more than what it holds
  bool is_macro = false;
};

// Python's ==.
bool equal(const Value& left, const Value& right);

}  // namespace pmtune::text::jinja
