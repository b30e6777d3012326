#include "hub/repository_name.hpp"

#include "hub/limits.hpp"

namespace pmtune::hub {
namespace {

// Letters, digits, '-', '_', '.'; no "..", '-' or '.' at the beginning.
bool is_part(const std::string& text) {
  constexpr const char* allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
  return !text.empty() && text.size() <= limits::longest_name_part && text[0] != '-' && text[0] != '.' &&
         text.find("..") == std::string::npos && text.find_first_not_of(allowed) == std::string::npos;
}

}  // namespace

std::optional<RepositoryName> parse_repository_name(const std::string& text) {
  RepositoryName name;
  const std::size_t colon = text.find(':');
  const std::string repository = text.substr(0, colon);
  const std::size_t slash = repository.find('/');
  if (slash == std::string::npos) return std::nullopt;
  name.owner = repository.substr(0, slash);
  name.name = repository.substr(slash + 1);
  if (colon != std::string::npos) {
    name.file = text.substr(colon + 1);
    if (name.file.empty()) return std::nullopt;
  }
  if (!is_part(name.owner) || !is_part(name.name)) return std::nullopt;
  return name;
}

}  // namespace pmtune::hub
