#include <algorithm>

#include "base/fail.hpp"
#include "grammar/schema_compiler.hpp"

namespace pmtune::grammar {
namespace {

// Drafts 4 to 2019 wrote prefixItems as a list under items, and the rest under additionalItems.
struct Items {
  Json first = Json::array();
  Json rest = true;
};
Items items_of(const Json& schema) {
  Items result;
  result.first = schema.value("prefixItems", Json(Json::array()));
  if (!schema.contains("items")) return result;
  const Json& items = schema["items"];
  if (!items.is_array()) {
    result.rest = items;
    return result;
  }
  if (schema.contains("prefixItems"))
    throw Refusal{Code::invalid_argument,
                  "has a list under items and prefixItems too; write prefixItems for the first items and one schema "
                  "under items for the others"};
  result.first = items;
  result.rest = schema.value("additionalItems", Json(true));
  return result;
}

}  // namespace

RuleId SchemaCompiler::array(const Json& schema, const Place& place) {
  const Items items = items_of(schema);
  const auto known = static_cast<std::uint32_t>(items.first.size());
  const std::uint32_t least = count_of(schema, "minItems", 0);
  std::uint32_t most = count_of(schema, "maxItems", unlimited);
  if (items.rest == false) most = std::min(most, known);
  check_counts(least, most, "minItems", "the number of items that are possible");

  const StandardLexemes& lexemes = standard_lexemes();
  const RuleId space = standard(lexemes.space);
  const RuleId comma = standard(lexemes.comma);
  const RuleId close = standard(lexemes.close_array);
  const auto item = [&](std::uint32_t i) {
    const bool listed = i < known;
    const std::string pointer = place.at(listed ? "prefixItems" : "items").pointer;
    return rule_of(listed ? items.first[i] : items.rest, listed ? pointer + "/" + std::to_string(i) : pointer);
  };
  // What follows when `done` items stand there, from the last place to the first.
  const std::uint32_t spelt_out = std::min(std::max(known, 1U), most);
  RuleId after = close;
  if (most > spelt_out)
    after = rules_.list(rules_.sequence({comma, space, item(known), space}), close,
                        least - std::min(least, spelt_out), most == unlimited ? unlimited : most - spelt_out);
  for (std::uint32_t done = spelt_out; done-- > 0;) {
    std::vector<RuleId> next = {item(done), space, after};
    if (done > 0) next.insert(next.begin(), {comma, space});
    std::vector<RuleId> choices = {rules_.sequence(std::move(next))};
    if (done >= least) choices.push_back(close);
    after = rules_.choice(std::move(choices));
  }
  return rules_.sequence({standard(lexemes.open_array), space, after});
}

}  // namespace pmtune::grammar
