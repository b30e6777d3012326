// The pre-tokenizers that a tokenizer.json describes.
#include "base/fail.hpp"
#include "text/limits.hpp"
#include "text/pre_tokenizer.hpp"
#include "text/shown.hpp"

namespace pmtune::text {
namespace {

SplitBehavior behavior_of(const JsonStep& step) {
  const std::string name = step.text("behavior");
  if (name == "Removed") return SplitBehavior::removed;
  if (name == "Isolated") return SplitBehavior::isolated;
  if (name == "MergedWithPrevious") return SplitBehavior::merged_with_previous;
  if (name == "MergedWithNext") return SplitBehavior::merged_with_next;
  if (name == "Contiguous") return SplitBehavior::contiguous;
  fail(Code::unsupported, "A pre_tokenizer step of ", step.where, " has the behavior \"", shown(name),
       "\", which this build does not know; choose another model.");
}

}  // namespace

PreTokenizer PreTokenizer::from_json(const Json& value, std::string_view where) {
  PreTokenizer made;
  if (!value.is_null()) made.add_json_step(value, where, 0);
  return made;
}

void PreTokenizer::add_json_step(const Json& value, std::string_view where, std::size_t depth) {
  const JsonStep step(value, "pre_tokenizer", where);
  const std::string type = step.text("type");
  if (byte_level_) step.refuse(concat(type, " behind ByteLevel"));  // it would cut within characters
  if (type == "Sequence" && depth < max_json_sequence_depth) {
    for (const Json& inner : step.list("pretokenizers")) add_json_step(inner, where, depth + 1);
  } else if (type == "Split") {
    add_step({.regex = step.pattern(), .behavior = behavior_of(step), .inverted = step.flag("invert", false)});
  } else if (type == "Digits") {
    add_digits(step.flag("individual_digits", false), where);
  } else if (type == "Punctuation") {
    add_step({.regex = Regex(R"([\p{P}!-\/:-@\[-`{-~])", where),
              .behavior = value.contains("behavior") ? behavior_of(step) : SplitBehavior::isolated});
  } else if (type == "ByteLevel") {
    add_byte_level(step.flag("add_prefix_space", true), step.flag("use_regex", true), where);
  } else if (type == "Metaspace") {
    add_json_metaspace(step);
  } else {
    step.refuse(type);
  }
}

// Spaces become a visible character, and words begin with it.
void PreTokenizer::add_json_metaspace(const JsonStep& step) {
  Step made{.behavior = SplitBehavior::merged_with_next, .prefix = Prefix::always, .space = step.text("replacement")};
  if (made.space.empty() || made.space.size() > 4)
    fail(Code::corrupt, "The Metaspace step of ", step.where,
         " does not name one character in place of spaces; fetch the model again.");
  if (step.value.contains("prepend_scheme")) {
    const std::string scheme = step.text("prepend_scheme");
    if (scheme != "always" && scheme != "first" && scheme != "never") step.refuse(scheme);
    made.prefix = scheme == "always" ? Prefix::always : scheme == "first" ? Prefix::first : Prefix::never;
  } else if (!step.flag("add_prefix_space", true)) {
    made.prefix = Prefix::never;  // as older files have it
  }
  if (step.flag("split", true)) made.regex = Regex(Regex::escaped(made.space), step.where);
  add_step(std::move(made));
}

}  // namespace pmtune::text
