#include <pmtune.h>
#include <stdio.h>

int main(void) {
  pmt_error* err = NULL;
  pmt_model* model = NULL;
  pmt_status status = pmt_model_load("/nowhere/model.gguf", NULL, &model, &err);
  printf("%s\n%s\n", pmt_build_info(), pmt_error_message(err));
  pmt_error_free(err);
  return status == PMT_E_NOT_FOUND && pmt_abi_version() == PMT_ABI_VERSION ? 0 : 1;
}
