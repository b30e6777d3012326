#include "text/template_json.hpp"

#include <utility>
#include <vector>

namespace pmtune::text {

using jinja::MarkedText;
using jinja::Value;

jinja::Value untrusted_value(const Json& json, jinja::Runtime& runtime) {
  const jinja::Level level(runtime);
  runtime.step();
  const auto text = [&](const std::string& bytes) { return runtime.text(MarkedText::untrusted(bytes)); };
  if (json.is_null()) return Value(jinja::None{});
  if (json.is_boolean()) return Value(json.get<bool>());
  if (json.is_number_unsigned() && json.get<std::uint64_t>() > std::uint64_t{INT64_MAX})
    return Value(json.get<double>());
  if (json.is_number_integer()) return Value(json.get<std::int64_t>());
  if (json.is_number()) return Value(json.get<double>());
  if (json.is_string()) return text(json.get_ref<const std::string&>());
  if (json.is_array()) {
    std::vector<Value> items;
    for (const Json& item : json) items.push_back(untrusted_value(item, runtime));
    return runtime.list(std::move(items));
  }
  std::vector<std::pair<Value, Value>> entries;
  for (const auto& [name, value] : json.items()) entries.emplace_back(text(name), untrusted_value(value, runtime));
  return runtime.dict(std::move(entries));
}

}  // namespace pmtune::text
