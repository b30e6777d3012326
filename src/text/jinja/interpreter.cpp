#include "text/jinja/interpreter.hpp"

#include <algorithm>

#include "text/jinja/filters.hpp"
#include "text/jinja/operators.hpp"
#include "text/jinja/printing.hpp"

namespace pmtune::text::jinja {

Value* Scope::find(std::string_view name) {
  for (auto& [known, value] : variables)
    if (known == name) return &value;
  return nullptr;
}

Interpreter::Interpreter(Runtime& runtime, Variables variables)
    : runtime_(runtime), scope_(std::make_shared<Scope>()) {
  scope_->variables = std::move(variables);
}

Interpreter::~Interpreter() {
  for (const auto& names : namespaces_) names->attributes.clear();
  for (const auto& scope : scopes_of_macros_) scope->variables.clear();
}

Interpreter::Inside::Inside(Interpreter& interpreter, const std::shared_ptr<Scope>& parent)
    : interpreter_(interpreter), outer_(interpreter.scope_) {
  if (parent->depth >= max_scope_depth) interpreter.runtime_.limit_passed("scopes within scopes", max_scope_depth);
  auto scope = std::make_shared<Scope>();
  scope->parent = parent;
  scope->depth = parent->depth + 1;
  interpreter.scope_ = std::move(scope);
}

MarkedText Interpreter::run(const Body& body) {
  MarkedText output;
  out_ = &output;
  execute(body);
  out_ = nullptr;
  return output;
}

Interpreter::Flow Interpreter::execute(const Body& body) {
  for (const StmtPtr& statement : body)
    if (const Flow flow = execute(*statement); flow != Flow::on) return flow;
  return Flow::on;
}

Interpreter::Flow Interpreter::execute(const Stmt& statement) {
  const Level level(runtime_);
  runtime_.step();
  runtime_.line = statement.line;
  return std::visit([this](const auto& node) { return on(node); }, statement.node);
}

void Interpreter::emit(const Value& value) {
  if (const MarkedText* text = value.if_text()) {
    out_->append(*text);
  } else {
    out_->append(to_text(runtime_, value));
  }
  if (out_->size() > max_output_bytes) runtime_.limit_passed("bytes of output", max_output_bytes);
  runtime_.step(value.weight());
}

Interpreter::Flow Interpreter::on(const TextNode& node) {
  out_->append(node.text);
  if (out_->size() > max_output_bytes) runtime_.limit_passed("bytes of output", max_output_bytes);
  return Flow::on;
}

Interpreter::Flow Interpreter::on(const Output& node) {
  emit(evaluate(*node.value));
  return Flow::on;
}

Interpreter::Flow Interpreter::on(const If& node) {
  for (const auto& [condition, body] : node.branches)
    if (evaluate(*condition).truthy()) return execute(body);
  return execute(node.otherwise);
}

// What `work` prints. An Error leaves out_ dangling, but then the interpreter is done for.
template <class Work>
Value Interpreter::printed(Work&& work) {
  MarkedText text;
  MarkedText* const outer = std::exchange(out_, &text);
  work();
  out_ = outer;
  return runtime_.text(std::move(text));
}

// The items, or those that meet the loop's condition.
ListPtr Interpreter::items_to_visit(const For& node, const Value& iterable) {
  ListPtr all = iterate(runtime_, iterable);
  if (node.condition == nullptr) return all;
  auto kept = std::make_shared<List>();
  kept->depth = all->depth;
  kept->weight = all->weight;
  for (const Value& item : all->items) {
    const Inside scope(*this, scope_);
    assign(node.target, item);
    if (evaluate(*node.condition).truthy()) kept->items.push_back(item);
  }
  runtime_.count_items(kept->items.size());
  return kept;
}

Interpreter::Flow Interpreter::on(const For& node) { return run_loop(node, evaluate(*node.iterable), 0); }

// What loop(items) of a recursive loop does: prints the body for these items, where the loop itself stands.
std::shared_ptr<const Callable> Interpreter::recursion(const For& node, std::int64_t depth0) {
  Callable callable;
  callable.name = "loop";
  callable.call = [this, &node, depth0, outside = scope_](Runtime& runtime, const Arguments& arguments) {
    arguments.expect(runtime, "loop()", {"items"});
    if (arguments.positional.empty()) runtime.fault("calls loop() without items");
    return printed([&] {
      const Inside scope(*this, outside);
      run_loop(node, arguments.positional.front(), depth0 + 1);
    });
  };
  return std::make_shared<const Callable>(std::move(callable));
}

Interpreter::Flow Interpreter::run_loop(const For& node, const Value& iterable, std::int64_t depth0) {
  const auto loop = std::make_shared<Loop>();
  loop->items = items_to_visit(node, iterable);
  loop->depth0 = depth0;
  if (loop->items->items.empty()) {
    const Inside scope(*this, scope_);
    return execute(node.otherwise);
  }
  if (node.recursive) loop->recurse = recursion(node, depth0);
  for (; loop->index0 < loop->items->items.size(); ++loop->index0) {
    const Inside scope(*this, scope_);
    runtime_.step();
    assign(node.target, loop->items->items[loop->index0]);
    scope_->variables.emplace_back("loop", std::shared_ptr<const Loop>(loop));
    if (execute(node.body) == Flow::break_loop) break;
  }
  return Flow::on;
}

Interpreter::Flow Interpreter::on(const Set& node) {
  assign(node.target, evaluate(*node.value));
  return Flow::on;
}

// The name is kept by the tree, which outlives every scope.
void Interpreter::set_variable(const std::string& name, const Value& value) {
  if (Value* known = scope_->find(name)) {
    *known = value;
  } else {
    scope_->variables.emplace_back(name, value);
  }
}

void Interpreter::assign(const Target& target, const Value& value) {
  if (!target.parts.empty()) {
    const ListPtr items = iterate(runtime_, value);
    if (items->items.size() != target.parts.size())
      runtime_.fault("unpacks ", items->items.size(), " values into ", target.parts.size(), " variables");
    for (std::size_t i = 0; i < target.parts.size(); ++i) assign(target.parts[i], items->items[i]);
  } else if (target.attribute.empty()) {
    set_variable(target.name, value);
  } else {
    const Value object = of(Name{target.name});
    Namespace* names = object.if_namespace();
    if (names == nullptr) runtime_.fault("sets an attribute of \"", target.name, "\", which is not a namespace");
    if (Value* known = names->find(target.attribute)) {
      *known = value;
    } else {
      runtime_.count_items(1);
      names->attributes.emplace_back(target.attribute, value);
    }
  }
}

Value Interpreter::filtered(Value value, const std::vector<FilterCall>& filters) {
  for (const FilterCall& filter : filters) {
    const Arguments arguments = evaluate(filter.arguments);
    runtime_.line = filter.line;
    value = apply_filter(runtime_, filter.name, value, arguments);
  }
  return value;
}

// What the body prints, in a scope of its own.
Value Interpreter::captured(const Body& body, const std::vector<FilterCall>& filters) {
  return filtered(printed([&] {
                    const Inside scope(*this, scope_);
                    execute(body);
                  }),
                  filters);
}

Interpreter::Flow Interpreter::on(const SetBlock& node) {
  assign(node.target, captured(node.body, node.filters));
  return Flow::on;
}

Interpreter::Flow Interpreter::on(const FilterBlock& node) {
  emit(captured(node.body, node.filters));
  return Flow::on;
}

Interpreter::Flow Interpreter::on(const Scoped& node) {
  const Inside scope(*this, scope_);
  return execute(node.body);
}

Interpreter::Flow Interpreter::on(const With& node) {
  std::vector<Value> values;  // all of them before any is visible
  for (const auto& [target, value] : node.variables) values.push_back(evaluate(*value));
  const Inside scope(*this, scope_);
  for (std::size_t i = 0; i < values.size(); ++i) assign(node.variables[i].first, values[i]);
  return execute(node.body);
}

Value Interpreter::make_macro(const Macro& macro) {
  if (scopes_of_macros_.size() >= max_macro_definitions)
    runtime_.limit_passed("definitions of macros", max_macro_definitions);
  scopes_of_macros_.push_back(scope_);
  Callable callable;
  callable.name = macro.name;
  callable.is_macro = true;
  callable.call = [this, &macro, scope = scope_](Runtime&, const Arguments& arguments) {
    return call_macro(macro, scope, arguments);
  };
  return Value(std::make_shared<const Callable>(std::move(callable)));
}

Interpreter::Flow Interpreter::on(const Macro& node) {
  set_variable(node.name, make_macro(node));
  return Flow::on;
}

Interpreter::Flow Interpreter::on(const CallBlock& node) {
  const Value caller = make_macro(node.caller);
  emit(call(std::get<Call>(node.call->node), &caller));
  return Flow::on;
}

Value Interpreter::call_macro(const Macro& macro, const std::shared_ptr<Scope>& defined_in,
                              const Arguments& arguments) {
  const Level level(runtime_);
  const int line = runtime_.line;
  if (arguments.positional.size() > macro.parameters.size())
    runtime_.fault("gives the macro \"", macro.name, "\" too many arguments");
  const Value* caller = nullptr;  // given by a call block
  for (const auto& [name, value] : arguments.named) {
    if (name == "caller") {
      caller = &value;
      continue;
    }
    const bool known = std::any_of(macro.parameters.begin(), macro.parameters.end(),
                                   [&name = name](const auto& parameter) { return parameter.first == name; });
    if (!known)
      runtime_.fault("gives the macro \"", macro.name, "\" an argument \"", name, "\" that it does not have");
  }
  Value text = printed([&] {
    const Inside scope(*this, defined_in);
    for (std::size_t i = 0; i < macro.parameters.size(); ++i) {
      const auto& [name, otherwise] = macro.parameters[i];
      const Value* given = arguments.get(i, name);
      Value value = given != nullptr ? *given : otherwise != nullptr ? evaluate(*otherwise) : Value::undefined(name);
      scope_->variables.emplace_back(name, std::move(value));
    }
    if (caller != nullptr) scope_->variables.emplace_back("caller", *caller);
    execute(macro.body);
  });
  runtime_.line = line;
  return text;
}

}  // namespace pmtune::text::jinja
