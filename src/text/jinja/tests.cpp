// What may stand behind "is".
#include <unordered_map>

#include "text/jinja/filters.hpp"
#include "text/jinja/operators.hpp"
#include "text/jinja/text_ops.hpp"

namespace pmtune::text::jinja {
namespace {

using R = Runtime;
using V = Value;
using A = Arguments;
using TestFunction = bool (*)(R&, const V&, const A&);

const V& argument(R& runtime, const A& arguments) {
  if (arguments.positional.size() != 1 || !arguments.named.empty())
    runtime.fault("uses a test that takes one argument");
  return arguments.positional.front();
}

template <CompareOp op>
bool compared(R& runtime, const V& input, const A& arguments) {
  return compare(runtime, op, input, argument(runtime, arguments));
}

std::int64_t remainder(R& runtime, const V& input, std::int64_t divisor) {
  if (!input.is_integer() && !input.is_bool()) runtime.fault("divides ", input.kind_name());
  if (divisor == 0) runtime.fault("divides by zero");
  return divisor == -1 ? 0 : input.as_integer() % divisor;
}

bool divisible(R& runtime, const V& input, const A& arguments) {
  const V& divisor = argument(runtime, arguments);
  if (!divisor.is_integer()) runtime.fault("divides by ", divisor.kind_name());
  return remainder(runtime, input, divisor.as_integer()) == 0;
}

bool is_list_like(const V& value) {
  return value.is_undefined() || value.is_text() || value.if_dict() != nullptr ||
         (value.if_list() != nullptr && value.if_list()->kind != List::Kind::generator);
}

bool is_iterable(const V& value) {
  return is_list_like(value) || value.if_list() != nullptr || value.if_loop() != nullptr;
}

bool same_object(const V& left, const V& right) {
  if (left.is_text() && right.is_text()) return left.if_text() == right.if_text() || equal(left, right);
  if (left.if_list() != nullptr) return left.if_list() == right.if_list();
  if (left.if_dict() != nullptr) return left.if_dict() == right.if_dict();
  return left.is_bool() == right.is_bool() && left.is_real() == right.is_real() && equal(left, right);
}

const std::unordered_map<std::string_view, TestFunction>& tests() {
  static const std::unordered_map<std::string_view, TestFunction> table = {
      {"defined", [](R&, const V& v, const A&) { return !v.is_undefined(); }},
      {"undefined", [](R&, const V& v, const A&) { return v.is_undefined(); }},
      {"none", [](R&, const V& v, const A&) { return v.is_none(); }},
      {"string", [](R&, const V& v, const A&) { return v.is_text(); }},
      {"mapping", [](R&, const V& v, const A&) { return v.if_dict() != nullptr; }},
      {"sequence", [](R&, const V& v, const A&) { return is_list_like(v); }},
      {"iterable", [](R&, const V& v, const A&) { return is_iterable(v); }},
      {"number", [](R&, const V& v, const A&) { return v.is_number(); }},
      {"integer", [](R&, const V& v, const A&) { return v.is_integer(); }},
      {"float", [](R&, const V& v, const A&) { return v.is_real(); }},
      {"boolean", [](R&, const V& v, const A&) { return v.is_bool(); }},
      {"true", [](R&, const V& v, const A&) { return v.is_bool() && v.truthy(); }},
      {"false", [](R&, const V& v, const A&) { return v.is_bool() && !v.truthy(); }},
      {"callable", [](R&, const V& v, const A&) { return v.if_callable() != nullptr; }},
      {"escaped", [](R&, const V&, const A&) { return false; }},
      {"odd", [](R& r, const V& v, const A&) { return remainder(r, v, 2) != 0; }},
      {"even", [](R& r, const V& v, const A&) { return remainder(r, v, 2) == 0; }},
      {"divisibleby", divisible},
      {"lower",
       [](R&, const V& v, const A&) { return v.is_text() && to_lower(v.if_text()->view()) == v.if_text()->view(); }},
      {"upper",
       [](R&, const V& v, const A&) { return v.is_text() && to_upper(v.if_text()->view()) == v.if_text()->view(); }},
      {"sameas", [](R& r, const V& v, const A& a) { return same_object(v, argument(r, a)); }},
      {"in", [](R& r, const V& v, const A& a) { return contains(r, argument(r, a), v); }},
      {"eq", compared<CompareOp::equal>},
      {"equalto", compared<CompareOp::equal>},
      {"==", compared<CompareOp::equal>},
      {"ne", compared<CompareOp::not_equal>},
      {"!=", compared<CompareOp::not_equal>},
      {"lt", compared<CompareOp::less>},
      {"lessthan", compared<CompareOp::less>},
      {"<", compared<CompareOp::less>},
      {"le", compared<CompareOp::less_equal>},
      {"<=", compared<CompareOp::less_equal>},
      {"gt", compared<CompareOp::greater>},
      {"greaterthan", compared<CompareOp::greater>},
      {">", compared<CompareOp::greater>},
      {"ge", compared<CompareOp::greater_equal>},
      {">=", compared<CompareOp::greater_equal>},
  };
  return table;
}

}  // namespace

bool apply_test(Runtime& runtime, const std::string& name, const Value& input, const Arguments& arguments) {
  runtime.step();
  const auto found = tests().find(name);
  if (found == tests().end()) runtime.unsupported("the test \"", name, "\"");
  return found->second(runtime, input, arguments);
}

}  // namespace pmtune::text::jinja
