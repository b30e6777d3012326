// A conversation with a model: what was said, what still fits, another answer, a corrected question, and the way of a
// corrected answer into the examples that the next version learns from.
//
//   ChatSession chat(registry.open("PM-Assistant@primary"));        // begins with the system prompt it was taught
//   with ChatReply reply = chat.send("Write a user story for single sign-on",
//                               [](std::string_view text) { std::cout << text << std::flush; return Control::resume;
//                               });
//   if (!reply.note.empty()) std::cerr << reply.note << '\n';       // what was left out, for a person
//   chat.regenerate();                                              // another answer; the first is kept
//   chat.edit(0, "Write a user story for password reset");          // asks anew; what followed goes
//   chat.teach(Inbox("inbox.jsonl"), "As an employee, I want ...", "Ana");
//   chat.save("talk.md");
//
// A ChatSession is a handle: copies are the same conversation. It serves one thread at a time (a second one, or a
// callback that asks again, gets Code::busy); cancel() may be called from any thread. Callbacks run on the thread
// that asked. After an Error the conversation is as it was before the call.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include <pmtune/engine.hpp>
#include <pmtune/export.hpp>
#include <pmtune/fields.hpp>
#include <pmtune/inbox.hpp>
#include <pmtune/model.hpp>

namespace pmtune {

struct ChatOptions {
  std::string system;
  std::string default_system = "taught";
  std::string when_full = "drop";
  std::int64_t context_length = 0;
  std::int64_t answer_room = 0;
  double regenerate_temperature = 0.7;
};
template <class Visit>
void fields(ChatOptions& options, Visit&& visit) {
  visit(Field("system", "system prompt: what stands before every question; empty takes default_system"),
        options.system);
  visit(Field("default_system",
              "where system is empty: taught begins with the system prompt that the model was "
              "taught with, none without one")
            .one_of("taught|none"),
        options.default_system);
  visit(Field("when_full",
              "when the conversation no longer fits: drop leaves out the oldest questions with their "
              "answers and says so, error refuses")
            .one_of("drop|error"),
        options.when_full);
  visit(Field("context_length", "the most tokens of conversation and answer; 0 takes the model's own, up to 8192")
            .range(0, 1048576)
            .in("tokens"),
        options.context_length);
  visit(Field("answer_room", "tokens kept free for the answer; 0 takes max_tokens, up to a quarter of the context")
            .range(0, 1048576)
            .in("tokens"),
        options.answer_room);
  visit(Field("regenerate_temperature",
              "temperature of another answer where the session's is 0, which would only "
              "give the same again")
            .above(0, 100),
        options.regenerate_temperature);
}

// One answer to a question; a question may have several.
struct ChatAnswer {
  std::string text;
  bool corrected = false;                    // written or changed by a person, see teach()
  std::string author;                        // of a corrected answer; may be empty
  std::string model;                         // which wrote it
  FinishReason finish = FinishReason::stop;  // cancelled and length: it was cut short
  std::int64_t tokens = 0;                   // 0 for a corrected one
  double seconds = 0;                        // of prompt and answer
  double temperature = 0;
  std::uint64_t seed = 0;
  int rating = 0;      // -1 bad, 0 not rated, 1 good
  std::string taught;  // id of the inbox entry, empty when it was not taught
};

struct ChatTurn {
  std::string question;
  std::string asked;                // ISO 8601, UTC
  std::vector<ChatAnswer> answers;  // at least one, in the order in which they were made
  std::size_t chosen = 0;           // the one that the conversation goes on from
  const ChatAnswer& answer() const { return answers[chosen]; }
};

// What asking brought.
struct ChatReply {
  std::string text;
  FinishReason finish = FinishReason::stop;
  std::int64_t turn = 0;            // of the question, counted from 0
  std::int64_t answer = 0;          // of its answers, counted from 0
  std::int64_t tokens = 0;          // of the answer
  std::int64_t prompt_tokens = 0;   // of what the model was shown
  std::int64_t cached_tokens = 0;   // of these, not worked out again
  std::int64_t dropped_turns = 0;   // the oldest questions, with their answers, that the model was not shown
  std::int64_t dropped_tokens = 0;  // how long they are
  std::int64_t context_length = 0;  // tokens that conversation and answer may have
  double prompt_seconds = 0;        // until the first token
  double seconds = 0;               // all of it
  std::string note;  // for a person: what was left out or cut short; empty when there is nothing to say
};
PMTUNE_API std::ostream& operator<<(std::ostream& out,
                                    const ChatReply& reply);  // "42 tokens, 31.0 a second; 120 of 8192 in use"

struct ChatTokens {
  std::int64_t conversation = 0;    // as the model sees it now, less what is dropped
  std::int64_t context_length = 0;  // tokens that conversation and answer may have
  std::int64_t answer_room = 0;     // of these, kept free for the answer
  std::int64_t dropped_turns = 0;   // the next question may drop more
  std::int64_t dropped_tokens = 0;
};

class PMTUNE_API ChatSession {
 public:
  // With an engine of its own (on the CPU; other devices answer through Model::generate). generate: how to answer.
  // Throws invalid_argument, out_of_memory.
  explicit ChatSession(const Model& model, const ChatOptions& options = {}, const GenerateOptions& generate = {});
  // With an engine that others use too. model shares the weights of the engine's.
  ChatSession(const Engine& engine, const Model& model, const ChatOptions& options = {},
              const GenerateOptions& generate = {});

  // Asks, and blocks until the answer is complete, cancelled, or the callback returns Control::stop. What was
  // shown until it was stopped is kept; an answer that was stopped before its first letter leaves no trace. Throws
  // invalid_argument: an empty question; one that does not fit by itself, with the number of tokens it is too long
  // by; with when_full=error, a conversation that does not fit. And what Engine::generate throws.
  ChatReply send(const std::string& question, const TokenCallback& on_token = {});

  // Another answer to the last question, with a seed of its own. Throws invalid_argument when nothing was asked yet.
  ChatReply regenerate(const TokenCallback& on_token = {});

  // Puts another question in the place of that one (from 0), asks it, and cuts what followed. Throws as send, and
  // not_found for a turn that is not there.
  ChatReply edit(std::int64_t turn, const std::string& question, const TokenCallback& on_token = {});

  // Goes on from another of the last question's answers (from 0). Throws not_found.
  void choose(std::int64_t answer);

  // Takes back the last change: a question, another answer, an edit, a choice, a correction, a new system prompt,
  // clear(), load(). The last 20 can be taken back. False when there is nothing to take back.
  bool undo();

  void clear();                                // all questions; the system prompt stays
  void set_system(const std::string& system);  // for what is asked from now on; empty: none
  void set_options(const GenerateOptions& generate);
  void set_model(const Model& model);  // the conversation goes on with another; throws as the constructor

  // turn, here and below: from 0, or -1 for the last. Throw not_found.
  void rate(int rating, std::int64_t turn = -1);  // -1 bad, 0 not rated, 1 good; else invalid_argument

  // Puts the conversation up to that answer into the inbox, with the source "chat", and returns the id there. Only
  // that answer is taught; what stood before is context. correction: what the answer should have been; the
  // conversation goes on from it. Empty: the answer is good as it is. Throws invalid_argument (also for an answer
  // that was cut short and not corrected), io, busy.
  std::string teach(const Inbox& inbox, const std::string& correction = "", const std::string& author = "",
                    std::int64_t turn = -1);

  // "md", for people; "jsonl", one example in the form that Dataset::load reads, in which answers that were cut short
  // or rated bad are not taught; "json", everything, which load() reads. Throws invalid_argument.
  std::string transcript(const std::string& format) const;
  // The format is that of the path's ending. Atomically. Throws invalid_argument, io.
  void save(const std::string& path) const;
  // Goes on with a conversation that was saved as JSON. Throws not_found, corrupt, unsupported (of a newer pmtune).
  void load(const std::string& path);

  const std::string& system() const;
  const std::vector<ChatTurn>& turns() const;  // until the next change
  std::vector<Message> messages() const;       // all of it, with the chosen answers
  ChatTokens tokens() const;
  const Model& model() const;
  const ChatOptions& options() const;
  const GenerateOptions& generate_options() const;

  // Ends the answer that is being written after its next token; from any thread.
  void cancel() noexcept;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace pmtune
