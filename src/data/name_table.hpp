// Short texts under numbers, so that each is kept once however many examples hold it.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace pmtune::data {

class NameTable {
 public:
  std::uint32_t number_of(const std::string& name) {
    const auto [found, is_new] = numbers_.try_emplace(name, static_cast<std::uint32_t>(names_.size()));
    if (is_new) names_.push_back(name);
    return found->second;
  }
  const std::string& name(std::uint32_t number) const { return names_[number]; }
  std::size_t size() const { return names_.size(); }

 private:
  std::unordered_map<std::string, std::uint32_t> numbers_;
  std::vector<std::string> names_;
};

}  // namespace pmtune::data
