/* Errors: codes, sentences, untouched results, callbacks that are destroyed once, text that is not UTF-8. */
#include "check.h"

static int destroyed = 0;
static void count_destroyed(void* user_data) { destroyed += *(int*)user_data; }
static void ignore_log(int32_t level, pmt_str message, void* user_data) {
  (void)level, (void)message, (void)user_data;
}

static void status_names(void) {
  CHECK(strcmp(pmt_status_name(PMT_OK), "ok") == 0);
  CHECK(strcmp(pmt_status_name(PMT_E_NOT_FOUND), "not_found") == 0);
  CHECK(strcmp(pmt_status_name(PMT_E_INTERNAL), "internal") == 0);
  CHECK(strcmp(pmt_status_name(-12345), "internal") == 0);
}

static void missing_files(void) {
  pmt_dataset* data = NULL;
  pmt_model* model = NULL;
  pmt_report* report = NULL;
  pmt_error* err = NULL;
  REFUSED(PMT_E_NOT_FOUND, pmt_dataset_load("/nowhere/examples.jsonl", NULL, &data, err));
  REFUSED(PMT_E_NOT_FOUND, pmt_model_load("/nowhere/model.gguf", NULL, &model, err));
  REFUSED(PMT_E_NOT_FOUND, pmt_report_load("/nowhere/report.json", &report, err));
  CHECK(pmt_dataset_load("/nowhere/examples.jsonl", NULL, &data, &err) == PMT_E_NOT_FOUND);
  CHECK(strstr(pmt_error_message(err), "/nowhere/examples.jsonl") != NULL);
  pmt_error_free(err);
  CHECK(data == NULL && model == NULL && report == NULL);
}

static void faulty_data(void) {
  pmt_dataset* data = NULL;
  pmt_buffer* text = NULL;
  const pmt_str not_utf8 = {"\xff\xfe", 2};
  REFUSED(PMT_E_INVALID_ARGUMENT, pmt_dataset_parse(pmt_text("{\"messages\": ["), NULL, NULL, &data, err));
  REFUSED(PMT_E_INVALID_ARGUMENT, pmt_dataset_parse(pmt_text(""), NULL, NULL, &data, err));
  REFUSED(PMT_E_INVALID_ARGUMENT, pmt_dataset_parse(not_utf8, NULL, NULL, &data, err));
  REFUSED(PMT_E_INVALID_ARGUMENT, pmt_dataset_load("bad\xff.jsonl", NULL, &data, err));
  REFUSED(PMT_E_NOT_FOUND, pmt_options_describe("pmt_no_such_struct", &text, err));
  CHECK(data == NULL && text == NULL);
}

static void results_stay_untouched(void) {
  pmt_dataset *mark = (pmt_dataset*)&destroyed, *data = mark, *second = mark, *whole = NULL;
  pmt_buffer* text = NULL;
  CHECK(pmt_dataset_load("/nowhere", NULL, &data, NULL) != PMT_OK);
  CHECK(data == mark);
  ACCEPTED(pmt_dataset_parse(pmt_text(three_examples), "three", NULL, &whole, err));
  REFUSED(PMT_E_INVALID_ARGUMENT, pmt_dataset_split(whole, 1.5, 0, &data, &second, err));
  CHECK(data == mark && second == mark);
  REFUSED(PMT_E_INVALID_ARGUMENT, pmt_dataset_get(whole, 3, &text, err));
  REFUSED(PMT_E_INVALID_ARGUMENT, pmt_dataset_get(whole, (size_t)-1, &text, err));
  CHECK(pmt_dataset_size(whole) == 3); /* still usable */
  ACCEPTED(pmt_dataset_get(whole, 2, &text, err));
  CHECK(text != NULL && strstr(pmt_buffer_view(text).data, "Tuesday") != NULL);
  CHECK(strlen(pmt_buffer_view(text).data) == pmt_buffer_view(text).size);
  pmt_buffer_free(text);
  pmt_dataset_free(whole);
}

static void user_data_is_destroyed_once(void) {
  int one = 1;
  destroyed = 0;
  ACCEPTED(pmt_set_log_callback(ignore_log, &one, count_destroyed, err));
  CHECK(destroyed == 0);
  ACCEPTED(pmt_set_log_callback(ignore_log, &one, count_destroyed, err)); /* replaces the first */
  CHECK(destroyed == 1);
  ACCEPTED(pmt_set_log_callback(NULL, NULL, NULL, err));
  CHECK(destroyed == 2);
  ACCEPTED(pmt_set_log_callback(NULL, &one, count_destroyed, err)); /* nothing to call: not kept */
  CHECK(destroyed == 3);
}

static int32_t on_answer(const char* arm, int64_t done, int64_t of, void* user_data) {
  (void)arm, (void)done, (void)of, (void)user_data;
  return 0;
}

static void evaluator_callbacks(void) {
  int one = 1;
  pmt_evaluator* evaluator = NULL;
  destroyed = 0;
  ACCEPTED(pmt_evaluator_create(NULL, NULL, &evaluator, err));
  ACCEPTED(pmt_evaluator_set_progress(evaluator, on_answer, &one, count_destroyed, err));
  ACCEPTED(pmt_evaluator_set_progress(evaluator, on_answer, &one, count_destroyed, err));
  CHECK(destroyed == 1);
  pmt_evaluator_free(evaluator);
  CHECK(destroyed == 2);
}

static void threads(void) {
  pmt_buffer* info = NULL;
  REFUSED(PMT_E_INVALID_ARGUMENT, pmt_set_threads(0, err));
  REFUSED(PMT_E_INVALID_ARGUMENT, pmt_set_threads(-3, err));
  REFUSED(PMT_E_INVALID_ARGUMENT, pmt_set_threads(1000000, err));
  ACCEPTED(pmt_set_threads(1, err));
  ACCEPTED(pmt_runtime_info(&info, err));
  CHECK(strstr(pmt_buffer_view(info).data, "\"threads\":1,") != NULL);
  pmt_buffer_free(info);
  pmt_trim_memory();
}

int main(void) {
  CHECK(pmt_abi_version() == PMT_ABI_VERSION);
  CHECK(strstr(pmt_build_info(), "\"abi\":1") != NULL);
  CHECK(pmt_version()[0] != '\0');
  status_names();
  missing_files();
  faulty_data();
  results_stay_untouched();
  user_data_is_destroyed_once();
  evaluator_callbacks();
  threads();
  FINISH();
}
