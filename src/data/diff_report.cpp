// A difference between two sets as a person reads it and as a program reads it.
#include <algorithm>
#include <ostream>

#include "base/fail.hpp"
#include "base/json.hpp"
#include "base/utf8.hpp"
#include "data/example_json.hpp"
#include "data/problems.hpp"
#include "data/word_overlap.hpp"

namespace pmtune {
namespace {

constexpr std::size_t most_shown = 20;  // of each kind
constexpr std::size_t question_width = 60;
constexpr std::size_t change_width = 80;
constexpr std::size_t before_change = 20;  // characters shown before the first one that differs

std::string place(const Example& example) { return example.line > 0 ? concat("line ", example.line, " ") : ""; }

std::string question(const Example& example) { return data::quoted(data::question_of(example), question_width); }

std::string list(const std::vector<std::string>& tags) {
  std::string text;
  for (const std::string& tag : tags) text += (text.empty() ? "" : ", ") + tag;
  return text.empty() ? "none" : text;
}

// Where two texts begin to differ, on a whole character.
std::size_t first_difference(const std::string& a, const std::string& b) {
  std::size_t at = 0;
  while (at < std::min(a.size(), b.size()) && a[at] == b[at]) ++at;
  return whole_characters(std::string_view(a).substr(0, at));
}

std::string from_there(const std::string& text, std::size_t at) {
  const std::string_view lead = data::last_characters(std::string_view(text).substr(0, at), before_change);
  const std::size_t begin = at - lead.size();
  return data::quoted((begin > 0 ? "…" : "") + text.substr(begin), change_width);
}

// Names a message as the person who wrote it would.
std::string name_of(const Example& example, std::size_t index) {
  const Message& message = example.messages[index];
  if (message.role == "system") return "system message";
  if (index + 1 == example.messages.size()) return "answer";
  const auto is_user = [](const Message& m) { return m.role == "user"; };
  const bool only = std::count_if(example.messages.begin(), example.messages.end(), is_user) == 1;
  return is_user(message) && only ? "question" : concat("message ", index + 1);
}

struct Change {
  std::string what, before, after;
};

std::vector<Change> changes_in(const Example& before, const Example& after) {
  std::vector<Change> changes;
  // A system message that came or went shifts the others; they are compared from the end.
  const std::size_t common = std::min(before.messages.size(), after.messages.size());
  for (std::size_t back = common; back > 0; --back) {
    const std::size_t i = before.messages.size() - back, j = after.messages.size() - back;
    const Message &old_message = before.messages[i], &new_message = after.messages[j];
    if (old_message.content != new_message.content) {
      const std::size_t at = first_difference(old_message.content, new_message.content);
      changes.push_back(
          {name_of(after, j), from_there(old_message.content, at), from_there(new_message.content, at)});
    } else if (old_message.weight != new_message.weight) {
      changes.push_back({"weight of " + name_of(after, j), concat(old_message.weight), concat(new_message.weight)});
    }
  }
  if (before.messages.size() != after.messages.size())
    changes.push_back({"length", data::counted(static_cast<std::int64_t>(before.messages.size()), "message"),
                       data::counted(static_cast<std::int64_t>(after.messages.size()), "message")});
  if (before.tags != after.tags)
    changes.push_back({"tags", data::one_line(list(before.tags)), data::one_line(list(after.tags))});
  return changes;
}

std::string shown(const ExampleEdit& edit) {
  std::string text = concat("~ ", place(edit.after), question(edit.after), "\n");
  for (const Change& change : changes_in(edit.before, edit.after))
    text += concat("    ", change.what, "\n    - ", change.before, "\n    + ", change.after, "\n");
  return text;
}

std::string shown(char sign, const Example& example) {
  return concat(sign, ' ', place(example), question(example), "\n");
}

template <class Entry, class Show>
void append_list(std::string& text, const std::vector<Entry>& entries, const char* what, const Show& show) {
  for (std::size_t i = 0; i < std::min(entries.size(), most_shown); ++i) text += show(entries[i]);
  if (entries.size() > most_shown) text += concat("  ... and ", entries.size() - most_shown, " more ", what, "\n");
}

Json json_of(const std::vector<Example>& examples) {
  Json json = Json::array();
  for (const Example& example : examples) json.push_back(json_of(example));
  return json;
}

}  // namespace

std::string DatasetDiff::to_text() const {
  if (empty()) return "No difference.\n";
  std::string text = concat(added.size(), " added, ", removed.size(), " removed, ", edited.size(), " edited.\n");
  append_list(text, added, "added", [](const Example& example) { return shown('+', example); });
  append_list(text, removed, "removed", [](const Example& example) { return shown('-', example); });
  append_list(text, edited, "edited", [](const ExampleEdit& edit) { return shown(edit); });
  return text;
}

std::string DatasetDiff::to_json() const {
  Json json{{"added", json_of(added)}, {"removed", json_of(removed)}, {"edited", Json::array()}};
  for (const ExampleEdit& edit : edited)
    json["edited"].push_back({{"before", json_of(edit.before)}, {"after", json_of(edit.after)}});
  // An origin is a path and may hold any bytes.
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

std::ostream& operator<<(std::ostream& out, const DatasetDiff& diff) { return out << diff.to_text(); }

}  // namespace pmtune
