// Settings files: flags that a person wants every time, so that they need not be written again.
//
//   # ~/.config/pmtune/config.toml, or pmtune.toml in the present folder
//   registry = "~/models"            # without a section: for every command that has the flag
//   [chat]
//   temperature = 0.7
//   [data.commit]
//   author = "Ana"
//
// What is said on the command line goes first, then the environment, then pmtune.toml, then config.toml; in one file
// a command's section before what stands above all sections.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace pmtune::cli {

struct Setting {
  std::string file;
  std::vector<std::string> section;  // {"data", "commit"}; empty above all sections
  std::string name;                  // of the flag, without dashes in front
  std::vector<std::string> values;

  std::string place() const;  // "temperature in [chat] of pmtune.toml"
};

// Those that are read: the one that was named (--config, $PMTUNE_CONFIG), else those that exist of the usual two; the
// strongest first. After the command line was read.
std::vector<std::string> settings_files(const CLI::App& root);
std::vector<std::string> usual_settings_files();  // where they would be looked for

std::vector<Setting> read_settings(const std::string& file);

// What is wrong with a setting: no such command, no such flag. Empty when nothing is.
std::string fault_of(const Setting& setting, const CLI::App& root);

// Gives the program --config, and the chosen command its settings.
void add_settings(CLI::App& app);

// " (temperature in [chat] of pmtune.toml)" when the complaint is about a flag that a file has set; else empty.
std::string origin_of(const CLI::App& root, const std::string& complaint);

}  // namespace pmtune::cli
