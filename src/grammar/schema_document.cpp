#include "grammar/schema_document.hpp"

#include "base/fail.hpp"
#include "grammar/limits.hpp"
#include "grammar/refusal.hpp"
#include "text/shown.hpp"

namespace pmtune::grammar {
namespace {

void replace_all(std::string& text, std::string_view what, std::string_view by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
}

int hex_value(char letter) {
  if (letter >= '0' && letter <= '9') return letter - '0';
  if (letter >= 'a' && letter <= 'f') return letter - 'a' + 10;
  if (letter >= 'A' && letter <= 'F') return letter - 'A' + 10;
  return -1;
}

// %XX of a URI's fragment; what is no such escape stays.
std::string without_percents(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = i + 2 < text.size() && text[i] == '%' ? hex_value(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_value(text[i + 2]) : -1;
    if (low < 0) {
      result += text[i];
      continue;
    }
    result += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return result;
}

// The value under one step of a JSON pointer (RFC 6901); null when there is none.
const Json* step(const Json& from, std::string name) {
  replace_all(name, "~1", "/");
  replace_all(name, "~0", "~");
  if (from.is_object()) {
    const auto found = from.find(name);
    return found == from.end() ? nullptr : &*found;
  }
  if (!from.is_array() || name.empty() || name.size() > 6) return nullptr;
  std::size_t index = 0;
  for (const char digit : name) {
    if (digit < '0' || digit > '9') return nullptr;
    index = index * 10 + static_cast<std::size_t>(digit - '0');
  }
  return index < from.size() ? &from[index] : nullptr;
}

}  // namespace

Place Place::at(std::string_view name) const {
  std::string escaped(name);
  replace_all(escaped, "~", "~0");
  replace_all(escaped, "/", "~1");
  return {schema, pointer + "/" + escaped};
}

SchemaDocument::SchemaDocument(std::string_view text) {
  if (text.size() > max_schema_bytes)
    fail(Code::unsupported, "The JSON schema has ", text.size(), " bytes, more than the ", max_schema_bytes,
         " that are read; divide the question into smaller ones.");
  JsonFault fault;
  if (!parse_json(text, root_, fault, max_schema_depth))
    fail(Code::invalid_argument, "The JSON schema is not valid JSON at line ", fault.line, ", column ", fault.column,
         ": ", text::shown(fault.reason, 200), ".");
  if (!root_.is_object() && !root_.is_boolean())
    fail(Code::invalid_argument, "The JSON schema must be a JSON object, such as {\"type\": \"object\"}.");
}

Place SchemaDocument::target(const std::string& reference) const {
  if (!reference.starts_with("#"))
    throw Refusal{Code::unsupported, concat("refers to \"", text::shown(reference),
                                            "\", another document; put what is meant under $defs and refer to that")};
  const std::string pointer = without_percents(std::string_view(reference).substr(1));
  if (!pointer.empty() && pointer.front() != '/')
    throw Refusal{Code::unsupported, concat("refers to the anchor \"", text::shown(reference),
                                            "\"; write where it stands, such as #/$defs/name")};
  const Json* found = &root_;
  for (std::size_t at = 0; found != nullptr && at < pointer.size();) {
    const std::size_t end = std::min(pointer.find('/', at + 1), pointer.size());
    found = step(*found, pointer.substr(at + 1, end - at - 1));
    at = end;
  }
  if (found == nullptr || (!found->is_object() && !found->is_boolean()))
    throw Refusal{Code::invalid_argument,
                  concat("refers to \"", text::shown(reference), "\", where no schema is; correct the reference")};
  return {found, reference};
}

}  // namespace pmtune::grammar
