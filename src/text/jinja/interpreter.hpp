// Runs the tree of a template, within the limits of its runtime.
#pragma once

#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "text/jinja/ast.hpp"
#include "text/jinja/program.hpp"
#include "text/jinja/runtime.hpp"

namespace pmtune::text::jinja {

// Variables by name; what is not found here is looked for in the parent.
struct Scope {
  std::shared_ptr<Scope> parent;
  std::vector<std::pair<std::string_view, Value>> variables;
  int depth = 0;
  Value* find(std::string_view name);
};

class Interpreter {
 public:
  Interpreter(Runtime& runtime, Variables variables);
  // Namespaces and macros can refer to each other in circles, which are broken here.
  ~Interpreter();
  Interpreter(const Interpreter&) = delete;
  Interpreter& operator=(const Interpreter&) = delete;

  MarkedText run(const Body& body);

 private:
  enum class Flow { on, break_loop, continue_loop };

  // --- statements (interpreter.cpp) ---
  Flow execute(const Body& body);
  Flow execute(const Stmt& statement);
  Flow on(const TextNode& node);
  Flow on(const Output& node);
  Flow on(const If& node);
  Flow on(const For& node);
  Flow on(const Set& node);
  Flow on(const SetBlock& node);
  Flow on(const Macro& node);
  Flow on(const CallBlock& node);
  Flow on(const With& node);
  Flow on(const FilterBlock& node);
  Flow on(const Scoped& node);
  Flow on(const Break&) { return Flow::break_loop; }
  Flow on(const Continue&) { return Flow::continue_loop; }
  Flow run_loop(const For& node, const Value& iterable, std::int64_t depth0);
  ListPtr items_to_visit(const For& node, const Value& iterable);
  std::shared_ptr<const Callable> recursion(const For& node, std::int64_t depth0);
  Value make_macro(const Macro& macro);
  template <class Work>
  Value printed(Work&& work);
  Value captured(const Body& body, const std::vector<FilterCall>& filters);
  Value filtered(Value value, const std::vector<FilterCall>& filters);
  Value call_macro(const Macro& macro, const std::shared_ptr<Scope>& defined_in, const Arguments& arguments);
  void assign(const Target& target, const Value& value);
  void set_variable(const std::string& name, const Value& value);
  void emit(const Value& value);

  // --- expressions (evaluate.cpp) ---
  Value evaluate(const Expr& expr);
  Value of(const Literal& node) { return node.value; }
  Value of(const Name& node);
  Value of(const ListLiteral& node);
  Value of(const DictLiteral& node);
  Value of(const Not& node);
  Value of(const Sign& node);
  Value of(const Binary& node);
  Value of(const Logic& node);
  Value of(const Concat& node);
  Value of(const Compare& node);
  Value of(const Conditional& node);
  Value of(const Attribute& node);
  Value of(const Index& node);
  Value of(const Slice& node);
  Value of(const Call& node);
  Value call(const Call& node, const Value* caller);
  Value of(const Filter& node);
  Value of(const Test& node);
  Arguments evaluate(const CallArguments& arguments);
  [[noreturn]] void cannot_call(const Expr& callee, const Value& value) const;
  Value make_namespace(const Arguments& arguments);

  // A scope that is entered for as long as it lives.
  class Inside {
   public:
    Inside(Interpreter& interpreter, const std::shared_ptr<Scope>& parent);
    ~Inside() { interpreter_.scope_ = std::move(outer_); }
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;

   private:
    Interpreter& interpreter_;
    std::shared_ptr<Scope> outer_;
  };

  Runtime& runtime_;
  std::shared_ptr<Scope> scope_;
  MarkedText* out_ = nullptr;
  std::vector<std::shared_ptr<Namespace>> namespaces_;
  std::vector<std::shared_ptr<Scope>> scopes_of_macros_;
};

}  // namespace pmtune::text::jinja
