// Conversations as files: for people, for data sets, and to go on with.
#include <pmtune/chat_session.hpp>

#include "base/atomic_file.hpp"
#include "chat/transcript.hpp"
#include "small_model.hpp"

using namespace chat_tests;

namespace {

const char* const talk = R"({"kind": "pmtune-chat", "version": 1, "system": "Be brief.", "turns": [
  {"question": "What is an OKR?", "asked": "2026-11-24T08:00:00Z", "chosen": 1, "answers": [
    {"text": "A metric.", "rating": -1, "seed": "18446744073709551615"}, {"text": "A goal with results.", "corrected": true, "author": "Ana"}]},
  {"question": "And a KPI?", "answers": [{"text": "A fig", "finish": "cancelled"}]}]})";

std::string refusal(const std::string& text) {
  try {
    chat::from_json(text, "talk.json");
  } catch (const Error& error) {
    return std::string(to_string(error.code())) + ": " + error.what();
  }
  return "";
}

std::string with(const std::string& before, const std::string& after) {
  std::string text = talk;
  const std::size_t at = text.find(before);
  REQUIRE(at != std::string::npos);
  return text.replace(at, before.size(), after);
}

}  // namespace

TEST_CASE("JSON is read back as it was written") {
  const chat::Conversation read = chat::from_json(talk, "talk.json");
  const std::string written = chat::to_json(read, "small");
  const chat::Conversation again = chat::from_json(written, "talk.json");
  REQUIRE(again.turns.size() == 2);
  CHECK(again.system == "Be brief.");
  CHECK(again.turns[0].answers[0].seed == 18446744073709551615u);
  CHECK(again.turns[0].answers[0].rating == -1);
  CHECK(again.turns[0].answer().author == "Ana");
  CHECK(again.turns[1].answer().finish == FinishReason::cancelled);
  CHECK(again.turns[0].asked == "2026-11-24T08:00:00Z");
}

TEST_CASE("Markdown is for people") {
  const std::string text = chat::to_markdown(chat::from_json(talk, "talk.json"), "small");
  CHECK(
      text ==
      "# Conversation with small\n\n2026-11-24T08:00:00Z\n\n## System prompt\n\n> Be brief.\n"
      "\n## Question\n\nWhat is an OKR?\n\n## Answer\n\nA goal with results.\n\n*(corrected by Ana; answer 2 of 2)*\n"
      "\n## Question\n\nAnd a KPI?\n\n## Answer\n\nA fig\n\n*(cut short)*\n");
}

TEST_CASE("JSONL is an example that a data set takes") {
  const TempFolder folder;
  ChatSession chat(small_model());
  chat.load(folder.file("talk.json", talk));
  chat.save(folder.file("talk.jsonl"));
  const Dataset data = Dataset::load(folder.file("talk.jsonl"));
  REQUIRE(data.size() == 1);
  CHECK(lines_of(data[0].messages) == lines_of({{"system", "Be brief."},
                                                {"user", "What is an OKR?"},
                                                {"assistant", "A goal with results."},
                                                {"user", "And a KPI?"},
                                                {"assistant", "A fig", 0}}));
  chat.rate(-1, 0);
  CHECK_THROWS_WITH_AS(chat.save(folder.file("none.jsonl")), doctest::Contains("teaches nothing"), Error);
  CHECK(!std::filesystem::exists(folder.file("none.jsonl")));
}

TEST_CASE("a saved conversation goes on") {
  const TempFolder folder;
  ChatSession chat(small_model(), {}, short_answers());
  chat.load(folder.file("talk.json", talk));
  CHECK(chat.system() == "Be brief.");
  CHECK(chat.send("Thanks?").turn == 2);
  chat.save(folder.file("later.json"));
  ChatSession later(small_model());
  later.load(folder.file("later.json"));
  CHECK(later.turns().size() == 3);
  CHECK(lines_of(later.messages()) == lines_of(chat.messages()));
  CHECK(later.undo());
  CHECK(later.turns().empty());
  chat.save(folder.file("later.md"));
  CHECK(read_text_file(folder.file("later.md")).find("## Question\n\nThanks?") != std::string::npos);
}

TEST_CASE("a good answer is taught as it is") {
  const TempFolder folder;
  ChatSession chat(small_model());
  chat.load(folder.file("talk.json", talk));
  const std::string id = chat.teach(Inbox(folder.file("inbox.jsonl")), "", "Ben", 0);
  const std::vector<InboxEntry> entries = Inbox(folder.file("inbox.jsonl")).list();
  REQUIRE(entries.size() == 1);
  CHECK(lines_of(entries[0].example.messages) ==
        lines_of({{"system", "Be brief."}, {"user", "What is an OKR?"}, {"assistant", "A goal with results."}}));
  CHECK(chat.turns()[0].answer().taught == id);
}

TEST_CASE("names that do not tell the form, and files that are none") {
  const TempFolder folder;
  ChatSession chat(small_model());
  for (const char* name : {"talk", "talk.txt", "md", ""})
    CHECK_THROWS_WITH_AS(chat.save(folder.file(name)), doctest::Contains(".jsonl (to teach)"), Error);
  CHECK_THROWS_WITH_AS(chat.transcript("html"), doctest::Contains("md, jsonl or json"), Error);
  CHECK_THROWS_WITH_AS(chat.transcript("jsonl"), doctest::Contains("Nothing was asked yet"), Error);
  CHECK_THROWS_AS(chat.load(folder.file("nowhere.json")), Error);
}

TEST_CASE("hostile transcripts are refused in words") {
  CHECK(refusal("").find("corrupt") == 0);
  CHECK(refusal("[]").find("corrupt") == 0);
  CHECK(refusal("{}").find("not a conversation that pmtune saved") != std::string::npos);
  CHECK(refusal(with("\"version\": 1", "\"version\": 2")).find("unsupported") == 0);
  CHECK(refusal(with("\"chosen\": 1", "\"chosen\": 2")).find("has chosen answer 2") != std::string::npos);
  CHECK(refusal(with("\"chosen\": 1", "\"chosen\": -1")).find("corrupt") == 0);
  CHECK(refusal(with("\"rating\": -1", "\"rating\": 9")).find("must be -1, 0 or 1") != std::string::npos);
  CHECK(refusal(with("\"cancelled\"", "\"whenever\"")).find("known are stop") != std::string::npos);
  CHECK(refusal(with("18446744073709551615", "18446744073709551616")).find("seed") != std::string::npos);
  CHECK(refusal(with("And a KPI?", "")).find("must have a question") != std::string::npos);
  CHECK(refusal(with("[{\"text\": \"A fig\", \"finish\": \"cancelled\"}]", "[]")).find("turn 2") !=
        std::string::npos);
  CHECK(refusal(with("\"text\": \"A fig\"", "\"text\": 7")).find("must be a text") != std::string::npos);
  CHECK(refusal(with("And a KPI?", "\xff")).find("corrupt") == 0);
}
