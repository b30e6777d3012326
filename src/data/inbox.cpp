// The class Inbox: locks, ids, and what goes from the inbox into a set.
#include <pmtune/inbox.hpp>

#include <filesystem>
#include <random>

#include "base/atomic_file.hpp"
#include "base/fail.hpp"
#include "base/utc.hpp"
#include "base/utf8.hpp"
#include "data/canonical.hpp"
#include "data/inbox_events.hpp"

namespace pmtune {
namespace fs = std::filesystem;
using data::InboxState;
using data::LineFile;

namespace {

constexpr int id_digits = 10;

// Short enough to be typed; chance repeats one among ten thousand entries once in twenty thousand inboxes.
std::string fresh_id() {
  std::random_device random;
  std::uniform_int_distribution<int> digit(0, 15);
  std::string id;
  while (id.size() < id_digits) id.push_back("0123456789abcdef"[digit(random)]);
  return id;
}

void require_utf8(const std::string& text, const char* what) {
  if (find_invalid_utf8(text) != std::string_view::npos)
    fail(Code::invalid_argument, "The ", what, " is not valid UTF-8; convert it first.");
}

InboxState state_of(const std::string& path, const LineFile& file) {
  InboxState state(path);
  state.read(file);
  return state;
}

InboxState state_of(const std::string& path) { return state_of(path, LineFile(path, LineFile::Use::read)); }

// Adding lines at the end is only right where every line is an example.
void require_lines(const std::string& text, const std::string& path) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  std::size_t begin = text.starts_with(byte_order_mark) ? byte_order_mark.size() : 0;
  begin = text.find_first_not_of(" \t\r\n", begin);
  if (begin == std::string::npos || text[begin] != '{')
    fail(Code::invalid_argument, "The file ", path,
         " is not JSONL (one example a line), so nothing can be added at its end; save it as JSONL first.");
}

}  // namespace

Inbox::Inbox(std::string path) : path_(std::move(path)) {
  if (path_.empty())
    fail(Code::invalid_argument, "The inbox's file is an empty text; name one, for example inbox.jsonl.");
}

std::string Inbox::append(const Example& example, const InboxSource& from) const {
  require_utf8(from.author, "author");
  require_utf8(from.source, "source");
  const Example checked = Dataset::from_examples({example})[0];
  const std::string id = fresh_id();
  const std::string line = data::sealed_line({{"event", "append"},
                                              {"id", id},
                                              {"received", utc_now()},
                                              {"author", from.author.empty() ? checked.author : from.author},
                                              {"source", from.source},
                                              {"example", Json::parse(data::saved_line(checked))}});
  if (line.size() > LineFile::most_line_bytes)
    fail(Code::invalid_argument, "The example takes ", line.size(), " bytes; an inbox takes ones of up to ",
         LineFile::most_line_bytes, ". Shorten it.");
  LineFile(path_, LineFile::Use::append).append(line);
  return id;
}

std::vector<InboxEntry> Inbox::list(const std::string& status) const {
  if (!status.empty()) data::require_status(status);
  std::vector<InboxEntry> entries = state_of(path_).entries;
  if (!status.empty()) std::erase_if(entries, [&](const InboxEntry& entry) { return entry.status != status; });
  return entries;
}

InboxEntry Inbox::review(const std::string& id, const std::string& status, const std::string& reviewer,
                         const std::string& note) const {
  data::require_status(status);
  require_utf8(reviewer, "reviewer");
  require_utf8(note, "note");
  state_of(path_).find(id);  // does not create an inbox for an id that cannot be in it
  LineFile file(path_, LineFile::Use::append);
  InboxState state = state_of(path_, file);
  InboxEntry entry = state.find(id);
  file.append(data::sealed_line({{"event", "review"},
                                 {"id", entry.id},
                                 {"reviewed", utc_now()},
                                 {"status", status},
                                 {"reviewer", reviewer},
                                 {"note", note}}));
  entry.status = status;
  entry.reviewer = reviewer;
  entry.note = note;
  return entry;
}

Dataset Inbox::accepted() const {
  std::vector<Example> examples;
  for (InboxEntry& entry : list("accepted")) examples.push_back(std::move(entry.example));
  return Dataset::from_examples(std::move(examples));
}

InboxTaken Inbox::take(const std::string& data_path) const {
  const Dataset chosen = accepted();
  std::string text = read_text_file(data_path);
  require_lines(text, data_path);
  const Dataset present = Dataset::parse(text, data_path);
  const Dataset all = present.merge(chosen);
  const auto size = [](const Dataset& data) { return static_cast<std::int64_t>(data.size()); };
  const InboxTaken taken{size(all) - size(present), size(chosen) - (size(all) - size(present)), size(all)};
  if (taken.added == 0) return taken;
  if (text.back() != '\n') text.push_back('\n');
  for (std::size_t i = present.size(); i < all.size(); ++i) text.append(data::saved_line(all[i])).push_back('\n');
  std::error_code error;
  const fs::path real = fs::canonical(data_path, error);  // what a link points to is written, not the link
  write_file_atomically(error ? fs::path(data_path) : real, text);
  return taken;
}

std::vector<Problem> Inbox::problems() const { return state_of(path_).problems.take(); }

std::string Dataset::append(const std::string& path, const Example& example) { return Inbox(path).append(example); }

}  // namespace pmtune
