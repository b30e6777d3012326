#include "text/jinja/operators.hpp"

#include <cmath>
#include <limits>

#include "text/jinja/text_ops.hpp"

namespace pmtune::text::jinja {
namespace {

const char* symbol(BinaryOp op) {
  switch (op) {
    case BinaryOp::add: return "+";
    case BinaryOp::subtract: return "-";
    case BinaryOp::multiply: return "*";
    case BinaryOp::divide: return "/";
    case BinaryOp::floor_divide: return "//";
    case BinaryOp::modulo: return "%";
    case BinaryOp::power: return "**";
  }
  return "";
}

[[noreturn]] void cannot_combine(const Runtime& runtime, BinaryOp op, const Value& left, const Value& right) {
  const auto described = [](const Value& value) {
    const Undefined* missing = value.if_undefined();
    if (missing == nullptr || missing->name == nullptr) return std::string(value.kind_name());
    return concat("\"", *missing->name, "\", which is not defined,");
  };
  runtime.fault("computes ", described(left), ' ', symbol(op), ' ', described(right), ", which has no meaning");
}

[[noreturn]] void too_large(const Runtime& runtime) { runtime.fault("computes a number of more than 64 bits"); }

std::int64_t floor_divide(Runtime& runtime, std::int64_t left, std::int64_t right) {
  if (right == 0) runtime.fault("divides by zero");
  if (left == std::numeric_limits<std::int64_t>::min() && right == -1) too_large(runtime);
  const std::int64_t quotient = left / right;
  return left % right != 0 && (left < 0) != (right < 0) ? quotient - 1 : quotient;
}

std::int64_t integer_power(Runtime& runtime, std::int64_t base, std::int64_t exponent) {
  std::int64_t result = 1;
  // 64 rounds end every base but -1, 0 and 1, for which only the parity of the exponent counts.
  if (base >= -1 && base <= 1 && exponent > 2) exponent = 2 + exponent % 2;
  for (; exponent > 0; --exponent)
    if (__builtin_mul_overflow(result, base, &result)) too_large(runtime);
  return result;
}

Value integer_operation(Runtime& runtime, BinaryOp op, std::int64_t left, std::int64_t right) {
  std::int64_t result = 0;
  bool overflow = false;
  switch (op) {
    case BinaryOp::add: overflow = __builtin_add_overflow(left, right, &result); break;
    case BinaryOp::subtract: overflow = __builtin_sub_overflow(left, right, &result); break;
    case BinaryOp::multiply: overflow = __builtin_mul_overflow(left, right, &result); break;
    case BinaryOp::divide:
      if (right == 0) runtime.fault("divides by zero");
      return Value(static_cast<double>(left) / static_cast<double>(right));
    case BinaryOp::floor_divide: result = floor_divide(runtime, left, right); break;
    case BinaryOp::modulo:
      if (right == -1) return Value(std::int64_t{0});
      if (right == 0) runtime.fault("divides by zero");
      result = left % right;
      if (result != 0 && (result < 0) != (right < 0)) result += right;
      break;
    case BinaryOp::power:
      if (right < 0) {
        if (left == 0) runtime.fault("divides by zero");
        return Value(std::pow(static_cast<double>(left), static_cast<double>(right)));
      }
      result = integer_power(runtime, left, right);
      break;
  }
  if (overflow) too_large(runtime);
  return Value(result);
}

Value real_operation(Runtime& runtime, BinaryOp op, double left, double right) {
  const bool divides = op == BinaryOp::divide || op == BinaryOp::floor_divide || op == BinaryOp::modulo;
  if (divides && right == 0) runtime.fault("divides by zero");
  switch (op) {
    case BinaryOp::add: return Value(left + right);
    case BinaryOp::subtract: return Value(left - right);
    case BinaryOp::multiply: return Value(left * right);
    case BinaryOp::divide: return Value(left / right);
    case BinaryOp::floor_divide: return Value(std::floor(left / right));
    case BinaryOp::modulo: {
      const double rest = std::fmod(left, right);
      return Value(rest != 0 && (rest < 0) != (right < 0) ? rest + right : rest);
    }
    case BinaryOp::power: return Value(std::pow(left, right));
  }
  return Value();
}

Value add_lists(Runtime& runtime, const List& left, const List& right) {
  runtime.count_items(left.items.size() + right.items.size());
  std::vector<Value> items = left.items;
  items.insert(items.end(), right.items.begin(), right.items.end());
  return runtime.list(std::move(items), left.kind);
}

Value repeat(Runtime& runtime, const Value& value, std::int64_t times) {
  const auto count = static_cast<std::size_t>(std::max<std::int64_t>(times, 0));
  if (const MarkedText* text = value.if_text()) {
    if (!text->empty() && count > max_text_bytes / text->size())
      runtime.limit_passed("bytes in one text", max_text_bytes);
    MarkedText made;
    if (!text->empty())
      for (std::size_t i = 0; i < count; ++i) made.append(*text);
    return runtime.text(std::move(made));
  }
  const List& list = *value.if_list();
  if (!list.items.empty() && count > max_list_items / list.items.size())
    runtime.limit_passed("items in one list", max_list_items);
  std::vector<Value> items;
  if (!list.items.empty())
    for (std::size_t i = 0; i < count; ++i) items.insert(items.end(), list.items.begin(), list.items.end());
  return runtime.list(std::move(items), list.kind);
}

bool is_sequence(const Value& value) {
  return value.is_text() || (value.if_list() != nullptr && value.if_list()->kind != List::Kind::generator);
}

bool is_whole(const Value& value) { return value.is_integer() || value.is_bool(); }

}  // namespace

Value binary(Runtime& runtime, BinaryOp op, const Value& left, const Value& right) {
  runtime.step();
  if (left.is_number() && right.is_number()) {
    if (is_whole(left) && is_whole(right))
      return integer_operation(runtime, op, left.as_integer(), right.as_integer());
    return real_operation(runtime, op, left.as_real(), right.as_real());
  }
  if (op == BinaryOp::add && left.is_text() && right.is_text()) {
    runtime.check_text_size(left.if_text()->size() + right.if_text()->size());
    MarkedText joined = *left.if_text();
    joined.append(*right.if_text());
    return runtime.text(std::move(joined));
  }
  const List* left_list = left.if_list();
  const List* right_list = right.if_list();
  if (op == BinaryOp::add && left_list != nullptr && right_list != nullptr && left_list->kind == right_list->kind &&
      left_list->kind != List::Kind::generator)
    return add_lists(runtime, *left_list, *right_list);
  if (op == BinaryOp::multiply && is_sequence(left) && is_whole(right))
    return repeat(runtime, left, right.as_integer());
  if (op == BinaryOp::multiply && is_sequence(right) && is_whole(left))
    return repeat(runtime, right, left.as_integer());
  if (op == BinaryOp::modulo && left.is_text()) runtime.unsupported("the operator % on a text");
  cannot_combine(runtime, op, left, right);
}

Value signed_value(Runtime& runtime, bool negative, const Value& operand) {
  if (operand.is_real()) return Value(negative ? -operand.as_real() : operand.as_real());
  if (!operand.is_number()) runtime.fault("puts a sign before ", operand.kind_name());
  std::int64_t result = operand.as_integer();
  if (negative && __builtin_sub_overflow(std::int64_t{0}, result, &result)) too_large(runtime);
  return Value(result);
}

int order(Runtime& runtime, const Value& left, const Value& right) {
  runtime.step(std::min(left.weight(), right.weight()));
  if (left.is_number() && right.is_number()) {
    if (is_whole(left) && is_whole(right)) {
      const std::int64_t a = left.as_integer();
      const std::int64_t b = right.as_integer();
      return a < b ? -1 : a > b ? 1 : 0;
    }
    return left.as_real() < right.as_real() ? -1 : left.as_real() > right.as_real() ? 1 : 0;
  }
  if (left.is_text() && right.is_text()) return left.if_text()->view().compare(right.if_text()->view());
  const List* a = left.if_list();
  const List* b = right.if_list();
  if (a == nullptr || b == nullptr || a->kind != b->kind || a->kind == List::Kind::generator)
    runtime.fault("compares ", left.kind_name(), " with ", right.kind_name(), ", which have no order");
  for (std::size_t i = 0; i < a->items.size() && i < b->items.size(); ++i)
    if (!equal(a->items[i], b->items[i])) return order(runtime, a->items[i], b->items[i]);
  return a->items.size() < b->items.size() ? -1 : a->items.size() > b->items.size() ? 1 : 0;
}

bool contains(Runtime& runtime, const Value& container, const Value& item) {
  runtime.step();
  if (const MarkedText* text = container.if_text()) {
    if (!item.is_text()) runtime.fault("looks for ", item.kind_name(), " in a text");
    runtime.step(container.weight());
    return text->view().find(item.if_text()->view()) != std::string_view::npos;
  }
  if (const Dict* dict = container.if_dict()) {
    runtime.step(dict->entries.size() * item.weight());
    return dict->find(item) != nullptr;
  }
  if (const List* list = container.if_list()) {
    for (const Value& candidate : list->items)
      if (runtime.equal(candidate, item)) return true;
    return false;
  }
  if (container.is_undefined()) return false;
  runtime.fault("looks for an item in ", container.kind_name());
}

bool compare(Runtime& runtime, CompareOp op, const Value& left, const Value& right) {
  switch (op) {
    case CompareOp::equal: return runtime.equal(left, right);
    case CompareOp::not_equal: return !runtime.equal(left, right);
    case CompareOp::in: return contains(runtime, right, left);
    case CompareOp::not_in: return !contains(runtime, right, left);
    default: break;
  }
  if ((left.is_real() && std::isnan(left.as_real())) || (right.is_real() && std::isnan(right.as_real())))
    return false;
  const int sign = order(runtime, left, right);
  switch (op) {
    case CompareOp::less: return sign < 0;
    case CompareOp::less_equal: return sign <= 0;
    case CompareOp::greater: return sign > 0;
    default: return sign >= 0;
  }
}

std::int64_t length(Runtime& runtime, const Value& value) {
  if (const MarkedText* text = value.if_text()) {
    runtime.step(value.weight());
    return count_characters(text->view());
  }
  if (const List* list = value.if_list(); list != nullptr && list->kind != List::Kind::generator)
    return static_cast<std::int64_t>(list->items.size());
  if (const Dict* dict = value.if_dict()) return static_cast<std::int64_t>(dict->entries.size());
  if (const Loop* loop = value.if_loop()) return static_cast<std::int64_t>(loop->items->items.size());
  if (value.is_undefined()) return 0;
  runtime.fault("asks for the length of ", value.kind_name());
}

ListPtr iterate(Runtime& runtime, const Value& value) {
  const auto shared = [](const Value& list) {
    // The list itself is wanted, not a copy; it lives as long as the pointer.
    return ListPtr(std::make_shared<const Value>(list), list.if_list());
  };
  if (value.if_list() != nullptr) return shared(value);
  std::vector<Value> items;
  if (const MarkedText* text = value.if_text()) {
    items = characters(runtime, *text);
  } else if (const Dict* dict = value.if_dict()) {
    for (const auto& [key, entry] : dict->entries) items.push_back(key);
  } else if (!value.is_undefined()) {
    runtime.fault("runs through ", value.kind_name(), ", which holds no items");
  }
  return shared(runtime.list(std::move(items)));
}

}  // namespace pmtune::text::jinja
