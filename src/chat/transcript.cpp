#include "chat/transcript.hpp"

#include <charconv>
#include <map>
#include <pmtune/dataset.hpp>

#include "base/fail.hpp"
#include "base/json.hpp"
#include "base/utc.hpp"
#include "eval/json_reader.hpp"

namespace pmtune::chat {
namespace {

using eval::JsonReader;

constexpr const char* kind = "pmtune-chat";
constexpr std::int64_t version = 1;

std::string quoted_lines(const std::string& text) {
  std::string out = "> ";
  for (const char c : text) {
    out += c;
    if (c == '\n') out += "> ";
  }
  return out;
}

// What a reader of the answer should know beside it; empty when there is nothing.
std::string remark(const ChatTurn& turn) {
  const ChatAnswer& answer = turn.answer();
  std::string text;
  const auto add = [&](const std::string& part) { text += (text.empty() ? "" : "; ") + part; };
  if (answer.corrected) add(answer.author.empty() ? "corrected" : "corrected by " + answer.author);
  if (turn.answers.size() > 1) add(concat("answer ", turn.chosen + 1, " of ", turn.answers.size()));
  if (is_cut_short(answer)) add("cut short");
  if (answer.rating != 0) add(answer.rating > 0 ? "rated good" : "rated bad");
  if (!answer.taught.empty()) add("in the inbox as " + answer.taught);
  return text;
}

Json answer_json(const ChatAnswer& answer) {
  return {{"text", answer.text},
          {"corrected", answer.corrected},
          {"author", answer.author},
          {"model", answer.model},
          {"tokens", answer.tokens},
          {"finish", to_string(answer.finish)},
          {"seed", std::to_string(answer.seed)},
          {"temperature", answer.temperature},
          {"seconds", answer.seconds},
          {"rating", answer.rating},
          {"taught", answer.taught}};
}

FinishReason finish_of(const JsonReader& json) {
  static const std::map<std::string, FinishReason> known{
      {"stop", FinishReason::stop}, {"length", FinishReason::length}, {"cancelled", FinishReason::cancelled}};
  const std::string name = json.text_or("finish", "stop");
  const auto found = known.find(name);
  if (found == known.end())
    fail(Code::corrupt, "\"finish\" of ", json.where(), " is \"", name, "\"; known are stop, length and cancelled.");
  return found->second;
}

// A text, since many readers of JSON keep only 53 bits of a number.
std::uint64_t seed_of(const JsonReader& json) {
  const std::string text = json.text_or("seed", "0");
  std::uint64_t seed = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), seed);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size())
    fail(Code::corrupt, "\"seed\" of ", json.where(), " must be a text of digits.");
  return seed;
}

double number_or_zero(const JsonReader& json, const char* key) { return json.has(key) ? json.number(key) : 0; }

ChatAnswer answer_from(const JsonReader& json) {
  ChatAnswer answer;
  answer.text = json.text("text");
  answer.corrected = json.has("corrected") && json.truth("corrected");
  answer.author = json.text_or("author", "");
  answer.model = json.text_or("model", "");
  answer.finish = finish_of(json);
  answer.tokens = json.whole_or("tokens", 0);
  answer.seconds = number_or_zero(json, "seconds");
  answer.temperature = number_or_zero(json, "temperature");
  answer.seed = seed_of(json);
  const std::int64_t rating = json.whole_or("rating", 0);
  if (rating < -1 || rating > 1)
    fail(Code::corrupt, "\"rating\" of ", json.where(), " is ", rating, "; it must be -1, 0 or 1.");
  answer.rating = static_cast<int>(rating);
  answer.taught = json.text_or("taught", "");
  return answer;
}

ChatTurn turn_from(const JsonReader& json) {
  ChatTurn turn;
  turn.question = json.text("question");
  turn.asked = json.text_or("asked", "");
  turn.answers = json.each("answers", "answer", answer_from);
  const std::int64_t chosen = json.whole_or("chosen", 0);
  if (turn.question.empty() || turn.answers.empty())
    fail(Code::corrupt, json.where(), " must have a question and at least one answer.");
  if (chosen < 0 || chosen >= static_cast<std::int64_t>(turn.answers.size()))
    fail(Code::corrupt, json.where(), " has chosen answer ", chosen, ", but only ", turn.answers.size(),
         " (counted from 0).");
  turn.chosen = static_cast<std::size_t>(chosen);
  return turn;
}

}  // namespace

std::string to_markdown(const Conversation& conversation, const std::string& model) {
  std::string text = concat("# Conversation with ", model, "\n");
  if (!conversation.turns.empty()) text += concat("\n", conversation.turns.front().asked, "\n");
  if (!conversation.system.empty()) text += "\n## System prompt\n\n" + quoted_lines(conversation.system) + "\n";
  for (const ChatTurn& turn : conversation.turns) {
    text += "\n## Question\n\n" + turn.question + "\n";
    text += "\n## Answer\n\n" + turn.answer().text + "\n";
    if (const std::string about = remark(turn); !about.empty()) text += "\n*(" + about + ")*\n";
  }
  return text;
}

std::string to_jsonl(const Conversation& conversation) {
  return Dataset::from_examples({example_of(conversation)}).to_jsonl();
}

std::string to_json(const Conversation& conversation, const std::string& model) {
  Json turns = Json::array();
  for (const ChatTurn& turn : conversation.turns) {
    Json answers = Json::array();
    for (const ChatAnswer& answer : turn.answers) answers.push_back(answer_json(answer));
    turns.push_back(
        {{"question", turn.question}, {"asked", turn.asked}, {"chosen", turn.chosen}, {"answers", answers}});
  }
  const Json json{
      {"kind", kind},  {"version", version}, {"saved", utc_now()}, {"model", model}, {"system", conversation.system},
      {"turns", turns}};
  return json.dump(2) + "\n";
}

Conversation from_json(const std::string& text, const std::string& where) {
  const Json json = parse_json_or_throw(text, where);
  const JsonReader reader(json, where, Code::corrupt);
  if (reader.text_or("kind", "") != kind)
    fail(Code::corrupt, where, " is not a conversation that pmtune saved: \"kind\" must be \"", kind, "\".");
  if (reader.whole("version") > version)
    fail(Code::unsupported, where, " was written by a newer pmtune (version ", reader.whole("version"),
         " of the form); read it with that one.");
  return {reader.text_or("system", ""), reader.each("turns", "turn", turn_from), 0};
}

}  // namespace pmtune::chat
