#include "data/record_parser.hpp"

#include <algorithm>

#include "base/fail.hpp"
#include "base/utf8.hpp"
#include "data/conversation.hpp"
#include "data/json_fault.hpp"
#include "data/message_parser.hpp"
#include "data/problems.hpp"
#include "data/wording.hpp"

namespace pmtune::data {
namespace {

constexpr std::size_t most_unread_keys = 10;

const std::vector<std::string>& keys_of_form(const std::string& form) {
  static const std::vector<std::string> chat{"messages", "tags"};
  static const std::vector<std::string> prompt{"prompt", "completion", "tags"};
  static const std::vector<std::string> instruction{"instruction", "input", "output", "tags"};
  return form == "chat" ? chat : form == "prompt-completion" ? prompt : instruction;
}

Problem encoding_problem(const Record& record, std::size_t at) {
  const std::int64_t line =
      record.line + std::count(record.text.begin(), record.text.begin() + static_cast<std::ptrdiff_t>(at), '\n');
  const std::string_view before = last_characters(record.text.substr(0, at), 25);
  return error_at(line, "encoding", concat("A character after ", quoted(before), " is not valid UTF-8."),
                  "Open the file in your editor, choose \"Save as\" and pick the encoding UTF-8.");
}

}  // namespace

RecordParser::RecordParser(std::string format, std::string origin)
    : format_(std::move(format)), origin_(std::move(origin)) {}

void RecordParser::parse(const Record& record, Example& example, std::vector<Problem>& problems) {
  example = {};
  example.line = record.line;
  const std::size_t invalid = find_invalid_utf8(record.text);
  if (invalid != std::string_view::npos) {
    problems.push_back(encoding_problem(record, invalid));
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
  const std::size_t before = problems.size();
  parse_object(value, example, problems);
  if (problems.size() == before) example.origin = origin_;
}

std::string RecordParser::form_of(const Json& object) const {
  if (format_ != "auto") return format_;
  if (object.contains("messages")) return "chat";
  if (object.contains("instruction") || object.contains("output")) return "instruction";
  if (object.contains("prompt") || object.contains("completion")) return "prompt-completion";
  return "chat";
}

void RecordParser::parse_object(const Json& object, Example& example, std::vector<Problem>& problems) {
  const std::string form = form_of(object);
  const std::size_t before = problems.size();
  if (form == "chat")
    parse_chat(object, example, problems);
  else if (form == "prompt-completion")
    parse_pair(object, {"prompt", nullptr, "completion"}, example, problems);
  else
    parse_pair(object, {"instruction", "input", "output"}, example, problems);
  parse_tags(object, example, problems);
  if (problems.size() == before) check_conversation(example, "line", problems);
  if (problems.size() != before) return;
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
  const std::vector<std::string>& known = keys_of_form(form);
  for (const auto& [key, value] : object.items()) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
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
