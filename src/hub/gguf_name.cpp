#include "hub/gguf_name.hpp"

#include <string_view>

#include "base/ascii.hpp"

namespace pmtune::hub {
namespace {

constexpr std::string_view extension = ".gguf";
constexpr std::size_t digits = 5;

bool is_number(std::string_view text) {
  return text.size() == digits && text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

bool is_gguf(const std::string& file) { return ascii_lower(file).ends_with(extension); }

bool is_projector(const std::string& file) { return ascii_lower(file).find("mmproj") != std::string::npos; }

std::optional<SplitName> split_name(const std::string& file) {
  constexpr std::string_view between = "-of-";
  constexpr std::size_t tail = 1 + digits + between.size() + digits + extension.size();
  if (!is_gguf(file) || file.size() <= tail) return std::nullopt;
  const std::string_view end = std::string_view(file).substr(file.size() - tail);
  const std::string_view part = end.substr(1, digits), parts = end.substr(1 + digits + between.size(), digits);
  if (end[0] != '-' || end.substr(1 + digits, between.size()) != between || !is_number(part) || !is_number(parts))
    return std::nullopt;
  return SplitName{file.substr(0, file.size() - tail), std::stoi(std::string(part)), std::stoi(std::string(parts))};
}

bool is_quantised_as(const std::string& file, const std::string& quantisation) {
  const std::string name = ascii_lower(file), wanted = ascii_lower(quantisation) + std::string(extension);
  if (quantisation.empty() || !name.ends_with(wanted)) return false;
  if (name.size() == wanted.size()) return true;
  return std::string_view("-._/").find(name[name.size() - wanted.size() - 1]) != std::string_view::npos;
}

}  // namespace pmtune::hub
