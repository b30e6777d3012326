/* NULL for every pointer of every function in turn: a status and a sentence, never a crash.
 *
 *   test_null [model]      with a model, also for functions that need one to get as far as the other pointers */
#include "check.h"

#define BAD PMT_E_INVALID_ARGUMENT

static int destroyed = 0;
static void count_destroyed(void* user_data) {
  (void)user_data;
  ++destroyed;
}

static void frees_and_views(void) {
  pmt_error_free(NULL);
  pmt_buffer_free(NULL);
  pmt_tensor_free(NULL);
  pmt_dataset_free(NULL);
  pmt_model_free(NULL);
  pmt_trainer_free(NULL);
  pmt_train_result_free(NULL);
  pmt_evaluator_free(NULL);
  pmt_report_free(NULL);
  pmt_preview_free(NULL);
  pmt_surprises_free(NULL);
  CHECK(pmt_preview_unproved(NULL) == 0);
  pmt_registry_free(NULL);
  pmt_inbox_free(NULL);
  pmt_server_free(NULL);
  pmt_server_stop(NULL);
  CHECK(pmt_server_port(NULL) == 0);
  pmt_chat_free(NULL);
  pmt_chat_cancel(NULL);
  pmt_trainer_cancel(NULL);
  pmt_trainer_pause(NULL);
  pmt_trainer_resume(NULL);
  CHECK(pmt_error_code(NULL) == PMT_OK);
  CHECK(strcmp(pmt_error_message(NULL), "") == 0);
  CHECK(strcmp(pmt_error_detail(NULL), "") == 0);
  CHECK(pmt_buffer_view(NULL).size == 0);
  CHECK(pmt_tensor_view(NULL).data == NULL && pmt_tensor_view(NULL).ndim == 0);
  CHECK(pmt_text(NULL).size == 0);
  CHECK(pmt_dataset_size(NULL) == 0);
  CHECK(pmt_model_has_adapter(NULL) == 0);
  CHECK(pmt_train_result_cancelled(NULL) == 0);
  CHECK(pmt_report_outcome(NULL) == PMT_OUTCOME_CANNOT_TELL);
}

static void inits(void) {
  pmt_load_options_init(NULL, sizeof(pmt_load_options));
  pmt_model_options_init(NULL, sizeof(pmt_model_options));
  pmt_generate_options_init(NULL, sizeof(pmt_generate_options));
  pmt_export_options_init(NULL, sizeof(pmt_export_options));
  pmt_chat_options_init(NULL, sizeof(pmt_chat_options));
  pmt_engine_options_init(NULL, sizeof(pmt_engine_options));
  pmt_engine_free(NULL);
  pmt_chat_reply_init(NULL, sizeof(pmt_chat_reply));
  pmt_train_config_init(NULL, sizeof(pmt_train_config));
  pmt_eval_options_init(NULL, sizeof(pmt_eval_options));
  pmt_pull_options_init(NULL, sizeof(pmt_pull_options));
  pmt_preview_options_init(NULL, sizeof(pmt_preview_options));
  pmt_surprise_options_init(NULL, sizeof(pmt_surprise_options));
  pmt_server_options_init(NULL, sizeof(pmt_server_options));
  pmt_generation_init(NULL, sizeof(pmt_generation));
}

static void library(void) {
  pmt_buffer* text = NULL;
  REFUSED(BAD, pmt_runtime_info(NULL, err));
  REFUSED(BAD, pmt_options_describe(NULL, &text, err));
  REFUSED(BAD, pmt_options_describe("pmt_train_config", NULL, err));
  ACCEPTED(pmt_set_log_callback(NULL, NULL, NULL, err));
  CHECK(text == NULL);
}

static void datasets(pmt_dataset* data) {
  pmt_dataset *out = NULL, *other = NULL;
  pmt_buffer* text = NULL;
  const pmt_str lying = {NULL, 5};
  REFUSED(BAD, pmt_dataset_load(NULL, NULL, &out, err));
  REFUSED(BAD, pmt_dataset_load("x.jsonl", NULL, NULL, err));
  REFUSED(BAD, pmt_dataset_parse(lying, NULL, NULL, &out, err));
  REFUSED(BAD, pmt_dataset_parse(pmt_text(three_examples), NULL, NULL, NULL, err));
  REFUSED(BAD, pmt_dataset_check(NULL, NULL, &text, err));
  REFUSED(BAD, pmt_dataset_check("x.jsonl", NULL, NULL, err));
  REFUSED(BAD, pmt_dataset_get(NULL, 0, &text, err));
  REFUSED(BAD, pmt_dataset_get(data, 0, NULL, err));
  REFUSED(BAD, pmt_dataset_split(NULL, 0.5, 0, &out, &other, err));
  REFUSED(BAD, pmt_dataset_split(data, 0.5, 0, NULL, &other, err));
  REFUSED(BAD, pmt_dataset_split(data, 0.5, 0, &out, NULL, err));
  REFUSED(BAD, pmt_dataset_merge(NULL, data, &out, err));
  REFUSED(BAD, pmt_dataset_merge(data, NULL, &out, err));
  REFUSED(BAD, pmt_dataset_merge(data, data, NULL, err));
  REFUSED(BAD, pmt_dataset_filter(NULL, "greeting", &out, err));
  REFUSED(BAD, pmt_dataset_filter(data, NULL, &out, err));
  REFUSED(BAD, pmt_dataset_filter(data, "greeting", NULL, err));
  REFUSED(BAD, pmt_dataset_sample(NULL, 1, 0, &out, err));
  REFUSED(BAD, pmt_dataset_sample(data, 1, 0, NULL, err));
  REFUSED(BAD, pmt_dataset_to_jsonl(NULL, &text, err));
  REFUSED(BAD, pmt_dataset_to_jsonl(data, NULL, err));
  REFUSED(BAD, pmt_dataset_save(NULL, "x.jsonl", err));
  REFUSED(BAD, pmt_dataset_save(data, NULL, err));
  REFUSED(BAD, pmt_dataset_hash(NULL, &text, err));
  REFUSED(BAD, pmt_dataset_hash(data, NULL, err));
  REFUSED(BAD, pmt_dataset_diff(NULL, data, &text, err));
  REFUSED(BAD, pmt_dataset_diff(data, NULL, &text, err));
  REFUSED(BAD, pmt_dataset_diff(data, data, NULL, err));
  REFUSED(BAD, pmt_dataset_diff_text(NULL, data, &text, err));
  REFUSED(BAD, pmt_dataset_diff_text(data, NULL, &text, err));
  REFUSED(BAD, pmt_dataset_diff_text(data, data, NULL, err));
  CHECK(out == NULL && other == NULL && text == NULL);
}

static void teams(const pmt_dataset* data) {
  pmt_dataset* out = NULL;
  pmt_buffer* text = NULL;
  const char* const people[] = {"Ana", NULL};
  const pmt_dataset* sets[2];
  const pmt_dataset* no_sets[] = {NULL};
  sets[0] = sets[1] = data;
  REFUSED(BAD, pmt_dataset_merge_team(NULL, sets, 1, &out, &text, err));
  REFUSED(BAD, pmt_dataset_merge_team(people, NULL, 1, &out, &text, err));
  REFUSED(BAD, pmt_dataset_merge_team(people, sets, 2, &out, &text, err));
  REFUSED(BAD, pmt_dataset_merge_team(people, no_sets, 1, &out, &text, err));
  REFUSED(BAD, pmt_dataset_merge_team(people, sets, 1, NULL, &text, err));
  CHECK(out == NULL && text == NULL);
  ACCEPTED(pmt_dataset_merge_team(people, sets, 1, &out, NULL, err));
  pmt_dataset_free(out);
  out = NULL;
  ACCEPTED(pmt_dataset_merge_team(NULL, NULL, 0, &out, NULL, err));
  CHECK(pmt_dataset_size(out) == 0);
  pmt_dataset_free(out);
}

static void inboxes(const char* path) {
  pmt_inbox* inbox = NULL;
  pmt_dataset* data = NULL;
  pmt_buffer* text = NULL;
  const pmt_str example = pmt_text("{\"prompt\": \"Q\", \"completion\": \"A\"}");
  const pmt_str nothing = {NULL, 0};
  REFUSED(BAD, pmt_inbox_open(NULL, &inbox, err));
  REFUSED(BAD, pmt_inbox_open(path, NULL, err));
  REFUSED(BAD, pmt_inbox_append(NULL, example, NULL, NULL, &text, err));
  REFUSED(BAD, pmt_inbox_list(NULL, NULL, &text, err));
  REFUSED(BAD, pmt_inbox_review(NULL, "abcd", "accepted", NULL, NULL, err));
  REFUSED(BAD, pmt_inbox_accepted(NULL, &data, err));
  REFUSED(BAD, pmt_inbox_take(NULL, "x.jsonl", &text, err));
  REFUSED(BAD, pmt_inbox_problems(NULL, &text, err));
  ACCEPTED(pmt_inbox_open(path, &inbox, err));
  REFUSED(BAD, pmt_inbox_append(inbox, nothing, NULL, NULL, &text, err));
  REFUSED(BAD, pmt_inbox_append(inbox, example, NULL, NULL, NULL, err));
  REFUSED(BAD, pmt_inbox_list(inbox, NULL, NULL, err));
  REFUSED(BAD, pmt_inbox_review(inbox, NULL, "accepted", NULL, NULL, err));
  REFUSED(BAD, pmt_inbox_review(inbox, "abcd", NULL, NULL, NULL, err));
  REFUSED(BAD, pmt_inbox_accepted(inbox, NULL, err));
  REFUSED(BAD, pmt_inbox_take(inbox, NULL, &text, err));
  REFUSED(BAD, pmt_inbox_take(inbox, "x.jsonl", NULL, err));
  REFUSED(BAD, pmt_inbox_problems(inbox, NULL, err));
  CHECK(data == NULL && text == NULL);
  pmt_inbox_free(inbox);
}

static void models(const pmt_dataset* data) {
  pmt_model* out = NULL;
  pmt_buffer* text = NULL;
  pmt_tensor *numbers = NULL, *mask = NULL;
  double loss = 7;
  const int32_t id = 1;
  pmt_message message;
  message.role = "user";
  message.content = pmt_text("Hi");
  REFUSED(BAD, pmt_model_load(NULL, NULL, &out, err));
  REFUSED(BAD, pmt_model_load("smollm2-135m-instruct", NULL, NULL, err));
  REFUSED(BAD, pmt_model_info(NULL, &text, err));
  REFUSED(BAD, pmt_model_hash(NULL, &text, err));
  REFUSED(BAD, pmt_model_tokenize(NULL, pmt_text("Hi"), 0, &numbers, err));
  REFUSED(BAD, pmt_model_detokenize(NULL, &id, 1, 1, &text, err));
  REFUSED(BAD, pmt_model_render(NULL, &message, 1, 0, &text, err));
  REFUSED(BAD, pmt_model_encode(NULL, &message, 1, 0, &numbers, &mask, err));
  REFUSED(BAD, pmt_model_logits(NULL, &id, 1, &numbers, err));
  REFUSED(BAD, pmt_model_loss(NULL, data, &loss, err));
  REFUSED(BAD, pmt_model_chat(NULL, pmt_text("Hi"), NULL, &text, err));
  REFUSED(BAD, pmt_model_system(NULL, &text, err));
  REFUSED(BAD, pmt_model_load_adapter(NULL, "x", &out, err));
  REFUSED(BAD, pmt_model_save_adapter(NULL, "x", err));
  REFUSED(BAD, pmt_model_base(NULL, &out, err));
  REFUSED(BAD, pmt_model_export(NULL, "x", NULL, err));
  destroyed = 0;
  REFUSED(BAD, pmt_model_generate(NULL, &message, 1, NULL, NULL, NULL, count_destroyed, &text, NULL, err));
  CHECK(destroyed == 2); /* REFUSED calls twice */
  destroyed = 0;
  REFUSED(BAD, pmt_model_generate_text(NULL, pmt_text("Hi"), NULL, NULL, NULL, count_destroyed, &text, NULL, err));
  CHECK(destroyed == 2);
  CHECK(out == NULL && text == NULL && numbers == NULL && mask == NULL && loss == 7);
}

static void engines(const pmt_model* model) {
  pmt_engine* engine = NULL;
  pmt_buffer* text = NULL;
  const int32_t id = 1;
  pmt_message message;
  message.role = "user";
  message.content = pmt_text("Hi");
  REFUSED(BAD, pmt_engine_create(NULL, NULL, &engine, err));
  REFUSED(BAD, pmt_engine_stats(NULL, &text, err));
  destroyed = 0;
  REFUSED(BAD, pmt_engine_generate(NULL, model, &message, 1, NULL, NULL, NULL, count_destroyed, &text, NULL, err));
  CHECK(destroyed == 2);
  destroyed = 0;
  REFUSED(BAD, pmt_engine_generate_ids(NULL, model, &id, 1, 0, NULL, NULL, NULL, count_destroyed, &text, NULL, err));
  CHECK(destroyed == 2 && engine == NULL && text == NULL);
  if (!model) return;
  REFUSED(BAD, pmt_engine_create(model, NULL, NULL, err));
  ACCEPTED(pmt_engine_create(model, NULL, &engine, err));
  REFUSED(BAD, pmt_engine_generate(engine, NULL, &message, 1, NULL, NULL, NULL, NULL, &text, NULL, err));
  REFUSED(BAD, pmt_engine_generate(engine, model, NULL, 1, NULL, NULL, NULL, NULL, &text, NULL, err));
  REFUSED(BAD, pmt_engine_generate(engine, model, &message, 1, NULL, NULL, NULL, NULL, NULL, NULL, err));
  REFUSED(BAD, pmt_engine_generate_ids(engine, model, NULL, 1, 0, NULL, NULL, NULL, NULL, &text, NULL, err));
  REFUSED(BAD, pmt_engine_generate_ids(engine, model, &id, 1, 7, NULL, NULL, NULL, NULL, &text, NULL, err));
  REFUSED(BAD, pmt_engine_stats(engine, NULL, err));
  CHECK(text == NULL);
  pmt_engine_free(engine);
}

static void models_with(const pmt_model* model, const pmt_dataset* data) {
  pmt_model* out = NULL;
  pmt_buffer* text = NULL;
  pmt_tensor* numbers = NULL;
  double loss = 7;
  const int32_t id = 1;
  pmt_message message;
  message.role = NULL;
  message.content = pmt_text("Hi");
  REFUSED(BAD, pmt_model_info(model, NULL, err));
  REFUSED(BAD, pmt_model_hash(model, NULL, err));
  REFUSED(BAD, pmt_model_tokenize(model, pmt_text("Hi"), 0, NULL, err));
  REFUSED(BAD, pmt_model_tokenize(model, pmt_text("Hi"), 2, &numbers, err));
  REFUSED(BAD, pmt_model_detokenize(model, NULL, 1, 1, &text, err));
  REFUSED(BAD, pmt_model_detokenize(model, &id, 1, 1, NULL, err));
  REFUSED(BAD, pmt_model_render(model, NULL, 1, 0, &text, err));
  REFUSED(BAD, pmt_model_render(model, &message, 1, 0, &text, err)); /* role NULL */
  REFUSED(BAD, pmt_model_render(model, &message, 1, 0, NULL, err));
  REFUSED(BAD, pmt_model_encode(model, NULL, 1, 0, &numbers, NULL, err));
  REFUSED(BAD, pmt_model_encode(model, &message, 1, 0, NULL, NULL, err));
  REFUSED(BAD, pmt_model_logits(model, NULL, 1, &numbers, err));
  REFUSED(BAD, pmt_model_logits(model, &id, 1, NULL, err));
  REFUSED(BAD, pmt_model_loss(model, NULL, &loss, err));
  REFUSED(BAD, pmt_model_loss(model, data, NULL, err));
  REFUSED(BAD, pmt_model_generate(model, NULL, 1, NULL, NULL, NULL, NULL, &text, NULL, err));
  REFUSED(BAD, pmt_model_generate(model, &message, 1, NULL, NULL, NULL, NULL, NULL, NULL, err));
  REFUSED(BAD, pmt_model_generate_text(model, pmt_text("Hi"), NULL, NULL, NULL, NULL, NULL, NULL, err));
  REFUSED(BAD, pmt_model_chat(model, pmt_text("Hi"), NULL, NULL, err));
  REFUSED(BAD, pmt_model_system(model, NULL, err));
  REFUSED(BAD, pmt_model_load_adapter(model, NULL, &out, err));
  REFUSED(BAD, pmt_model_load_adapter(model, "x", NULL, err));
  REFUSED(BAD, pmt_model_save_adapter(model, NULL, err));
  REFUSED(BAD, pmt_model_save_adapter(model, "x", err)); /* has no adapter */
  REFUSED(BAD, pmt_model_base(model, NULL, err));
  REFUSED(BAD, pmt_model_export(model, NULL, NULL, err));
  CHECK(out == NULL && text == NULL && numbers == NULL && loss == 7);
}

static void previews(const pmt_dataset* data) {
  pmt_preview* preview = NULL;
  pmt_surprises* surprises = NULL;
  pmt_buffer* text = NULL;
  REFUSED(BAD, pmt_preview_create(NULL, data, NULL, &preview, err));
  REFUSED(BAD, pmt_preview_text(NULL, 1, &text, err));
  REFUSED(BAD, pmt_preview_json(NULL, &text, err));
  REFUSED(BAD, pmt_preview_html(NULL, &text, err));
  REFUSED(BAD, pmt_preview_save_html(NULL, "x.html", err));
  destroyed = 0;
  REFUSED(BAD, pmt_surprises_rank(NULL, data, NULL, NULL, NULL, count_destroyed, &surprises, err));
  CHECK(destroyed == 2); /* REFUSED calls twice */
  REFUSED(BAD, pmt_surprises_text(NULL, 5, &text, err));
  REFUSED(BAD, pmt_surprises_json(NULL, &text, err));
  CHECK(preview == NULL && surprises == NULL && text == NULL);
}

static void previews_with(const pmt_model* model, const pmt_dataset* data) {
  pmt_preview* preview = NULL;
  pmt_surprises* surprises = NULL;
  REFUSED(BAD, pmt_preview_create(model, NULL, NULL, &preview, err));
  REFUSED(BAD, pmt_preview_create(model, data, NULL, NULL, err));
  REFUSED(BAD, pmt_surprises_rank(model, NULL, NULL, NULL, NULL, NULL, &surprises, err));
  REFUSED(BAD, pmt_surprises_rank(model, data, NULL, NULL, NULL, NULL, NULL, err));
  CHECK(preview == NULL && surprises == NULL);
  ACCEPTED(pmt_preview_create(model, data, NULL, &preview, err));
  REFUSED(BAD, pmt_preview_text(preview, 1, NULL, err));
  REFUSED(BAD, pmt_preview_json(preview, NULL, err));
  REFUSED(BAD, pmt_preview_html(preview, NULL, err));
  REFUSED(BAD, pmt_preview_save_html(preview, NULL, err));
  pmt_preview_free(preview);
}

static void chats(void) {
  pmt_chat* chat = NULL;
  pmt_buffer* text = NULL;
  int32_t answer = 7;
  const pmt_str words = pmt_text("Hello");
  REFUSED(BAD, pmt_chat_create(NULL, NULL, NULL, &chat, err));
  destroyed = 0;
  REFUSED(BAD, pmt_chat_send(NULL, words, NULL, NULL, count_destroyed, &text, NULL, err));
  REFUSED(BAD, pmt_chat_regenerate(NULL, NULL, NULL, count_destroyed, &text, NULL, err));
  REFUSED(BAD, pmt_chat_edit(NULL, 0, words, NULL, NULL, count_destroyed, &text, NULL, err));
  CHECK(destroyed == 6); /* REFUSED calls twice */
  REFUSED(BAD, pmt_chat_choose(NULL, 0, err));
  REFUSED(BAD, pmt_chat_undo(NULL, &answer, err));
  REFUSED(BAD, pmt_chat_clear(NULL, err));
  REFUSED(BAD, pmt_chat_set_system(NULL, words, err));
  REFUSED(BAD, pmt_chat_set_options(NULL, NULL, err));
  REFUSED(BAD, pmt_chat_rate(NULL, 1, -1, err));
  REFUSED(BAD, pmt_chat_teach(NULL, NULL, words, NULL, -1, &text, err));
  REFUSED(BAD, pmt_chat_save(NULL, "x.md", err));
  REFUSED(BAD, pmt_chat_load(NULL, "x.json", err));
  REFUSED(BAD, pmt_chat_transcript(NULL, "md", &text, err));
  REFUSED(BAD, pmt_chat_messages(NULL, &text, err));
  REFUSED(BAD, pmt_chat_tokens(NULL, &text, err));
  CHECK(chat == NULL && text == NULL && answer == 7);
}

static void chats_with(const pmt_model* model) {
  pmt_chat* chat = NULL;
  pmt_buffer* text = NULL;
  const pmt_str lying = {NULL, 5};
  const pmt_str words = pmt_text("Hello");
  REFUSED(BAD, pmt_chat_create(model, NULL, NULL, NULL, err));
  ACCEPTED(pmt_chat_create(model, NULL, NULL, &chat, err));
  REFUSED(BAD, pmt_chat_send(chat, words, NULL, NULL, NULL, NULL, NULL, err));
  REFUSED(BAD, pmt_chat_send(chat, lying, NULL, NULL, NULL, &text, NULL, err));
  REFUSED(BAD, pmt_chat_regenerate(chat, NULL, NULL, NULL, NULL, NULL, err));
  REFUSED(BAD, pmt_chat_edit(chat, 0, words, NULL, NULL, NULL, NULL, NULL, err));
  REFUSED(BAD, pmt_chat_undo(chat, NULL, err));
  REFUSED(BAD, pmt_chat_set_system(chat, lying, err));
  REFUSED(BAD, pmt_chat_teach(chat, NULL, words, NULL, -1, &text, err));
  REFUSED(BAD, pmt_chat_teach(chat, NULL, words, NULL, -1, NULL, err));
  REFUSED(BAD, pmt_chat_save(chat, NULL, err));
  REFUSED(BAD, pmt_chat_load(chat, NULL, err));
  REFUSED(BAD, pmt_chat_transcript(chat, NULL, &text, err));
  REFUSED(BAD, pmt_chat_transcript(chat, "md", NULL, err));
  REFUSED(BAD, pmt_chat_messages(chat, NULL, err));
  REFUSED(BAD, pmt_chat_tokens(chat, NULL, err));
  CHECK(text == NULL);
  pmt_chat_free(chat);
}

static void hub(void) {
  pmt_buffer* text = NULL;
  REFUSED(BAD, pmt_local_models(NULL, err));
  destroyed = 0;
  REFUSED(BAD, pmt_pull(NULL, NULL, NULL, NULL, count_destroyed, &text, err));
  REFUSED(BAD, pmt_pull("owner/name", NULL, NULL, NULL, count_destroyed, NULL, err));
  REFUSED(BAD, pmt_pull("no repository", NULL, NULL, NULL, count_destroyed, &text, err));
  CHECK(destroyed == 6 && text == NULL); /* REFUSED calls twice */
}

static void training(const pmt_dataset* data) {
  pmt_trainer* trainer = NULL;
  pmt_train_result* result = NULL;
  pmt_model* model = NULL;
  pmt_buffer* text = NULL;
  pmt_train_config config;
  PMT_INIT(pmt_train_config, config);
  REFUSED(BAD, pmt_train_config_preset(NULL, sizeof config, "balanced", err));
  REFUSED(BAD, pmt_train_config_preset(&config, sizeof config, NULL, err));
  REFUSED(BAD, pmt_train_config_suggest(NULL, sizeof config, NULL, data, "balanced", NULL, err));
  REFUSED(BAD, pmt_train_config_suggest(&config, sizeof config, NULL, data, "balanced", &text, err));
  REFUSED(BAD, pmt_train_config_to_json(NULL, &text, err));
  REFUSED(BAD, pmt_train_config_to_json(&config, NULL, err));
  REFUSED(BAD, pmt_trainer_create(NULL, NULL, &trainer, err));
  REFUSED(BAD, pmt_trainer_plan(NULL, data, &text, err));
  REFUSED(BAD, pmt_trainer_plan_text(NULL, data, &text, err));
  destroyed = 0;
  REFUSED(BAD, pmt_trainer_set_progress(NULL, NULL, NULL, count_destroyed, err));
  CHECK(destroyed == 2);
  REFUSED(BAD, pmt_trainer_run(NULL, data, NULL, &result, err));
  REFUSED(BAD, pmt_trainer_run_from_checkpoint(NULL, data, NULL, &result, err));
  REFUSED(BAD, pmt_train_result_model(NULL, &model, err));
  REFUSED(BAD, pmt_train_result_history(NULL, &text, err));
  REFUSED(BAD, pmt_train_result_metrics(NULL, &text, err));
  REFUSED(BAD, pmt_train_result_diagnosis(NULL, &text, err));
  CHECK(trainer == NULL && result == NULL && model == NULL && text == NULL);
}

static void training_with(const pmt_model* model, const pmt_dataset* data) {
  pmt_trainer* trainer = NULL;
  pmt_train_result* result = NULL;
  pmt_buffer* text = NULL;
  pmt_train_config config;
  REFUSED(BAD, pmt_train_config_suggest(&config, sizeof config, model, NULL, "balanced", NULL, err));
  REFUSED(BAD, pmt_train_config_suggest(&config, sizeof config, model, data, NULL, NULL, err));
  REFUSED(BAD, pmt_trainer_create(model, NULL, NULL, err));
  ACCEPTED(pmt_trainer_create(model, NULL, &trainer, err));
  REFUSED(BAD, pmt_trainer_plan(trainer, NULL, &text, err));
  REFUSED(BAD, pmt_trainer_plan(trainer, data, NULL, err));
  REFUSED(BAD, pmt_trainer_plan_text(trainer, NULL, &text, err));
  REFUSED(BAD, pmt_trainer_plan_text(trainer, data, NULL, err));
  REFUSED(BAD, pmt_trainer_run(trainer, NULL, NULL, &result, err));
  REFUSED(BAD, pmt_trainer_run(trainer, data, NULL, NULL, err));
  REFUSED(BAD, pmt_trainer_run_from_checkpoint(trainer, NULL, NULL, &result, err));
  REFUSED(BAD, pmt_trainer_run_from_checkpoint(trainer, data, NULL, NULL, err));
  destroyed = 0;
  ACCEPTED(pmt_trainer_set_progress(trainer, NULL, NULL, count_destroyed, err)); /* nothing to call: not kept */
  CHECK(destroyed == 1);
  pmt_trainer_free(trainer);
  CHECK(destroyed == 1 && text == NULL && result == NULL);
}

static void evaluation(const pmt_model* model) {
  pmt_evaluator* evaluator = NULL;
  pmt_report* report = NULL;
  pmt_buffer* text = NULL;
  REFUSED(BAD, pmt_evaluator_create(NULL, NULL, NULL, err));
  ACCEPTED(pmt_evaluator_create(NULL, NULL, &evaluator, err));
  destroyed = 0;
  REFUSED(BAD, pmt_evaluator_set_progress(NULL, NULL, NULL, count_destroyed, err));
  CHECK(destroyed == 2);
  REFUSED(BAD, pmt_evaluator_run(NULL, model, NULL, &report, err));
  REFUSED(BAD, pmt_evaluator_run(evaluator, NULL, NULL, &report, err));
  REFUSED(BAD, pmt_evaluator_run(evaluator, model, NULL, NULL, err));
  REFUSED(BAD, pmt_evaluator_compare(NULL, model, model, NULL, &report, err));
  REFUSED(BAD, pmt_evaluator_compare(evaluator, NULL, model, NULL, &report, err));
  REFUSED(BAD, pmt_evaluator_compare(evaluator, model, NULL, NULL, &report, err));
  REFUSED(BAD, pmt_evaluator_compare(evaluator, model, model, NULL, NULL, err));
  pmt_evaluator_free(evaluator);
  REFUSED(BAD, pmt_report_load(NULL, &report, err));
  REFUSED(BAD, pmt_report_load("x.json", NULL, err));
  REFUSED(BAD, pmt_report_verdict(NULL, &text, err));
  REFUSED(BAD, pmt_report_json(NULL, &text, err));
  REFUSED(BAD, pmt_report_html(NULL, &text, err));
  REFUSED(BAD, pmt_report_text(NULL, &text, err));
  REFUSED(BAD, pmt_report_save(NULL, "x.json", err));
  REFUSED(BAD, pmt_report_save_html(NULL, "x.html", err));
  CHECK(report == NULL && text == NULL);
}

static void registries(void) {
  pmt_buffer* text = NULL;
  pmt_model* model = NULL;
  int32_t answer = 7;
  REFUSED(BAD, pmt_registry_open(NULL, NULL, err));
  REFUSED(BAD, pmt_registry_add(NULL, NULL, NULL, NULL, &text, err));
  REFUSED(BAD, pmt_registry_list(NULL, NULL, 0, &text, err));
  REFUSED(BAD, pmt_registry_get(NULL, "A-v1", &text, err));
  REFUSED(BAD, pmt_registry_contains(NULL, "A-v1", &answer, err));
  REFUSED(BAD, pmt_registry_set_notes(NULL, "A-v1", "n", err));
  REFUSED(BAD, pmt_registry_set_alias(NULL, "primary", "A-v1", err));
  REFUSED(BAD, pmt_registry_remove_alias(NULL, "A", "primary", err));
  REFUSED(BAD, pmt_registry_open_model(NULL, "A-v1", NULL, &model, err));
  REFUSED(BAD, pmt_registry_log(NULL, NULL, 10, &text, err));
  REFUSED(BAD, pmt_registry_list_data(NULL, NULL, &text, err));
  REFUSED(BAD, pmt_registry_get_data(NULL, "A-d1", &text, err));
  REFUSED(BAD, pmt_registry_diff_data(NULL, "A-d1", "A-d2", &text, err));
  CHECK(text == NULL && model == NULL && answer == 7);
}

static void registries_with(pmt_registry* registry) {
  pmt_buffer* text = NULL;
  pmt_model* model = NULL;
  int32_t answer = 7;
  REFUSED(BAD, pmt_registry_add(registry, NULL, NULL, NULL, &text, err));
  REFUSED(BAD, pmt_registry_list(registry, NULL, 0, NULL, err));
  REFUSED(BAD, pmt_registry_get(registry, NULL, &text, err));
  REFUSED(BAD, pmt_registry_get(registry, "A-v1", NULL, err));
  REFUSED(BAD, pmt_registry_contains(registry, NULL, &answer, err));
  REFUSED(BAD, pmt_registry_contains(registry, "A-v1", NULL, err));
  REFUSED(BAD, pmt_registry_set_notes(registry, NULL, "n", err));
  REFUSED(BAD, pmt_registry_set_notes(registry, "A-v1", NULL, err));
  REFUSED(BAD, pmt_registry_set_alias(registry, NULL, "A-v1", err));
  REFUSED(BAD, pmt_registry_set_alias(registry, "primary", NULL, err));
  REFUSED(BAD, pmt_registry_remove_alias(registry, NULL, "primary", err));
  REFUSED(BAD, pmt_registry_remove_alias(registry, "A", NULL, err));
  REFUSED(BAD, pmt_registry_open_model(registry, NULL, NULL, &model, err));
  REFUSED(BAD, pmt_registry_open_model(registry, "A-v1", NULL, NULL, err));
  REFUSED(BAD, pmt_registry_log(registry, NULL, 10, NULL, err));
  REFUSED(BAD, pmt_registry_list_data(registry, NULL, NULL, err));
  REFUSED(BAD, pmt_registry_get_data(registry, NULL, &text, err));
  REFUSED(BAD, pmt_registry_get_data(registry, "A-d1", NULL, err));
  REFUSED(BAD, pmt_registry_diff_data(registry, NULL, "A", &text, err));
  REFUSED(BAD, pmt_registry_diff_data(registry, "A", NULL, &text, err));
  REFUSED(BAD, pmt_registry_diff_data(registry, "A", "A", NULL, err));
  CHECK(text == NULL && model == NULL && answer == 7);
}

static void data_versions(pmt_registry* registry, const pmt_dataset* data) {
  pmt_buffer* text = NULL;
  pmt_dataset* out = NULL;
  REFUSED(BAD, pmt_registry_commit_data(NULL, "A", data, NULL, NULL, &text, err));
  REFUSED(BAD, pmt_registry_commit_data(registry, NULL, data, NULL, NULL, &text, err));
  REFUSED(BAD, pmt_registry_commit_data(registry, "A", NULL, NULL, NULL, &text, err));
  REFUSED(BAD, pmt_registry_commit_data(registry, "A", data, NULL, NULL, NULL, err));
  REFUSED(BAD, pmt_registry_open_data(NULL, "A", &out, err));
  REFUSED(BAD, pmt_registry_open_data(registry, NULL, &out, err));
  REFUSED(BAD, pmt_registry_open_data(registry, "A", NULL, err));
  CHECK(text == NULL && out == NULL);
}

/* test_null WORKDIR [MODEL] */
int main(int argc, char** argv) {
  char folder[4096];
  pmt_dataset* data = NULL;
  pmt_model* model = NULL;
  pmt_registry* registry = NULL;
  if (argc < 2) return fprintf(stderr, "usage: test_null WORKDIR [MODEL]\n"), 2;
  snprintf(folder, sizeof folder, "%s/registry", argv[1]);
  ACCEPTED(pmt_dataset_parse(pmt_text(three_examples), NULL, NULL, &data, err));
  ACCEPTED(pmt_registry_open(folder, &registry, err));
  frees_and_views();
  inits();
  library();
  datasets(data);
  teams(data);
  snprintf(folder, sizeof folder, "%s/inbox.jsonl", argv[1]);
  inboxes(folder);
  models(data);
  previews(data);
  chats();
  engines(NULL);
  hub();
  training(data);
  if (argc > 2) {
    ACCEPTED(pmt_model_load(argv[2], NULL, &model, err));
    models_with(model, data);
    chats_with(model);
    engines(model);
    previews_with(model, data);
    training_with(model, data);
  }
  evaluation(model);
  registries();
  registries_with(registry);
  data_versions(registry, data);
  pmt_registry_free(registry);
  pmt_model_free(model);
  pmt_dataset_free(data);
  FINISH();
}
