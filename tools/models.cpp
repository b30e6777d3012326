// pmtune models: the versions in the registry, newest first; with --local, the base models on this machine.
#include <cmath>
#include <iostream>
#include <limits>
#include <memory>
#include <pmtune/pmtune.hpp>

#include "commands.hpp"
#include "records.hpp"
#include "shared_flags.hpp"
#include "terminal.hpp"

namespace pmtune::cli {
namespace {

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : ", ") + text;
  return all;
}

// What was measured on examples that were held out, else on those it was trained on.
std::string loss_of(const ModelVersion& version) {
  for (const char* name : {"validation_loss", "train_loss"})
    if (const auto found = version.metrics.find(name); found != version.metrics.end())
      return short_number(found->second);
  return "-";
}

std::string verdict_of(const ModelVersion& version) {
  if (version.verdict.empty()) return "not judged";
  return version.verdict == "cannot_tell" ? "cannot tell" : version.verdict;
}

struct Models {
  std::string name;
  bool archived = false;
  bool json = false;
  bool local = false;
  RegistryFlag registry;

  int run() const { return local ? run_local() : run_versions(); }

 private:
  int run_versions() const {
    const std::vector<ModelVersion> versions =
        registry.exists() ? registry.open().list(name, archived) : std::vector<ModelVersion>{};
    if (json)
      std::cout << json_of(versions).dump(2) << '\n';
    else if (versions.empty())
      std::cout << "No models yet in " << registry.folder
                << ". Make one: pmtune train examples/dataset.jsonl --name PM-Assistant\n";
    else
      print(versions);
    return exit_ok;
  }

  int run_local() const {
    const std::vector<LocalModel> models = local_models();
    if (json)
      std::cout << json_of(models).dump(2) << '\n';
    else if (models.empty())
      std::cout
          << "No models of pmtune, Hugging Face, LM Studio or Ollama were found on this machine. Fetch one: pmtune "
             "pull HuggingFaceTB/SmolLM2-135M-Instruct\n";
    else
      print(models);
    return exit_ok;
  }

  static void print(const std::vector<LocalModel>& models) {
    std::vector<std::vector<std::string>> rows{{"MODEL", "WHERE", "SIZE", "TYPE", "ARCHITECTURE", "TRAINS"}};
    for (const LocalModel& model : models)
      rows.push_back({model.reference, model.place, to_string(ByteSize(model.bytes)), or_dash(model.quantization),
                      or_dash(model.architecture), model.trains ? "yes" : "no: " + model.reason});
    print_table(std::cout, rows);
  }

  static std::string or_dash(const std::string& text) { return text.empty() ? "-" : text; }

  static void print(const std::vector<ModelVersion>& versions) {
    std::vector<std::vector<std::string>> rows{{"VERSION", "ALIASES", "CREATED", "VERDICT", "LOSS", "BASE", "NOTES"}};
    for (const ModelVersion& version : versions)
      rows.push_back({version.id, joined(version.aliases), version.created.substr(0, 10), verdict_of(version),
                      loss_of(version), version.base_name, version.notes.substr(0, version.notes.find('\n'))});
    print_table(std::cout, rows);
  }
};

}  // namespace

void add_models(CLI::App& app, Job& job) {
  auto models = std::make_shared<Models>();
  CLI::App* command =
      app.add_subcommand("models", "List the versions in the registry, or the models on this machine");
  command->add_option("NAME", models->name, "Only the versions of this name");
  command->add_flag("--archived", models->archived, "Also those that are archived");
  command->add_flag("--local", models->local,
                    "The base models that pmtune, Hugging Face, LM Studio and Ollama have on this machine instead");
  command->add_flag("--json", models->json, "Print the list as JSON");
  models->registry.add_to(*command);
  command->footer(
      "Example:\n  pmtune models PM-Assistant\n  pmtune models --local\nLOSS is on held-out examples where there "
      "were any; "
      "lower is better. What stands under MODEL is what --model takes.");
  command->callback([models, &job] { job = [models] { return models->run(); }; });
}

}  // namespace pmtune::cli
