// A conversation with a small random model: history, window, other answers, edits, undo, teaching, threads.
#include <pmtune/chat_session.hpp>

#include <thread>

#include "small_model.hpp"

using namespace chat_tests;

namespace {

ChatSession session(const ChatOptions& options = {}, std::int64_t answer = 8) {
  return ChatSession(small_model(), options, short_answers(answer));
}

std::string error_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return std::string(to_string(error.code())) + ": " + error.what();
  }
  return "no error";
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a conversation is what the model would be asked by hand") {
  ChatOptions options;
  options.system = "Be brief.";
  ChatSession chat = session(options);
  std::string streamed;
  const ChatReply first = chat.send("One?", [&](std::string_view text) {
    streamed += text;
    return Control::resume;
  });
  CHECK(streamed == first.text);
  CHECK(first.text.size() == 8);
  CHECK(first.finish == FinishReason::length);
  CHECK(contains(first.note, "cut short after 8 tokens"));
  const ChatReply second = chat.send("Two?");
  const std::vector<Message> asked{
      {"system", "Be brief."}, {"user", "One?"}, {"assistant", first.text}, {"user", "Two?"}};
  CHECK(second.text == small_model().generate(asked, short_answers()).text);
  CHECK(second.turn == 1);
  CHECK(second.dropped_turns == 0);
  CHECK(second.context_length == context_length);
  CHECK(second.prompt_tokens == static_cast<std::int64_t>(small_model().encode(asked, true).ids.size()));
  CHECK(chat.messages().size() == 5);
  CHECK(chat.turns()[1].answer().model == small_model().info().name);
  CHECK(chat.tokens().conversation == static_cast<std::int64_t>(small_model().encode(chat.messages()).ids.size()));
}

TEST_CASE("a shared engine serves several conversations") {
  const Engine engine(small_model());
  ChatSession one(engine, small_model(), {}, short_answers()), two(engine, small_model(), {}, short_answers());
  CHECK(one.send("Same?").text == two.send("Same?").text);
  CHECK(engine.stats().answers == 2);
}

TEST_CASE("the oldest turns are dropped, and the reply says so") {
  ChatOptions options;
  options.system = "The system prompt stays.";
  ChatSession chat = session(options);
  ChatReply reply;
  int asked = 0;
  while (reply.dropped_turns == 0 && asked < 50) {
    reply = chat.send(concat("Question number ", asked, " with some more words?"));
    ++asked;
    CHECK(reply.prompt_tokens + chat.tokens().answer_room <= context_length);
  }
  REQUIRE(reply.dropped_turns > 0);
  CHECK(reply.dropped_turns < asked);
  CHECK(reply.dropped_tokens > 0);
  CHECK(contains(reply.note, "no longer fit"));
  CHECK(contains(reply.note, concat(reply.dropped_tokens, " tokens")));
  CHECK(chat.turns().size() == static_cast<std::size_t>(asked));  // dropped for the model, not for the person
  CHECK(chat.tokens().dropped_turns == reply.dropped_turns);
  // The model saw system prompt, and whole turns, to the last question.
  std::vector<Message> shown = chat.messages();
  shown.pop_back();
  shown.erase(shown.begin() + 1, shown.begin() + 1 + 2 * reply.dropped_turns);
  CHECK(shown.front().content == "The system prompt stays.");
  CHECK(reply.text == small_model().generate(shown, short_answers()).text);
  // The next question finds the same beginning.
  CHECK(chat.send("And?").dropped_turns == reply.dropped_turns);
  // An edit of the first question leaves nothing to drop.
  CHECK(chat.edit(0, "Begin again?").dropped_turns == 0);
  CHECK(chat.turns().size() == 1);
  CHECK(chat.undo());
  CHECK(chat.turns().size() == static_cast<std::size_t>(asked + 1));
  CHECK(chat.tokens().dropped_turns == reply.dropped_turns);
}

TEST_CASE("a conversation that must not be cut is refused when it is full") {
  ChatOptions options;
  options.when_full = "error";
  options.context_length = 100;
  ChatSession chat = session(options);
  chat.send("A question of some forty letters, no more?");
  const std::string message = error_of([&] { chat.send("Another one of some forty letters, is it?"); });
  CHECK(contains(message, "invalid_argument: The conversation is too long by"));
  CHECK(chat.turns().size() == 1);
}

TEST_CASE("a question that cannot fit says by how much") {
  ChatSession chat = session();
  const std::string message = error_of([&] { chat.send(std::string(600, 'x')); });
  // u: ...<end>a: = 3 + 600 + 1 + 3 tokens, and 8 for the answer
  CHECK(contains(message, "too long by 103 tokens"));
  CHECK(chat.turns().empty());
  CHECK(!chat.undo());
}

TEST_CASE("another answer has another seed, and the first is kept") {
  ChatSession chat = session();
  const std::string first = chat.send("One?").text;
  const ChatReply other = chat.regenerate();
  CHECK(other.answer == 1);
  CHECK(other.text != first);
  REQUIRE(chat.turns()[0].answers.size() == 2);
  CHECK(chat.turns()[0].answers[0].text == first);
  CHECK(chat.turns()[0].answers[1].temperature == 0.7);
  CHECK(chat.messages().back().content == other.text);
  const std::string third = chat.regenerate().text;
  CHECK(chat.turns()[0].answers[2].seed == 2);
  chat.choose(0);
  CHECK(chat.messages().back().content == first);
  CHECK(contains(error_of([&] { chat.choose(3); }), "not_found"));
  CHECK(chat.undo());  // the choice
  CHECK(chat.messages().back().content == third);
  CHECK(chat.undo());
  CHECK(chat.messages().back().content == other.text);
  ChatSession again = session();  // the same seeds, the same answers
  again.send("One?");
  CHECK(again.regenerate().text == other.text);
}

TEST_CASE("edit, undo, clear and a new system prompt") {
  ChatSession chat = session();
  chat.send("One?");
  chat.send("Two?");
  chat.edit(0, "Uno?");
  REQUIRE(chat.turns().size() == 1);
  CHECK(chat.turns()[0].question == "Uno?");
  CHECK(chat.turns()[0].answers.size() == 1);
  CHECK(chat.undo());
  CHECK(chat.turns().size() == 2);
  chat.set_system("In verse.");
  CHECK(chat.messages().front().content == "In verse.");
  chat.clear();
  CHECK(chat.turns().empty());
  CHECK(chat.system() == "In verse.");
  CHECK(chat.tokens().conversation == static_cast<std::int64_t>(std::string("s: In verse.").size()) + 1);
  CHECK(chat.undo());
  CHECK(chat.undo());
  CHECK(chat.system().empty());
  CHECK(chat.undo());
  CHECK(chat.undo());
  CHECK(!chat.undo());
  CHECK(chat.turns().empty());
}

TEST_CASE("wrong input is refused, and changes nothing") {
  ChatSession chat = session();
  CHECK(contains(error_of([&] { chat.send(" \n"); }), "The question is empty"));
  CHECK(contains(error_of([&] { chat.send("\xff"); }), "UTF-8"));
  CHECK(contains(error_of([&] { chat.regenerate(); }), "Nothing was asked yet"));
  CHECK(contains(error_of([&] { chat.edit(0, "x"); }), "Nothing was asked yet"));
  CHECK(contains(error_of([&] { chat.rate(1); }), "Nothing was asked yet"));
  chat.send("One?");
  CHECK(contains(error_of([&] { chat.edit(1, "x"); }), "not_found: There is no question 1"));
  CHECK(contains(error_of([&] { chat.edit(-2, "x"); }), "not_found"));
  CHECK(contains(error_of([&] { chat.rate(2); }), "A rating is -1"));
  CHECK(contains(error_of([&] { chat.set_system("\xff"); }), "UTF-8"));
  GenerateOptions wrong;
  wrong.temperature = -1;
  CHECK(contains(error_of([&] { chat.set_options(wrong); }), "temperature"));
  ChatOptions no_policy;
  no_policy.when_full = "forget";
  CHECK(contains(error_of([&] { session(no_policy); }), "when_full"));
  CHECK(chat.turns().size() == 1);
}

TEST_CASE("an answer can be stopped") {
  ChatSession chat = session({}, 100);
  int tokens = 0;
  const ChatReply by_callback =
      chat.send("One?", [&](std::string_view) { return ++tokens == 3 ? Control::stop : Control::resume; });
  CHECK(by_callback.finish == FinishReason::cancelled);
  CHECK(by_callback.tokens == 3);
  CHECK(chat.turns().size() == 1);  // what was written is kept
  const ChatReply by_cancel = chat.send("Two?", [&](std::string_view) {
    std::thread([&] { chat.cancel(); }).join();
    return Control::resume;
  });
  CHECK(by_cancel.finish == FinishReason::cancelled);
  CHECK(by_cancel.tokens == 1);
  CHECK(chat.send("Three?").finish == FinishReason::length);  // cancel is over with the answer
}

TEST_CASE("a conversation answers one at a time") {
  ChatSession chat = session();
  std::string message;
  chat.send("One?", [&](std::string_view) {
    message = error_of([&] { chat.send("In between?"); });
    CHECK(chat.turns().empty());
    return Control::resume;
  });
  CHECK(contains(message, "busy: "));
  struct Mine {};
  CHECK_THROWS_AS(chat.send("Two?", [](std::string_view) -> Control { throw Mine(); }), Mine);
  CHECK(chat.turns().size() == 1);
  CHECK(chat.send("Three?").turn == 1);
}

TEST_CASE("a corrected answer goes into the inbox, and the conversation goes on from it") {
  const TempFolder folder;
  const Inbox inbox(folder.file("inbox.jsonl"));
  ChatOptions options;
  options.system = "Be brief.";
  ChatSession chat = session(options);
  const std::string first = chat.send("One?").text;
  chat.send("Two?");
  CHECK(contains(error_of([&] { chat.teach(inbox); }), "cut short"));
  const std::string id = chat.teach(inbox, "Exactly two.", "Ana");
  const std::vector<InboxEntry> entries = inbox.list();
  REQUIRE(entries.size() == 1);
  CHECK(entries[0].id == id);
  CHECK(entries[0].author == "Ana");
  CHECK(entries[0].source == "chat");
  CHECK(lines_of(entries[0].example.messages) == lines_of({{"system", "Be brief."},
                                                           {"user", "One?"},
                                                           {"assistant", first, 0},
                                                           {"user", "Two?"},
                                                           {"assistant", "Exactly two."}}));
  CHECK(chat.messages().back().content == "Exactly two.");
  CHECK(chat.turns()[1].answer().corrected);
  CHECK(chat.turns()[1].answer().taught == id);
  CHECK(chat.turns()[1].answers.size() == 2);
  chat.teach(inbox, "One.", "", 0);
  CHECK(inbox.list()[1].example.messages.size() == 3);
  CHECK(chat.undo());
  CHECK(chat.turns()[0].answer().text == first);
  CHECK(inbox.list().size() == 2);  // what is in the inbox stays there
}

TEST_CASE("another model can go on") {
  ChatSession chat = session();
  const std::string first = chat.send("One?").text;
  chat.set_model(small_model());
  CHECK(chat.turns().size() == 1);
  CHECK(chat.regenerate().text != first);
}
