// The pre-tokenizers that a tokenizer.json describes.
#include <cctype>

#include "base/fail.hpp"
#include "text/pre_tokenizer.hpp"
#include "text/shown.hpp"

namespace pmtune::text {
namespace {

std::string string_member(const Json& value, const char* key, std::string_view where) {
  const auto member = value.find(key);
  if (member == value.end() || !member->is_string())
    fail(Code::corrupt, "A pre_tokenizer step of ", where, " has no text \"", key, "\"; fetch the model again.");
  return member->get<std::string>();
}

bool bool_member(const Json& value, const char* key, bool otherwise, std::string_view where) {
  const auto member = value.find(key);
  if (member == value.end()) return otherwise;
  if (!member->is_boolean())
    fail(Code::corrupt, "\"", key, "\" of a pre_tokenizer step of ", where,
         " is not true or false; fetch the model again.");
  return member->get<bool>();
}

SplitBehavior behavior_of(const std::string& name, std::string_view where) {
  if (name == "Removed") return SplitBehavior::removed;
  if (name == "Isolated") return SplitBehavior::isolated;
  if (name == "MergedWithPrevious") return SplitBehavior::merged_with_previous;
  if (name == "MergedWithNext") return SplitBehavior::merged_with_next;
  if (name == "Contiguous") return SplitBehavior::contiguous;
  fail(Code::unsupported, "A pre_tokenizer step of ", where, " has the behavior \"", shown(name),
       "\", which this build does not know; choose another model.");
}

std::string escaped(std::string_view literal) {
  std::string pattern;
  for (const char c : literal) {
    if (static_cast<unsigned char>(c) < 0x80 && !std::isalnum(static_cast<unsigned char>(c))) pattern += '\\';
    pattern += c;
  }
  return pattern;
}

}  // namespace

PreTokenizer PreTokenizer::from_json(const Json& value, std::string_view where) {
  PreTokenizer made;
  made.add_json_step(value, where, 0);
  if (!made.byte_level_)
    fail(Code::unsupported, where,
         " is not a byte-level tokenizer, the one kind this build can use; choose another model.");
  return made;
}

void PreTokenizer::add_json_step(const Json& value, std::string_view where, int depth) {
  if (value.is_null() && depth == 0)
    fail(Code::unsupported, where,
         " has no pre_tokenizer; only byte-level tokenizers can be used yet, choose another model.");
  if (!value.is_object())
    fail(Code::corrupt, "A pre_tokenizer step of ", where, " is not an object; fetch the model again.");
  const std::string type = string_member(value, "type", where);
  if (type == "Sequence" && depth < 4) {
    const auto steps = value.find("pretokenizers");
    if (steps == value.end() || !steps->is_array())
      fail(Code::corrupt, "The pre_tokenizer Sequence of ", where,
           " has no list \"pretokenizers\"; fetch the model again.");
    for (const Json& step : *steps) add_json_step(step, where, depth + 1);
  } else if (type == "Split") {
    add_json_split(value, where);
  } else if (type == "Digits") {
    add_digits(bool_member(value, "individual_digits", false, where), where);
  } else if (type == "Punctuation") {
    const auto behavior = value.find("behavior");
    add_step({.regex = Regex(R"([\p{P}!-\/:-@\[-`{-~])", where),
              .behavior = behavior == value.end() ? SplitBehavior::isolated
                                                  : behavior_of(string_member(value, "behavior", where), where)});
  } else if (type == "ByteLevel") {
    add_byte_level(bool_member(value, "add_prefix_space", true, where), bool_member(value, "use_regex", true, where),
                   where);
  } else {
    fail(Code::unsupported, "The pre_tokenizer of ", where, " has a step \"", shown(type),
         "\", which this build does not know; choose another model.");
  }
}

void PreTokenizer::add_json_split(const Json& value, std::string_view where) {
  const auto pattern = value.find("pattern");
  if (pattern == value.end() || !pattern->is_object() || pattern->size() != 1)
    fail(Code::corrupt, "A Split step of ", where, " has no pattern; fetch the model again.");
  const bool is_regex = pattern->contains("Regex");
  const std::string text = string_member(*pattern, is_regex ? "Regex" : "String", where);
  add_step({.regex = Regex(is_regex ? text : escaped(text), where),
            .behavior = behavior_of(string_member(value, "behavior", where), where),
            .inverted = bool_member(value, "invert", false, where)});
}

}  // namespace pmtune::text
