#include "settings.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>

#include "base/options.hpp"

namespace pmtune::cli {
namespace {

namespace fs = std::filesystem;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

std::string joined(const std::vector<std::string>& words, const char* between) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : between) + word;
  return text;
}

// "~/models" as the shell would read it; a settings file has no shell.
std::string at_home(const std::string& value) {
  const std::string home = environment("HOME");
  return value.rfind("~/", 0) == 0 && !home.empty() ? home + value.substr(1) : value;
}

const CLI::Option* flag_of(const CLI::App& command, const std::string& name) {
  const CLI::Option* option = command.get_option_no_throw("--" + name);
  return name == "help" || name == "version" || name == "config" ? nullptr : option;
}

bool any_command_has(const CLI::App& command, const std::string& name) {
  if (command.get_parent() && flag_of(command, name)) return true;
  const auto below = command.get_subcommands([](const CLI::App*) { return true; });
  return std::any_of(below.begin(), below.end(), [&](const CLI::App* next) { return any_command_has(*next, name); });
}

void collect_flags(const CLI::App& command, std::vector<std::string>& names) {
  if (command.get_parent())
    for (const CLI::Option* option : command.get_options())
      for (const std::string& name : option->get_lnames()) names.push_back(name);
  for (const CLI::App* next : command.get_subcommands([](const CLI::App*) { return true; }))
    collect_flags(*next, names);
}

const CLI::App* find_command(const CLI::App& root, const std::vector<std::string>& path) {
  const CLI::App* command = &root;
  for (const std::string& name : path) {
    const auto found = command->get_subcommands([&](const CLI::App* next) { return next->get_name() == name; });
    if (found.empty()) return nullptr;
    command = found.front();
  }
  return command;
}

// The file that was named, else those that exist of the usual two; the strongest first.
std::vector<std::string> settings_files(const std::string& named) {
  if (!named.empty()) return {named};
  std::vector<std::string> found;
  std::error_code ignored;
  for (const std::string& file : usual_settings_files())
    if (fs::is_regular_file(file, ignored)) found.push_back(file);
  return found;
}

// The commands that the person chose, from the outermost: {"data", "commit"}.
std::vector<std::string> chosen_path(const CLI::App& root) {
  std::vector<std::string> path;
  for (auto chosen = root.get_subcommands(); !chosen.empty(); chosen = chosen.front()->get_subcommands())
    path.push_back(chosen.front()->get_name());
  return path;
}

bool begins_with(const std::vector<std::string>& path, const std::vector<std::string>& beginning) {
  return beginning.size() <= path.size() && std::equal(beginning.begin(), beginning.end(), path.begin());
}

// The settings that concern the chosen command, the strongest first.
std::vector<Setting> settings_for(const std::vector<std::string>& files, const std::vector<std::string>& path) {
  std::vector<Setting> list;
  for (const std::string& file : files) {
    std::vector<Setting> of_file = read_settings(file);
    std::stable_sort(of_file.begin(), of_file.end(),
                     [](const Setting& a, const Setting& b) { return a.section.size() > b.section.size(); });
    for (const Setting& setting : of_file)
      if (begins_with(path, setting.section)) list.push_back(setting);
  }
  return list;
}

bool asks_for_help(const CLI::App& command) {
  const CLI::Option* help = command.get_help_ptr();
  if (help && help->count() > 0) return true;
  const auto below = command.get_subcommands();
  return std::any_of(below.begin(), below.end(), [](const CLI::App* next) { return asks_for_help(*next); });
}

// How the parser asks for settings: after it has read the command line, and before it looks at what is missing.
class SettingsReader : public CLI::Config {
 public:
  explicit SettingsReader(const CLI::App& root) : root_(root) {}

  std::string to_config(const CLI::App*, bool, bool, std::string) const override { return ""; }

  // The files in use; known once the parser has asked for them.
  const std::vector<std::string>& files() const { return files_; }

  // The stream is the strongest file; all of them are read here, since the parser knows only one.
  std::vector<CLI::ConfigItem> from_config(std::istream&) const override {
    const CLI::Option* named = root_.get_option_no_throw("--config");
    files_ = settings_files(named->count() > 0 ? named->as<std::string>() : environment("PMTUNE_CONFIG"));
    const std::vector<std::string> path = chosen_path(root_);
    const CLI::App* command = find_command(root_, path);
    std::vector<CLI::ConfigItem> items;
    if (asks_for_help(root_)) return items;                             // help is given whatever the files say
    const bool is_doctor = path == std::vector<std::string>{"doctor"};  // which tells of faults itself
    for (const Setting& setting : settings_for(files_, path)) {
      if (const std::string fault = fault_of(setting, root_); !fault.empty()) {
        if (is_doctor) continue;
        throw CLI::ConfigError(fault, CLI::ExitCodes::ConfigError);
      }
      const CLI::Option* flag = flag_of(*command, setting.name);
      if (!flag || !environment(flag->get_envname().c_str()).empty()) continue;
      items.push_back({path, setting.name, setting.values});
    }
    return items;
  }

 private:
  const CLI::App& root_;
  mutable std::vector<std::string> files_;  // the parser's interface is const
};

const SettingsReader* reader_of(const CLI::App& root) {
  return dynamic_cast<const SettingsReader*>(root.get_config_formatter().get());
}

}  // namespace

std::string Setting::place() const {
  return name + (section.empty() ? "" : " in [" + joined(section, ".") + "]") + " of " + file;
}

std::vector<std::string> usual_settings_files() {
  const std::string own = environment("XDG_CONFIG_HOME");
  const std::string home = environment("HOME");
  std::vector<std::string> files{"pmtune.toml"};
  if (!own.empty())
    files.push_back((fs::path(own) / "pmtune" / "config.toml").string());
  else if (!home.empty())
    files.push_back((fs::path(home) / ".config" / "pmtune" / "config.toml").string());
  return files;
}

std::vector<Setting> read_settings(const std::string& file) {
  std::ifstream stream(file);
  if (!stream) throw CLI::FileError("The settings file " + file + " cannot be read.", CLI::ExitCodes::FileError);
  std::vector<Setting> list;
  for (const CLI::ConfigItem& item : CLI::ConfigTOML().from_config(stream)) {
    if (item.name == "++" || item.name == "--") continue;  // where a section begins and ends
    Setting setting{file, item.parents, item.name, {}};
    std::replace(setting.name.begin(), setting.name.end(), '_', '-');
    for (const std::string& value : item.inputs) setting.values.push_back(at_home(value));
    list.push_back(std::move(setting));
  }
  return list;
}

std::string fault_of(const Setting& setting, const CLI::App& root) {
  const std::string section = joined(setting.section, ".");
  const std::string where = setting.file + (section.empty() ? "" : ", [" + section + "]") + ": ";
  const CLI::App* command = find_command(root, setting.section);
  if (!command) return where + "there is no command \"" + joined(setting.section, " ") + "\".";
  if (any_command_has(*command, setting.name)) return "";
  std::vector<std::string> known;
  collect_flags(*command, known);
  return where + "there is no flag \"" + setting.name + "\"." + did_you_mean(setting.name, known);
}

void add_settings(CLI::App& app) {
  app.config_formatter(std::make_shared<SettingsReader>(app));
  const std::string named = environment("PMTUNE_CONFIG");
  const std::vector<std::string> files = settings_files(named);
  app.set_config("--config", files.empty() ? "" : files.front(),
                 "Settings file instead of ./pmtune.toml and ~/.config/pmtune/config.toml (or $PMTUNE_CONFIG)",
                 !named.empty())
      ->type_name("FILE");
}

std::vector<std::string> settings_files(const CLI::App& root) {
  const SettingsReader* reader = reader_of(root);
  return reader ? reader->files() : std::vector<std::string>{};
}

std::string origin_of(const CLI::App& root, const std::string& complaint) {
  try {
    for (const Setting& setting : settings_for(settings_files(root), chosen_path(root)))
      if (complaint.rfind("--" + setting.name + ":", 0) == 0) return " (" + setting.place() + ")";
  } catch (const CLI::Error&) {
  }
  return "";
}

}  // namespace pmtune::cli
