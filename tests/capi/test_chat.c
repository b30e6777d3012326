/* A conversation through the C interface: ask, again, edit, take back, correct, save, load.
 *
 *   test_chat MODEL WORKDIR */
#include "check.h"

struct seen {
  pmt_chat* chat;
  char text[4096];
  int tokens, stop_after, destroyed;
};

static int32_t on_token(pmt_str text, void* user_data) {
  struct seen* seen = user_data;
  pmt_buffer* out = NULL;
  strncat(seen->text, text.data, text.size);
  if (seen->tokens == 0) { /* at work: it cannot be asked for more */
    REFUSED(PMT_E_BUSY, pmt_chat_messages(seen->chat, &out, err));
    CHECK(out == NULL);
  }
  return ++seen->tokens == seen->stop_after;
}

static void on_destroy(void* user_data) { ++((struct seen*)user_data)->destroyed; }

static int holds(pmt_buffer* buffer, const char* part) {
  const int found = strstr(pmt_buffer_view(buffer).data, part) != NULL;
  pmt_buffer_free(buffer);
  return found;
}

static void ask(pmt_chat* chat) {
  pmt_chat_reply about;
  pmt_buffer *text = NULL, *other = NULL;
  struct seen seen;
  memset(&seen, 0, sizeof seen);
  seen.chat = chat;
  PMT_INIT(pmt_chat_reply, about);
  ACCEPTED(pmt_chat_send(chat, pmt_text("Name one metric."), on_token, &seen, on_destroy, &text, &about, err));
  CHECK(strcmp(pmt_buffer_view(text).data, seen.text) == 0);
  CHECK(seen.destroyed == 1);
  CHECK(about.turn == 0 && about.answer == 0 && about.tokens > 0 && about.prompt_tokens > 0);
  CHECK(about.dropped_turns == 0 && about.context_length > 0 && about.seconds > 0);
  ACCEPTED(pmt_chat_regenerate(chat, NULL, NULL, NULL, &other, &about, err));
  CHECK(about.answer == 1);
  ACCEPTED(pmt_chat_choose(chat, 0, err));
  REFUSED(PMT_E_NOT_FOUND, pmt_chat_choose(chat, 2, err));
  pmt_buffer_free(text);
  pmt_buffer_free(other);

  memset(&seen, 0, sizeof seen);
  seen.chat = chat;
  seen.stop_after = 2;
  text = NULL;
  ACCEPTED(pmt_chat_send(chat, pmt_text("Another one."), on_token, &seen, on_destroy, &text, &about, err));
  CHECK(about.finish == PMT_FINISH_CANCELLED && about.turn == 1);
  pmt_buffer_free(text);
}

static void change(pmt_chat* chat) {
  pmt_buffer* text = NULL;
  int32_t undone = 0;
  ACCEPTED(pmt_chat_edit(chat, 0, pmt_text("Name two metrics."), NULL, NULL, NULL, &text, NULL, err));
  pmt_buffer_free(text);
  text = NULL;
  ACCEPTED(pmt_chat_messages(chat, &text, err));
  CHECK(strstr(pmt_buffer_view(text).data, "Another one.") == NULL);
  CHECK(holds(text, "Name two metrics."));
  ACCEPTED(pmt_chat_undo(chat, &undone, err));
  CHECK(undone == 1);
  ACCEPTED(pmt_chat_messages(chat, &text, err));
  CHECK(holds(text, "Another one."));
  ACCEPTED(pmt_chat_rate(chat, -1, 0, err));
  REFUSED(PMT_E_INVALID_ARGUMENT, pmt_chat_rate(chat, 2, 0, err));
  REFUSED(PMT_E_NOT_FOUND, pmt_chat_rate(chat, 1, 9, err));
  ACCEPTED(pmt_chat_tokens(chat, &text, err));
  CHECK(holds(text, "\"answer_room\""));
}

static void keep(pmt_chat* chat, const char* folder) {
  char path[4096];
  pmt_inbox* inbox = NULL;
  pmt_buffer* text = NULL;
  snprintf(path, sizeof path, "%s/inbox.jsonl", folder);
  remove(path);
  ACCEPTED(pmt_inbox_open(path, &inbox, err));
  ACCEPTED(pmt_chat_teach(chat, inbox, pmt_text("Retention."), "Ana", -1, &text, err));
  CHECK(pmt_buffer_view(text).size == 10);
  pmt_buffer_free(text);
  ACCEPTED(pmt_inbox_list(inbox, "pending", &text, err));
  CHECK(holds(text, "Retention."));
  pmt_inbox_free(inbox);
  snprintf(path, sizeof path, "%s/talk.json", folder);
  ACCEPTED(pmt_chat_save(chat, path, err));
  ACCEPTED(pmt_chat_clear(chat, err));
  ACCEPTED(pmt_chat_set_system(chat, pmt_text("Be brief."), err));
  ACCEPTED(pmt_chat_transcript(chat, "md", &text, err));
  CHECK(holds(text, "> Be brief."));
  REFUSED(PMT_E_INVALID_ARGUMENT, pmt_chat_transcript(chat, "jsonl", &text, err));
  ACCEPTED(pmt_chat_load(chat, path, err));
  ACCEPTED(pmt_chat_messages(chat, &text, err));
  CHECK(holds(text, "Retention."));
  REFUSED(PMT_E_NOT_FOUND, pmt_chat_load(chat, "nowhere.json", err));
  REFUSED(PMT_E_INVALID_ARGUMENT, pmt_chat_save(chat, "talk.doc", err));
}

int main(int argc, char** argv) {
  pmt_model* model = NULL;
  pmt_chat* chat = NULL;
  pmt_chat_options options;
  pmt_generate_options how;
  if (argc < 3) return fprintf(stderr, "usage: test_chat MODEL WORKDIR\n"), 2;
  ACCEPTED(pmt_model_load(argv[1], NULL, &model, err));
  PMT_INIT(pmt_chat_options, options);
  PMT_INIT(pmt_generate_options, how);
  options.context_length = 512;
  how.max_tokens = 12;
  options.when_full = "forget";
  REFUSED(PMT_E_INVALID_ARGUMENT, pmt_chat_create(model, &options, &how, &chat, err));
  options.when_full = NULL;
  ACCEPTED(pmt_chat_create(model, &options, &how, &chat, err));
  pmt_model_free(model); /* the conversation keeps what it needs */
  ask(chat);
  change(chat);
  keep(chat, argv[2]);
  how.temperature = 0.5;
  ACCEPTED(pmt_chat_set_options(chat, &how, err));
  pmt_chat_cancel(chat);
  pmt_chat_free(chat);
  FINISH();
}
