#include <algorithm>

#include "text/jinja/ast.hpp"

namespace pmtune::text::jinja {
namespace {

int depth_of(const ExprPtr& expr) { return expr == nullptr ? 0 : expr->depth; }
int depth_of(const std::vector<ExprPtr>& exprs) {
  int deepest = 0;
  for (const ExprPtr& expr : exprs) deepest = std::max(deepest, depth_of(expr));
  return deepest;
}
int depth_of(const CallArguments& arguments) {
  int deepest = depth_of(arguments.positional);
  for (const auto& [name, value] : arguments.named) deepest = std::max(deepest, depth_of(value));
  return deepest;
}

// The depth of the deepest child.
struct ChildDepth {
  int operator()(const Literal&) const { return 0; }
  int operator()(const Name&) const { return 0; }
  int operator()(const ListLiteral& node) const { return depth_of(node.items); }
  int operator()(const DictLiteral& node) const {
    int deepest = 0;
    for (const auto& [key, value] : node.entries) deepest = std::max({deepest, depth_of(key), depth_of(value)});
    return deepest;
  }
  int operator()(const Not& node) const { return depth_of(node.operand); }
  int operator()(const Sign& node) const { return depth_of(node.operand); }
  int operator()(const Binary& node) const { return std::max(depth_of(node.left), depth_of(node.right)); }
  int operator()(const Logic& node) const { return std::max(depth_of(node.left), depth_of(node.right)); }
  int operator()(const Concat& node) const { return depth_of(node.parts); }
  int operator()(const Compare& node) const {
    int deepest = depth_of(node.first);
    for (const auto& [op, value] : node.rest) deepest = std::max(deepest, depth_of(value));
    return deepest;
  }
  int operator()(const Conditional& node) const {
    return std::max({depth_of(node.condition), depth_of(node.then), depth_of(node.otherwise)});
  }
  int operator()(const Attribute& node) const { return depth_of(node.object); }
  int operator()(const Index& node) const { return std::max(depth_of(node.object), depth_of(node.key)); }
  int operator()(const Slice& node) const {
    return std::max({depth_of(node.object), depth_of(node.start), depth_of(node.stop), depth_of(node.step)});
  }
  int operator()(const Call& node) const { return std::max(depth_of(node.callee), depth_of(node.arguments)); }
  int operator()(const Filter& node) const { return std::max(depth_of(node.input), depth_of(node.filter.arguments)); }
  int operator()(const Test& node) const { return std::max(depth_of(node.input), depth_of(node.arguments)); }
};

}  // namespace

int deepest_child(const Expr::Node& node) { return std::visit(ChildDepth{}, node); }

}  // namespace pmtune::text::jinja
