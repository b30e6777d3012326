// How a person names what is to be fetched.
#pragma once

#include <optional>
#include <string>

namespace pmtune::hub {

struct RepositoryName {
  std::string owner;
  std::string name;
  std::string file;  // a GGUF file or a quantisation; empty when not given
  std::string repository() const { return owner + "/" + name; }
};

// "OWNER/NAME" or "OWNER/NAME:FILE"; nothing when it can be no such name: a path, a name without owner, characters
// that repositories cannot have.
std::optional<RepositoryName> parse_repository_name(const std::string& text);

}  // namespace pmtune::hub
