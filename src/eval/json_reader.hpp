// Reads members of JSON objects from outside, with errors that name the file, the place and the cure.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "base/fail.hpp"
#include "base/json.hpp"
#include "base/options.hpp"

namespace pmtune::eval {

class JsonReader {
 public:
  JsonReader(const Json& object, std::string where, Code code)
      : object_(object), where_(std::move(where)), code_(code) {
    if (!object.is_object()) fail(code_, where_, " must be a JSON object { ... }.");
  }

  const std::string& where() const { return where_; }
  bool has(const char* key) const { return object_.contains(key) && !object_[key].is_null(); }

  std::string text(const char* key) const {
    const Json& value = member(key);
    if (!value.is_string()) wrong(key, "a text");
    return value.get<std::string>();
  }
  std::string text_or(const char* key, const std::string& otherwise) const {
    return has(key) ? text(key) : otherwise;
  }

  std::int64_t whole(const char* key) const {
    const Json& value = member(key);
    if (!value.is_number_integer() || (value.is_number_unsigned() && value.get<std::uint64_t>() > INT64_MAX))
      wrong(key, "a whole number");
    return value.get<std::int64_t>();
  }
  std::int64_t whole_or(const char* key, std::int64_t otherwise) const { return has(key) ? whole(key) : otherwise; }

  double number(const char* key) const {  // null stands for "not measured"
    const Json& value = member(key);
    if (value.is_null()) return std::numeric_limits<double>::quiet_NaN();
    if (!value.is_number()) wrong(key, "a number or null");
    return value.get<double>();
  }

  bool truth(const char* key) const {
    const Json& value = member(key);
    if (!value.is_boolean()) wrong(key, "true or false");
    return value.get<bool>();
  }

  const Json& list(const char* key) const {
    const Json& value = member(key);
    if (!value.is_array()) wrong(key, "a list [ ... ]");
    return value;
  }

  JsonReader object(const char* key) const { return {member(key), concat("\"", key, "\" in ", where_), code_}; }

  std::vector<double> numbers(const char* key) const {
    std::vector<double> out;
    for (const Json& item : list(key)) {
      if (!item.is_number() && !item.is_null()) wrong(key, "a list of numbers");
      out.push_back(item.is_null() ? std::numeric_limits<double>::quiet_NaN() : item.get<double>());
    }
    return out;
  }

  std::vector<std::string> texts(const char* key) const {
    std::vector<std::string> out;
    for (const Json& item : list(key)) {
      if (!item.is_string()) wrong(key, "a list of texts");
      out.push_back(item.get<std::string>());
    }
    return out;
  }

  // Calls make(reader) for each object of the list; the reader names it, counted from 1.
  template <class Make>
  auto each(const char* key, const char* what, Make make) const {
    std::vector<decltype(make(std::declval<JsonReader>()))> out;
    for (const Json& item : list(key))
      out.push_back(make(JsonReader(item, concat(what, " ", out.size() + 1, " in ", where_), code_)));
    return out;
  }

  void allow_only(const std::vector<std::string>& known) const {
    for (const auto& [key, value] : object_.items())
      if (std::find(known.begin(), known.end(), key) == known.end())
        fail(code_, where_, " has the unknown member \"", key, "\".", did_you_mean(key, known));
  }

 private:
  const Json& member(const char* key) const {
    const auto found = object_.find(key);
    if (found == object_.end()) fail(code_, where_, " lacks \"", key, "\".");
    return *found;
  }
  [[noreturn]] void wrong(const char* key, const char* expected) const {
    fail(code_, "\"", key, "\" in ", where_, " must be ", expected, ".");
  }

  const Json& object_;
  std::string where_;
  Code code_;
};

}  // namespace pmtune::eval
