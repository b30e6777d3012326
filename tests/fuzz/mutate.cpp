#include "mutate.hpp"

#include <cstring>
#include <vector>

#include "base/json.hpp"

namespace pmtune::fuzz {
namespace {

void collect(Json& value, std::vector<Json*>& all) {
  all.push_back(&value);
  if (value.is_structured())
    for (Json& child : value) collect(child, all);
}

Json other_value(Random& random) {
  switch (below(random, 9)) {
    case 0: return nullptr;
    case 1: return below(random, 2) == 0;
    case 2: return troublesome(random);
    case 3: return -static_cast<std::int64_t>(troublesome(random) >> 1);
    case 4: return 1e300;
    case 5: return 0.5;
    case 6: return "";
    case 7: return Json::array();
    default: return Json::object();
  }
}

void change_text(Json& value, Random& random) {
  std::string text = value.get<std::string>();
  constexpr const char* pieces[] = {"<|im_end|>", "\\u0000", "<0x00>", "..", "/", " ", "\xC4\xA0", "\U0001F600"};
  if (below(random, 3) == 0)
    text.insert(below(random, text.size() + 1), pieces[below(random, std::size(pieces))]);
  else
    text = changed(text, text.size() + 16);
  value = text;
}

void change_members(Json& value, Random& random) {
  const std::size_t at = below(random, value.size());
  const auto member = std::next(value.begin(), static_cast<std::ptrdiff_t>(at));
  const Json copy = *member;
  if (value.is_object()) {
    const std::string name = std::next(value.items().begin(), static_cast<std::ptrdiff_t>(at)).key();
    const std::size_t choice = below(random, 3);
    if (choice != 1) value.erase(name);
    if (choice == 1) value[name + "2"] = copy;
    if (choice == 2) value[changed(name, name.size() + 8)] = copy;
  } else if (below(random, 2) == 0) {
    value.erase(at);
  } else {
    value.push_back(copy);
  }
}

void change(Json& value, Json& other, Random& random) {
  const std::size_t choice = below(random, 5);
  if (choice == 0)
    value = other_value(random);
  else if (choice == 1)
    value = Json(other);
  else if (value.is_string())
    change_text(value, random);
  else if (value.is_number())
    value = choice == 2 ? Json(troublesome(random)) : Json(static_cast<std::int64_t>(below(random, 40)) - 4);
  else if (value.is_structured() && !value.empty())
    change_members(value, random);
  else
    value = other_value(random);
}

}  // namespace

std::string changed(const std::string& text, std::size_t most) {
  std::vector<std::uint8_t> bytes(most + 1);
  std::memcpy(bytes.data(), text.data(), std::min(text.size(), most));
  const std::size_t size = LLVMFuzzerMutate(bytes.data(), std::min(text.size(), most), most);
  return {reinterpret_cast<const char*>(bytes.data()), size};
}

std::size_t put(const std::string& text, std::uint8_t* data, std::size_t size, std::size_t most) {
  if (text.empty() || text.size() > most) return size;
  std::memcpy(data, text.data(), text.size());
  return text.size();
}

std::string changed_json(const std::string& text, Random& random) {
  Json json;
  JsonFault fault;
  if (!parse_json(text, json, fault)) return {};
  for (std::size_t changes = 1 + below(random, 2); changes > 0; --changes) {
    std::vector<Json*> all;
    collect(json, all);
    const Json other = *all[below(random, all.size())];
    Json copy = other;
    change(*all[below(random, all.size())], copy, random);
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::ignore);
}

}  // namespace pmtune::fuzz
