// The promise of the inbox: what was appended stays, whatever is cut short, and several processes may append at once.
// Children are killed for real.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <pmtune/inbox.hpp>
#include <set>
#include <thread>

#include "base/atomic_file.hpp"
#include "base/fail.hpp"
#include "data/inbox_events.hpp"
#include "data/line_file.hpp"
#include "helpers.hpp"
#include "unit/errors.hpp"
#include "unit/processes.hpp"

using namespace pmtune;
using namespace pmtune::test;
using namespace data_tests;
namespace fs = std::filesystem;

namespace {

// A folder of its own for each test.
class TempFolder {
 public:
  TempFolder() {
    static std::atomic<int> number{0};
    path_ = fs::temp_directory_path() / concat("pmtune-inbox-", ::getpid(), "-", number++);
    fs::remove_all(path_);
  }
  ~TempFolder() { fs::remove_all(path_); }
  std::string inbox() const { return (path_ / "deep" / "inbox.jsonl").string(); }
  std::string file(const std::string& name, const std::string& text) const {
    fs::create_directories(path_);
    std::ofstream(path_ / name, std::ios::binary) << text;
    return (path_ / name).string();
  }

 private:
  fs::path path_;
};

Example example(const std::string& question, const std::string& answer = "Answer") {
  return {{{"user", question}, {"assistant", answer}}, {}, "", 0};
}

std::vector<std::string> questions(const std::vector<InboxEntry>& entries) {
  std::vector<std::string> list;
  for (const InboxEntry& entry : entries) list.push_back(entry.example.messages[0].content);
  return list;
}

}  // namespace

TEST_CASE("inbox: append, list, review, accepted") {
  const TempFolder temp;
  const Inbox inbox(temp.inbox());
  CHECK(inbox.list().empty());
  CHECK(inbox.accepted().empty());
  CHECK(inbox.problems().empty());
  CHECK_FALSE(fs::exists(temp.inbox()));  // looking creates nothing

  const std::string first = inbox.append(example("One"), {"Ana", "chat"});
  Example by_ben = example("Two");
  by_ben.author = "Ben";
  by_ben.tags = {"story"};
  const std::string second = inbox.append(by_ben);
  const std::string third = Dataset::append(temp.inbox(), example("Three"));
  auto entries = inbox.list();
  REQUIRE(questions(entries) == std::vector<std::string>{"One", "Two", "Three"});
  CHECK(entries[0].id == first);
  CHECK(entries[0].status == "pending");
  CHECK(entries[0].author == "Ana");
  CHECK(entries[0].example.author == "Ana");
  CHECK(entries[0].source == "chat");
  CHECK(entries[0].received.size() == 20);
  CHECK(entries[0].example.origin == temp.inbox());
  CHECK(entries[1].author == "Ben");
  CHECK(entries[1].example.line == 2);
  CHECK(entries[1].example.tags == by_ben.tags);

  CHECK(inbox.review(first, "accepted", "Carla", "good").status == "accepted");
  inbox.review(second.substr(0, 6), "rejected", "Carla");
  CHECK(questions(inbox.list("accepted")) == std::vector<std::string>{"One"});
  CHECK(questions(inbox.list("rejected")) == std::vector<std::string>{"Two"});
  CHECK(questions(inbox.list("pending")) == std::vector<std::string>{"Three"});
  CHECK(inbox.list("accepted")[0].reviewer == "Carla");
  CHECK(inbox.list("accepted")[0].note == "good");
  CHECK(inbox.accepted()[0].author == "Ana");
  inbox.review(first, "pending");
  CHECK(inbox.accepted().empty());
  CHECK(inbox.problems().empty());
}

TEST_CASE("inbox: wrong use is told") {
  const TempFolder temp;
  const Inbox inbox(temp.inbox());
  CHECK(has(error_of([] { Inbox(""); }), "invalid_argument"));
  CHECK(has(error_of([&] { inbox.review("abcdef", "accepted"); }), "not_found"));
  CHECK_FALSE(fs::exists(temp.inbox()));
  CHECK(has(error_of([&] { inbox.append({{{"user", "Q"}}, {}, "", 0}); }), "no answer to learn"));
  CHECK(has(error_of([&] { inbox.append(example("Q\xFF")); }), "UTF-8"));
  CHECK(has(error_of([&] { inbox.append(example("Q"), {"\xFF", ""}); }), "The author is not valid UTF-8"));
  CHECK(has(error_of([&] { inbox.append(example(std::string(5 << 20, 'x'))); }), "Shorten it"));
  const std::string id = inbox.append(example("Q"));
  CHECK(has(error_of([&] { inbox.review(id, "acepted"); }), "Did you mean \"accepted\"?"));
  CHECK(has(error_of([&] { inbox.review(id, ""); }), "invalid_argument"));
  CHECK(has(error_of([&] { inbox.review("a", "accepted"); }), "too short"));
  CHECK(has(error_of([&] { inbox.review("zzzz", "accepted"); }), "has no entry"));
  CHECK(has(error_of([&] { inbox.list("done"); }), "invalid_argument"));
  CHECK(has(error_of([&] { Inbox(fs::temp_directory_path().string()).append(example("Q")); }), "not a plain file"));
  CHECK(has(error_of([&] { Inbox(fs::temp_directory_path().string()).list(); }), "not a plain file"));
  CHECK(has(error_of([&] { Inbox("/proc/nowhere/inbox.jsonl").append(example("Q")); }), "io: "));
  const std::string pipe = temp.file("x", "") + "-pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(has(error_of([&] { Inbox(pipe).list(); }), "not a plain file"));
  CHECK(has(error_of([&] { Inbox(pipe).append(example("Q")); }), "not a plain file"));
}

TEST_CASE("inbox: cut short at every byte, all whole entries before remain and the next one is whole") {
  const TempFolder temp;
  const std::string path = temp.inbox();
  const Inbox inbox(path);
  std::vector<std::string> ids;
  for (const char* question : {"One", "Zwei ä", "Three"}) ids.push_back(inbox.append(example(question)));
  inbox.review(ids[0], "accepted");
  const std::string whole = read_text_file(path);
  std::vector<std::size_t> ends;  // of the lines, without their break
  for (std::size_t at = whole.find('\n'); at != std::string::npos; at = whole.find('\n', at + 1)) ends.push_back(at);
  REQUIRE(ends.size() == 4);
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    CAPTURE(size);
    std::ofstream(path, std::ios::binary) << whole.substr(0, size);
    const auto lines = static_cast<std::size_t>(
        std::count_if(ends.begin(), ends.end(), [&](std::size_t end) { return size >= end; }));
    const std::size_t entries = std::min<std::size_t>(lines, 3);
    const bool torn = lines < 4 && size > (lines == 0 ? 0 : ends[lines - 1] + 1);
    REQUIRE(inbox.list().size() == entries);
    CHECK(inbox.accepted().size() == (lines == 4 ? 1 : 0));
    CHECK(inbox.problems().size() == (torn ? 1 : 0));
    if (torn) CHECK(inbox.problems()[0].line == static_cast<std::int64_t>(lines) + 1);
    inbox.append(example("After"));
    const auto after = inbox.list();
    REQUIRE(after.size() == entries + 1);
    CHECK(after.back().example.messages[0].content == "After");
    for (std::size_t i = 0; i < entries; ++i) CHECK(after[i].id == ids[i]);
    CHECK(inbox.problems().size() == (torn ? 1 : 0));
  }
}

TEST_CASE("inbox: a changed byte is found out, wherever it is") {
  const TempFolder temp;
  const std::string path = temp.inbox();
  const Inbox inbox(path);
  inbox.append(example("One"));
  inbox.append(example("Two"));
  const std::string whole = read_text_file(path);
  const std::size_t second = whole.find('\n') + 1;
  for (std::size_t at = second; at + 1 < whole.size(); ++at) {
    CAPTURE(at);
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 0x01);
    std::ofstream(path, std::ios::binary) << changed;
    CHECK(questions(inbox.list()) == std::vector<std::string>{"One"});
    CHECK(inbox.problems().size() >= 1);
  }
}

TEST_CASE("inbox: a hostile file is read to its end, and nothing in it is believed") {
  const TempFolder temp;
  const Inbox inbox(temp.inbox());
  const std::string good = inbox.append(example("Good"));
  const auto event = [](const char* text) { return data::sealed_line(Json::parse(text)) + "\n"; };
  std::string text = read_text_file(temp.inbox());
  const std::string first_line = text;
  text += "\n\r\n{}\n[1]\nnull\n\xFF\xFE\n{\"check\":\"\n{\"check\":\"0000000000000000\",\"event\":\"append\"}\n";
  text += std::string(5 << 20, 'x') + "\n";
  text += first_line;  // the same id again
  text += event(R"({"event": "append", "id": "\u001b[2J", "example": {"prompt": "Q", "completion": "A"}})");
  text += event(R"({"event": "append", "id": "aaaa1111", "example": {"messages": []}})");
  text += event(R"({"event": "append", "id": "aaaa2222"})");
  text += event(R"({"event": "append", "id": 7, "example": 7})");
  text += event(R"({"event": "review", "id": "nobody", "status": "accepted"})");
  text += event(R"({"event": "review", "id": "aaaa3333", "status": 5})");
  text += event(R"({"event": "erase", "id": "aaaa1111"})");
  text += event(R"({"event": ["append"]})");
  text += event(R"({"nothing": 1})");
  text += event(R"({"event": "review", "id": "GOOD", "status": "perfect"})");
  const std::string seal = data::sealed_line(Json{{"event", "append"}, {"id", "bbbb1111"}});
  text += seal.substr(0, seal.size() - 1) + ",\"id\":\"bbbb2222\"}\n";
  std::string deep = "{\"check\":\"";
  deep += std::string(16, '0') + "\",\"event\":" + std::string(100000, '[') + "\n";
  text += deep + std::string("\0\0\0", 3) + "\n";
  std::ofstream(temp.inbox(), std::ios::binary) << text;
  CHECK(questions(inbox.list()) == std::vector<std::string>{"Good"});
  const auto problems = inbox.problems();
  CHECK(problems.size() >= 15);
  for (const Problem& problem : problems) {
    CHECK(problem.severity == Severity::warning);
    CHECK(problem.line > 1);
    CHECK_FALSE(problem.fix.empty());
  }
  inbox.review(good, "accepted");
  CHECK(inbox.accepted().size() == 1);
}

TEST_CASE("inbox: killed at each step of append") {
  for (const std::string step : {"locked", "written", "synced"}) {
    CAPTURE(step);
    const TempFolder temp;
    const Inbox inbox(temp.inbox());
    inbox.append(example("Before"));
    const std::string line = data::sealed_line(
        {{"event", "append"},
         {"id", "abcd1234"},
         {"example",
          {{"messages",
            Json::parse(R"([{"role": "user", "content": "Killed"}, {"role": "assistant", "content": "A"}])")}}}});
    const int status = wait_for(start([&] {
      data::LineFile(temp.inbox(), data::LineFile::Use::append).append(line, [&](const char* reached) {
        if (step == reached) ::kill(::getpid(), SIGKILL);
      });
    }));
    REQUIRE(WIFSIGNALED(status));
    CHECK(inbox.list().size() == (step == "locked" ? 1 : 2));
    inbox.append(example("After"));
    CHECK(questions(inbox.list()).back() == "After");
    CHECK(inbox.problems().empty());
  }
}

TEST_CASE("inbox: killed at any instant of many appends, what was reported is there") {
  const TempFolder temp;
  const Inbox inbox(temp.inbox());
  std::set<std::string> reported;
  constexpr int rounds = 15;
  constexpr std::size_t id_size = 10;
  for (int round = 0; round < rounds; ++round) {
    const auto delay = std::chrono::milliseconds(3 + 4 * round);
    const std::string ids = reported_until_killed(delay, [&](const Report& report) {
      for (int i = 0;; ++i) report(inbox.append(example(concat("Q", round, "-", i), std::string(3000, 'a'))));
    });
    for (std::size_t at = 0; at + id_size <= ids.size(); at += id_size) reported.insert(ids.substr(at, id_size));
    std::set<std::string> there;
    for (const InboxEntry& entry : inbox.list()) there.insert(entry.id);
    for (const std::string& id : reported) REQUIRE(there.count(id) == 1);
  }
  CHECK(reported.size() > 0);
  CHECK(inbox.list().size() <= reported.size() + rounds);  // one more each that was not reported any more
  CHECK(inbox.problems().size() <= rounds);
}

TEST_CASE("inbox: four processes append and review a hundred times each") {
  const TempFolder temp;
  const Inbox inbox(temp.inbox());
  std::vector<pid_t> children;
  for (int process = 0; process < 4; ++process)
    children.push_back(start([&, process] {
      for (int i = 0; i < 100; ++i) {
        const std::string id = inbox.append(example(concat(process, "-", i), std::string(200 * process, 'x') + "."));
        if (i % 10 == 0) inbox.review(id, "accepted", concat("P", process));
      }
    }));
  for (const pid_t child : children) {
    const int status = wait_for(child);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
  }
  const auto entries = inbox.list();
  std::set<std::string> ids, different;
  for (const InboxEntry& entry : entries) {
    ids.insert(entry.id);
    different.insert(entry.example.messages[0].content);
  }
  CHECK(entries.size() == 400);
  CHECK(ids.size() == 400);
  CHECK(different.size() == 400);
  CHECK(inbox.accepted().size() == 40);
  CHECK(inbox.problems().empty());
}

TEST_CASE("inbox: from several threads at once") {
  const TempFolder temp;
  const Inbox inbox(temp.inbox());
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&inbox, i] {
      for (int j = 0; j < 10; ++j) inbox.append(example(concat(i, "-", j)));
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(inbox.list().size() == 40);
}

TEST_CASE("inbox: take adds what the set lacks, at its end, and leaves its lines alone") {
  const TempFolder temp;
  const Inbox inbox(temp.inbox());
  for (const char* question : {"One", "Two", "Three", "Four"}) inbox.append(example(question), {"Ana", ""});
  const auto entries = inbox.list();
  for (int i = 0; i < 3; ++i) inbox.review(entries[i].id, "accepted");
  const std::string mine = "\xEF\xBB\xBF{ \"prompt\": \"Mine\", \"completion\": \"A\" }\r\n" + pair("Two", "Answer");
  const std::string path = temp.file("data.jsonl", mine.substr(0, mine.size() - 1));
  const InboxTaken taken = inbox.take(path);
  CHECK(taken.added == 2);
  CHECK(taken.present == 1);
  CHECK(taken.examples == 4);
  CHECK(read_text_file(path).starts_with(mine));
  const Dataset data = Dataset::load(path);
  CHECK(questions_of(data) == std::vector<std::string>{"Mine", "Two", "One", "Three"});
  CHECK(data[2].author == "Ana");
  const std::string once = read_text_file(path);
  CHECK(inbox.take(path).added == 0);
  CHECK(read_text_file(path) == once);

  CHECK(has(error_of([&] { inbox.take(path + ".none"); }), "not_found"));
  const std::string list = temp.file("list.json", R"([{"prompt": "Q", "completion": "A"}])");
  CHECK(has(error_of([&] { inbox.take(list); }), "is not JSONL"));
  const std::string broken = temp.file("broken.jsonl", "{\"prompt\": 1}\n");
  CHECK(has(error_of([&] { inbox.take(broken); }), "line 1"));
  fs::create_symlink(path, path + ".link");
  inbox.review(entries[3].id, "accepted");
  CHECK(inbox.take(path + ".link").added == 1);
  CHECK(fs::is_symlink(path + ".link"));
  CHECK(Dataset::load(path).size() == 5);
}

TEST_CASE("inbox: a process that keeps the lock is waited for, and told of") {
  const TempFolder temp;
  const Inbox inbox(temp.inbox());
  inbox.append(example("One"));
  const int descriptor = ::open(temp.inbox().c_str(), O_RDWR | O_CLOEXEC);
  REQUIRE(::flock(descriptor, LOCK_EX) == 0);
  std::thread release([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    ::close(descriptor);
  });
  inbox.append(example("Two"));
  release.join();
  CHECK(inbox.list().size() == 2);
}
