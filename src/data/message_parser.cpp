#include "data/message_parser.hpp"

#include <algorithm>
#include <string>

#include "base/fail.hpp"
#include "base/options.hpp"
#include "data/conversation.hpp"
#include "data/problems.hpp"
#include "data/wording.hpp"

namespace pmtune::data {
namespace {

// "name" may stand in a message, as other tools allow; it is not taught and not kept.
const std::vector<std::string>& message_keys() {
  static const std::vector<std::string> keys{"role", "content", "weight", "name"};
  return keys;
}

// One message of a chat record.
class MessageParser {
 public:
  MessageParser(const Json& json, std::size_t number, std::int64_t line, std::vector<Problem>& problems)
      : json_(json), number_(number), line_(line), problems_(problems) {}

  Message parse() {
    Message message;
    if (!json_.is_object()) {
      add("data_type", concat("Message ", number_, " is ", kind_of(json_), ", but must be a group in braces {}."),
          "Write it like {\"role\": \"user\", \"content\": \"...\"}.");
      return message;
    }
    if (json_.contains("from") && json_.contains("value")) return parse_share_gpt();
    check_keys();
    message.role = text_of("role");
    message.content = text_of("content");
    message.weight = weight();
    return message;
  }

 private:
  // {"from": "human", "value": "..."}: other names for the same, and its roles are known ones.
  Message parse_share_gpt() {
    Message message;
    message.role = text_of("from");
    if (const char* usual = usual_role(message.role)) message.role = usual;
    message.content = text_of("value");
    message.weight = weight();
    return message;
  }

  void add(const char* code, std::string message, std::string fix) {
    problems_.push_back(error_at(line_, code, std::move(message), std::move(fix)));
  }

  void check_keys() {
    for (const auto& [key, value] : json_.items()) {
      const auto& known = message_keys();
      if (std::find(known.begin(), known.end(), key) != known.end()) continue;
      const bool tool = key == "tool_calls" || key == "function_call" || key == "tool_call_id";
      const std::string meant = tool || key.size() < 3 ? "" : nearest_name(key.substr(0, 40), known);
      if (!meant.empty() && !json_.contains(meant)) meant_.push_back(meant);
      add("message_unrecognized_key",
          concat("Message ", number_, " has ", quoted(key), ", which a message cannot have."),
          tool ? "Remove the line: calls of tools cannot be taught yet."
          : !meant.empty() && !json_.contains(meant)
              ? concat("Rename it to \"", meant, "\".")
              : "Remove it; a message has \"role\", \"content\" and, if need be, \"weight\".");
    }
  }

  std::string text_of(const char* key) {
    const auto found = json_.find(key);
    if (found == json_.end()) {
      // Said already when a misspelt key was found in its place.
      if (std::find(meant_.begin(), meant_.end(), key) == meant_.end())
        add("message_missing_key", concat("Message ", number_, " has no \"", key, "\"."),
            concat("Add \"", key, "\": \"...\" to it."));
      return {};
    }
    const bool is_content = std::string_view(key) == "content" || std::string_view(key) == "value";
    if (found->is_array() && is_content) return text_of_parts(*found);
    if (found->is_null() && is_content) {
      add("missing_content", concat("Message ", number_, " has no text."), "Write its text, or remove the message.");
      return {};
    }
    if (!found->is_string()) {
      add("data_type",
          concat("The ", key, " of message ", number_, " is ", kind_of(*found), ", but must be a text in quotes."),
          concat("Write it like \"", key, "\": \"...\"."));
      return {};
    }
    return found->get<std::string>();
  }

  // [{"type": "text", "text": "..."}], as some services write a text.
  std::string text_of_parts(const Json& parts) {
    std::string text;
    for (const Json& part : parts) {
      const auto found = part.is_object() ? part.find("text") : part.end();
      if (found == part.end() || !found->is_string()) {
        add("data_type", concat("The content of message ", number_, " has a part that is not text."),
            "Leave such parts out: only text can be taught.");
        return {};
      }
      text += found->get_ref<const std::string&>();
    }
    return text;
  }

  double weight() {
    const auto found = json_.find("weight");
    if (found == json_.end() || found->is_null()) return 1;
    const double value = found->is_number() ? found->get<double>() : -1;
    if (value == 0 || value == 1) return value;
    add("data_type",
        concat("The weight of message ", number_, " is ", quoted(found->dump(), 20), ", but must be 0 or 1."),
        "Write 1 to teach this answer, or 0 to keep it only as context.");
    return 1;
  }

  const Json& json_;
  std::size_t number_;
  std::int64_t line_;
  std::vector<Problem>& problems_;
  std::vector<std::string> meant_;
};

// There is no "messages": say what was found in its place.
Problem missing_messages(const Json& object, std::int64_t line) {
  const char* code = "missing_messages_list";
  if (object.contains("role") && object.contains("content"))
    return error_at(line, code, "Here is a single message, but an example is a whole conversation.",
                    concat("Put question and answer into one line: ", chat_shape(), "."));
  if (object.empty())
    return error_at(line, code, "The example is empty.", "Write a question and its answer, or remove the line.");
  const std::string key = object.begin().key();
  const std::string meant = object.size() <= 2 && key.size() > 3 ? nearest_name(key.substr(0, 40), {"messages"}) : "";
  return error_at(line, code, concat("There is no \"messages\" here, only ", keys_of(object), "."),
                  meant.empty() ? "Call the question \"prompt\" and the answer \"completion\"."
                                : concat("Rename ", quoted(key), " to \"messages\"."));
}

void add_messages(const Json& list, Example& example, std::vector<Problem>& problems) {
  std::size_t number = example.messages.size();
  for (const Json& message : list)
    example.messages.push_back(MessageParser(message, ++number, example.line, problems).parse());
}

}  // namespace

void parse_chat(const Json& object, const char* key, Example& example, std::vector<Problem>& problems) {
  const auto found = object.find(key);
  if (found == object.end()) {
    problems.push_back(missing_messages(object, example.line));
    return;
  }
  if (!found->is_array()) {
    problems.push_back(error_at(example.line, "data_type",
                                concat(quoted(key), " is ", kind_of(*found), ", but must be a list in brackets []."),
                                concat("Write it like ", chat_shape(), ".")));
    return;
  }
  add_messages(*found, example, problems);
  // ShareGPT keeps the system message beside the conversation.
  const auto system = object.find("system");
  const bool has_own = !example.messages.empty() && example.messages.front().role == "system";
  if (system != object.end() && system->is_string() && *system != "" && !has_own)
    example.messages.insert(example.messages.begin(), {"system", system->get<std::string>(), 1});
}

void parse_pair(const Json& object, const PairKeys& keys, Example& example, std::vector<Problem>& problems) {
  const auto text_of = [&](const char* key, bool needed) -> std::string {
    const auto found = key ? object.find(key) : object.end();
    if (found == object.end() || found->is_null()) {
      if (needed)
        problems.push_back(error_at(example.line, "message_missing_key", concat("There is no \"", key, "\" here."),
                                    concat("Add \"", key, "\": \"...\", or remove the line.")));
      return {};
    }
    if (found->is_string()) return found->get<std::string>();
    problems.push_back(error_at(example.line, "data_type",
                                concat("\"", key, "\" is ", kind_of(*found), ", but must be a text in quotes."),
                                concat("Write it like \"", key, "\": \"...\".")));
    return {};
  };
  // TRL's conversational prompts: both sides are lists of messages.
  const auto is_list = [&](const char* key) { return object.contains(key) && object[key].is_array(); };
  if (is_list(keys.question) && is_list(keys.answer)) {
    add_messages(object[keys.question], example, problems);
    add_messages(object[keys.answer], example, problems);
    return;
  }
  std::string system = text_of(keys.system, false);
  std::string question = text_of(keys.question, true);
  const std::string input = text_of(keys.input, false);
  std::string answer = text_of(keys.answer, true);
  if (!input.empty()) question += (question.empty() ? "" : "\n\n") + input;
  if (!system.empty()) example.messages.push_back({"system", std::move(system), 1});
  example.messages.push_back({"user", std::move(question), 1});
  example.messages.push_back({"assistant", std::move(answer), 1});
}

void parse_tags(const Json& object, Example& example, std::vector<Problem>& problems) {
  const auto found = object.find("tags");
  if (found == object.end() || found->is_null()) return;
  const bool texts =
      found->is_array() && std::all_of(found->begin(), found->end(), [](const Json& tag) { return tag.is_string(); });
  if (found->is_string())
    example.tags.push_back(found->get<std::string>());
  else if (texts)
    for (const Json& tag : *found) example.tags.push_back(tag.get<std::string>());
  else
    problems.push_back(error_at(example.line, "data_type", "\"tags\" must be a list of texts.",
                                "Write it like \"tags\": [\"user-story\"]."));
}

void parse_author(const Json& object, Example& example, std::vector<Problem>& problems) {
  const auto found = object.find("author");
  if (found == object.end() || found->is_null()) return;
  if (found->is_string())
    example.author = found->get<std::string>();
  else
    problems.push_back(error_at(example.line, "data_type",
                                concat("\"author\" is ", kind_of(*found), ", but must be a text in quotes."),
                                "Write it like \"author\": \"Ana\"."));
}

}  // namespace pmtune::data
