// pmtune data commit, log, diff, export, merge: versions of the examples, and sets of several people.
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <pmtune/pmtune.hpp>

#include "commands.hpp"
#include "examples.hpp"
#include "records.hpp"
#include "terminal.hpp"

namespace pmtune::cli {
namespace {

struct Data {
  std::string file, name, author, note;
  std::string before, after;
  std::string version;
  std::vector<std::string> files;
  std::string out;
  bool json = false;
  RegistryFlag registry;

  int commit() const {
    const Dataset data = Dataset::load(file);
    ModelRegistry opened = registry.open();
    const std::vector<DataVersion> known = opened.list_data(name);
    const DataVersion made = opened.commit_data(name, data, author, note);
    const bool is_new = known.empty() || known.front().id != made.id;
    if (json)
      std::cout << json_of(made).dump(2) << '\n';
    else
      std::cout << made << (is_new ? "" : "\nThese are its examples already; nothing was committed.") << '\n';
    return exit_ok;
  }

  int log() const {
    const std::vector<DataVersion> versions =
        registry.exists() ? registry.open().list_data(name) : std::vector<DataVersion>();
    if (json) {
      std::cout << json_of(versions).dump(2) << '\n';
      return exit_ok;
    }
    if (versions.empty())
      std::cout << "No data " << (name.empty() ? "" : "of that name ") << "yet; pmtune data commit FILE --name NAME "
                << "keeps some.\n";
    for (const DataVersion& each : versions) {
      std::cout << each << '\n';
      if (!each.models.empty()) std::cout << "    trained: " << joined(each.models) << '\n';
    }
    return exit_ok;
  }

  int diff() const {
    const DatasetDiff difference = load_examples(before, registry).diff(load_examples(after, registry));
    if (json)
      std::cout << difference.to_json() << '\n';
    else
      print_diff(std::cout, difference);
    return exit_ok;
  }

  int export_to() const {
    const ModelRegistry opened = registry.open_existing();
    const Dataset data = opened.open_data(version);
    data.save(file);
    std::cout << file << ": " << plural(data.size(), "example") << " of " << opened.get_data(version).id << ".\n";
    return exit_ok;
  }

  int merge() const {
    std::vector<std::pair<std::string, Dataset>> people;
    for (const std::string& each : files)
      people.emplace_back(std::filesystem::path(each).stem().string(), Dataset::load(each));
    const TeamMerge merged = Dataset::merge_team(people);
    merged.data.save(out);
    if (json) {
      std::cout << Json{{"examples", merged.data.size()}, {"problems", json_of(merged.problems)}}.dump(2) << '\n';
      return exit_ok;
    }
    std::cout << out << ": " << plural(merged.data.size(), "example") << " (" << shares(merged.data) << ").\n";
    if (!merged.problems.empty()) std::cout << "\nTo talk about\n";
    print_problems(std::cout, merged.problems);
    return exit_ok;
  }

  static std::string joined(const std::vector<std::string>& list) {
    std::string text;
    for (const std::string& each : list) text += (text.empty() ? "" : ", ") + each;
    return text;
  }

  // "ana 12, ben 9"
  static std::string shares(const Dataset& data) {
    std::map<std::string, std::size_t> counts;
    for (const Example& example : data.examples()) ++counts[cell(example.author)];
    std::vector<std::string> list;
    for (const auto& [person, count] : counts) list.push_back(person + " " + std::to_string(count));
    return joined(list);
  }
};

CLI::App* add_data_command(CLI::App& group, Job& job, const std::shared_ptr<Data>& data, const char* name,
                           const char* about, int (Data::*run)() const) {
  CLI::App* command = group.add_subcommand(name, about);
  command->callback([data, run, &job] { job = [data, run] { return (data.get()->*run)(); }; });
  return command;
}

void add_json(CLI::App* command, Data& data) { command->add_flag("--json", data.json, "Print it as JSON"); }

}  // namespace

void add_data(CLI::App& app, Job& job) {
  CLI::App* group = app.add_subcommand("data", "Keep versions of your examples, compare and merge them");
  group->require_subcommand(1);
  group->footer("Example:\n  pmtune data commit data.jsonl --name PM-examples --author Ana --note \"first round\"");
  const auto data = std::make_shared<Data>();  // only one of the commands is chosen

  CLI::App* commit = add_data_command(*group, job, data, "commit", "Keep a file as the next version", &Data::commit);
  commit->add_option("FILE", data->file, "The examples")->required();
  commit->add_option("--name", data->name, "What the versions are called: NAME-d1, NAME-d2, ...")->required();
  commit->add_option("--author", data->author, "Who commits it");
  commit->add_option("--note", data->note, "What is new in it");
  add_json(commit, *data);
  data->registry.add_to(*commit);
  commit->footer("Example:\n  pmtune data commit data.jsonl --name PM-examples --author Ana --note \"five stories\"");

  CLI::App* log = add_data_command(*group, job, data, "log", "The versions, newest first", &Data::log);
  log->add_option("NAME", data->name, "Only those of that name");
  add_json(log, *data);
  data->registry.add_to(*log);
  log->footer("Example:\n  pmtune data log PM-examples");

  CLI::App* diff = add_data_command(*group, job, data, "diff", "What was added, removed and edited", &Data::diff);
  diff->add_option("A", data->before, "A file, or a version such as PM-examples-d2")->required();
  diff->add_option("B", data->after, "Another one")->required();
  add_json(diff, *data);
  data->registry.add_to(*diff);
  diff->footer("Example:\n  pmtune data diff PM-examples-d2 data.jsonl");

  CLI::App* take = add_data_command(*group, job, data, "export", "Write a version into a file", &Data::export_to);
  take->add_option("VERSION", data->version, "NAME-dN, or NAME for the newest")->required();
  take->add_option("FILE", data->file, "The file to write")->required();
  data->registry.add_to(*take);
  take->footer("Example:\n  pmtune data export PM-examples-d2 data.jsonl");

  CLI::App* merge = add_data_command(*group, job, data, "merge", "Several people's files as one", &Data::merge);
  merge->add_option("FILES", data->files, "Files named after who wrote them")->required();
  merge->add_option("-o,--output", data->out, "The file to write")->required();
  add_json(merge, *data);
  merge->footer(
      "Example:\n  pmtune data merge ana.jsonl ben.jsonl -o team.jsonl\nSays where two people wrote the same "
      "example or answer one question differently.");
}

}  // namespace pmtune::cli
