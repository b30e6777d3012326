// A parsed template.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "text/jinja/value.hpp"

namespace pmtune::text::jinja {

struct Expr;
struct Stmt;
using ExprPtr = std::unique_ptr<const Expr>;
using StmtPtr = std::unique_ptr<const Stmt>;
using Body = std::vector<StmtPtr>;

struct CallArguments {
  std::vector<ExprPtr> positional;
  std::vector<std::pair<std::string, ExprPtr>> named;
};

struct Literal {
  Value value;
};
struct Name {
  std::string name;
};
struct ListLiteral {
  List::Kind kind;
  std::vector<ExprPtr> items;
};
struct DictLiteral {
  std::vector<std::pair<ExprPtr, ExprPtr>> entries;
};
struct Not {
  ExprPtr operand;
};
struct Sign {
  bool negative;
  ExprPtr operand;
};
enum class BinaryOp { add, subtract, multiply, divide, floor_divide, modulo, power };
struct Binary {
  BinaryOp op;
  ExprPtr left, right;
};
struct Logic {
  bool is_and;
  ExprPtr left, right;
};
struct Concat {
  std::vector<ExprPtr> parts;
};
enum class CompareOp { equal, not_equal, less, less_equal, greater, greater_equal, in, not_in };
struct Compare {
  ExprPtr first;
  std::vector<std::pair<CompareOp, ExprPtr>> rest;  // a < b < c
};
struct Conditional {
  ExprPtr condition, then, otherwise;  // otherwise may be null: undefined
};
struct Attribute {
  ExprPtr object;
  std::string name;
};
struct Index {
  ExprPtr object, key;
};
struct Slice {
  ExprPtr object, start, stop, step;  // the bounds may be null
};
struct Call {
  ExprPtr callee;
  CallArguments arguments;
};
struct FilterCall {
  std::string name;
  CallArguments arguments;
  int line;
};
struct Filter {
  ExprPtr input;
  FilterCall filter;
};
struct Test {
  ExprPtr input;
  std::string name;
  CallArguments arguments;
  bool negated;
};

struct Expr {
  using Node = std::variant<Literal, Name, ListLiteral, DictLiteral, Not, Sign, Binary, Logic, Concat, Compare,
                            Conditional, Attribute, Index, Slice, Call, Filter, Test>;
  Node node;
  int line;
  int depth;  // of the tree below; bounded by max_nesting
};

// The greatest depth among the expressions a node holds; 0 when it holds none.
int deepest_child(const Expr::Node& node);

// What can be assigned to: a name, an attribute of a namespace, or several of them.
struct Target {
  std::string name;
  std::string attribute;      // of the namespace `name`; empty for a plain name
  std::vector<Target> parts;  // not empty for "a, b"
};

struct TextNode {
  std::string text;
};
struct Output {
  ExprPtr value;
};
struct If {
  std::vector<std::pair<ExprPtr, Body>> branches;
  Body otherwise;
};
struct For {
  Target target;
  ExprPtr iterable;
  ExprPtr condition;  // may be null
  Body body;
  Body otherwise;
  bool recursive = false;  // the body may call loop(items)
};
struct Set {
  Target target;
  ExprPtr value;
};
struct SetBlock {
  Target target;
  std::vector<FilterCall> filters;
  Body body;
};
struct Macro {
  std::string name;
  std::vector<std::pair<std::string, ExprPtr>> parameters;  // with their defaults, which may be null
  Body body;
};
struct CallBlock {
  Macro caller;  // what the called macro knows as caller()
  ExprPtr call;
};
struct With {
  std::vector<std::pair<Target, ExprPtr>> variables;
  Body body;
};
struct FilterBlock {
  std::vector<FilterCall> filters;
  Body body;
};
struct Scoped {  // {% generation %}
  Body body;
};
struct Break {};
struct Continue {};

struct Stmt {
  using Node = std::variant<TextNode, Output, If, For, Set, SetBlock, Macro, CallBlock, With, FilterBlock, Scoped,
                            Break, Continue>;
  Node node;
  int line;
};

}  // namespace pmtune::text::jinja
