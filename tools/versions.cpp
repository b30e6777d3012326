// pmtune show, note, promote: one version of the registry, looked at or changed.
#include <cmath>
#include <cstdio>
#include <iostream>
#include <memory>
#include <pmtune/pmtune.hpp>

#include "commands.hpp"
#include "records.hpp"
#include "shared_flags.hpp"
#include "terminal.hpp"

namespace pmtune::cli {
namespace {

// Counts in full, measurements with the digits that mean something.
std::string figure(double value) {
  char text[32];
  std::snprintf(text, sizeof text, value == std::floor(value) ? "%.0f" : "%.4g", value);
  return text;
}

struct Version {
  std::string reference;
  std::string text;               // note
  std::string alias = "primary";  // promote
  bool json = false;              // show
  RegistryFlag registry;

  int show() const {
    const ModelRegistry opened = registry.open_existing();
    const ModelVersion version = opened.get(reference);
    if (json)
      std::cout << json_of(version).dump(2) << '\n';
    else
      print(version);
    return exit_ok;
  }

  int note() const {
    ModelRegistry opened = registry.open_existing();
    opened.set_notes(reference, text);
    std::cout << opened.get(reference) << '\n';
    return exit_ok;
  }

  int promote() const {
    ModelRegistry opened = registry.open_existing();
    opened.set_alias(alias, reference);
    const ModelVersion version = opened.get(reference);
    std::cout << version.name << '@' << alias << " is now " << version.id << ".\n";
    return exit_ok;
  }

  static void print(const ModelVersion& version) {
    std::vector<std::vector<std::string>> rows{{version.id, ""}};
    const auto add = [&](const char* what, const std::string& value) {
      if (!value.empty()) rows.push_back({what, value});
    };
    std::string aliases;
    for (const std::string& each : version.aliases) aliases += (aliases.empty() ? "" : ", ") + each;
    add("created", version.created);
    add("aliases", aliases);
    add("notes", version.notes);
    add("verdict", version.verdict_sentence);
    add("parent", version.parent);
    add("changed", version.changed);
    add("base", version.base_name);
    add("base file", version.base_source);
    add("data", version.data_version);
    add("data hash", version.data_hash);
    add("folder", version.folder);
    add("size", to_string(ByteSize(version.bytes)));
    for (const auto& [name, value] : version.metrics) rows.push_back({name, figure(value)});
    print_table(std::cout, rows);
  }
};

CLI::App* add_version_command(CLI::App& app, Job& job, const std::shared_ptr<Version>& version, const char* name,
                              const char* about, int (Version::*run)() const) {
  CLI::App* command = app.add_subcommand(name, about);
  command->add_option("VERSION", version->reference, "NAME-vN, NAME@alias, or NAME for the newest")->required();
  version->registry.add_to(*command);
  command->callback([version, run, &job] { job = [version, run] { return (version.get()->*run)(); }; });
  return command;
}

}  // namespace

void add_show(CLI::App& app, Job& job) {
  auto version = std::make_shared<Version>();
  CLI::App* command =
      add_version_command(app, job, version, "show", "Everything known about one version", &Version::show);
  command->add_flag("--json", version->json, "Print it as JSON");
  command->footer("Example:\n  pmtune show PM-Assistant@primary");
}

void add_note(CLI::App& app, Job& job) {
  auto version = std::make_shared<Version>();
  CLI::App* command =
      add_version_command(app, job, version, "note", "Replace the notes of a version", &Version::note);
  command->add_option("TEXT", version->text, "The new notes")->required();
  command->footer("Example:\n  pmtune note PM-Assistant-v2 \"better updates, weaker user stories\"");
}

void add_promote(CLI::App& app, Job& job) {
  auto version = std::make_shared<Version>();
  CLI::App* command =
      add_version_command(app, job, version, "promote", "Point an alias at a version", &Version::promote);
  command->add_option("--alias", version->alias, "The alias to move (default primary)");
  command->footer(
      "Example:\n  pmtune promote PM-Assistant-v2\nWhoever asks for PM-Assistant@primary then gets version 2.");
}

}  // namespace pmtune::cli
