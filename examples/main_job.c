/* The whole job in C: check the examples, train, compare with the base model, register the result, ask it something.
 *
 *   main_job_c [dataset.jsonl [model [registry folder [suite]]]] */
#include <pmtune.h>
#include <stdio.h>

/* Runs on the thread that called pmt_trainer_run. 0 means go on. */
static int32_t on_progress(const pmt_progress* progress, void* user_data) {
  if (progress->event == PMT_EVENT_EPOCH) fprintf((FILE*)user_data, "%s\n", progress->text);
  return 0;
}

int main(int argc, char** argv) {
  const char* path = argc > 1 ? argv[1] : "examples/dataset.jsonl";
  const char* model = argc > 2 ? argv[2] : "smollm2-135m-instruct";
  const char* folder = argc > 3 ? argv[3] : "models";
  const char* suite = argc > 4 ? argv[4] : NULL; /* NULL: product-management */

  pmt_error* err = NULL;
  pmt_dataset* data = NULL;
  pmt_model *base = NULL, *tuned = NULL, *primary = NULL;
  pmt_trainer* trainer = NULL;
  pmt_train_result* result = NULL;
  pmt_evaluator* evaluator = NULL;
  pmt_report* report = NULL;
  pmt_registry* registry = NULL;
  pmt_buffer *plan = NULL, *verdict = NULL, *version = NULL, *answer = NULL;
  pmt_train_config config;
  int failed = 1;

  /* A failed call leaves its result alone, so everything can be freed at the end, wherever the job stopped. */
  if (pmt_dataset_load(path, NULL, &data, &err)) goto done;
  if (pmt_model_load(model, NULL, &base, &err)) goto done;

  if (pmt_train_config_suggest(&config, sizeof config, base, data, "balanced", NULL, &err)) goto done;
  config.name = "PM-Assistant";

  if (pmt_trainer_create(base, &config, &trainer, &err)) goto done;
  if (pmt_trainer_plan_text(trainer, data, &plan, &err)) goto done;
  printf("%s\n", pmt_buffer_view(plan).data);
  if (pmt_trainer_set_progress(trainer, on_progress, stdout, NULL, &err)) goto done;
  if (pmt_trainer_run(trainer, data, NULL, &result, &err)) goto done;
  if (pmt_train_result_model(result, &tuned, &err)) goto done;

  if (pmt_evaluator_create(suite, NULL, &evaluator, &err)) goto done;
  if (pmt_evaluator_compare(evaluator, base, tuned, NULL, &report, &err)) goto done;
  if (pmt_report_save_html(report, "report.html", &err)) goto done;
  if (pmt_report_verdict(report, &verdict, &err)) goto done;
  printf("%s\n", pmt_buffer_view(verdict).data);

  if (pmt_registry_open(folder, &registry, &err)) goto done;
  if (pmt_registry_add(registry, result, report, "first version", &version, &err)) goto done;
  if (pmt_registry_set_alias(registry, "primary", pmt_buffer_view(version).data, &err)) goto done;
  if (pmt_registry_open_model(registry, "PM-Assistant@primary", NULL, &primary, &err)) goto done;
  if (pmt_model_chat(primary, pmt_text("Write a user story for password reset functionality"), NULL, &answer, &err))
    goto done;
  printf("%s\n", pmt_buffer_view(answer).data);
  failed = 0;

done:
  if (failed) fprintf(stderr, "%s\n", pmt_error_message(err));
  pmt_error_free(err);
  pmt_buffer_free(answer);
  pmt_buffer_free(version);
  pmt_buffer_free(verdict);
  pmt_buffer_free(plan);
  pmt_model_free(primary);
  pmt_registry_free(registry);
  pmt_report_free(report);
  pmt_evaluator_free(evaluator);
  pmt_model_free(tuned);
  pmt_train_result_free(result);
  pmt_trainer_free(trainer);
  pmt_model_free(base);
  pmt_dataset_free(data);
  return failed;
}
