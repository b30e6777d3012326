// The scripts by which bash, zsh and fish complete commands, from a list of them.
#pragma once

#include <iosfwd>
#include <string>
#include <utility>
#include <vector>

namespace pmtune::cli {

struct FlagEntry {
  std::string name;  // "--epochs"
  std::string about;
  bool takes_value = false;
  std::vector<std::string> choices;  // empty: any; a file is offered
};

struct CommandEntry {
  std::string path;                                        // "data commit"; empty for pmtune itself
  std::vector<std::pair<std::string, std::string>> below;  // the commands below it, with what they do
  std::vector<FlagEntry> flags;
  bool names_model = false;  // its first word is a model or version
};

void write_bash(std::ostream& out, const std::vector<CommandEntry>& list);
void write_zsh(std::ostream& out, const std::vector<CommandEntry>& list);
void write_fish(std::ostream& out, const std::vector<CommandEntry>& list);

}  // namespace pmtune::cli
