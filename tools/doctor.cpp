// pmtune doctor: what this machine offers, what is set and where it came from, what was found, and what is wrong.
#include <sys/statvfs.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <pmtune/pmtune.hpp>
#include <thread>

#include "base/fail.hpp"
#include "commands.hpp"
#include "records.hpp"
#include "settings.hpp"
#include "shared_flags.hpp"
#include "terminal.hpp"

namespace pmtune::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t little_memory = 2'000'000'000;
constexpr std::int64_t little_disk = 1'000'000'000;

// One thing that was looked at.
struct Finding {
  std::string topic;  // "Memory"
  std::string text;
  std::string level = "ok";  // ok, note, problem
  std::string cure = {};
};

std::string bytes_text(std::int64_t bytes) { return to_string(ByteSize(bytes)); }

std::int64_t free_on_disk(const fs::path& folder) {
  struct statvfs disk = {};
  if (statvfs(folder.c_str(), &disk) != 0) return -1;
  return static_cast<std::int64_t>(disk.f_bavail) * static_cast<std::int64_t>(disk.f_frsize);
}

Finding versions(const RuntimeInfo& info) {
  return {"pmtune", concat(info.version, " with torch ", info.torch_version)};
}

Finding processor(const RuntimeInfo& info) {
  return {"Processor", concat(std::thread::hardware_concurrency(), " threads, ", info.cpu_capability,
                              info.cpu_bf16 ? ", multiplies bf16" : ", no bf16 (models are held in f32)")};
}

Finding threads(const RuntimeInfo& info) {
  const auto there = static_cast<int>(std::thread::hardware_concurrency());
  Finding finding{"Threads", concat(info.threads, " for one operation")};
  if (there > 0 && info.threads > there) {
    finding.level = "note";
    finding.cure = concat("That is more than the ", there,
                          " that the processor has, and slows the work down: set "
                          "OMP_NUM_THREADS=",
                          there, ".");
  }
  return finding;
}

Finding devices(const RuntimeInfo& info) {
  std::string list;
  for (const std::string& device : info.devices) list += (list.empty() ? "" : ", ") + device;
  return {"Devices", list};
}

Finding memory(const RuntimeInfo& info) {
  Finding finding{"Memory", concat(bytes_text(info.memory_available), " free of ", bytes_text(info.memory_total))};
  if (info.memory_available < little_memory) {
    finding.level = "note";
    finding.cure = "Little is free: close other programs, or take a small model and --max-memory.";
  }
  return finding;
}

Finding disk(const std::string& registry) {
  std::error_code ignored;
  const fs::path folder = fs::exists(registry, ignored) ? fs::path(registry) : fs::path(".");
  const std::int64_t free = free_on_disk(folder);
  if (free < 0) return {"Disk", "unknown"};
  Finding finding{"Disk", concat(bytes_text(free), " free for versions")};
  if (free < little_disk) {
    finding.level = "problem";
    finding.cure = "Free some space: a version takes up to some 100 MB, a model to pull several GB.";
  }
  return finding;
}

Finding registry_finding(const RegistryFlag& registry) {
  if (!registry.exists())
    return {"Registry", "none in " + registry.folder + " yet", "note",
            "pmtune train makes it; --registry or $PMTUNE_REGISTRY names another folder."};
  try {
    const auto versions = registry.open().list("", true);
    return {"Registry", concat(registry.folder, ", ", plural(versions.size(), "version"))};
  } catch (const Error& error) {
    return {"Registry", error.what(), "problem", "Bring back a copy of the folder."};
  }
}

Finding models(const std::vector<LocalModel>& found) {
  std::size_t trains = 0;
  for (const LocalModel& model : found) trains += model.trains ? 1 : 0;
  if (found.empty())
    return {"Models", "none on this machine", "problem",
            "Fetch one: pmtune pull HuggingFaceTB/SmolLM2-135M-Instruct"};
  Finding finding{"Models", concat(found.size(), " on this machine, ", trains, " of them can be trained")};
  if (trains == 0) {
    finding.level = "note";
    finding.cure = "pmtune models --local says why they do not train.";
  }
  return finding;
}

// Variables that change what pmtune does. A token's value is nobody's business.
std::vector<std::pair<std::string, std::string>> variables() {
  std::vector<std::pair<std::string, std::string>> list;
  for (const char* name :
       {"PMTUNE_REGISTRY", "PMTUNE_CACHE", "PMTUNE_INBOX", "PMTUNE_CONFIG", "OMP_NUM_THREADS", "HF_HOME",
        "HF_HUB_CACHE", "HF_ENDPOINT", "OLLAMA_MODELS", "http_proxy", "https_proxy", "NO_COLOR"})
    if (const char* value = std::getenv(name)) list.emplace_back(name, value);
  if (std::getenv("HF_TOKEN")) list.emplace_back("HF_TOKEN", "(set)");
  return list;
}

struct Doctor {
  const CLI::App* root;
  bool json = false;
  RegistryFlag registry;

  int run() const {
    const RuntimeInfo info = runtime_info();
    const std::vector<LocalModel> found = local_models();
    std::vector<Finding> findings{versions(info),
                                  processor(info),
                                  threads(info),
                                  devices(info),
                                  memory(info),
                                  disk(registry.folder),
                                  registry_finding(registry),
                                  models(found)};
    std::vector<Setting> settings;
    for (const std::string& file : settings_files(*root)) look_at(file, settings, findings);
    const bool problem = std::any_of(findings.begin(), findings.end(),
                                     [](const Finding& finding) { return finding.level == "problem"; });
    if (json)
      print_json(info, found, settings, findings, !problem);
    else
      print(settings, findings, problem);
    return problem ? exit_problem : exit_ok;
  }

 private:
  void look_at(const std::string& file, std::vector<Setting>& settings, std::vector<Finding>& findings) const {
    try {
      for (Setting& setting : read_settings(file)) {
        if (const std::string fault = fault_of(setting, *root); !fault.empty())
          findings.push_back({"Settings", fault, "problem", "Correct the name, or remove the line."});
        settings.push_back(std::move(setting));
      }
    } catch (const CLI::Error& error) {
      findings.push_back({"Settings", error.what(), "problem", "Correct the file, or move it away."});
    }
  }

  static std::string value_of(const Setting& setting) {
    std::string text;
    for (const std::string& value : setting.values) text += (text.empty() ? "" : ", ") + value;
    return setting.name == "token" || setting.name == "api-key" ? "(set)" : text;
  }

  static void print(const std::vector<Setting>& settings, const std::vector<Finding>& findings, bool problem) {
    for (const Finding& finding : findings) {
      const bool ok = finding.level == "ok";
      const Colour colour = ok ? Colour::green : finding.level == "note" ? Colour::yellow : Colour::red;
      std::cout << painted(std::cout, colour,
                           ok                        ? "  ok  "
                           : finding.level == "note" ? "  --  "
                                                     : "  !!  ")
                << finding.topic << std::string(12 - std::min<std::size_t>(11, finding.topic.size()), ' ')
                << finding.text << '\n';
      if (!finding.cure.empty()) std::cout << "                  -> " << finding.cure << '\n';
    }
    std::cout << '\n' << painted(std::cout, Colour::bold, "What is set") << '\n';
    std::vector<std::vector<std::string>> rows{{"NAME", "VALUE", "FROM"}};
    for (const auto& [name, value] : variables()) rows.push_back({name, value, "the environment"});
    for (const Setting& setting : settings) {
      std::string section;
      for (const std::string& part : setting.section) section += part + " ";
      rows.push_back({section + "--" + setting.name, value_of(setting), setting.file});
    }
    if (rows.size() > 1)
      print_table(std::cout, rows);
    else
      std::cout << "Nothing: no variables, and no settings in " << usual_settings_files().front() << " or "
                << usual_settings_files().back() << ".\n";
    std::cout << '\n' << (problem ? "Something needs to be mended, see !! above." : "All is well.") << '\n';
  }

  static void print_json(const RuntimeInfo& info, const std::vector<LocalModel>& found,
                         const std::vector<Setting>& settings, const std::vector<Finding>& findings, bool ok) {
    Json list = Json::array(), set = Json::array(), environment = Json::object();
    for (const Finding& finding : findings)
      list.push_back(
          {{"topic", finding.topic}, {"level", finding.level}, {"text", finding.text}, {"cure", finding.cure}});
    for (const Setting& setting : settings)
      set.push_back({{"section", setting.section},
                     {"name", setting.name},
                     {"value", value_of(setting)},
                     {"file", setting.file}});
    for (const auto& [name, value] : variables()) environment[name] = value;
    const Json all{{"ok", ok},        {"findings", list},           {"machine", json_of(info)},
                   {"settings", set}, {"environment", environment}, {"models", json_of(found)}};
    std::cout << all.dump(2) << '\n';
  }
};

}  // namespace

void add_doctor(CLI::App& app, Job& job) {
  auto doctor = std::make_shared<Doctor>();
  doctor->root = &app;
  CLI::App* command =
      app.add_subcommand("doctor", "Look at this machine, what is set and where, the models, and what is wrong");
  command->add_flag("--json", doctor->json, "Print it as JSON");
  doctor->registry.add_to(*command);
  command->footer("Example:\n  pmtune doctor\nExits with 1 when something has to be mended.");
  command->callback([doctor, &job] { job = [doctor] { return doctor->run(); }; });
}

}  // namespace pmtune::cli
