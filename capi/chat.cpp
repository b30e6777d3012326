#include <algorithm>
#include <cstring>

#include "guard.hpp"
#include "handles.hpp"
#include "option_table.hpp"
#include "records.hpp"

using namespace pmtune;
using namespace pmtune::capi;

struct pmt_chat {
  ChatSession session;
  std::atomic<bool> busy{false};
};

namespace {

// Runs work(session), one call at a time.
template <class Work>
pmt_status with_session(pmt_chat* chat, pmt_error** err, Work&& work) noexcept {
  return guard(err, [&] {
    pmt_chat& held = require(chat, "chat");
    const InUse in_use(held.busy, "conversation");
    work(held.session);
  });
}

// Fills the caller's struct as far as it reaches.
void describe(const ChatReply& reply, pmt_chat_reply& about) {
  pmt_chat_reply filled{};
  filled.struct_size = about.struct_size;
  filled.turn = reply.turn;
  filled.answer = reply.answer;
  filled.tokens = reply.tokens;
  filled.prompt_tokens = reply.prompt_tokens;
  filled.cached_tokens = reply.cached_tokens;
  filled.dropped_turns = reply.dropped_turns;
  filled.dropped_tokens = reply.dropped_tokens;
  filled.context_length = reply.context_length;
  filled.prompt_seconds = reply.prompt_seconds;
  filled.seconds = reply.seconds;
  filled.finish = static_cast<std::int32_t>(reply.finish);
  std::memcpy(&about, &filled, std::min(about.struct_size, sizeof filled));
}

// ask(session, callback) -> ChatReply
template <class Ask>
pmt_status answer(pmt_chat* chat, pmt_token_fn on_token, const UserData& owner, pmt_buffer** out,
                  pmt_chat_reply* about, pmt_error** err, Ask&& ask) noexcept {
  return with_session(chat, err, [&](ChatSession& session) {
    require_out(out);
    if (about) check_size(about->struct_size, "pmt_chat_reply");
    TokenCallback callback;
    if (on_token) callback = [&](std::string_view text) { return control_of(on_token(view_of(text), owner.get())); };
    auto text = std::make_unique<pmt_buffer>();  // before the work: nothing can fail after it
    ChatReply reply = ask(session, callback);
    if (about) describe(reply, *about);
    text->text = std::move(reply.text);
    *out = text.release();
  });
}

}  // namespace

void pmt_chat_reply_init(pmt_chat_reply* reply, size_t struct_size) noexcept {
  if (!reply || struct_size < sizeof struct_size) return;
  std::memset(static_cast<void*>(reply), 0, struct_size);
  reply->struct_size = struct_size;
}

pmt_status pmt_chat_create(const pmt_model* model, const pmt_chat_options* options,
                           const pmt_generate_options* generate, pmt_chat** out, pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    ChatSession session(require(model, "model").model, read_options(options), read_options(generate));
    *out = new pmt_chat{std::move(session)};
  });
}

pmt_status pmt_chat_send(pmt_chat* chat, pmt_str question, pmt_token_fn on_token, void* user_data,
                         pmt_destroy_fn destroy, pmt_buffer** out, pmt_chat_reply* about, pmt_error** err) noexcept {
  const UserData owner(user_data, destroy);
  return answer(chat, on_token, owner, out, about, err, [&](ChatSession& session, const TokenCallback& callback) {
    return session.send(text_of(question, "question"), callback);
  });
}

pmt_status pmt_chat_regenerate(pmt_chat* chat, pmt_token_fn on_token, void* user_data, pmt_destroy_fn destroy,
                               pmt_buffer** out, pmt_chat_reply* about, pmt_error** err) noexcept {
  const UserData owner(user_data, destroy);
  return answer(chat, on_token, owner, out, about, err,
                [](ChatSession& session, const TokenCallback& callback) { return session.regenerate(callback); });
}

pmt_status pmt_chat_edit(pmt_chat* chat, int64_t turn, pmt_str question, pmt_token_fn on_token, void* user_data,
                         pmt_destroy_fn destroy, pmt_buffer** out, pmt_chat_reply* about, pmt_error** err) noexcept {
  const UserData owner(user_data, destroy);
  return answer(chat, on_token, owner, out, about, err, [&](ChatSession& session, const TokenCallback& callback) {
    return session.edit(turn, text_of(question, "question"), callback);
  });
}

pmt_status pmt_chat_choose(pmt_chat* chat, int64_t answer, pmt_error** err) noexcept {
  return with_session(chat, err, [&](ChatSession& session) { session.choose(answer); });
}

pmt_status pmt_chat_undo(pmt_chat* chat, int32_t* out, pmt_error** err) noexcept {
  return with_session(chat, err, [&](ChatSession& session) {
    require(out, "out");
    *out = session.undo() ? 1 : 0;
  });
}

pmt_status pmt_chat_clear(pmt_chat* chat, pmt_error** err) noexcept {
  return with_session(chat, err, [](ChatSession& session) { session.clear(); });
}

pmt_status pmt_chat_set_system(pmt_chat* chat, pmt_str system, pmt_error** err) noexcept {
  return with_session(chat, err, [&](ChatSession& session) { session.set_system(text_of(system, "system")); });
}

pmt_status pmt_chat_set_options(pmt_chat* chat, const pmt_generate_options* generate, pmt_error** err) noexcept {
  return with_session(chat, err, [&](ChatSession& session) { session.set_options(read_options(generate)); });
}

pmt_status pmt_chat_rate(pmt_chat* chat, int32_t rating, int64_t turn, pmt_error** err) noexcept {
  return with_session(chat, err, [&](ChatSession& session) { session.rate(rating, turn); });
}

pmt_status pmt_chat_teach(pmt_chat* chat, const pmt_inbox* inbox, pmt_str correction, const char* author,
                          int64_t turn, pmt_buffer** out, pmt_error** err) noexcept {
  return with_session(chat, err, [&](ChatSession& session) {
    require_out(out);
    auto id = std::make_unique<pmt_buffer>();
    id->text = session.teach(require(inbox, "inbox").inbox, text_of(correction, "correction"),
                             text_or(author, "author", ""), turn);
    *out = id.release();
  });
}

pmt_status pmt_chat_save(pmt_chat* chat, const char* path, pmt_error** err) noexcept {
  return with_session(chat, err, [&](ChatSession& session) { session.save(text_of(path, "path")); });
}

pmt_status pmt_chat_load(pmt_chat* chat, const char* path, pmt_error** err) noexcept {
  return with_session(chat, err, [&](ChatSession& session) { session.load(text_of(path, "path")); });
}

pmt_status pmt_chat_transcript(pmt_chat* chat, const char* format, pmt_buffer** out, pmt_error** err) noexcept {
  return with_session(chat, err, [&](ChatSession& session) {
    require_out(out);
    give(out, session.transcript(text_of(format, "format")));
  });
}

pmt_status pmt_chat_messages(pmt_chat* chat, pmt_buffer** out, pmt_error** err) noexcept {
  return with_session(chat, err, [&](ChatSession& session) {
    require_out(out);
    Json list = Json::array();
    for (const Message& message : session.messages())
      list.push_back({{"role", message.role}, {"content", message.content}});
    give(out, list);
  });
}

pmt_status pmt_chat_tokens(pmt_chat* chat, pmt_buffer** out, pmt_error** err) noexcept {
  return with_session(chat, err, [&](ChatSession& session) {
    require_out(out);
    give(out, json_of(session.tokens()));
  });
}

void pmt_chat_cancel(pmt_chat* chat) noexcept {
  if (chat) chat->session.cancel();
}

void pmt_chat_free(pmt_chat* chat) noexcept { delete chat; }
