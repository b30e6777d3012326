/* Options structs of older and newer callers, garbage, and values that are out of range. */
#include <stdlib.h>

#include "check.h"

/* The JSON of a config, or NULL with a failure counted. Static: for looking at once. */
static const char* json_of(const pmt_train_config* config) {
  static char copy[8192];
  pmt_buffer* text = NULL;
  ACCEPTED(pmt_train_config_to_json(config, &text, err));
  snprintf(copy, sizeof copy, "%s", pmt_buffer_view(text).data);
  pmt_buffer_free(text);
  return copy;
}

static int says(const pmt_train_config* config, const char* expected) {
  const char* json = json_of(config);
  char compact[8192];
  size_t length = 0;
  for (; *json && length + 1 < sizeof compact; ++json)
    if (*json != ' ' && *json != '\n') compact[length++] = *json;
  compact[length] = '\0';
  if (strstr(compact, expected)) return 1;
  fprintf(stderr, "not in %s: %s\n", compact, expected);
  return 0;
}

static void defaults(void) {
  pmt_train_config config;
  PMT_INIT(pmt_train_config, config);
  CHECK(config.struct_size == sizeof config);
  CHECK(config.learning_rate == 2e-4 && config.batch_size == 4 && config.epochs == 3 && config.rank == 16);
  CHECK(config.keep_best == 1 && config.rslora == 0);
  CHECK(config.name == NULL && config.schedule == NULL && config.target_modules == NULL);
  CHECK(says(&config, "\"name\":\"PM-Assistant\""));
  CHECK(says(&config, "\"schedule\":\"cosine\""));
  CHECK(says(&config, "\"target_modules\":[\"all-linear\"]"));
}

static void every_kind_of_value(void) {
  const char* const modules[] = {"q_proj", "v_proj"};
  pmt_train_config config;
  PMT_INIT(pmt_train_config, config);
  config.name = "PM-Comms";
  config.checkpoint_dir = "Grüße"; /* texts are UTF-8 */
  config.learning_rate = 0.5;
  config.epochs = 9;
  config.seed = UINT64_MAX;
  config.rslora = 1;
  config.schedule = "linear";
  config.max_memory = 6000000000;
  config.target_modules = modules;
  config.n_target_modules = 2;
  CHECK(says(&config, "\"name\":\"PM-Comms\""));
  CHECK(says(&config, "\"checkpoint_dir\":\"Grüße\""));
  CHECK(says(&config, "\"learning_rate\":0.5"));
  CHECK(says(&config, "\"epochs\":9"));
  CHECK(says(&config, "\"seed\":18446744073709551615"));
  CHECK(says(&config, "\"rslora\":true"));
  CHECK(says(&config, "\"schedule\":\"linear\""));
  CHECK(says(&config, "\"max_memory\":6000000000"));
  CHECK(says(&config, "\"target_modules\":[\"q_proj\",\"v_proj\"]"));
}

static void older_caller(void) {
  /* A program built when the struct ended after epochs. What lies behind must be neither read nor written. */
  union {
    pmt_train_config config;
    unsigned char bytes[sizeof(pmt_train_config)];
  } old;
  const size_t old_size = offsetof(pmt_train_config, context_length);
  size_t i;
  memset(old.bytes, 0xAA, sizeof old);
  pmt_train_config_init(&old.config, old_size);
  for (i = old_size; i < sizeof old; ++i) CHECK(old.bytes[i] == 0xAA);
  CHECK(old.config.struct_size == old_size);
  old.config.epochs = 7;
  CHECK(says(&old.config, "\"epochs\":7"));
  CHECK(says(&old.config, "\"context_length\":4096"));
  ACCEPTED(pmt_train_config_preset(&old.config, old_size, "documents", err));
  for (i = old_size; i < sizeof old; ++i) CHECK(old.bytes[i] == 0xAA);
  CHECK(old.config.epochs == 5 && old.config.batch_size == 2);
}

static void newer_caller(void) {
  struct {
    pmt_train_config config;
    double later;
  } newer;
  pmt_buffer* text = NULL;
  memset(&newer, 0xAA, sizeof newer);
  pmt_train_config_init(&newer.config, sizeof newer);
  CHECK(newer.later == 0);
  CHECK(says(&newer.config, "\"epochs\":3"));
  newer.later = 1;
  REFUSED(PMT_E_UNSUPPORTED, pmt_train_config_to_json(&newer.config, &text, err));
  CHECK(text == NULL);
}

static void not_set_up(void) {
  pmt_train_config config;
  pmt_buffer* text = NULL;
  memset(&config, 0, sizeof config);
  REFUSED(PMT_E_INVALID_ARGUMENT, pmt_train_config_to_json(&config, &text, err));
  memset(&config, 0xFF, sizeof config);
  REFUSED(PMT_E_INVALID_ARGUMENT, pmt_train_config_to_json(&config, &text, err));
  REFUSED(PMT_E_INVALID_ARGUMENT, pmt_train_config_preset(&config, 0, "balanced", err));
  REFUSED(PMT_E_INVALID_ARGUMENT, pmt_train_config_preset(&config, 3, "balanced", err));
  pmt_train_config_init(&config, 0); /* too small to say anything: left alone */
  CHECK(config.epochs == -1);
}

#define OUT_OF_RANGE(member, value)                                                  \
  do {                                                                               \
    pmt_train_config config;                                                         \
    pmt_buffer* text = NULL;                                                         \
    pmt_error* why = NULL;                                                           \
    PMT_INIT(pmt_train_config, config);                                              \
    config.member = (value);                                                         \
    CHECK(pmt_train_config_to_json(&config, &text, &why) == PMT_E_INVALID_ARGUMENT); \
    CHECK(strstr(pmt_error_message(why), #member) != NULL);                          \
    CHECK(text == NULL);                                                             \
    pmt_error_free(why);                                                             \
  } while (0)

static void out_of_range(void) {
  static const char* const with_null[] = {"q_proj", NULL};
  OUT_OF_RANGE(learning_rate, 0);
  OUT_OF_RANGE(learning_rate, -1);
  OUT_OF_RANGE(epochs, 0);
  OUT_OF_RANGE(rank, INT64_MAX);
  OUT_OF_RANGE(dropout, 1.5);
  OUT_OF_RANGE(max_memory, -1);
  OUT_OF_RANGE(rslora, 2);
  OUT_OF_RANGE(keep_best, -1);
  OUT_OF_RANGE(schedule, "zigzag");
  OUT_OF_RANGE(name, "\xc3(");
  OUT_OF_RANGE(n_target_modules, 1); /* but no list */
  {
    pmt_train_config config;
    pmt_buffer* text = NULL;
    PMT_INIT(pmt_train_config, config);
    config.target_modules = with_null;
    config.n_target_modules = 2;
    REFUSED(PMT_E_INVALID_ARGUMENT, pmt_train_config_to_json(&config, &text, err));
  }
}

static void presets(void) {
  pmt_train_config config;
  ACCEPTED(pmt_train_config_preset(&config, sizeof config, "communications", err));
  CHECK(config.struct_size == sizeof config);
  CHECK(config.learning_rate == 3e-4 && config.batch_size == 8 && config.context_length == 2048);
  config.name = "kept";
  REFUSED(PMT_E_INVALID_ARGUMENT, pmt_train_config_preset(&config, sizeof config, "novels", err));
  CHECK(config.batch_size == 8 && strcmp(config.name, "kept") == 0); /* untouched by the failure */
}

static void load_options(void) {
  pmt_load_options options;
  pmt_dataset* data = NULL;
  char text[2048];
  snprintf(text, sizeof text, "not json\n%s", three_examples);
  PMT_INIT(pmt_load_options, options);
  REFUSED(PMT_E_INVALID_ARGUMENT, pmt_dataset_parse(pmt_text(text), NULL, &options, &data, err));
  options.on_error = "skip";
  ACCEPTED(pmt_dataset_parse(pmt_text(text), NULL, &options, &data, err));
  CHECK(pmt_dataset_size(data) == 3);
  pmt_dataset_free(data);
  data = NULL;
  options.on_error = "shrug";
  REFUSED(PMT_E_INVALID_ARGUMENT, pmt_dataset_parse(pmt_text(text), NULL, &options, &data, err));
}

static void descriptions(void) {
  static const char* const structs[] = {
      "pmt_load_options", "pmt_model_options", "pmt_generate_options", "pmt_export_options",   "pmt_train_config",
      "pmt_eval_options", "pmt_pull_options",  "pmt_preview_options",  "pmt_surprise_options", "pmt_engine_options"};
  size_t i;
  for (i = 0; i < sizeof structs / sizeof *structs; ++i) {
    pmt_buffer* text = NULL;
    ACCEPTED(pmt_options_describe(structs[i], &text, err));
    CHECK(strstr(pmt_buffer_view(text).data, "\"doc\"") != NULL);
    pmt_buffer_free(text);
  }
}

int main(void) {
  defaults();
  every_kind_of_value();
  older_caller();
  newer_caller();
  not_set_up();
  out_of_range();
  presets();
  load_options();
  descriptions();
  FINISH();
}
