// pmtune log, archive, restore, backup, bundle, import, export: keeping versions, and handing them on.
#include <iostream>
#include <memory>
#include <pmtune/pmtune.hpp>

#include "commands.hpp"
#include "flags.hpp"
#include "records.hpp"
#include "shared_flags.hpp"
#include "terminal.hpp"

namespace pmtune::cli {
namespace {

struct Keeping {
  std::string reference;
  std::string path;
  std::int64_t most = 100;
  bool json = false;
  RegistryFlag registry;
  ModelFlags model;
  Flags<ExportOptions> export_flags;

  int log() const {
    const std::vector<LogEntry> entries =
        registry.exists() ? registry.open().log(reference, most) : std::vector<LogEntry>{};
    if (json) {
      std::cout << json_of(entries).dump(2) << '\n';
    } else if (entries.empty()) {
      std::cout << "Nothing has happened yet in " << registry.folder << ".\n";
    } else {
      std::vector<std::vector<std::string>> rows{{"WHEN", "WHAT", "VERSION", "TEXT"}};
      for (const LogEntry& entry : entries)
        rows.push_back({entry.when, entry.action, entry.subject, entry.text.substr(0, entry.text.find('\n'))});
      print_table(std::cout, rows);
    }
    return exit_ok;
  }

  int archive() const {
    registry.open_existing().archive(reference);
    std::cout << reference << " is archived; pmtune restore " << reference << " brings it back.\n";
    return exit_ok;
  }

  int restore() const {
    registry.open_existing().restore(reference);
    std::cout << reference << " is back.\n";
    return exit_ok;
  }

  int backup() const {
    registry.open_existing().backup(path);
    std::cout << "All versions of " << registry.folder << " are in " << path << ".\n";
    return exit_ok;
  }

  int bundle() const {
    registry.open_existing().bundle(reference, path);
    std::cout << path << ": " << reference << ", to be handed on. There: pmtune import " << path << '\n';
    return exit_ok;
  }

  int import_bundle() const {
    const ModelVersion version = registry.open().import_bundle(path);
    if (json)
      std::cout << json_of(version).dump(2) << '\n';
    else
      std::cout << version << '\n';
    return exit_ok;
  }

  int export_model() const {
    ExportOptions options;
    export_flags.apply_to(options);
    load_model(reference, registry, model.options()).export_to(path, options);
    std::cout << "Written to " << path << " (" << options.format << ").\n";
    return exit_ok;
  }
};

struct Entry {
  const char* name;
  const char* about;
  const char* footer;
  int (Keeping::*run)() const;
};

CLI::App* add_command(CLI::App& app, Job& job, const std::shared_ptr<Keeping>& keeping, const Entry& entry) {
  CLI::App* command = app.add_subcommand(entry.name, entry.about);
  keeping->registry.add_to(*command);
  command->footer(entry.footer);
  command->callback([keeping, run = entry.run, &job] { job = [keeping, run] { return (keeping.get()->*run)(); }; });
  return command;
}

CLI::Option* add_reference(CLI::App* command, Keeping& keeping) {
  return command->add_option("VERSION", keeping.reference, "NAME-vN, NAME@alias, or NAME for the newest");
}

}  // namespace

void add_keeping(CLI::App& app, Job& job) {
  const auto keeping = std::make_shared<Keeping>();  // only one of the commands is chosen

  CLI::App* log = add_command(
      app, job, keeping,
      {"log", "What happened in the registry, newest first", "Example:\n  pmtune log PM-Assistant", &Keeping::log});
  log->add_option("REFERENCE", keeping->reference,
                  "Only of this name, version (PM-Assistant-v2) or data (PM-examples-d3)");
  log->add_option("--most", keeping->most, "The most entries (default 100)")
      ->type_name("NUMBER")
      ->check(CLI::Range(1, 1000000).description(""));
  log->add_flag("--json", keeping->json, "Print it as JSON");

  add_reference(add_command(app, job, keeping,
                            {"archive", "Put a version aside: it is kept, and no longer listed",
                             "Example:\n  pmtune archive PM-Assistant-v1", &Keeping::archive}),
                *keeping)
      ->required();
  add_reference(add_command(app, job, keeping,
                            {"restore", "Bring an archived version back",
                             "Example:\n  pmtune restore PM-Assistant-v1", &Keeping::restore}),
                *keeping)
      ->required();

  CLI::App* backup = add_command(app, job, keeping,
                                 {"backup", "Copy the whole registry, also while others use it",
                                  "Example:\n  pmtune backup /media/disk/models-monday", &Keeping::backup});
  backup->add_option("PATH", keeping->path, "Where the copy goes")->required();

  CLI::App* bundle =
      add_command(app, job, keeping,
                  {"bundle", "Pack a version into one file, to hand it to somebody else",
                   "Example:\n  pmtune bundle PM-Assistant@primary pm-assistant.bundle", &Keeping::bundle});
  add_reference(bundle, *keeping)->required();
  bundle->add_option("PATH", keeping->path, "The file to write")->required();

  CLI::App* import = add_command(app, job, keeping,
                                 {"import", "Take a bundle into the registry",
                                  "Example:\n  pmtune import pm-assistant.bundle", &Keeping::import_bundle});
  import->add_option("PATH", keeping->path, "The bundle")->required();
  import->add_flag("--json", keeping->json, "Print the new version as JSON");

  CLI::App* exported = add_command(app, job, keeping,
                                   {"export", "Write a model for other tools",
                                    "Example:\n  pmtune export PM-Assistant@primary adapter/\n  pmtune export "
                                    "PM-Assistant@primary pm.gguf --format "
                                    "gguf --quantization q8_0",
                                    &Keeping::export_model});
  exported->add_option("REF", keeping->reference, "PM-Assistant@primary, a known name, a model file or folder")
      ->required();
  exported->add_option("PATH", keeping->path, "The file or folder to write")->required();
  keeping->export_flags.add_to(*exported, "How to write");
  keeping->model.add_to(*exported);
}

}  // namespace pmtune::cli
