// The normalizers that a tokenizer.json describes.
#include "text/json_members.hpp"
#include "text/limits.hpp"
#include "text/normalizer.hpp"

namespace pmtune::text {

Normalizer Normalizer::from_json(const Json& value, std::string_view where) {
  Normalizer made;
  if (!value.is_null()) made.add_json_step(value, where, 0);
  return made;
}

void Normalizer::add_json_step(const Json& value, std::string_view where, std::size_t depth) {
  const JsonStep step(value, "normalizer", where);
  const std::string type = step.text("type");
  if (type == "Sequence" && depth < max_json_sequence_depth) {
    for (const Json& inner : step.list("normalizers")) add_json_step(inner, where, depth + 1);
  } else if (type == "NFC") {
    add_nfc();
  } else if (type == "Prepend") {
    add_prepend(step.text("prepend"));
  } else if (type == "Replace") {
    std::string literal;
    Regex pattern = step.pattern(&literal);
    if (literal.empty()) {
      add_replace(std::move(pattern), step.text("content"));
    } else {
      add_replace(std::move(literal), step.text("content"));
    }
  } else if (type == "Strip") {
    if (step.flag("strip_left", true)) add_replace(Regex(R"(\A\s+)", where), "");
    if (step.flag("strip_right", true)) add_replace(Regex(R"(\s+\z)", where), "");
  } else {
    step.refuse(type);
  }
}

}  // namespace pmtune::text
