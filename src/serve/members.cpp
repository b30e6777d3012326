#include "serve/members.hpp"

#include <utility>

#include "base/utf8.hpp"

namespace pmtune::serve {

const char* kind_of(const Json& value) {
  if (value.is_string()) return "a text";
  if (value.is_boolean()) return "true or false";
  if (value.is_number()) return "a number";
  if (value.is_array()) return "a list";
  if (value.is_object()) return "an object";
  return "null";
}

Members::Members(const Json& object, std::string where) : object_(object), where_(std::move(where)) {
  if (!object.is_object())
    refuse(where_, where_.empty() ? "The body" : "\"" + where_ + "\"", " must be a JSON object, not ",
           kind_of(object), ".");
}

std::string Members::path(const char* name) const { return where_.empty() ? name : where_ + "." + name; }

const Json* Members::find(const char* name) const {
  const auto found = object_.find(name);
  return found == object_.end() || found->is_null() ? nullptr : &*found;
}

const Json& Members::need(const char* name) const {
  if (const Json* found = find(name)) return *found;
  refuse(path(name), "\"", path(name), "\" is missing; the request needs it.");
}

void Members::wrong(const char* name, const std::string& wanted, const Json& found) const {
  const bool is_short = found.is_number() || found.is_boolean();
  refuse(path(name), "\"", path(name), "\" must be ", wanted, ", not ", is_short ? found.dump() : kind_of(found),
         ".");
}

std::optional<std::string> Members::text(const char* name) const {
  const Json* found = find(name);
  if (!found) return std::nullopt;
  if (!found->is_string()) wrong(name, "a text", *found);
  return found->get<std::string>();
}

std::string Members::need_text(const char* name) const {
  need(name);
  return *text(name);
}

std::optional<bool> Members::flag(const char* name) const {
  const Json* found = find(name);
  if (!found) return std::nullopt;
  if (!found->is_boolean()) wrong(name, "true or false", *found);
  return found->get<bool>();
}

std::optional<double> Members::number(const char* name, double least, double most) const {
  const Json* found = find(name);
  if (!found) return std::nullopt;
  const std::string wanted = concat("a number from ", least, " to ", most);
  if (!found->is_number()) wrong(name, wanted, *found);
  const double value = found->get<double>();
  if (!(value >= least && value <= most)) wrong(name, wanted, *found);
  return value;
}

std::optional<std::int64_t> Members::integer(const char* name, std::int64_t least, std::int64_t most) const {
  const Json* found = find(name);
  if (!found) return std::nullopt;
  const std::string wanted = concat("a whole number from ", least, " to ", most);
  // Numbers beyond int64 are unsigned or doubles here; casting those would be undefined or wrap.
  const bool fits = found->is_number_integer() &&
                    (!found->is_number_unsigned() || found->get<std::uint64_t>() <= std::uint64_t{INT64_MAX});
  if (!fits) wrong(name, wanted, *found);
  const auto value = found->get<std::int64_t>();
  if (value < least || value > most) wrong(name, wanted, *found);
  return value;
}

const Json* Members::list(const char* name) const {
  const Json* found = find(name);
  if (found && !found->is_array()) wrong(name, "a list", *found);
  return found;
}

const Json* Members::object(const char* name) const {
  const Json* found = find(name);
  if (found && !found->is_object()) wrong(name, "an object", *found);
  return found;
}

Json parse_body(std::string_view body) {
  if (body.empty()) refuse("", "The body is empty; send a JSON object.");
  if (find_invalid_utf8(body) != std::string_view::npos)
    refuse("", "The body is not valid UTF-8; send JSON in UTF-8.");
  Json json;
  JsonFault fault;
  if (!parse_json(body, json, fault))
    refuse("", "The body is not JSON at line ", fault.line, ", column ", fault.column, ": ", fault.reason, ".");
  if (!json.is_object()) refuse("", "The body must be a JSON object, not ", kind_of(json), ".");
  return json;
}

}  // namespace pmtune::serve
