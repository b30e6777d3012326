/* The main path through the C interface: load, plan, train, register, open, ask.
 *
 *   test_main_path DATASET MODEL WORKDIR */
#include <math.h>

#include "check.h"

struct seen {
  pmt_trainer* trainer;
  pmt_dataset* data;
  int started, steps, epochs, finished, destroyed;
  int64_t stop_after_steps; /* 0: never */
};

static int32_t on_progress(const pmt_progress* progress, void* user_data) {
  struct seen* seen = user_data;
  pmt_train_result* result = NULL;
  CHECK(progress->struct_size == sizeof *progress);
  CHECK(progress->text != NULL);
  seen->started += progress->event == PMT_EVENT_STARTED;
  seen->steps += progress->event == PMT_EVENT_STEP;
  seen->finished += progress->event == PMT_EVENT_FINISHED;
  if (progress->event == PMT_EVENT_EPOCH) {
    ++seen->epochs;
    CHECK(isfinite(progress->loss) && progress->loss > 0);
    CHECK(progress->n_epoch_losses > 0);
    CHECK(strncmp(progress->text, "Epoch ", 6) == 0);
    printf("%s\n", progress->text);
  }
  /* The trainer is at work: it cannot be asked for more. */
  REFUSED(PMT_E_BUSY, pmt_trainer_run(seen->trainer, seen->data, NULL, &result, err));
  CHECK(result == NULL);
  return seen->stop_after_steps > 0 && progress->step >= seen->stop_after_steps;
}

static void on_destroy(void* user_data) { ++((struct seen*)user_data)->destroyed; }

struct answer {
  char text[4096];
  int tokens, stop_after;
};

static int32_t on_token(pmt_str text, void* user_data) {
  struct answer* answer = user_data;
  strncat(answer->text, text.data, text.size);
  return ++answer->tokens == answer->stop_after;
}

static void model_is_usable(const pmt_model* model) {
  pmt_buffer *text = NULL, *again = NULL;
  pmt_tensor *ids = NULL, *mask = NULL, *logits = NULL;
  pmt_tensor_data view;
  pmt_message messages[2];
  messages[0].role = "user";
  messages[0].content = pmt_text("Name one metric.");
  messages[1].role = "assistant";
  messages[1].content = pmt_text("Activation rate.");

  ACCEPTED(pmt_model_info(model, &text, err));
  CHECK(strstr(pmt_buffer_view(text).data, "\"architecture\"") != NULL);
  pmt_buffer_free(text);
  ACCEPTED(pmt_model_system(model, &text, err));
  CHECK(pmt_buffer_view(text).size == 0); /* was not taught anything yet */
  pmt_buffer_free(text);

  ACCEPTED(pmt_model_tokenize(model, pmt_text("Héllo, product team"), 0, &ids, err));
  view = pmt_tensor_view(ids);
  CHECK(view.dtype == PMT_DTYPE_I32 && view.ndim == 1 && view.shape[0] > 2 && view.strides[0] == 1);
  ACCEPTED(pmt_model_detokenize(model, view.data, (size_t)view.shape[0], 1, &again, err));
  CHECK(strcmp(pmt_buffer_view(again).data, "Héllo, product team") == 0);
  ACCEPTED(pmt_model_logits(model, view.data, (size_t)view.shape[0], &logits, err));
  CHECK(pmt_tensor_view(logits).ndim == 2 && pmt_tensor_view(logits).dtype == PMT_DTYPE_F32);
  CHECK(pmt_tensor_view(logits).shape[0] == view.shape[0] &&
        pmt_tensor_view(logits).strides[0] == pmt_tensor_view(logits).shape[1]);
  pmt_tensor_free(logits);
  pmt_tensor_free(ids);
  pmt_buffer_free(again);

  ACCEPTED(pmt_model_render(model, messages, 2, 0, &text, err));
  CHECK(strstr(pmt_buffer_view(text).data, "Activation rate.") != NULL);
  pmt_buffer_free(text);
  ids = NULL;
  ACCEPTED(pmt_model_encode(model, messages, 2, 0, &ids, &mask, err));
  CHECK(pmt_tensor_view(mask).dtype == PMT_DTYPE_U8 &&
        pmt_tensor_view(mask).shape[0] == pmt_tensor_view(ids).shape[0]);
  pmt_tensor_free(ids);
  pmt_tensor_free(mask);
}

static void model_answers(const pmt_model* model) {
  pmt_generate_options options;
  pmt_generation about;
  pmt_buffer* text = NULL;
  pmt_message question;
  struct answer answer;
  memset(&answer, 0, sizeof answer);
  question.role = "user";
  question.content = pmt_text("Name one metric.");
  PMT_INIT(pmt_generate_options, options);
  PMT_INIT(pmt_generation, about);
  options.max_tokens = 12;
  ACCEPTED(pmt_model_generate(model, &question, 1, &options, on_token, &answer, NULL, &text, &about, err));
  CHECK(strcmp(pmt_buffer_view(text).data, answer.text) == 0);
  CHECK(about.tokens <= 12 && about.prompt_tokens > 0 && about.seconds > 0);
  pmt_buffer_free(text);

  memset(&answer, 0, sizeof answer);
  answer.stop_after = 2;
  ACCEPTED(pmt_model_generate_text(model, pmt_text("Once upon a time"), &options, on_token, &answer, NULL, &text,
                                   &about, err));
  CHECK(about.finish == PMT_FINISH_CANCELLED && about.tokens <= 2);
  pmt_buffer_free(text);

  ACCEPTED(pmt_model_chat(model, pmt_text("Name one metric."), &options, &text, err));
  CHECK(pmt_buffer_view(text).size > 0);
  pmt_buffer_free(text);
  options.temperature = -1;
  text = NULL;
  REFUSED(PMT_E_INVALID_ARGUMENT, pmt_model_chat(model, pmt_text("Hi"), &options, &text, err));
  CHECK(text == NULL);
}

static void engine_answers(const pmt_model* model) {
  pmt_generate_options options;
  pmt_engine_options engine_options;
  pmt_generation about;
  pmt_engine* engine = NULL;
  pmt_buffer *alone = NULL, *text = NULL;
  pmt_message question;
  int round;
  question.role = "user";
  question.content = pmt_text(
      "Name one metric that tells whether new users of a product understand what it is for, and say how to count "
      "it.");
  PMT_INIT(pmt_generate_options, options);
  PMT_INIT(pmt_engine_options, engine_options);
  PMT_INIT(pmt_generation, about);
  CHECK(engine_options.batch_size == 8 && engine_options.speculation == 1);
  options.max_tokens = 12;
  ACCEPTED(pmt_model_generate(model, &question, 1, &options, NULL, NULL, NULL, &alone, NULL, err));
  ACCEPTED(pmt_engine_create(model, &engine_options, &engine, err));
  for (round = 0; round < 2; ++round) {
    struct answer answer;
    memset(&answer, 0, sizeof answer);
    ACCEPTED(pmt_engine_generate(engine, model, &question, 1, &options, on_token, &answer, NULL, &text, &about, err));
    CHECK(strcmp(pmt_buffer_view(text).data, pmt_buffer_view(alone).data) == 0);
    CHECK(strcmp(pmt_buffer_view(text).data, answer.text) == 0);
    CHECK(about.cached_tokens ==
          (round == 0 ? 0 : about.prompt_tokens / 32 * 32 - (about.prompt_tokens % 32 == 0) * 32));
    pmt_buffer_free(text);
  }
  ACCEPTED(pmt_engine_stats(engine, &text, err));
  CHECK(strstr(pmt_buffer_view(text).data, "\"answers\":2") != NULL);
  pmt_buffer_free(text);
  pmt_buffer_free(alone);
  pmt_engine_free(engine);
}

static int32_t on_reading(int64_t done, int64_t of, void* user_data) {
  int64_t* most = user_data;
  CHECK(done >= 1 && done <= of);
  return --*most < 0;
}

static void examples_are_looked_at(const pmt_model* model, const pmt_dataset* data) {
  pmt_preview* preview = NULL;
  pmt_surprises* surprises = NULL;
  pmt_buffer* text = NULL;
  pmt_preview_options options;
  pmt_surprise_options reading;
  int64_t most = 2;
  ACCEPTED(pmt_preview_create(model, data, NULL, &preview, err));
  CHECK(pmt_preview_unproved(preview) == 0);
  ACCEPTED(pmt_preview_text(preview, 1, &text, err));
  CHECK(strstr(pmt_buffer_view(text).data, "[[Hello, team!") != NULL);
  pmt_buffer_free(text);
  ACCEPTED(pmt_preview_json(preview, &text, err));
  CHECK(strstr(pmt_buffer_view(text).data, "\"end_stops\":true") != NULL);
  pmt_buffer_free(text);
  ACCEPTED(pmt_preview_html(preview, &text, err));
  CHECK(strstr(pmt_buffer_view(text).data, "<ins>Hello, team!") != NULL);
  pmt_buffer_free(text);
  pmt_preview_free(preview);

  PMT_INIT(pmt_preview_options, options);
  CHECK(options.context_length == 4096);
  options.context_length = 8;
  ACCEPTED(pmt_preview_create(model, data, &options, &preview, err));
  CHECK(pmt_preview_unproved(preview) == 0); /* training divides what is too long */
  ACCEPTED(pmt_preview_json(preview, &text, err));
  CHECK(strstr(pmt_buffer_view(text).data, "\"too_long\":3") != NULL);
  pmt_buffer_free(text);
  pmt_preview_free(preview);

  PMT_INIT(pmt_surprise_options, reading);
  CHECK(reading.compare_with == 4);
  reading.compare_with = 2;
  REFUSED(PMT_E_CANCELLED, pmt_surprises_rank(model, data, &reading, on_reading, &most, NULL, &surprises, err));
  most = 1000;
  ACCEPTED(pmt_surprises_rank(model, data, &reading, on_reading, &most, NULL, &surprises, err));
  ACCEPTED(pmt_surprises_json(surprises, &text, err));
  CHECK(strstr(pmt_buffer_view(text).data, "\"ranked\":[{") != NULL);
  pmt_buffer_free(text);
  ACCEPTED(pmt_surprises_text(surprises, 5, &text, err));
  CHECK(strstr(pmt_buffer_view(text).data, "With 3 examples") != NULL);
  pmt_buffer_free(text);
  pmt_surprises_free(surprises);
}

static pmt_train_result* train(const pmt_model* base, pmt_dataset* data, int64_t stop_after_steps) {
  pmt_trainer* trainer = NULL;
  pmt_train_result* result = NULL;
  pmt_buffer* plan = NULL;
  pmt_train_config config;
  struct seen seen;
  memset(&seen, 0, sizeof seen);
  PMT_INIT(pmt_train_config, config);
  config.name = "C-Test";
  config.epochs = 1;
  config.batch_size = 1;
  config.rank = 4;
  config.validation = 0;
  ACCEPTED(pmt_trainer_create(base, &config, &trainer, err));
  ACCEPTED(pmt_trainer_plan(trainer, data, &plan, err));
  CHECK(strstr(pmt_buffer_view(plan).data, "\"peak_memory\"") != NULL);
  pmt_buffer_free(plan);
  seen.trainer = trainer;
  seen.data = data;
  seen.stop_after_steps = stop_after_steps;
  ACCEPTED(pmt_trainer_set_progress(trainer, on_progress, &seen, on_destroy, err));
  ACCEPTED(pmt_trainer_run(trainer, data, NULL, &result, err));
  CHECK(seen.destroyed == 0);
  pmt_trainer_free(trainer);
  CHECK(seen.destroyed == 1);
  if (stop_after_steps == 0) CHECK(seen.epochs == 1 && seen.finished == 1 && seen.started == 1);
  return result;
}

static void result_tells(const pmt_train_result* result) {
  pmt_buffer* text = NULL;
  ACCEPTED(pmt_train_result_history(result, &text, err));
  CHECK(strstr(pmt_buffer_view(text).data, "\"event\":\"epoch\"") != NULL);
  pmt_buffer_free(text);
  ACCEPTED(pmt_train_result_metrics(result, &text, err));
  CHECK(strstr(pmt_buffer_view(text).data, "\"train_loss\"") != NULL);
  pmt_buffer_free(text);
  ACCEPTED(pmt_train_result_diagnosis(result, &text, err));
  CHECK(pmt_buffer_view(text).data[0] == '[');
  pmt_buffer_free(text);
}

static void registry_keeps(const char* workdir, const pmt_train_result* result, const pmt_model* tuned,
                           const pmt_dataset* data) {
  char folder[4096];
  pmt_registry* registry = NULL;
  pmt_model *opened = NULL, *again = NULL;
  pmt_buffer *id = NULL, *text = NULL;
  double before = 0, after = 1;
  int32_t known = 0;
  snprintf(folder, sizeof folder, "%s/models", workdir);
  ACCEPTED(pmt_registry_open(folder, &registry, err));
  ACCEPTED(pmt_registry_add(registry, result, NULL, "from C", &id, err));
  ACCEPTED(pmt_registry_set_alias(registry, "primary", pmt_buffer_view(id).data, err));
  ACCEPTED(pmt_registry_set_notes(registry, "C-Test@primary", "changed", err));
  ACCEPTED(pmt_registry_get(registry, "C-Test@primary", &text, err));
  CHECK(strstr(pmt_buffer_view(text).data, "\"notes\":\"changed\"") != NULL);
  pmt_buffer_free(text);
  ACCEPTED(pmt_registry_list(registry, NULL, 0, &text, err));
  CHECK(strstr(pmt_buffer_view(text).data, pmt_buffer_view(id).data) != NULL);
  pmt_buffer_free(text);
  ACCEPTED(pmt_registry_log(registry, NULL, 10, &text, err));
  CHECK(strstr(pmt_buffer_view(text).data, "\"action\"") != NULL);
  pmt_buffer_free(text);
  ACCEPTED(pmt_registry_contains(registry, "C-Test@primary", &known, err));
  CHECK(known == 1);
  text = NULL;
  REFUSED(PMT_E_NOT_FOUND, pmt_registry_get(registry, "C-Test-v999", &text, err));

  ACCEPTED(pmt_registry_open_model(registry, "C-Test@primary", NULL, &opened, err));
  pmt_registry_free(registry); /* the model does not need it */
  CHECK(pmt_model_has_adapter(opened) == 1);
  ACCEPTED(pmt_model_loss(tuned, data, &before, err));
  ACCEPTED(pmt_model_loss(opened, data, &after, err));
  CHECK(fabs(before - after) < 1e-4);

  /* The adapter by itself, over the base that lies under the opened model. */
  snprintf(folder, sizeof folder, "%s/adapter", workdir);
  ACCEPTED(pmt_model_save_adapter(opened, folder, err));
  ACCEPTED(pmt_model_base(opened, &again, err));
  CHECK(pmt_model_has_adapter(again) == 0);
  pmt_model_free(opened);
  opened = NULL;
  ACCEPTED(pmt_model_load_adapter(again, folder, &opened, err));
  ACCEPTED(pmt_model_loss(opened, data, &after, err));
  CHECK(fabs(before - after) < 1e-4);
  pmt_model_free(opened);
  pmt_model_free(again);
  pmt_buffer_free(id);
}

static void evaluation_reports(const char* workdir, const pmt_model* base, const pmt_model* tuned,
                               const pmt_dataset* data) {
  char suite[4096], page[4096];
  pmt_eval_options options;
  pmt_evaluator* evaluator = NULL;
  pmt_report* report = NULL;
  pmt_buffer* text = NULL;
  FILE* file;
  snprintf(suite, sizeof suite, "%s/suite.json", workdir);
  snprintf(page, sizeof page, "%s/report.html", workdir);
  file = fopen(suite, "w");
  CHECK(file != NULL);
  if (file == NULL) return;
  fputs(
      "{\"name\": \"one\", \"prompts\": [{\"id\": \"a\", \"category\": \"Format consistency\", \"prompt\": \"Name "
      "one metric.\","
      " \"checks\": [{\"kind\": \"words\", \"least\": 1, \"most\": 50}]}]}",
      file);
  fclose(file);
  PMT_INIT(pmt_eval_options, options);
  options.max_tokens = 8;
  ACCEPTED(pmt_evaluator_create(suite, &options, &evaluator, err));
  ACCEPTED(pmt_evaluator_compare(evaluator, base, tuned, data, &report, err));
  ACCEPTED(pmt_report_verdict(report, &text, err));
  CHECK(pmt_buffer_view(text).size > 0);
  pmt_buffer_free(text);
  ACCEPTED(pmt_report_json(report, &text, err));
  CHECK(strstr(pmt_buffer_view(text).data, "verdict") != NULL);
  pmt_buffer_free(text);
  ACCEPTED(pmt_report_save_html(report, page, err));
  pmt_report_free(report);
  pmt_evaluator_free(evaluator);
}

int main(int argc, char** argv) {
  pmt_dataset *all = NULL, *data = NULL;
  pmt_model *base = NULL, *tuned = NULL;
  pmt_train_result *result, *stopped;
  double untrained = 0, trained = 0;
  if (argc != 4) return fprintf(stderr, "usage: test_main_path DATASET MODEL WORKDIR\n"), 2;
  ACCEPTED(pmt_dataset_load(argv[1], NULL, &all, err));
  ACCEPTED(pmt_dataset_parse(pmt_text(three_examples), "three", NULL, &data, err));
  ACCEPTED(pmt_model_load(argv[2], NULL, &base, err));
  if (failures > 0) FINISH();
  CHECK(pmt_dataset_size(all) > 3);
  model_is_usable(base);
  model_answers(base);
  engine_answers(base);
  examples_are_looked_at(base, data);

  stopped = train(base, data, 1);
  CHECK(pmt_train_result_cancelled(stopped) == 1);
  pmt_train_result_free(stopped);
  result = train(base, data, 0);
  CHECK(pmt_train_result_cancelled(result) == 0);
  result_tells(result);
  ACCEPTED(pmt_train_result_model(result, &tuned, err));
  ACCEPTED(pmt_model_loss(base, data, &untrained, err));
  ACCEPTED(pmt_model_loss(tuned, data, &trained, err));
  CHECK(isfinite(trained) && trained < untrained);

  registry_keeps(argv[3], result, tuned, data);
  evaluation_reports(argv[3], base, tuned, data);
  pmt_model_free(base); /* the tuned model keeps what it needs */
  model_answers(tuned);
  pmt_train_result_free(result);
  pmt_model_free(tuned);
  pmt_dataset_free(all);
  pmt_dataset_free(data);
  FINISH();
}
