/* Versions of data, differences, team sets and the inbox, through the C interface.
 *
 *   test_data WORKDIR */
#include <stdlib.h>

#include "check.h"

static pmt_dataset* parsed(const char* text, const char* name) {
  pmt_dataset* data = NULL;
  ACCEPTED(pmt_dataset_parse(pmt_text(text), name, NULL, &data, err));
  return data;
}

/* frees the buffer */
static int holds(pmt_buffer* buffer, const char* part) {
  const int found = buffer != NULL && strstr(pmt_buffer_view(buffer).data, part) != NULL;
  pmt_buffer_free(buffer);
  return found;
}

static const char first_text[] = "{\"prompt\": \"One\", \"completion\": \"1\"}\n";
static const char second_text[] =
    "{\"prompt\": \"One\", \"completion\": \"one\", \"author\": \"Ben\"}\n"
    "{\"prompt\": \"Two\", \"completion\": \"2\"}\n";

static void differences_and_teams(void) {
  pmt_dataset *first = parsed(first_text, "ana.jsonl"), *second = parsed(second_text, "ben.jsonl"), *all = NULL;
  pmt_buffer *text = NULL, *problems = NULL;
  const char* const people[] = {"Ana", "Ben"};
  const pmt_dataset* sets[2];
  sets[0] = first;
  sets[1] = second;
  ACCEPTED(pmt_dataset_diff_text(first, second, &text, err));
  CHECK(holds(text, "1 added, 0 removed, 1 edited."));
  ACCEPTED(pmt_dataset_diff(first, first, &text, err));
  CHECK(holds(text, "\"edited\": []"));
  ACCEPTED(pmt_dataset_merge_team(people, sets, 2, &all, &problems, err));
  CHECK(pmt_dataset_size(all) == 3);
  CHECK(holds(problems, "\"code\":\"contradiction_in_team\""));
  ACCEPTED(pmt_dataset_get(all, 0, &text, err));
  CHECK(holds(text, "\"author\":\"Ana\""));
  pmt_dataset_free(first);
  pmt_dataset_free(second);
  pmt_dataset_free(all);
}

static void versions(const char* workdir) {
  char folder[4096];
  pmt_registry* registry = NULL;
  pmt_buffer* text = NULL;
  pmt_dataset *first = parsed(first_text, "a"), *second = parsed(second_text, "b"), *opened = NULL;
  snprintf(folder, sizeof folder, "%s/models", workdir);
  ACCEPTED(pmt_registry_open(folder, &registry, err));
  REFUSED(PMT_E_NOT_FOUND, pmt_registry_get_data(registry, "C-data", &text, err));
  ACCEPTED(pmt_registry_commit_data(registry, "C-data", first, "Ana", "start", &text, err));
  CHECK(holds(text, "\"id\":\"C-data-d1\""));
  ACCEPTED(pmt_registry_commit_data(registry, "C-data", second, NULL, NULL, &text, err));
  CHECK(holds(text, "\"parent\":\"C-data-d1\""));
  ACCEPTED(pmt_registry_commit_data(registry, "C-data", second, NULL, NULL, &text, err));
  CHECK(holds(text, "\"id\":\"C-data-d2\"")); /* nothing new */
  ACCEPTED(pmt_registry_get_data(registry, "C-data-d1", &text, err));
  CHECK(holds(text, "\"author\":\"Ana\""));
  ACCEPTED(pmt_registry_list_data(registry, NULL, &text, err));
  CHECK(holds(text, "C-data-d2"));
  ACCEPTED(pmt_registry_diff_data(registry, "C-data-d1", "C-data", &text, err));
  CHECK(holds(text, "\"content\": \"Two\""));
  ACCEPTED(pmt_registry_open_data(registry, "C-data", &opened, err));
  CHECK(pmt_dataset_size(opened) == 2);
  REFUSED(PMT_E_INVALID_ARGUMENT, pmt_registry_commit_data(registry, "C-d1", first, NULL, NULL, &text, err));
  pmt_registry_free(registry);
  pmt_dataset_free(first);
  pmt_dataset_free(second);
  pmt_dataset_free(opened);
}

static void inbox(const char* workdir) {
  char path[4096], data_path[4096];
  pmt_inbox* box = NULL;
  pmt_buffer *id = NULL, *text = NULL;
  pmt_dataset *accepted = NULL, *mine = parsed(second_text, "b");
  snprintf(path, sizeof path, "%s/inbox.jsonl", workdir);
  snprintf(data_path, sizeof data_path, "%s/data.jsonl", workdir);
  remove(path);
  ACCEPTED(pmt_dataset_save(mine, data_path, err));
  ACCEPTED(pmt_inbox_open(path, &box, err));
  ACCEPTED(
      pmt_inbox_append(box, pmt_text("{\"prompt\": \"Three\", \"completion\": \"3\"}"), "Ana", "chat", &id, err));
  REFUSED(PMT_E_INVALID_ARGUMENT, pmt_inbox_append(box, pmt_text(second_text), NULL, NULL, &text, err));
  REFUSED(PMT_E_INVALID_ARGUMENT, pmt_inbox_append(box, pmt_text("{}"), NULL, NULL, &text, err));
  REFUSED(PMT_E_INVALID_ARGUMENT, pmt_inbox_list(box, "done", &text, err));
  ACCEPTED(pmt_inbox_list(box, "pending", &text, err));
  CHECK(holds(text, "\"source\":\"chat\""));
  REFUSED(PMT_E_NOT_FOUND, pmt_inbox_review(box, "zzzz", "accepted", NULL, NULL, err));
  ACCEPTED(pmt_inbox_review(box, pmt_buffer_view(id).data, "accepted", "Ben", "good", err));
  pmt_buffer_free(id);
  ACCEPTED(pmt_inbox_accepted(box, &accepted, err));
  CHECK(pmt_dataset_size(accepted) == 1);
  ACCEPTED(pmt_inbox_take(box, data_path, &text, err));
  CHECK(holds(text, "{\"added\":1,\"present\":0,\"examples\":3}"));
  ACCEPTED(pmt_inbox_problems(box, &text, err));
  CHECK(holds(text, "[]"));
  pmt_inbox_free(box);
  pmt_dataset_free(accepted);
  pmt_dataset_free(mine);
}

int main(int argc, char** argv) {
  char command[4200];
  if (argc != 2) return fprintf(stderr, "usage: test_data WORKDIR\n"), 2;
  snprintf(command, sizeof command, "rm -rf '%s/models'", argv[1]); /* of an earlier run */
  if (system(command) != 0) return 1;
  differences_and_teams();
  versions(argv[1]);
  inbox(argv[1]);
  FINISH();
}
