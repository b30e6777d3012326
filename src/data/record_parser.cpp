#include "data/record_parser.hpp"

#include <algorithm>

#include "base/fail.hpp"
#include "base/utf8.hpp"
#include "data/conversation.hpp"
#include "data/json_fault.hpp"
#include "data/message_parser.hpp"
#include "data/pair_keys.hpp"
#include "data/problems.hpp"
#include "data/wording.hpp"

namespace pmtune::data {
namespace {

constexpr std::size_t most_unread_keys = 10;

// What a record of the form may hold and is read.
bool is_read(const std::string& key, const std::string& form) {
  if (key == "tags" || key == "author") return true;
  if (form == "chat") return key == "messages" || key == "system";
  if (form == "sharegpt") return key == "conversations" || key == "conversation" || key == "system";
  return is_pair_key(key);
}

const char* list_key(const Json& object) {
  return object.contains("conversation") ? "conversation" : "conversations";
}

Problem encoding_problem_in(const Record& record, std::size_t at) {
  const std::int64_t line =
      record.line + std::count(record.text.begin(), record.text.begin() + static_cast<std::ptrdiff_t>(at), '\n');
  return encoding_problem(line, record.text.substr(0, at));
}

}  // namespace

RecordParser::RecordParser(std::string format, std::string origin)
    : format_(std::move(format)), origin_(std::move(origin)) {}

void RecordParser::parse(const Record& record, Example& example, std::vector<Problem>& problems) {
  example = {};
  example.line = record.line;
  if (record.object) return parse_object(*record.object, example, problems);
  const std::size_t invalid = find_invalid_utf8(record.text);
  if (invalid != std::string_view::npos) {
    problems.push_back(encoding_problem_in(record, invalid));
    return;
  }
  Json value;
  JsonFault fault;
  if (!parse_json(record.text, value, fault)) {
    problems.push_back(json_problem(record, fault));
    return;
  }
  if (!value.is_object()) {
    problems.push_back(error_at(record.line, "data_type",
                                concat("Here is ", kind_of(value), ", but an example is a group in braces {}."),
                                concat("Write it like ", chat_shape(), ".")));
    return;
  }
  parse_object(value, example, problems);
}

std::string RecordParser::form_of(const Json& object) const {
  if (format_ != "auto" && format_ != "csv") return format_;
  if (object.contains("messages")) return "chat";
  if (object.contains("conversations") || object.contains("conversation")) return "sharegpt";
  const std::string pair = pair_form_of(object);
  return pair.empty() ? "chat" : pair;
}

void RecordParser::parse_object(const Json& object, Example& example, std::vector<Problem>& problems) {
  const std::string form = form_of(object);
  const std::size_t before = problems.size();
  if (form == "chat")
    parse_chat(object, "messages", example, problems);
  else if (form == "sharegpt")
    parse_chat(object, list_key(object), example, problems);
  else
    parse_pair(object, pair_keys_of(object, form), example, problems);
  parse_tags(object, example, problems);
  parse_author(object, example, problems);
  if (problems.size() == before) check_conversation(example, "line", problems);
  if (problems.size() != before) return;
  example.origin = origin_;
  note_form(form);
  note_unread_keys(object, form, example.line);
}

void RecordParser::note_form(const std::string& form) {
  if (form_.empty())
    form_ = form;
  else if (form_ != form)
    form_ = "mixed";
}

void RecordParser::note_unread_keys(const Json& object, const std::string& form, std::int64_t line) {
  for (const auto& [key, value] : object.items()) {
    if (is_read(key, form)) continue;
    const auto found = unread_.find(key);
    if (found != unread_.end())
      ++found->second.count;
    else if (unread_.size() < most_unread_keys)
      unread_[key] = {line, 1};
  }
}

std::vector<Problem> RecordParser::unread_keys() const {
  std::vector<Problem> warnings;
  for (const auto& [key, unread] : unread_) {
    const std::string others =
        unread.count > 1 ? concat(" (nor in ", counted(unread.count - 1, "other line"), ")") : "";
    warnings.push_back(warning_at(unread.first_line, "unrecognized_key",
                                  concat(quoted(key), " is not used here", others, "."),
                                  "Leave it if that is fine; the model learns from the messages only."));
  }
  return warnings;
}

}  // namespace pmtune::data
