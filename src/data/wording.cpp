#include "data/wording.hpp"

#include "data/problems.hpp"

namespace pmtune::data {

std::string kind_of(const Json& value) {
  switch (value.type()) {
    case Json::value_t::string: return "a text";
    case Json::value_t::boolean: return "true or false";
    case Json::value_t::array: return "a list";
    case Json::value_t::object: return "a group in braces {}";
    case Json::value_t::null: return "null (nothing)";
    default: return "a number";
  }
}

std::string keys_of(const Json& object) {
  constexpr std::size_t most = 4;
  std::string text;
  std::size_t shown = 0;
  for (const auto& [key, value] : object.items()) {
    if (shown == most) return text + " and others";
    const bool last = shown + 1 == object.size();
    text += (shown == 0 ? "" : last ? " and " : ", ") + quoted(key, 30);
    ++shown;
  }
  return text;
}

const char* chat_shape() {
  return "{\"messages\": [{\"role\": \"user\", \"content\": \"...\"}, {\"role\": \"assistant\", \"content\": "
         "\"...\"}]}";
}

}  // namespace pmtune::data
