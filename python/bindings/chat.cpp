// ChatSession.
#include <pmtune/chat_session.hpp>

#include "base/fail.hpp"
#include "callbacks.hpp"
#include "convert.hpp"
#include "options.hpp"

namespace pmtune::python {
namespace {

py::object reply_of(const ChatReply& r) {
  const py::dict values("text"_a = text(r.text), "finish"_a = to_string(r.finish), "turn"_a = r.turn,
                        "answer"_a = r.answer, "tokens"_a = r.tokens, "prompt_tokens"_a = r.prompt_tokens,
                        "cached_tokens"_a = r.cached_tokens, "dropped_turns"_a = r.dropped_turns,
                        "dropped_tokens"_a = r.dropped_tokens, "context_length"_a = r.context_length,
                        "prompt_seconds"_a = r.prompt_seconds, "seconds"_a = r.seconds, "note"_a = text(r.note));
  return record("ChatReply", values, r.text);
}

// One set of keyword arguments for both: their names differ.
ChatSession make(const Model& model, const py::dict& named) {
  const std::vector<std::string> of_chat = option_names<ChatOptions>();
  py::dict chat, generate;
  for (const auto& [name, value] : named) {
    const bool is_chat =
        std::find(of_chat.begin(), of_chat.end(), py::str(name).cast<std::string>()) != of_chat.end();
    (is_chat ? chat : generate)[name] = value;
  }
  const auto chat_options = with_options(ChatOptions{}, chat);
  const auto generate_options = with_options(GenerateOptions{}, generate);
  return without_gil([&] { return ChatSession(model, chat_options, generate_options); });
}

py::list messages_list(const ChatSession& session) {
  py::list list;
  for (const Message& message : session.messages())
    list.append(py::dict("role"_a = text(message.role), "content"_a = text(message.content)));
  return list;
}

py::dict tokens_dict(const ChatSession& session) {
  const ChatTokens t = without_gil([&] { return session.tokens(); });
  return py::dict("conversation"_a = t.conversation, "context_length"_a = t.context_length,
                  "answer_room"_a = t.answer_room, "dropped_turns"_a = t.dropped_turns,
                  "dropped_tokens"_a = t.dropped_tokens);
}

void bind_asking(py::class_<ChatSession>& type) {
  type.def(
      "send",
      [](ChatSession& self, const std::string& question, const py::object& on_token) {
        const TokenCallback callback = token_callback(on_token);
        return reply_of(without_gil([&] { return self.send(question, callback); }));
      },
      "question"_a, "on_token"_a = py::none(),
      "send($self, question, on_token=None)\n--\n\n"
      "Ask. Returns a ChatReply: text, finish, tokens, dropped_turns, dropped_tokens, note, ...; str() of it is the "
      "answer.\n"
      "on_token(text) is called once a token and may return False to stop. Raises InvalidArgument for a question "
      "that "
      "does\n"
      "not fit, saying by how many tokens.");
  type.def(
      "regenerate",
      [](ChatSession& self, const py::object& on_token) {
        const TokenCallback callback = token_callback(on_token);
        return reply_of(without_gil([&] { return self.regenerate(callback); }));
      },
      "on_token"_a = py::none(),
      "regenerate($self, on_token=None)\n--\n\nAnother answer to the last question, with a seed of its own; the "
      "others "
      "are kept.");
  type.def(
      "edit",
      [](ChatSession& self, std::int64_t turn, const std::string& question, const py::object& on_token) {
        const TokenCallback callback = token_callback(on_token);
        return reply_of(without_gil([&] { return self.edit(turn, question, callback); }));
      },
      "turn"_a, "question"_a, "on_token"_a = py::none(),
      "edit($self, turn, question, on_token=None)\n--\n\n"
      "Put another question in the place of that one (from 0; -1: the last), ask it, and cut what followed. Raises "
      "NotFound.");
  type.def("cancel", &ChatSession::cancel,
           "cancel($self)\n--\n\nEnd the answer that is being written after its next token; from any thread.");
}

void bind_changes(py::class_<ChatSession>& type) {
  type.def("choose", &ChatSession::choose, "answer"_a,
           "choose($self, answer)\n--\n\nGo on from another of the last question's answers (from 0).");
  type.def("undo", &ChatSession::undo,
           "undo($self)\n--\n\nTake back the last change; False when there is none. The last 20 can be taken back.");
  type.def("clear", &ChatSession::clear, "clear($self)\n--\n\nForget all questions; the system prompt stays.");
  type.def("rate", &ChatSession::rate, "rating"_a, "turn"_a = -1,
           "rate($self, rating, turn=-1)\n--\n\n-1 bad, 0 not rated, 1 good.");
  type.def(
      "teach",
      [](ChatSession& self, const Inbox& inbox, const std::string& correction, const std::string& author,
         std::int64_t turn) {
        return text(without_gil([&] { return self.teach(inbox, correction, author, turn); }));
      },
      "inbox"_a, "correction"_a = "", "author"_a = "", "turn"_a = -1,
      "teach($self, inbox, correction='', author='', turn=-1)\n--\n\n"
      "Put the conversation up to that answer into the Inbox and return the id there; only that answer is taught.\n"
      "correction: what the answer should have been, from which the conversation goes on; empty: it is good as it "
      "is.");
  type.def(
      "set_options",
      [](ChatSession& self, const py::kwargs& named) {
        self.set_options(with_options(self.generate_options(), named));
      },
      "set_options($self, **options)\n--\n\nHow to answer from now on: options as for Model.generate().");
  type.def(
      "set_model", [](ChatSession& self, const Model& model) { without_gil([&] { self.set_model(model); }); },
      "model"_a, "set_model($self, model)\n--\n\nGo on with another model.");
}

void bind_keeping(py::class_<ChatSession>& type) {
  type.def(
      "transcript",
      [](const ChatSession& self, const std::string& format) {
        return text(without_gil([&] { return self.transcript(format); }));
      },
      "format"_a = "md",
      "transcript($self, format='md')\n--\n\n'md' to read, 'jsonl' an example for a data set, 'json' everything.");
  type.def(
      "save",
      [](const ChatSession& self, const py::object& path) {
        const std::string file = path_of(path);
        without_gil([&] { self.save(file); });
      },
      "path"_a,
      "save($self, path)\n--\n\nWrite the transcript, atomically, in the form that the path's ending names.");
  type.def(
      "load",
      [](ChatSession& self, const py::object& path) {
        const std::string file = path_of(path);
        without_gil([&] { self.load(file); });
      },
      "path"_a, "load($self, path)\n--\n\nGo on with a conversation that was saved as JSON.");
  type.def_property_readonly("messages", &messages_list, "All of it as messages, with the chosen answers.");
  type.def_property_readonly(
      "turns", [](const ChatSession& self) { return py::object(parsed(self.transcript("json"))["turns"]); },
      "List of {question, asked, chosen, answers}.");
  type.def_property_readonly("tokens", &tokens_dict,
                             "{conversation, context_length, answer_room, dropped_turns, dropped_tokens}.");
  type.def_property(
      "system", [](const ChatSession& self) { return text(self.system()); }, &ChatSession::set_system,
      "The system prompt; may be set.");
  type.def_property_readonly("model", &ChatSession::model, "The model.");
  type.def("__len__", [](const ChatSession& self) { return self.turns().size(); });
  type.def("__repr__", [](const ChatSession& self) {
    return text(concat("<pmtune.ChatSession with ", self.model().info().name, ", ", self.turns().size(), " turns>"));
  });
}

}  // namespace

void bind_chat(py::module_& module) {
  auto type = public_class<ChatSession>(
      module, "ChatSession",
      "ChatSession(model, **options)\n\n"
      "A conversation with a model: what no longer fits is left out and told, answers can be written anew, "
      "questions\n"
      "edited, changes taken back, and corrected answers put into an Inbox. options: system, default_system "
      "('taught'\n"
      "or 'none'), when_full ('drop' or 'error'), context_length, answer_room, regenerate_temperature, and those of\n"
      "Model.generate(). Serves one thread at a time; only cancel() may be called from others.");
  type.def(py::init([](const Model& model, const py::kwargs& named) { return make(model, named); }), "model"_a);
  bind_asking(type);
  bind_changes(type);
  bind_keeping(type);
}

}  // namespace pmtune::python
