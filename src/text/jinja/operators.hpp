// Arithmetic, comparison, and reaching into values, with Python's meaning.
#pragma once

#include "text/jinja/ast.hpp"
#include "text/jinja/runtime.hpp"

namespace pmtune::text::jinja {

Value binary(Runtime& runtime, BinaryOp op, const Value& left, const Value& right);
Value signed_value(Runtime& runtime, bool negative, const Value& operand);
bool compare(Runtime& runtime, CompareOp op, const Value& left, const Value& right);
// Negative, zero or positive; faults for values that have no order.
int order(Runtime& runtime, const Value& left, const Value& right);
bool contains(Runtime& runtime, const Value& container, const Value& item);

Value attribute(Runtime& runtime, const Value& object, const std::string& name);  // object.name
Value item(Runtime& runtime, const Value& object, const Value& key);              // object[key]
// object[start:stop:step]; a null bound was left out.
Value slice(Runtime& runtime, const Value& object, const Value* start, const Value* stop, const Value* step);

// What a for loop would visit.
ListPtr iterate(Runtime& runtime, const Value& value);

// How many items or characters; faults for what has no length.
std::int64_t length(Runtime& runtime, const Value& value);

}  // namespace pmtune::text::jinja
