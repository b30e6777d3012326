// pmtune inbox add, list, accept, reject, take: examples collected while the model is used.
#include <pmtune/inbox.hpp>

#include <iostream>
#include <iterator>
#include <memory>

#include "commands.hpp"
#include "examples.hpp"
#include "records.hpp"
#include "terminal.hpp"

namespace pmtune::cli {
namespace {

struct InboxCommand {
  std::string inbox = "inbox.jsonl";
  std::string file;
  std::vector<std::string> ids;
  std::string author, source, status, reviewer, note;
  bool json = false;

  int add() const {
    const Dataset data = file == "-" ? read_stdin() : Dataset::load(file);
    const Inbox opened(inbox);
    for (const Example& example : data.examples())
      std::cout << opened.append(example, {author, source}) << "  " << cell(question_of(example)) << '\n';
    std::cout << "Added " << plural(data.size(), "example") << " to " << inbox << ".\n";
    return exit_ok;
  }

  int list() const {
    const Inbox opened(inbox);
    const std::vector<InboxEntry> entries = opened.list(status);
    if (json) {
      std::cout << json_of(entries).dump(2) << '\n';
      return exit_ok;
    }
    if (entries.empty())
      std::cout << "Nothing " << (status.empty() ? "is" : "that is " + status + " is") << " in " << inbox << ".\n";
    else
      print(entries);
    const std::vector<Problem> problems = opened.problems();
    if (!problems.empty()) std::cout << "\nNot read\n";
    print_problems(std::cout, problems);
    return exit_ok;
  }

  int accept() const { return review("accepted"); }
  int reject() const { return review("rejected"); }

  int take() const {
    const InboxTaken taken = Inbox(inbox).take(file);
    std::cout << file << ": added " << plural(static_cast<std::size_t>(taken.added), "example") << ", now "
              << taken.examples << '.';
    if (taken.present > 0)
      std::cout << ' ' << taken.present << " accepted before " << (taken.present == 1 ? "is" : "are")
                << " there already.";
    std::cout << "\n\nNext:\n  pmtune check " << file << '\n';
    return exit_ok;
  }

 private:
  int review(const char* decision) const {
    const Inbox opened(inbox);
    for (const std::string& id : ids) {
      const InboxEntry entry = opened.review(id, decision, reviewer, note);
      std::cout << entry.id << "  " << decision << "  " << cell(question_of(entry.example)) << '\n';
    }
    return exit_ok;
  }

  static Dataset read_stdin() {
    return Dataset::parse(std::string(std::istreambuf_iterator<char>(std::cin), {}), "standard input");
  }

  static void print(const std::vector<InboxEntry>& entries) {
    std::vector<std::vector<std::string>> rows{{"id", "status", "received", "author", "question", "answer"}};
    for (const InboxEntry& entry : entries)
      rows.push_back({entry.id, entry.status, cell(entry.received.substr(0, 10)), cell(entry.author, 20),
                      cell(question_of(entry.example), 40), cell(entry.example.messages.back().content, 40)});
    print_table(std::cout, rows);
  }
};

CLI::App* add_inbox_command(CLI::App& group, Job& job, const std::shared_ptr<InboxCommand>& inbox, const char* name,
                            const char* about, int (InboxCommand::*run)() const) {
  CLI::App* command = group.add_subcommand(name, about);
  command->add_option("--inbox", inbox->inbox, "File of the inbox (default inbox.jsonl, or $PMTUNE_INBOX)")
      ->envname("PMTUNE_INBOX")
      ->type_name("FILE");
  command->callback([inbox, run, &job] { job = [inbox, run] { return (inbox.get()->*run)(); }; });
  return command;
}

void add_decision(CLI::App& group, Job& job, const std::shared_ptr<InboxCommand>& inbox, const char* name,
                  const char* about, int (InboxCommand::*run)() const) {
  CLI::App* command = add_inbox_command(group, job, inbox, name, about, run);
  command->add_option("ID", inbox->ids, "The entries; the beginning of an id is enough")->required();
  command->add_option("--reviewer", inbox->reviewer, "Who decides");
  command->add_option("--note", inbox->note, "Why");
  command->footer(std::string("Example:\n  pmtune inbox ") + name + " 3f9a --reviewer Ben");
}

}  // namespace

void add_inbox(CLI::App& app, Job& job) {
  CLI::App* group = app.add_subcommand("inbox", "Collect corrected answers, decide about them, and take them over");
  group->require_subcommand(1);
  group->footer(
      "Example:\n  pmtune inbox add corrections.jsonl --author Ana\n  pmtune inbox list\n"
      "  pmtune inbox accept 3f9a 77c0\n  pmtune inbox take data.jsonl");
  const auto inbox = std::make_shared<InboxCommand>();  // only one of the commands is chosen

  CLI::App* add = add_inbox_command(*group, job, inbox, "add", "Put examples into the inbox", &InboxCommand::add);
  add->add_option("FILE", inbox->file, "The examples; - reads them from standard input")->required();
  add->add_option("--author", inbox->author, "Who wrote them, where they do not say so themselves");
  add->add_option("--source", inbox->source, "Where they come from, e.g. chat");
  add->footer("Example:\n  pmtune inbox add corrections.jsonl --author Ana --source chat");

  CLI::App* list = add_inbox_command(*group, job, inbox, "list", "What is in the inbox", &InboxCommand::list);
  list->add_option("--status", inbox->status, "pending, accepted or rejected");
  list->add_flag("--json", inbox->json, "Print it as JSON");
  list->footer("Example:\n  pmtune inbox list --status pending");

  add_decision(*group, job, inbox, "accept", "Let the model learn these", &InboxCommand::accept);
  add_decision(*group, job, inbox, "reject", "Keep these from the model", &InboxCommand::reject);

  CLI::App* take =
      add_inbox_command(*group, job, inbox, "take", "Add what was accepted to a file", &InboxCommand::take);
  take->add_option("FILE", inbox->file, "The .jsonl file of your examples")->required();
  take->footer(
      "Example:\n  pmtune inbox take data.jsonl\nAdds the accepted examples that the file lacks at its end.");
}

}  // namespace pmtune::cli
