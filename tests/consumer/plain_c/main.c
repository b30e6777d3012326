#include <pmtune.h>
#include <stdio.h>

static const char line[] =
    "{\"messages\": [{\"role\": \"user\", \"content\": \"Name one metric.\"}, {\"role\": \"assistant\", \"content\": "
    "\"Activation rate.\"}]}\n";

int main(void) {
  pmt_error* err = NULL;
  pmt_dataset* data = NULL;
  pmt_buffer* hash = NULL;
  pmt_train_config config;
  PMT_INIT(pmt_train_config, config);
  if (pmt_dataset_parse(pmt_text(line), NULL, NULL, &data, &err) || pmt_dataset_hash(data, &hash, &err)) {
    fprintf(stderr, "%s\n", pmt_error_message(err));
    pmt_error_free(err);
    return 1;
  }
  printf("pmtune %s: %d example, %s\n", pmt_version(), (int)pmt_dataset_size(data), pmt_buffer_view(hash).data);
  pmt_buffer_free(hash);
  pmt_dataset_free(data);
  return config.epochs == 3 ? 0 : 1;
}
