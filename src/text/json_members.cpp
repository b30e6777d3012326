#include "text/json_members.hpp"

#include "base/fail.hpp"
#include "text/shown.hpp"

namespace pmtune::text {
JsonStep::JsonStep(const Json& from, std::string_view called, std::string_view file)
    : value(from), what(called), where(file) {
  if (!value.is_object())
    fail(Code::corrupt, "A ", what, " step of ", where, " is not an object; fetch the model again.");
}

std::string JsonStep::text(const char* key) const {
  const auto member = value.find(key);
  if (member == value.end() || !member->is_string())
    fail(Code::corrupt, "A ", what, " step of ", where, " has no text \"", key, "\"; fetch the model again.");
  return member->get<std::string>();
}

bool JsonStep::flag(const char* key, bool otherwise) const {
  const auto member = value.find(key);
  if (member == value.end()) return otherwise;
  if (!member->is_boolean())
    fail(Code::corrupt, "\"", key, "\" of a ", what, " step of ", where,
         " is not true or false; fetch the model again.");
  return member->get<bool>();
}

const Json& JsonStep::list(const char* key) const {
  const auto member = value.find(key);
  if (member == value.end() || !member->is_array())
    fail(Code::corrupt, "A ", what, " step of ", where, " has no list \"", key, "\"; fetch the model again.");
  return *member;
}

Regex JsonStep::pattern(std::string* literal) const {
  const auto member = value.find("pattern");
  if (member == value.end() || !member->is_object() || member->size() != 1)
    fail(Code::corrupt, "A ", what, " step of ", where, " has no pattern; fetch the model again.");
  const bool is_regex = member->contains("Regex");
  const std::string sought = JsonStep(*member, what, where).text(is_regex ? "Regex" : "String");
  if (literal && !is_regex) *literal = sought;
  return Regex(is_regex ? sought : Regex::escaped(sought), where);
}

void JsonStep::refuse(std::string_view type) const {
  fail(Code::unsupported, "The ", what, " of ", where, " has a step \"", shown(type),
       "\", which this build does not know; choose another model.");
}

}  // namespace pmtune::text
