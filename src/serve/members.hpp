// The members of a JSON object in a request, read with their types. What is wrong is named as OpenAI names it:
// "messages[2].content".
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/json.hpp"
#include "serve/api_error.hpp"

namespace pmtune::serve {

class Members {
 public:
  // where: of the object, empty for the request itself. Throws 400 when it is no object. Must not outlive `object`.
  Members(const Json& object, std::string where);

  // The member; nullptr when it is absent or null, which mean the same.
  const Json* find(const char* name) const;
  const Json& need(const char* name) const;
  std::string path(const char* name) const;

  // Nothing when absent; throw 400 when it is of another type or out of range.
  std::optional<std::string> text(const char* name) const;
  std::optional<bool> flag(const char* name) const;
  std::optional<double> number(const char* name, double least, double most) const;
  std::optional<std::int64_t> integer(const char* name, std::int64_t least, std::int64_t most) const;
  const Json* list(const char* name) const;
  const Json* object(const char* name) const;

  std::string need_text(const char* name) const;

  [[noreturn]] void wrong(const char* name, const std::string& wanted, const Json& found) const;

 private:
  const Json& object_;
  std::string where_;
};

const char* kind_of(const Json& value);  // "a text", "a number", ...

// A request's body. Throws 400 for what is not one JSON object.
Json parse_body(std::string_view body);

}  // namespace pmtune::serve
