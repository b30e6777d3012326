// Names of models, data and aliases, and references made of them. No storage.
#pragma once

#include <cstdint>
#include <string>

namespace pmtune {

// "NAME-vN", "NAME@alias" or "NAME". Which parts are set tells the form.
struct Reference {
  std::string name;
  std::int64_t number = 0;  // 0 = not given
  std::string alias;        // empty = not given
};

// Throws invalid_argument for what can be no reference (empty, "@x", "NAME@").
Reference parse_reference(const std::string& text);

// Throw invalid_argument with the rule: letters, digits, '.', '_', '-'; begins with a letter or digit; at most 100
// long; a model's name does not end in -v and a number.
void check_model_name(const std::string& name);
void check_alias(const std::string& alias);

std::string version_id(const std::string& name, std::int64_t number);  // "NAME-vN"

// The same for data: "NAME-dN" or "NAME". A data name does not end in -d and a number.
Reference parse_data_reference(const std::string& text);
void check_data_name(const std::string& name);
std::string data_version_id(const std::string& name, std::int64_t number);

}  // namespace pmtune
