// The expressions of the interpreter.
#include "text/jinja/filters.hpp"
#include "text/jinja/interpreter.hpp"
#include "text/jinja/operators.hpp"
#include "text/jinja/printing.hpp"

namespace pmtune::text::jinja {

Value Interpreter::evaluate(const Expr& expr) {
  const Level level(runtime_);
  runtime_.step();
  runtime_.line = expr.line;
  return std::visit([this](const auto& node) { return of(node); }, expr.node);
}

Value Interpreter::of(const Name& node) {
  for (Scope* scope = scope_.get(); scope != nullptr; scope = scope->parent.get())
    if (const Value* found = scope->find(node.name)) return *found;
  if (node.name != "namespace") return find_function(node.name);
  Callable callable;
  callable.name = node.name;
  callable.call = [this](Runtime&, const Arguments& arguments) { return make_namespace(arguments); };
  return Value(std::make_shared<const Callable>(std::move(callable)));
}

Value Interpreter::make_namespace(const Arguments& arguments) {
  if (namespaces_.size() >= max_namespaces) runtime_.limit_passed("namespaces", max_namespaces);
  if (arguments.positional.size() > 1) runtime_.fault("calls namespace() with more than one value");
  auto names = std::make_shared<Namespace>();
  if (!arguments.positional.empty()) {
    const Dict* dict = arguments.positional.front().if_dict();
    if (dict == nullptr) runtime_.fault("calls namespace() with ", arguments.positional.front().kind_name());
    for (const auto& [key, value] : dict->entries)
      names->attributes.emplace_back(to_text(runtime_, key).bytes(), value);
  }
  for (const auto& [name, value] : arguments.named) {
    if (Value* known = names->find(name)) {
      *known = value;
    } else {
      names->attributes.emplace_back(name, value);
    }
  }
  runtime_.count_items(names->attributes.size());
  namespaces_.push_back(names);
  return Value(std::move(names));
}

Value Interpreter::of(const ListLiteral& node) {
  std::vector<Value> items;
  items.reserve(node.items.size());
  for (const ExprPtr& item : node.items) items.push_back(evaluate(*item));
  return runtime_.list(std::move(items), node.kind);
}

Value Interpreter::of(const DictLiteral& node) {
  std::vector<std::pair<Value, Value>> entries;
  entries.reserve(node.entries.size());
  for (const auto& [key, value] : node.entries) {
    Value evaluated_key = evaluate(*key);
    entries.emplace_back(std::move(evaluated_key), evaluate(*value));
  }
  return runtime_.dict(std::move(entries));
}

Value Interpreter::of(const Not& node) { return Value(!evaluate(*node.operand).truthy()); }

Value Interpreter::of(const Sign& node) { return signed_value(runtime_, node.negative, evaluate(*node.operand)); }

Value Interpreter::of(const Binary& node) {
  const Value left = evaluate(*node.left);
  return binary(runtime_, node.op, left, evaluate(*node.right));
}

Value Interpreter::of(const Logic& node) {
  Value left = evaluate(*node.left);
  return left.truthy() == node.is_and ? evaluate(*node.right) : left;
}

Value Interpreter::of(const Concat& node) {
  MarkedText joined;
  for (const ExprPtr& part : node.parts) {
    joined.append(to_text(runtime_, evaluate(*part)));
    runtime_.check_text_size(joined.size());
  }
  return runtime_.text(std::move(joined));
}

Value Interpreter::of(const Compare& node) {
  Value left = evaluate(*node.first);
  for (const auto& [op, expr] : node.rest) {
    Value right = evaluate(*expr);
    if (!compare(runtime_, op, left, right)) return Value(false);
    left = std::move(right);
  }
  return Value(true);
}

Value Interpreter::of(const Conditional& node) {
  if (evaluate(*node.condition).truthy()) return evaluate(*node.then);
  return node.otherwise == nullptr ? Value() : evaluate(*node.otherwise);
}

Value Interpreter::of(const Attribute& node) { return attribute(runtime_, evaluate(*node.object), node.name); }

Value Interpreter::of(const Index& node) {
  const Value object = evaluate(*node.object);
  return item(runtime_, object, evaluate(*node.key));
}

Value Interpreter::of(const Slice& node) {
  const Value object = evaluate(*node.object);
  const auto bound = [&](const ExprPtr& expr) { return expr == nullptr ? Value(None{}) : evaluate(*expr); };
  const Value start = bound(node.start);
  const Value stop = bound(node.stop);
  const Value step = bound(node.step);
  return slice(runtime_, object, &start, &stop, &step);
}

Arguments Interpreter::evaluate(const CallArguments& arguments) {
  Arguments evaluated;
  evaluated.positional.reserve(arguments.positional.size());
  for (const ExprPtr& argument : arguments.positional) evaluated.positional.push_back(evaluate(*argument));
  for (const auto& [name, argument] : arguments.named) evaluated.named.emplace_back(name, evaluate(*argument));
  return evaluated;
}

Value Interpreter::of(const Call& node) { return call(node, nullptr); }

// caller: the body of a call block; nullptr elsewhere.
Value Interpreter::call(const Call& node, const Value* caller) {
  const Value callee = evaluate(*node.callee);
  const Loop* loop = callee.if_loop();
  const Callable* callable = loop != nullptr ? loop->recurse.get() : callee.if_callable();
  if (callable == nullptr) cannot_call(*node.callee, callee);
  Arguments arguments = evaluate(node.arguments);
  if (caller != nullptr) arguments.named.emplace_back("caller", *caller);
  runtime_.line = node.callee->line;
  return callable->call(runtime_, arguments);
}

void Interpreter::cannot_call(const Expr& callee, const Value& value) const {
  if (!value.is_undefined()) runtime_.fault("calls ", value.kind_name(), " as if it were a function");
  if (const Name* name = std::get_if<Name>(&callee.node)) runtime_.unsupported("the function \"", name->name, "\"");
  if (const Attribute* member = std::get_if<Attribute>(&callee.node))
    runtime_.unsupported("the function \"", member->name, "\" of a value");
  runtime_.fault("calls a value that is not defined");
}

Value Interpreter::of(const Filter& node) {
  const Value input = evaluate(*node.input);
  const Arguments arguments = evaluate(node.filter.arguments);
  runtime_.line = node.filter.line;
  return apply_filter(runtime_, node.filter.name, input, arguments);
}

Value Interpreter::of(const Test& node) {
  const Value input = evaluate(*node.input);
  const Arguments arguments = evaluate(node.arguments);
  return Value(apply_test(runtime_, node.name, input, arguments) != node.negated);
}

}  // namespace pmtune::text::jinja
