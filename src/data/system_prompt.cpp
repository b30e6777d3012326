#include "data/system_prompt.hpp"

#include <algorithm>
#include <map>

namespace pmtune::data {

std::string usual_system_prompt(const Dataset& data) {
  std::map<std::string, std::size_t> counts;
  for (const Example& example : data.examples())
    if (!example.messages.empty() && example.messages.front().role == "system")
      ++counts[example.messages.front().content];
  const auto most = std::max_element(counts.begin(), counts.end(),
                                     [](const auto& a, const auto& b) { return a.second < b.second; });
  return most == counts.end() ? "" : most->first;
}

}  // namespace pmtune::data
