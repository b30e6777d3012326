// Reading the parts of a tokenizer.json that describe steps: normalizers, pre-tokenizers, decoders.
#pragma once

#include <string>
#include <string_view>

#include "base/json.hpp"
#include "text/regex.hpp"

namespace pmtune::text {

// A step of a tokenizer.json, and how it is called in messages: "A normalizer step of /models/x/tokenizer.json".
struct JsonStep {
  const Json& value;
  std::string_view what;  // "normalizer"
  std::string_view where;

  // Throws corrupt when the step is not an object.
  JsonStep(const Json& value, std::string_view what, std::string_view where);

  // Members of their kind; throw corrupt when they have another, or when a text or list is absent.
  std::string text(const char* key) const;
  bool flag(const char* key, bool otherwise) const;
  const Json& list(const char* key) const;

  // "pattern": {"String": ...} or {"Regex": ...}. literal is filled for a String.
  Regex pattern(std::string* literal = nullptr) const;

  // Throws unsupported, naming the kind of step, or the "member" that says what cannot be done.
  [[noreturn]] void refuse(std::string_view type) const;
};

}  // namespace pmtune::text
