// What a tokenizer does to a text before it is cut into words: a chain of steps.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "text/preceding.hpp"
#include "text/regex.hpp"

namespace pmtune::text {

class Normalizer {
 public:
  // From the "normalizer" of a tokenizer.json. Throws corrupt, or unsupported for a step that is not known, naming
  // it.
  static Normalizer from_json(const Json& value, std::string_view where);

  void add_nfc() { add({.kind = Kind::nfc}); }
  // Puts `text` before every text that is not empty and does not go on from another.
  void add_prepend(std::string text) { add({.kind = Kind::prepend, .with = std::move(text)}); }
  void add_replace(std::string literal, std::string with);
  void add_replace(Regex pattern, std::string with);

  // The text as the tokenizer sees it: `text` itself, or a view of `storage`. With `origins`, its entry i is set to
  // the byte of `text` that byte i of the result comes from, about as exactly as one character; it is empty when
  // nothing has changed.
  std::string_view apply(std::string_view text, Preceding preceding, std::string& storage,
                         std::vector<std::size_t>* origins = nullptr) const;

  bool changes_nothing() const { return steps_.empty(); }

  // The same for two normalizers exactly when they change texts alike by construction; part of a fingerprint.
  const std::string& description() const { return description_; }

 private:
  enum class Kind { nfc, prepend, replace };
  struct Step {
    Kind kind;
    std::string literal = "";  // replace: what is looked for, unless there is a pattern
    std::optional<Regex> pattern = std::nullopt;
    std::string with = "";
  };
  void add(Step step);
  void add_json_step(const Json& value, std::string_view where, std::size_t depth);

  std::vector<Step> steps_;
  std::string description_;
};

}  // namespace pmtune::text
