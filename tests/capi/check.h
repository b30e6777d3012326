/* What the C tests share: CHECK counts failures, REFUSED expects a status together with an error that says the same.
 */
#ifndef PMTUNE_TESTS_CAPI_CHECK_H
#define PMTUNE_TESTS_CAPI_CHECK_H

#include <pmtune.h>
#include <stdio.h>
#include <string.h>

static int failures = 0;

#define CHECK(condition)                                                      \
  do {                                                                        \
    if (!(condition)) {                                                       \
      ++failures;                                                             \
      fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #condition); \
    }                                                                         \
  } while (0)

/* call uses `err`, a pmt_error **. It runs twice: with an error wanted, and with NULL. */
#define REFUSED(expected, call)                                                                                  \
  do {                                                                                                           \
    pmt_error* error_ = NULL;                                                                                    \
    pmt_error** err = &error_;                                                                                   \
    pmt_status status_ = (call);                                                                                 \
    if (status_ != (expected) || pmt_error_code(error_) != (expected) || pmt_error_message(error_)[0] == '\0') { \
      ++failures;                                                                                                \
      fprintf(stderr, "%s:%d: %s gave %d \"%s\", not %d\n", __FILE__, __LINE__, #call, (int)status_,             \
              pmt_error_message(error_), (int)(expected));                                                       \
    }                                                                                                            \
    pmt_error_free(error_);                                                                                      \
    err = NULL;                                                                                                  \
    CHECK((call) == (expected));                                                                                 \
  } while (0)

#define ACCEPTED(call)                                                                                 \
  do {                                                                                                 \
    pmt_error* error_ = NULL;                                                                          \
    pmt_error** err = &error_;                                                                         \
    if ((call) != PMT_OK || error_ != NULL) {                                                          \
      ++failures;                                                                                      \
      fprintf(stderr, "%s:%d: %s failed: %s\n", __FILE__, __LINE__, #call, pmt_error_message(error_)); \
    }                                                                                                  \
    pmt_error_free(error_);                                                                            \
  } while (0)

#define FINISH()                                                       \
  do {                                                                 \
    if (failures > 0) fprintf(stderr, "%d checks failed\n", failures); \
    return failures > 0;                                               \
  } while (0)

static const char three_examples[] =
    "{\"messages\": [{\"role\": \"user\", \"content\": \"Say hello to the team.\"}, {\"role\": \"assistant\", "
    "\"content\": \"Hello, team!\"}], \"tags\": [\"greeting\"]}\n"
    "{\"messages\": [{\"role\": \"user\", \"content\": \"Name one metric.\"}, {\"role\": \"assistant\", \"content\": "
    "\"Activation rate in week one.\"}]}\n"
    "{\"messages\": [{\"role\": \"user\", \"content\": \"When do we ship?\"}, {\"role\": \"assistant\", \"content\": "
    "\"On Tuesday after the review.\"}]}\n";

#endif
