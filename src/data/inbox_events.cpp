#include "data/inbox_events.hpp"

#include <algorithm>

#include "base/fail.hpp"
#include "base/options.hpp"
#include "base/sha256.hpp"
#include "data/record_parser.hpp"

namespace pmtune::data {
namespace {

constexpr std::string_view head = "{\"check\":\"";
constexpr std::string_view after_check = "\",";
constexpr std::size_t check_digits = 16;
constexpr std::size_t shortest_beginning = 4;  // of an id

std::string check_of(std::string_view content) { return sha256_of(content).substr(0, check_digits); }

// What follows the check, or nothing when the line is not what was written.
std::string_view content_of(std::string_view line) {
  const std::size_t begin = head.size() + check_digits + after_check.size();
  if (line.size() <= begin || !line.starts_with(head)) return {};
  if (line.substr(head.size() + check_digits, after_check.size()) != after_check) return {};
  const std::string_view content = line.substr(begin);
  return check_of(content) == line.substr(head.size(), check_digits) ? content : std::string_view();
}

std::string text_of(const Json& event, const char* key) {
  const auto found = event.find(key);
  return found != event.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// As append makes them; another one could carry anything into a terminal.
bool is_id(const std::string& text) {
  const auto is_plain = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z'); };
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), is_plain);
}

}  // namespace

std::string sealed_line(const Json& event) {
  const std::string content = event.dump().substr(1);  // without the brace, which stands before the check
  return concat(head, check_of(content), after_check, content);
}

void require_status(const std::string& status) {
  static const std::vector<std::string> known{"pending", "accepted", "rejected"};
  if (std::find(known.begin(), known.end(), status) == known.end())
    fail(Code::invalid_argument, "An entry of an inbox is pending, accepted or rejected, not \"", status, "\".",
         did_you_mean(status, known));
}

void InboxState::read(const LineFile& file) {
  file.read([this](const LineFile::Line& line) { read_line(line); });
}

void InboxState::report(std::int64_t line, const char* code, std::string message) {
  problems.add(warning_at(line, code, std::move(message),
                          "Nothing is lost but this line; if a correction is missing, add it again."));
}

void InboxState::read_line(const LineFile::Line& line) {
  if (line.too_long) return report(line.number, "line_too_long", "The line is longer than any entry can be.");
  std::string_view text = line.text;
  if (text.ends_with('\r')) text.remove_suffix(1);  // an editor has given the file its own line ends
  if (text.empty()) return;
  const std::string_view content = content_of(text);
  if (content.empty())
    return report(line.number, "damaged_line",
                  "The line is not whole: its writing was cut short, or it was changed.");
  Json event;
  JsonFault fault;
  if (!parse_json(concat('{', content), event, fault) || !event.is_object())
    return report(line.number, "damaged_line", "The line is whole, but says nothing that can be read.");
  apply(event, line.number);
}

void InboxState::apply(const Json& event, std::int64_t line) {
  const std::string kind = text_of(event, "event");
  if (kind == "append")
    apply_append(event, line);
  else if (kind == "review")
    apply_review(event, line);
  else
    report(line, "unknown_event", concat("The line tells of ", quoted(kind), ", which this pmtune does not know."));
}

void InboxState::apply_append(const Json& event, std::int64_t line) {
  InboxEntry entry;
  entry.id = text_of(event, "id");
  if (!is_id(entry.id) || by_id_.count(entry.id))
    return report(line, "repeated_entry", "The entry has no id of its own.");
  const auto example = event.find("example");
  const bool is_there = example != event.end() && example->is_object();
  std::vector<Problem> faults;
  if (is_there) RecordParser("chat", path_).parse({line, {}, {}, &*example}, entry.example, faults);
  if (!is_there || !faults.empty())
    return report(line, "damaged_line", "The entry holds no example that could be taught.");
  entry.author = text_of(event, "author");
  entry.source = text_of(event, "source");
  entry.received = text_of(event, "received");
  if (entry.example.author.empty()) entry.example.author = entry.author;
  by_id_[entry.id] = entries.size();
  entries.push_back(std::move(entry));
}

void InboxState::apply_review(const Json& event, std::int64_t line) {
  const auto found = by_id_.find(text_of(event, "id"));
  const std::string status = text_of(event, "status");
  if (found == by_id_.end() || (status != "pending" && status != "accepted" && status != "rejected"))
    return report(line, "unknown_entry", "The line decides about an entry that is not here.");
  InboxEntry& entry = entries[found->second];
  entry.status = status;
  entry.reviewer = text_of(event, "reviewer");
  entry.note = text_of(event, "note");
}

InboxEntry& InboxState::find(const std::string& id) {
  if (const auto whole = by_id_.find(id); whole != by_id_.end()) return entries[whole->second];
  if (id.size() < shortest_beginning)
    fail(Code::invalid_argument, "\"", id, "\" is too short for the id of an entry; give at least ",
         shortest_beginning, " characters of it.");
  InboxEntry* found = nullptr;
  for (InboxEntry& entry : entries) {
    if (!entry.id.starts_with(id)) continue;
    if (found)
      fail(Code::invalid_argument, "Several entries of the inbox ", path_, " begin with \"", id,
           "\"; give more of the id.");
    found = &entry;
  }
  if (!found) fail(Code::not_found, "The inbox ", path_, " has no entry \"", id, "\"; list it to see the ids.");
  return *found;
}

}  // namespace pmtune::data
