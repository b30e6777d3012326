/* pmtune for C and for every language that can call C: fine-tune a small local language model on your own examples,
 * find out whether it got better, keep its versions, and use it, in this process, with nothing sent anywhere.
 *
 *   pmt_error *err = NULL; pmt_dataset *data = NULL; pmt_model *base = NULL, *tuned = NULL;
 *   pmt_trainer *trainer = NULL; pmt_train_result *result = NULL; pmt_buffer *answer = NULL;
 *   pmt_train_config config;  PMT_INIT(pmt_train_config, config);  config.name = "PM-Assistant";
 *   if (pmt_dataset_load("examples/dataset.jsonl", NULL, &data, &err) ||
 *       pmt_model_load("smollm2-135m-instruct", NULL, &base, &err) ||
 *       pmt_trainer_create(base, &config, &trainer, &err) ||
 *       pmt_trainer_run(trainer, data, NULL, &result, &err) ||
 *       pmt_train_result_model(result, &tuned, &err) ||
 *       pmt_model_chat(tuned, pmt_text("Write a user story for password reset"), NULL, &answer, &err))
 *     fprintf(stderr, "%s\n", pmt_error_message(err));
 *   else
 *     puts(pmt_buffer_view(answer).data);
 *   (then every *_free; all of them accept NULL)
 *
 * The rules, which hold for every function:
 * - Errors. A function that can fail returns pmt_status: PMT_OK (0) or a negative code. The last argument `err` may
 * be NULL; on failure it receives an error that the caller frees with pmt_error_free. On success *err is not touched.
 * On failure the results are not touched, nothing needs freeing but *err, and the arguments can be used again. Branch
 * on the code, never on the text; treat a code that you do not know as PMT_E_INTERNAL. No state is kept per thread.
 * - Ownership. What arrives through a pointer to a pointer (`out`) belongs to the caller, who frees it with the
 * *_free of its type. *_free accepts NULL. Objects keep alive what they need: free them in any order. Arguments are
 * borrowed for the duration of the call, and their texts are copied.
 * - Text is UTF-8; invalid UTF-8 gives PMT_E_INVALID_ARGUMENT. Longer text travels as pmt_str (may hold NUL
 * characters); paths, names and references are NUL-terminated. JSON texts may gain members in later versions.
 * - NULL where an object, a text or `out` is required gives PMT_E_INVALID_ARGUMENT, never a crash. "or NULL" marks
 * what may be.
 * - Options are structs that begin with struct_size; set them up with PMT_INIT(type, variable). NULL options and NULL
 * texts inside mean the default. Members are only ever appended. Members that this library does not know yet must be
 * 0, or the call gives PMT_E_UNSUPPORTED. Ranges: pmt_options_describe.
 * - Threads. pmt_model, pmt_engine, pmt_dataset and pmt_inbox never change: share them freely. pmt_trainer,
 * pmt_evaluator, pmt_registry and pmt_chat serve one thread at a time; a second one gets PMT_E_BUSY at once. A
 * pmt_server may be used from several. Results, reports, errors and buffers are plain data.
 * - Callbacks run on the thread that called the function they report on, never afterwards, and must not throw. 0
 * means go on, anything else stop. Each has user_data and a destroy function (or NULL), which is called exactly once
 * with user_data when the library has no more use for it, also when the function that was given the callback fails.
 * - Enumerations travel as int32_t. Flags are int32_t: 0 no, 1 yes.
 * The library writes nothing to stdout or stderr, installs no signal handler and changes no global state by itself.
 */
#ifndef PMTUNE_H
#define PMTUNE_H

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#define PMT_API
#elif defined(__GNUC__)
#define PMT_API __attribute__((visibility("default")))
#else
#define PMT_API
#endif

#ifdef __cplusplus
#define PMT_NOEXCEPT noexcept
extern "C" {
#else
#define PMT_NOEXCEPT
#endif

/* Define PMT_STRICT before including this header to be warned of every status that is not looked at. */
#if defined(PMT_STRICT) && defined(__GNUC__)
#define PMT_CHECKED __attribute__((warn_unused_result))
#else
#define PMT_CHECKED
#endif

/* The interface described here. pmt_abi_version() tells what the loaded library speaks; equal numbers fit together.
 */
#define PMT_ABI_VERSION 1u

/* ---- Status and errors ---- */

typedef int32_t pmt_status;
enum {
  PMT_OK = 0,
  PMT_E_INVALID_ARGUMENT = -1, /* the caller's value is wrong: an option out of range, data that cannot be used */
  PMT_E_NOT_FOUND = -2,        /* no such file, model, version or alias */
  PMT_E_CORRUPT = -3,          /* a file is not what it claims to be */
  PMT_E_IO = -4,               /* the operating system refused: permission, full disk */
  PMT_E_OUT_OF_MEMORY = -5,    /* it does not fit */
  PMT_E_UNSUPPORTED = -6,      /* well formed, but this library cannot do it */
  PMT_E_BUSY = -7,             /* the object is in use, on another thread or by the caller of this callback */
  PMT_E_CANCELLED = -8,        /* cancelled, or a callback asked to stop, before there was a result */
  PMT_E_INTERNAL = -100        /* a defect in pmtune; please report it */
};

typedef struct pmt_error pmt_error;
PMT_API pmt_status pmt_error_code(const pmt_error* error) PMT_NOEXCEPT; /* PMT_OK for NULL */
/* one sentence; lives as long as the error; "" for NULL */
PMT_API const char* pmt_error_message(const pmt_error* error) PMT_NOEXCEPT;
/* for an engineer, often ""; lives as long as the error */
PMT_API const char* pmt_error_detail(const pmt_error* error) PMT_NOEXCEPT;
PMT_API void pmt_error_free(pmt_error* error) PMT_NOEXCEPT;
PMT_API const char* pmt_status_name(pmt_status status) PMT_NOEXCEPT; /* "ok", "not_found", ...; static */

/* ---- Text, buffers, tensors ---- */

typedef struct pmt_str {
  const char* data; /* UTF-8; NULL only when size is 0 */
  size_t size;      /* bytes */
} pmt_str;
PMT_API pmt_str pmt_text(const char* nul_terminated) PMT_NOEXCEPT; /* a view of the argument; empty for NULL */

/* Owned text. The view is valid until pmt_buffer_free; a NUL stands after its last byte, so it prints with %s. */
typedef struct pmt_buffer pmt_buffer;
PMT_API pmt_str pmt_buffer_view(const pmt_buffer* buffer) PMT_NOEXCEPT;
PMT_API void pmt_buffer_free(pmt_buffer* buffer) PMT_NOEXCEPT;

enum { PMT_DTYPE_U8 = 0, PMT_DTYPE_I32 = 1, PMT_DTYPE_F32 = 2 };
/* Owned numbers. The view is valid until pmt_tensor_free. */
typedef struct pmt_tensor pmt_tensor;
typedef struct pmt_tensor_data {
  const void* data;
  int32_t dtype; /* PMT_DTYPE_ */
  int32_t ndim;
  const int64_t* shape;
  const int64_t* strides; /* in elements */
} pmt_tensor_data;
PMT_API pmt_tensor_data pmt_tensor_view(const pmt_tensor* tensor) PMT_NOEXCEPT; /* data NULL and ndim 0 for NULL */
PMT_API void pmt_tensor_free(pmt_tensor* tensor) PMT_NOEXCEPT;

/* ---- The library and the machine ---- */

typedef void (*pmt_destroy_fn)(void* user_data);

enum { PMT_LOG_DEBUG = 0, PMT_LOG_INFO = 1, PMT_LOG_WARNING = 2, PMT_LOG_ERROR = 3 };
typedef void (*pmt_log_fn)(int32_t level, pmt_str message, void* user_data);

PMT_API uint32_t pmt_abi_version(void) PMT_NOEXCEPT;
PMT_API const char* pmt_version(void) PMT_NOEXCEPT;    /* "0.1.0"; static */
PMT_API const char* pmt_build_info(void) PMT_NOEXCEPT; /* {"version", "abi", "torch", "compiler"}; static JSON */
/* {"version", "torch_version", "cpu_capability", "cpu_bf16", "threads", "devices", "memory_total",
 * "memory_available", "resident", "peak_resident"}; bytes */
PMT_API PMT_CHECKED pmt_status pmt_runtime_info(pmt_buffer** out, pmt_error** err) PMT_NOEXCEPT;
/* Threads that one operation may use, 1 to 1024; for the thread that calls and those that start later. */
PMT_API PMT_CHECKED pmt_status pmt_set_threads(int32_t count, pmt_error** err) PMT_NOEXCEPT;
PMT_API void pmt_trim_memory(void) PMT_NOEXCEPT; /* gives memory that is held but not needed back to the system */
/* What the library has to tell beside its results. Called on the thread where it happens, one call at a time, until
 * it is replaced; NULL switches off. Process-wide. */
PMT_API PMT_CHECKED pmt_status pmt_set_log_callback(pmt_log_fn callback, void* user_data, pmt_destroy_fn destroy,
                                                    pmt_error** err) PMT_NOEXCEPT;

/* Sets a struct of options to its defaults. Never writes past the caller's struct, however old the caller. */
#define PMT_INIT(type, variable) type##_init(&(variable), sizeof(variable))
/* The members of an options struct, e.g. "pmt_train_config", with default, range, unit and meaning: a JSON array of
 * {"name", "type", "default", "doc", "unit"?, "least"?, "least_excluded"?, "most"?, "choices"?}. */
PMT_API PMT_CHECKED pmt_status pmt_options_describe(const char* struct_name, pmt_buffer** out,
                                                    pmt_error** err) PMT_NOEXCEPT;

/* ---- Datasets ---- */

typedef struct pmt_dataset pmt_dataset;
typedef struct pmt_load_options {
  size_t struct_size;
  const char* format;   /* auto|chat|sharegpt|prompt-completion|instruction|question-answer|csv */
  const char* on_error; /* raise: the first faulty line is an error; skip: faulty lines are left out */
} pmt_load_options;
PMT_API void pmt_load_options_init(pmt_load_options* options, size_t struct_size) PMT_NOEXCEPT;

/* Reads a .jsonl, .json, .csv or .tsv file, also compressed with gzip. The message of PMT_E_INVALID_ARGUMENT names
 * file, line and cure. */
PMT_API PMT_CHECKED pmt_status pmt_dataset_load(const char* path, const pmt_load_options* options, pmt_dataset** out,
                                                pmt_error** err) PMT_NOEXCEPT;
/* The same from text; name (or NULL) stands for the file in messages. */
PMT_API PMT_CHECKED pmt_status pmt_dataset_parse(pmt_str text, const char* name, const pmt_load_options* options,
                                                 pmt_dataset** out, pmt_error** err) PMT_NOEXCEPT;
/* Every problem of a file: {"ok", "path", "stats", "problems": [{"line", "severity", "code", "message", "fix"}]}.
 * Succeeds whatever the file contains. */
PMT_API PMT_CHECKED pmt_status pmt_dataset_check(const char* path, const pmt_load_options* options, pmt_buffer** out,
                                                 pmt_error** err) PMT_NOEXCEPT;
/* The same, and which examples of the file stand in held_out too ("leaks_into_held_out"). */
PMT_API PMT_CHECKED pmt_status pmt_dataset_check_held_out(const char* path, const pmt_dataset* held_out,
                                                          const pmt_load_options* options, pmt_buffer** out,
                                                          pmt_error** err) PMT_NOEXCEPT;
/* Writes a copy in which everything is mended that can be mended safely: {"path", "copy", "fixes": [{"line", "code",
 * "message", "before", "after"}], "remaining": what check says of the copy}. */
PMT_API PMT_CHECKED pmt_status pmt_dataset_fix(const char* path, const char* copy, const pmt_load_options* options,
                                               pmt_buffer** out, pmt_error** err) PMT_NOEXCEPT;
PMT_API size_t pmt_dataset_size(const pmt_dataset* data) PMT_NOEXCEPT; /* examples; 0 for NULL */
/* One example, counted from 0: {"messages": [{"role", "content", "weight"}], "tags", "origin", "line", "author"}. */
PMT_API PMT_CHECKED pmt_status pmt_dataset_get(const pmt_dataset* data, size_t index, pmt_buffer** out,
                                               pmt_error** err) PMT_NOEXCEPT;
/* Random parts, the same for the same seed. fraction, 0 to below 1, is the part of the validation set. Each task
 * gives its share; examples that say nearly the same stay together. */
PMT_API PMT_CHECKED pmt_status pmt_dataset_split(const pmt_dataset* data, double fraction, uint64_t seed,
                                                 pmt_dataset** training, pmt_dataset** validation,
                                                 pmt_error** err) PMT_NOEXCEPT;
/* One of count divisions for cross-validation, index from 0: each example is held out in one of them. */
PMT_API PMT_CHECKED pmt_status pmt_dataset_fold(const pmt_dataset* data, size_t count, size_t index, uint64_t seed,
                                                pmt_dataset** training, pmt_dataset** validation,
                                                pmt_error** err) PMT_NOEXCEPT;
/* Without what stands in it before; nearly, if not 0: also without what says nearly the same. */
PMT_API PMT_CHECKED pmt_status pmt_dataset_deduplicate(const pmt_dataset* data, int nearly, pmt_dataset** out,
                                                       pmt_error** err) PMT_NOEXCEPT;
/* Merge, with the tag "round:NAME" on what is new. */
PMT_API PMT_CHECKED pmt_status pmt_dataset_grow(const pmt_dataset* data, const char* round,
                                                const pmt_dataset* additions, pmt_dataset** out,
                                                pmt_error** err) PMT_NOEXCEPT;
/* The examples of both; exact duplicates in `other` are left out. */
PMT_API PMT_CHECKED pmt_status pmt_dataset_merge(const pmt_dataset* data, const pmt_dataset* other, pmt_dataset** out,
                                                 pmt_error** err) PMT_NOEXCEPT;
PMT_API PMT_CHECKED pmt_status pmt_dataset_filter(const pmt_dataset* data, const char* tag, pmt_dataset** out,
                                                  pmt_error** err) PMT_NOEXCEPT;
PMT_API PMT_CHECKED pmt_status pmt_dataset_sample(const pmt_dataset* data, size_t count, uint64_t seed,
                                                  pmt_dataset** out, pmt_error** err) PMT_NOEXCEPT;
PMT_API PMT_CHECKED pmt_status pmt_dataset_to_jsonl(const pmt_dataset* data, pmt_buffer** out,
                                                    pmt_error** err) PMT_NOEXCEPT;
/* chat JSONL, atomically */
PMT_API PMT_CHECKED pmt_status pmt_dataset_save(const pmt_dataset* data, const char* path,
                                                pmt_error** err) PMT_NOEXCEPT;
/* SHA-256, hexadecimal */
PMT_API PMT_CHECKED pmt_status pmt_dataset_hash(const pmt_dataset* data, pmt_buffer** out,
                                                pmt_error** err) PMT_NOEXCEPT;
/* What has to be done to `before` to get `after`: {"added": [example...], "removed": [example...], "edited":
 * [{"before", "after"}]}; the second form for a person. The order of the examples is no difference. */
PMT_API PMT_CHECKED pmt_status pmt_dataset_diff(const pmt_dataset* before, const pmt_dataset* after, pmt_buffer** out,
                                                pmt_error** err) PMT_NOEXCEPT;
PMT_API PMT_CHECKED pmt_status pmt_dataset_diff_text(const pmt_dataset* before, const pmt_dataset* after,
                                                     pmt_buffer** out, pmt_error** err) PMT_NOEXCEPT;
/* The sets of `count` people as one: people[i] wrote sets[i]. An example without an author gets that name, the same
 * conversation is kept once. problems (or NULL): what they should talk about, [{"line", "severity", "code",
 * "message", "fix"}], with the line in the merged set; codes duplicate_in_team and contradiction_in_team. */
PMT_API PMT_CHECKED pmt_status pmt_dataset_merge_team(const char* const* people, const pmt_dataset* const* sets,
                                                      size_t count, pmt_dataset** out, pmt_buffer** problems,
                                                      pmt_error** err) PMT_NOEXCEPT;
PMT_API void pmt_dataset_free(pmt_dataset* data) PMT_NOEXCEPT;

/* ---- Inbox: corrected answers that wait for a person to decide whether the model should learn them ---- */

/* A file to which lines are only ever added. Several processes may use it at a time, and what was appended is on disk
 * when the call returns; a power failure spoils no line but the one that was being written. */
typedef struct pmt_inbox pmt_inbox;
/* Nothing is created before something is appended. */
PMT_API PMT_CHECKED pmt_status pmt_inbox_open(const char* path, pmt_inbox** out, pmt_error** err) PMT_NOEXCEPT;
/* example: one, as JSON in any form that pmt_dataset_parse takes, on one line. author and source ("chat") may be
 * NULL. out: its id. */
PMT_API PMT_CHECKED pmt_status pmt_inbox_append(const pmt_inbox* inbox, pmt_str example, const char* author,
                                                const char* source, pmt_buffer** out, pmt_error** err) PMT_NOEXCEPT;
/* In the order of arrival: [{"id", "example", "status", "author", "source", "received", "reviewer", "note"}]. status:
 * "pending", "accepted" or "rejected"; NULL lists all. */
PMT_API PMT_CHECKED pmt_status pmt_inbox_list(const pmt_inbox* inbox, const char* status, pmt_buffer** out,
                                              pmt_error** err) PMT_NOEXCEPT;
/* Decides about an entry; the last decision counts. The beginning of an id is enough, from four characters. reviewer
 * and note may be NULL. */
PMT_API PMT_CHECKED pmt_status pmt_inbox_review(const pmt_inbox* inbox, const char* id, const char* status,
                                                const char* reviewer, const char* note, pmt_error** err) PMT_NOEXCEPT;
/* the accepted examples; an empty set when there are none */
PMT_API PMT_CHECKED pmt_status pmt_inbox_accepted(const pmt_inbox* inbox, pmt_dataset** out,
                                                  pmt_error** err) PMT_NOEXCEPT;
/* Adds the accepted examples that a JSONL file lacks at its end, atomically: {"added", "present", "examples"}. */
PMT_API PMT_CHECKED pmt_status pmt_inbox_take(const pmt_inbox* inbox, const char* data_path, pmt_buffer** out,
                                              pmt_error** err) PMT_NOEXCEPT;
/* the lines that cannot be read, as in pmt_dataset_check; all others are as good as they were */
PMT_API PMT_CHECKED pmt_status pmt_inbox_problems(const pmt_inbox* inbox, pmt_buffer** out,
                                                  pmt_error** err) PMT_NOEXCEPT;
PMT_API void pmt_inbox_free(pmt_inbox* inbox) PMT_NOEXCEPT;

/* ---- Models ---- */

typedef struct pmt_model pmt_model;
typedef struct pmt_model_options {
  size_t struct_size;
  const char* device;  /* auto, cpu, cuda, cuda:N, mps */
  const char* weights; /* auto|f32|bf16|file|q4|q8|nf4: precision of the frozen weights in memory */
  int64_t max_memory;  /* bytes that loading may take; 0 sets no limit */
} pmt_model_options;
PMT_API void pmt_model_options_init(pmt_model_options* options, size_t struct_size) PMT_NOEXCEPT;

typedef struct pmt_generate_options {
  size_t struct_size;
  int64_t max_tokens;
  double temperature; /* 0 always takes the most likely token */
  int64_t top_k;      /* 0 switches off */
  double top_p;       /* 1 switches off */
  double min_p;       /* 0 switches off */
  double repetition_penalty;
  uint64_t seed;
  const char* const* stop; /* texts that end the answer; NULL for none */
  size_t n_stop;
  const char* const* stop_tokens; /* more tokens that end it, by name or number; NULL for none */
  size_t n_stop_tokens;
  int64_t min_tokens;
  double frequency_penalty;
  double presence_penalty;
  const char* logit_bias; /* JSON: {"1234": -100}; NULL for none */
  int64_t logprobs;       /* -1: none */
  const char* response;   /* text|json */
  const char* json_schema;
} pmt_generate_options;
PMT_API void pmt_generate_options_init(pmt_generate_options* options, size_t struct_size) PMT_NOEXCEPT;

typedef struct pmt_export_options {
  size_t struct_size;
  const char* format;       /* peft|hf|gguf|gguf-lora */
  const char* quantization; /* for gguf; NULL keeps the base's */
} pmt_export_options;
PMT_API void pmt_export_options_init(pmt_export_options* options, size_t struct_size) PMT_NOEXCEPT;

/* One turn of a conversation. This struct has no struct_size and never changes. */
typedef struct pmt_message {
  const char* role; /* "system", "user" or "assistant" */
  pmt_str content;
} pmt_message;

/* Called once a token with whole characters; the text, valid during the call, may be empty. Not 0 ends the answer
 * there. Any function may be called inside, on other objects or the same model. */
typedef int32_t (*pmt_token_fn)(pmt_str text, void* user_data);

enum { PMT_FINISH_STOP = 0, PMT_FINISH_LENGTH = 1, PMT_FINISH_CANCELLED = 2 };
/* About an answer; set up with PMT_INIT before the call that fills it. */
typedef struct pmt_generation {
  size_t struct_size;
  int64_t tokens; /* written */
  int64_t prompt_tokens;
  double prompt_seconds;  /* until the first token could be drawn */
  double seconds;         /* all of it */
  int32_t finish;         /* PMT_FINISH_ */
  int32_t reserved;       /* 0 */
  int64_t cached_tokens;  /* of the prompt, worked out for an earlier answer (pmt_engine) */
  int64_t guessed_tokens; /* of those written, guessed ahead */
} pmt_generation;
PMT_API void pmt_generation_init(pmt_generation* generation, size_t struct_size) PMT_NOEXCEPT;

/* source: a name known to pmtune ("smollm2-135m-instruct"), a .gguf file, a Hugging Face folder, an adapter folder, a
 * registry reference ("PM-PRDs@primary"), or the "reference" of an entry of pmt_local_models. Downloads nothing. */
PMT_API PMT_CHECKED pmt_status pmt_model_load(const char* source, const pmt_model_options* options, pmt_model** out,
                                              pmt_error** err) PMT_NOEXCEPT;
/* {"name", "source", "architecture", "parameters", "layers", "hidden_size", "vocabulary", "context_length",
 * "file_format", "file_precision", "weights", "device", "memory", "hash", "adapter", "adapter_parameters",
 * "adapter_rank"} */
PMT_API PMT_CHECKED pmt_status pmt_model_info(const pmt_model* model, pmt_buffer** out, pmt_error** err) PMT_NOEXCEPT;
/* SHA-256 of the base's file(s) */
PMT_API PMT_CHECKED pmt_status pmt_model_hash(const pmt_model* model, pmt_buffer** out, pmt_error** err) PMT_NOEXCEPT;
/* Token ids, i32 [n]. special: control tokens such as "<|im_end|>" are recognised, and a BOS is added where one is
 * expected. */
PMT_API PMT_CHECKED pmt_status pmt_model_tokenize(const pmt_model* model, pmt_str text, int32_t special,
                                                  pmt_tensor** out, pmt_error** err) PMT_NOEXCEPT;
PMT_API PMT_CHECKED pmt_status pmt_model_detokenize(const pmt_model* model, const int32_t* ids, size_t count,
                                                    int32_t skip_special, pmt_buffer** out,
                                                    pmt_error** err) PMT_NOEXCEPT;
/* The conversation as the model sees it, by the model's own chat template. */
PMT_API PMT_CHECKED pmt_status pmt_model_render(const pmt_model* model, const pmt_message* messages, size_t count,
                                                int32_t add_generation_prompt, pmt_buffer** out,
                                                pmt_error** err) PMT_NOEXCEPT;
/* The same as ids, i32 [n]; mask (or NULL), u8 [n]: 1 marks what training teaches, answers and their stop tokens. */
PMT_API PMT_CHECKED pmt_status pmt_model_encode(const pmt_model* model, const pmt_message* messages, size_t count,
                                                int32_t add_generation_prompt, pmt_tensor** ids, pmt_tensor** mask,
                                                pmt_error** err) PMT_NOEXCEPT;
/* Scores of the next token after each position, f32 [count, vocabulary]. */
PMT_API PMT_CHECKED pmt_status pmt_model_logits(const pmt_model* model, const int32_t* ids, size_t count,
                                                pmt_tensor** out, pmt_error** err) PMT_NOEXCEPT;
/* Mean loss over the taught tokens of the set, in nats per token. */
PMT_API PMT_CHECKED pmt_status pmt_model_loss(const pmt_model* model, const pmt_dataset* data, double* out,
                                              pmt_error** err) PMT_NOEXCEPT;
/* Answers a conversation. options, on_token and about may be NULL. A callback that stops is no error: out holds what
 * was written. */
PMT_API PMT_CHECKED pmt_status pmt_model_generate(const pmt_model* model, const pmt_message* messages, size_t count,
                                                  const pmt_generate_options* options, pmt_token_fn on_token,
                                                  void* user_data, pmt_destroy_fn destroy, pmt_buffer** out,
                                                  pmt_generation* about, pmt_error** err) PMT_NOEXCEPT;
/* Continues plain text, without chat template. */
PMT_API PMT_CHECKED pmt_status pmt_model_generate_text(const pmt_model* model, pmt_str prompt,
                                                       const pmt_generate_options* options, pmt_token_fn on_token,
                                                       void* user_data, pmt_destroy_fn destroy, pmt_buffer** out,
                                                       pmt_generation* about, pmt_error** err) PMT_NOEXCEPT;
/* One question, one answer; a tuned model is asked with the system prompt that it was taught with. */
PMT_API PMT_CHECKED pmt_status pmt_model_chat(const pmt_model* model, pmt_str question,
                                              const pmt_generate_options* options, pmt_buffer** out,
                                              pmt_error** err) PMT_NOEXCEPT;
/* The system prompt that the model was taught with: begin conversations with it. Empty when it was taught without. */
PMT_API PMT_CHECKED pmt_status pmt_model_system(const pmt_model* model, pmt_buffer** out,
                                                pmt_error** err) PMT_NOEXCEPT;
/* Adapters are PEFT folders. The new model shares the base weights. */
PMT_API PMT_CHECKED pmt_status pmt_model_load_adapter(const pmt_model* model, const char* folder, pmt_model** out,
                                                      pmt_error** err) PMT_NOEXCEPT;
PMT_API PMT_CHECKED pmt_status pmt_model_save_adapter(const pmt_model* model, const char* folder,
                                                      pmt_error** err) PMT_NOEXCEPT;
PMT_API int32_t pmt_model_has_adapter(const pmt_model* model) PMT_NOEXCEPT; /* 0 for NULL */
/* without the adapter */
PMT_API PMT_CHECKED pmt_status pmt_model_base(const pmt_model* model, pmt_model** out, pmt_error** err) PMT_NOEXCEPT;
PMT_API PMT_CHECKED pmt_status pmt_model_export(const pmt_model* model, const char* path,
                                                const pmt_export_options* options, pmt_error** err) PMT_NOEXCEPT;
PMT_API void pmt_model_free(pmt_model* model) PMT_NOEXCEPT;

/* ---- Many answers at once ---- */

/* Requests of several threads, for a base model and any of its adapters, worked on together. What an answer is does
 * not depend on its company. Every function may be called from any thread at any time, but pmt_engine_free only when
 * no other is running. Callbacks run on the thread that asked. */
typedef struct pmt_engine pmt_engine;
typedef struct pmt_engine_options {
  size_t struct_size;
  int64_t batch_size;          /* answers written at once */
  int64_t context_length;      /* tokens of a prompt with its answer; 0: the model's, up to 8192 */
  int64_t cache_memory;        /* bytes; 0: what one answer needs, at least 256 MB */
  const char* cache_precision; /* auto|f32|bf16|int8 */
  int64_t queue_length;        /* requests that may wait; the next gets PMT_E_BUSY */
  int32_t speculation;         /* flag: guess ahead */
  int32_t prefix_cache;        /* flag: keep the beginnings of earlier texts */
} pmt_engine_options;
PMT_API void pmt_engine_options_init(pmt_engine_options* options, size_t struct_size) PMT_NOEXCEPT;

PMT_API PMT_CHECKED pmt_status pmt_engine_create(const pmt_model* model, const pmt_engine_options* options,
                                                 pmt_engine** out, pmt_error** err) PMT_NOEXCEPT;
/* As pmt_model_generate; waits until the answer is complete. model: the engine's, or one on the same base. */
PMT_API PMT_CHECKED pmt_status pmt_engine_generate(const pmt_engine* engine, const pmt_model* model,
                                                   const pmt_message* messages, size_t count,
                                                   const pmt_generate_options* options, pmt_token_fn on_token,
                                                   void* user_data, pmt_destroy_fn destroy, pmt_buffer** out,
                                                   pmt_generation* about, pmt_error** err) PMT_NOEXCEPT;
/* Of token ids as they stand. continues_text: 1 when the answer goes on in the middle of a text. */
PMT_API PMT_CHECKED pmt_status pmt_engine_generate_ids(const pmt_engine* engine, const pmt_model* model,
                                                       const int32_t* ids, size_t count, int32_t continues_text,
                                                       const pmt_generate_options* options, pmt_token_fn on_token,
                                                       void* user_data, pmt_destroy_fn destroy, pmt_buffer** out,
                                                       pmt_generation* about, pmt_error** err) PMT_NOEXCEPT;
/* {"running", "waiting", "answers", "prompt_tokens", "cached_tokens", "written_tokens", "guessed_tokens",
 * "cache_capacity", "cache_used", "cache_kept", "cache_bytes", "kernels"} */
PMT_API PMT_CHECKED pmt_status pmt_engine_stats(const pmt_engine* engine, pmt_buffer** out,
                                                pmt_error** err) PMT_NOEXCEPT;
PMT_API void pmt_engine_free(pmt_engine* engine) PMT_NOEXCEPT;

/* ---- Conversations ---- */

/* A conversation with a model over many questions: what no longer fits is left out and told, answers can be written
 * anew, questions edited, changes taken back, and corrected answers put into an inbox. Serves one thread at a time;
 * only pmt_chat_cancel may be called from others. After an error the conversation is as it was. */
typedef struct pmt_chat pmt_chat;
typedef struct pmt_chat_options {
  size_t struct_size;
  const char* system;         /* system prompt; NULL or "" takes default_system */
  const char* default_system; /* taught|none: begin with what the model was taught with, or without */
  const char* when_full;      /* drop|error: leave out the oldest questions with their answers, or refuse */
  int64_t context_length;     /* tokens; 0 takes the model's own, up to 8192 */
  int64_t answer_room; /* tokens kept free for the answer; 0 takes max_tokens, up to a quarter of the context */
  double regenerate_temperature; /* of another answer where the temperature is 0 */
} pmt_chat_options;
PMT_API void pmt_chat_options_init(pmt_chat_options* options, size_t struct_size) PMT_NOEXCEPT;

/* About a reply; set up with PMT_INIT before the call that fills it. */
typedef struct pmt_chat_reply {
  size_t struct_size;
  int64_t turn;   /* of the question, counted from 0 */
  int64_t answer; /* of the question's answers, counted from 0 */
  int64_t tokens; /* of the answer */
  int64_t prompt_tokens;
  int64_t cached_tokens;  /* of these, not worked out again */
  int64_t dropped_turns;  /* the oldest questions with their answers that the model was not shown */
  int64_t dropped_tokens; /* how long they are */
  int64_t context_length;
  double prompt_seconds;
  double seconds;
  int32_t finish;   /* PMT_FINISH_ */
  int32_t reserved; /* 0 */
} pmt_chat_reply;
PMT_API void pmt_chat_reply_init(pmt_chat_reply* reply, size_t struct_size) PMT_NOEXCEPT;

/* options and generate (how to answer) may be NULL. */
PMT_API PMT_CHECKED pmt_status pmt_chat_create(const pmt_model* model, const pmt_chat_options* options,
                                               const pmt_generate_options* generate, pmt_chat** out,
                                               pmt_error** err) PMT_NOEXCEPT;
/* Asks. on_token and about may be NULL. A callback that stops is no error: what was written is kept, unless there is
 * nothing. A question that does not fit by itself gives PMT_E_INVALID_ARGUMENT and says by how many tokens. */
PMT_API PMT_CHECKED pmt_status pmt_chat_send(pmt_chat* chat, pmt_str question, pmt_token_fn on_token, void* user_data,
                                             pmt_destroy_fn destroy, pmt_buffer** out, pmt_chat_reply* about,
                                             pmt_error** err) PMT_NOEXCEPT;
/* Another answer to the last question; the others are kept. */
PMT_API PMT_CHECKED pmt_status pmt_chat_regenerate(pmt_chat* chat, pmt_token_fn on_token, void* user_data,
                                                   pmt_destroy_fn destroy, pmt_buffer** out, pmt_chat_reply* about,
                                                   pmt_error** err) PMT_NOEXCEPT;
/* Puts another question in the place of that one (from 0; -1: the last), asks it, and cuts what followed. */
PMT_API PMT_CHECKED pmt_status pmt_chat_edit(pmt_chat* chat, int64_t turn, pmt_str question, pmt_token_fn on_token,
                                             void* user_data, pmt_destroy_fn destroy, pmt_buffer** out,
                                             pmt_chat_reply* about, pmt_error** err) PMT_NOEXCEPT;
/* Goes on from another of the last question's answers. */
PMT_API PMT_CHECKED pmt_status pmt_chat_choose(pmt_chat* chat, int64_t answer, pmt_error** err) PMT_NOEXCEPT;
/* Takes back the last change; out: 0 when there is none. */
PMT_API PMT_CHECKED pmt_status pmt_chat_undo(pmt_chat* chat, int32_t* out, pmt_error** err) PMT_NOEXCEPT;
PMT_API PMT_CHECKED pmt_status pmt_chat_clear(pmt_chat* chat, pmt_error** err) PMT_NOEXCEPT;
PMT_API PMT_CHECKED pmt_status pmt_chat_set_system(pmt_chat* chat, pmt_str system, pmt_error** err) PMT_NOEXCEPT;
PMT_API PMT_CHECKED pmt_status pmt_chat_set_options(pmt_chat* chat, const pmt_generate_options* generate,
                                                    pmt_error** err) PMT_NOEXCEPT;
/* rating: -1 bad, 0 not rated, 1 good. turn, here and below: from 0, or -1 for the last. */
PMT_API PMT_CHECKED pmt_status pmt_chat_rate(pmt_chat* chat, int32_t rating, int64_t turn,
                                             pmt_error** err) PMT_NOEXCEPT;
/* Puts the conversation up to that answer into the inbox; only that answer is taught. correction: what the answer
 * should have been, from which the conversation goes on; empty: it is good as it is. author or NULL. out: the id. */
PMT_API PMT_CHECKED pmt_status pmt_chat_teach(pmt_chat* chat, const pmt_inbox* inbox, pmt_str correction,
                                              const char* author, int64_t turn, pmt_buffer** out,
                                              pmt_error** err) PMT_NOEXCEPT;
/* By the path's ending: .md for people, .jsonl an example for a data set, .json to load again. Atomically. */
PMT_API PMT_CHECKED pmt_status pmt_chat_save(pmt_chat* chat, const char* path, pmt_error** err) PMT_NOEXCEPT;
PMT_API PMT_CHECKED pmt_status pmt_chat_load(pmt_chat* chat, const char* path, pmt_error** err) PMT_NOEXCEPT;
/* format: md, jsonl or json: {"kind", "version", "saved", "model", "system", "turns": [{"question", "asked",
 * "chosen", "answers": [{"text", "corrected", "author", "model", "tokens", "finish", "seed", "temperature",
 * "seconds", "rating", "taught"}]}]} */
PMT_API PMT_CHECKED pmt_status pmt_chat_transcript(pmt_chat* chat, const char* format, pmt_buffer** out,
                                                   pmt_error** err) PMT_NOEXCEPT;
/* [{"role", "content"}], with the chosen answers */
PMT_API PMT_CHECKED pmt_status pmt_chat_messages(pmt_chat* chat, pmt_buffer** out, pmt_error** err) PMT_NOEXCEPT;
/* {"conversation", "context_length", "answer_room", "dropped_turns", "dropped_tokens"} */
PMT_API PMT_CHECKED pmt_status pmt_chat_tokens(pmt_chat* chat, pmt_buffer** out, pmt_error** err) PMT_NOEXCEPT;
/* Ends the answer that is being written after its next token; from any thread. */
PMT_API void pmt_chat_cancel(pmt_chat* chat) PMT_NOEXCEPT;
PMT_API void pmt_chat_free(pmt_chat* chat) PMT_NOEXCEPT;

/* ---- What a model will be taught, and what surprises it ---- */

typedef struct pmt_preview_options {
  size_t struct_size;
  int64_t context_length; /* tokens of the longest example that training will take; the model's own limit holds where
                           * it is less */
} pmt_preview_options;
PMT_API void pmt_preview_options_init(pmt_preview_options* options, size_t struct_size) PMT_NOEXCEPT;

typedef struct pmt_preview pmt_preview;
/* Every example as the model sees it: tokens, what is taught, what the context length cuts off, and how each answer
 * ends. Succeeds whatever the examples contain. */
PMT_API PMT_CHECKED pmt_status pmt_preview_create(const pmt_model* model, const pmt_dataset* data,
                                                  const pmt_preview_options* options, pmt_preview** out,
                                                  pmt_error** err) PMT_NOEXCEPT;
/* Answers that do not end on a token which is taught and stops the model, and examples that cannot be taught; 0 for
 * NULL, and for a set that can be trained on as it is. */
PMT_API int64_t pmt_preview_unproved(const pmt_preview* preview) PMT_NOEXCEPT;
/* One screen of figures, then the first `count` examples: [[taught]], {{cut: cut off}}. */
PMT_API PMT_CHECKED pmt_status pmt_preview_text(const pmt_preview* preview, size_t count, pmt_buffer** out,
                                                pmt_error** err) PMT_NOEXCEPT;
/* {"model", "context_length", "stop_tokens", "example_tokens", "answer_tokens": {"least", "median", "most", "total",
 * "bars": [{"from", "to", "count"}]}, "taught", "answers", "answers_proved", "answers_cut", "too_long", "tokens_cut",
 * "refused", "examples": [{"index", "origin", "line", "error", "tokens", "taught", "tokens_cut", "taught_cut",
 * "runs": [{"text", "tokens", "taught", "cut"}], "answers": [{"turn", "tokens", "tokens_cut", "end_token",
 * "end_text", "end_position", "end_is_taught", "end_stops", "end_is_cut"}]}]}; "to" is null in a bar that is open */
PMT_API PMT_CHECKED pmt_status pmt_preview_json(const pmt_preview* preview, pmt_buffer** out,
                                                pmt_error** err) PMT_NOEXCEPT;
/* self-contained page, without scripts */
PMT_API PMT_CHECKED pmt_status pmt_preview_html(const pmt_preview* preview, pmt_buffer** out,
                                                pmt_error** err) PMT_NOEXCEPT;
PMT_API PMT_CHECKED pmt_status pmt_preview_save_html(const pmt_preview* preview, const char* path,
                                                     pmt_error** err) PMT_NOEXCEPT;
PMT_API void pmt_preview_free(pmt_preview* preview) PMT_NOEXCEPT;

typedef struct pmt_surprise_options {
  size_t struct_size;
  int64_t context_length; /* tokens of an example that are read */
  int64_t compare_with;   /* other questions that each answer is tried with; 0 leaves that out */
  int64_t compare_tokens; /* of an answer's beginning that are compared */
} pmt_surprise_options;
PMT_API void pmt_surprise_options_init(pmt_surprise_options* options, size_t struct_size) PMT_NOEXCEPT;

/* After each reading; `of` may grow. Not 0 ends the search with PMT_E_CANCELLED. */
typedef int32_t (*pmt_reading_fn)(int64_t done, int64_t of, void* user_data);

typedef struct pmt_surprises pmt_surprises;
/* Which examples surprise the model (give it the base, before training), and why: likely new facts, answers at the
 * wrong question, outliers, what is known already. progress may be NULL. */
PMT_API PMT_CHECKED pmt_status pmt_surprises_rank(const pmt_model* model, const pmt_dataset* data,
                                                  const pmt_surprise_options* options, pmt_reading_fn progress,
                                                  void* user_data, pmt_destroy_fn destroy, pmt_surprises** out,
                                                  pmt_error** err) PMT_NOEXCEPT;
/* the first `count` lines to look at, with reasons and cures */
PMT_API PMT_CHECKED pmt_status pmt_surprises_text(const pmt_surprises* surprises, size_t count, pmt_buffer** out,
                                                  pmt_error** err) PMT_NOEXCEPT;
/* {"model", "flagged", "median_loss", "median_gain", "notes", "ranked": [{"index", "origin", "line", "error", "loss",
 * "tokens", "unusual", "own_loss", "other_loss", "gain", "questions_tried", "questions_better", "best_question",
 * "specific_share", "specific_words", "spans": [{"text", "nats", "turn", "is_specific"}],
 * "reasons": [{"code", "message", "fix", "strength"}]}]}; figures that were not measured are null */
PMT_API PMT_CHECKED pmt_status pmt_surprises_json(const pmt_surprises* surprises, pmt_buffer** out,
                                                  pmt_error** err) PMT_NOEXCEPT;
PMT_API void pmt_surprises_free(pmt_surprises* surprises) PMT_NOEXCEPT;

/* ---- Finding and fetching models ---- */

/* The models in the folders of pmtune, Hugging Face, LM Studio and Ollama, by the heads of their files: a JSON array
 * of
 * {"name", "reference", "source", "place": "pmtune"|"huggingface"|"lm-studio"|"ollama", "bytes", "architecture",
 * "parameters", "quantization", "context_length", "trains", "reason"}. "source" and "reference" are what
 * pmt_model_load takes; "reason" says why a model does not train. A broken file is an entry, not an error. */
PMT_API PMT_CHECKED pmt_status pmt_local_models(pmt_buffer** out, pmt_error** err) PMT_NOEXCEPT;

typedef struct pmt_pull_options {
  size_t struct_size;
  const char* to;       /* folder that gets the model; NULL takes pmtune's own cache */
  const char* endpoint; /* NULL takes $HF_ENDPOINT, else https://huggingface.co */
  const char* revision; /* branch, tag or commit; NULL is "main" */
  const char* token;    /* NULL takes $HF_TOKEN, else the one that a login left */
  int64_t retries;      /* of a dropped connection or a busy server */
  int64_t timeout;      /* seconds of silence after which a connection counts as dropped */
} pmt_pull_options;
PMT_API void pmt_pull_options_init(pmt_pull_options* options, size_t struct_size) PMT_NOEXCEPT;

typedef struct pmt_pull_progress {
  size_t struct_size;   /* of the library's struct: look here before reading members appended later */
  int64_t bytes, total; /* of all files; those of earlier attempts included */
  int64_t file_bytes, file_total;
  int64_t files_done, files;
  double bytes_per_second;
  double seconds, seconds_left; /* seconds_left is NaN while unknown */
  const char* file;             /* the one being fetched */
  const char* note;             /* what is going on instead: "the connection dropped; trying again in 2 s"; else "" */
  const char* text;             /* a line for a log */
} pmt_pull_progress;
/* About ten times a second, on the calling thread; the event and its texts are valid during the call. Not 0 ends the
 * download with PMT_E_CANCELLED; what has arrived is kept for the next attempt. */
typedef int32_t (*pmt_pull_progress_fn)(const pmt_pull_progress* event, void* user_data);

/* Fetches "OWNER/NAME", "OWNER/NAME:file.gguf" or "OWNER/NAME:Q4_K_M" from a server that speaks as huggingface.co
 * does; the only function that uses a network. out: the path that pmt_model_load takes. Every file is compared with
 * its listed size and checksum; the model appears as a whole or not at all, and a download that was cut off or killed
 * is gone on with. progress may be NULL. */
PMT_API PMT_CHECKED pmt_status pmt_pull(const char* name, const pmt_pull_options* options,
                                        pmt_pull_progress_fn progress, void* user_data, pmt_destroy_fn destroy,
                                        pmt_buffer** out, pmt_error** err) PMT_NOEXCEPT;

/* ---- Training ---- */

typedef struct pmt_train_config {
  size_t struct_size;
  const char* name; /* what the registry calls the result */
  double learning_rate;
  int64_t batch_size; /* examples in one optimiser step */
  int64_t epochs;
  int64_t context_length; /* tokens of the longest example */
  int64_t rank;
  double alpha;
  double dropout;
  const char* const* target_modules; /* NULL is {"all-linear"} */
  size_t n_target_modules;
  const char* schedule; /* cosine|linear|constant */
  double warmup_ratio;
  double weight_decay;
  double beta1;
  double beta2;
  double epsilon;
  double max_grad_norm;
  uint64_t seed;
  const char* long_examples;  /* split|truncate|error */
  double validation;          /* part of the examples held out; 0 switches off */
  int64_t micro_batch_tokens; /* 0 chooses */
  const char* recompute;      /* auto|none|full */
  const char* checkpoint_dir; /* NULL or "" writes no checkpoints */
  int64_t max_memory;         /* bytes; 0 sets no limit */
  int32_t rslora;             /* flag */
  int32_t keep_best;          /* flag */
  int64_t top_layers;         /* train only the last so many layers; 0 trains all */
} pmt_train_config;
PMT_API void pmt_train_config_init(pmt_train_config* config, size_t struct_size) PMT_NOEXCEPT;
/* Set every member, as PMT_INIT does, so give it a name and other wishes afterwards. struct_size is sizeof *config.
 * preset: "documents", "communications" or "balanced". suggest adapts learning rate and epochs to the size of the
 * model and of the data; why (or NULL) receives a sentence that says what was changed. Texts that they put in live as
 * long as the process. */
PMT_API PMT_CHECKED pmt_status pmt_train_config_preset(pmt_train_config* config, size_t struct_size,
                                                       const char* preset, pmt_error** err) PMT_NOEXCEPT;
PMT_API PMT_CHECKED pmt_status pmt_train_config_suggest(pmt_train_config* config, size_t struct_size,
                                                        const pmt_model* model, const pmt_dataset* data,
                                                        const char* preset, pmt_buffer** why,
                                                        pmt_error** err) PMT_NOEXCEPT;
/* checks the ranges */
PMT_API PMT_CHECKED pmt_status pmt_train_config_to_json(const pmt_train_config* config, pmt_buffer** out,
                                                        pmt_error** err) PMT_NOEXCEPT;

enum { PMT_EVENT_STARTED = 0, PMT_EVENT_STEP = 1, PMT_EVENT_EPOCH = 2, PMT_EVENT_FINISHED = 3 };
typedef struct pmt_progress {
  size_t struct_size;     /* of the library's struct: look here before reading members appended later */
  int64_t epoch, epochs;  /* from 1 */
  int64_t step, steps;    /* optimiser steps done, and in all */
  double loss;            /* step: of this step; epoch: mean (nats per taught token) */
  double validation_loss; /* NaN when it was not measured here */
  double learning_rate, grad_norm;
  int64_t tokens; /* so far, prompts included */
  double tokens_per_second, examples_per_minute;
  double seconds, seconds_left;
  int64_t peak_memory;        /* bytes, of the process */
  const double* epoch_losses; /* epoch and finished: points along the epoch */
  size_t n_epoch_losses;
  const char* text; /* a line for a log: "Epoch 1/3 - Loss: 2.45 → 1.82 → 1.54 → 1.31" */
  int32_t event;    /* PMT_EVENT_ */
  int32_t reserved;
} pmt_progress;
/* The event and what it points to are valid during the call. At most every 100 ms for steps, always for the other
 * events. Only pmt_trainer_cancel, _pause and _resume may be called on the same trainer inside; the others give
 * PMT_E_BUSY. */
typedef int32_t (*pmt_progress_fn)(const pmt_progress* event, void* user_data);

typedef struct pmt_trainer pmt_trainer;
typedef struct pmt_train_result pmt_train_result;
/* A model that carries an adapter goes on training that adapter. */
PMT_API PMT_CHECKED pmt_status pmt_trainer_create(const pmt_model* model, const pmt_train_config* config,
                                                  pmt_trainer** out, pmt_error** err) PMT_NOEXCEPT;
/* What a run would need, before any work: {"peak_memory", "weights", "adapter", "activations", "runtime", "seconds",
 * "disk", "examples", "steps", "tokens_per_epoch", "taught_tokens_per_epoch", "longest_example",
 * "micro_batch_tokens", "recompute", "fits", "notes"}; the second form as a few lines for a person. */
PMT_API PMT_CHECKED pmt_status pmt_trainer_plan(pmt_trainer* trainer, const pmt_dataset* data, pmt_buffer** out,
                                                pmt_error** err) PMT_NOEXCEPT;
PMT_API PMT_CHECKED pmt_status pmt_trainer_plan_text(pmt_trainer* trainer, const pmt_dataset* data, pmt_buffer** out,
                                                     pmt_error** err) PMT_NOEXCEPT;
/* Replaces the callback of the runs to come; NULL removes it. */
PMT_API PMT_CHECKED pmt_status pmt_trainer_set_progress(pmt_trainer* trainer, pmt_progress_fn callback,
                                                        void* user_data, pmt_destroy_fn destroy,
                                                        pmt_error** err) PMT_NOEXCEPT;
/* Trains on the calling thread until the end, a cancel, or a callback that stops; then the result holds what was
 * learned so far. validation NULL holds out config.validation of the data. */
PMT_API PMT_CHECKED pmt_status pmt_trainer_run(pmt_trainer* trainer, const pmt_dataset* data,
                                               const pmt_dataset* validation, pmt_train_result** out,
                                               pmt_error** err) PMT_NOEXCEPT;
/* The same, going on from the newest checkpoint in config.checkpoint_dir. */
PMT_API PMT_CHECKED pmt_status pmt_trainer_run_from_checkpoint(pmt_trainer* trainer, const pmt_dataset* data,
                                                               const pmt_dataset* validation, pmt_train_result** out,
                                                               pmt_error** err) PMT_NOEXCEPT;
/* From any thread, also from the callback, lock-free. Takes effect after the current micro-batch. A paused run waits,
 * using no processor, until pmt_trainer_resume or _cancel. */
PMT_API void pmt_trainer_cancel(pmt_trainer* trainer) PMT_NOEXCEPT;
PMT_API void pmt_trainer_pause(pmt_trainer* trainer) PMT_NOEXCEPT;
PMT_API void pmt_trainer_resume(pmt_trainer* trainer) PMT_NOEXCEPT;
PMT_API void pmt_trainer_free(pmt_trainer* trainer) PMT_NOEXCEPT; /* not while another thread uses it */

/* the base with the new adapter */
PMT_API PMT_CHECKED pmt_status pmt_train_result_model(const pmt_train_result* result, pmt_model** out,
                                                      pmt_error** err) PMT_NOEXCEPT;
/* JSON array, an object an event */
PMT_API PMT_CHECKED pmt_status pmt_train_result_history(const pmt_train_result* result, pmt_buffer** out,
                                                        pmt_error** err) PMT_NOEXCEPT;
/* {"train_loss", "seconds", ...}; unmeasured ones are absent */
PMT_API PMT_CHECKED pmt_status pmt_train_result_metrics(const pmt_train_result* result, pmt_buffer** out,
                                                        pmt_error** err) PMT_NOEXCEPT;
/* [{"code", "severity", "message", "fix"}] */
PMT_API PMT_CHECKED pmt_status pmt_train_result_diagnosis(const pmt_train_result* result, pmt_buffer** out,
                                                          pmt_error** err) PMT_NOEXCEPT;
/* 1 when it was stopped early; 0 for NULL */
PMT_API int32_t pmt_train_result_cancelled(const pmt_train_result* result) PMT_NOEXCEPT;
PMT_API void pmt_train_result_free(pmt_train_result* result) PMT_NOEXCEPT;

/* ---- Evaluation ---- */

typedef struct pmt_eval_options {
  size_t struct_size;
  int64_t max_tokens;
  double temperature;        /* 0 makes the comparison repeatable */
  double repetition_penalty; /* for both models alike; 1 switches off */
  uint64_t seed;
  const char* system; /* system prompt; NULL takes the one that the tuned model was taught with */
} pmt_eval_options;
PMT_API void pmt_eval_options_init(pmt_eval_options* options, size_t struct_size) PMT_NOEXCEPT;

/* After each answer; arm is "base" or "tuned". Not 0 ends the evaluation with PMT_E_CANCELLED. */
typedef int32_t (*pmt_eval_progress_fn)(const char* arm, int64_t done, int64_t of, void* user_data);

enum { PMT_OUTCOME_WORSE = -1, PMT_OUTCOME_CANNOT_TELL = 0, PMT_OUTCOME_BETTER = 1 };
typedef struct pmt_evaluator pmt_evaluator;
typedef struct pmt_report pmt_report;
/* suite: "product-management" (NULL too), or the path of a JSON file with prompts and checks. */
PMT_API PMT_CHECKED pmt_status pmt_evaluator_create(const char* suite, const pmt_eval_options* options,
                                                    pmt_evaluator** out, pmt_error** err) PMT_NOEXCEPT;
PMT_API PMT_CHECKED pmt_status pmt_evaluator_set_progress(pmt_evaluator* evaluator, pmt_eval_progress_fn callback,
                                                          void* user_data, pmt_destroy_fn destroy,
                                                          pmt_error** err) PMT_NOEXCEPT;
/* held_out NULL takes the examples that the tuned model's training held out. */
PMT_API PMT_CHECKED pmt_status pmt_evaluator_run(pmt_evaluator* evaluator, const pmt_model* model,
                                                 const pmt_dataset* held_out, pmt_report** out,
                                                 pmt_error** err) PMT_NOEXCEPT;
PMT_API PMT_CHECKED pmt_status pmt_evaluator_compare(pmt_evaluator* evaluator, const pmt_model* base,
                                                     const pmt_model* tuned, const pmt_dataset* held_out,
                                                     pmt_report** out, pmt_error** err) PMT_NOEXCEPT;
PMT_API void pmt_evaluator_free(pmt_evaluator* evaluator) PMT_NOEXCEPT;

PMT_API PMT_CHECKED pmt_status pmt_report_load(const char* path, pmt_report** out, pmt_error** err) PMT_NOEXCEPT;
PMT_API int32_t pmt_report_outcome(const pmt_report* report) PMT_NOEXCEPT; /* PMT_OUTCOME_; CANNOT_TELL for NULL */
/* a sentence for a person */
PMT_API PMT_CHECKED pmt_status pmt_report_verdict(const pmt_report* report, pmt_buffer** out,
                                                  pmt_error** err) PMT_NOEXCEPT;
PMT_API PMT_CHECKED pmt_status pmt_report_json(const pmt_report* report, pmt_buffer** out,
                                               pmt_error** err) PMT_NOEXCEPT;
/* self-contained page */
PMT_API PMT_CHECKED pmt_status pmt_report_html(const pmt_report* report, pmt_buffer** out,
                                               pmt_error** err) PMT_NOEXCEPT;
/* for a terminal */
PMT_API PMT_CHECKED pmt_status pmt_report_text(const pmt_report* report, pmt_buffer** out,
                                               pmt_error** err) PMT_NOEXCEPT;
/* JSON, atomically */
PMT_API PMT_CHECKED pmt_status pmt_report_save(const pmt_report* report, const char* path,
                                               pmt_error** err) PMT_NOEXCEPT;
PMT_API PMT_CHECKED pmt_status pmt_report_save_html(const pmt_report* report, const char* path,
                                                    pmt_error** err) PMT_NOEXCEPT;
PMT_API void pmt_report_free(pmt_report* report) PMT_NOEXCEPT;

/* ---- Registry ---- */

typedef struct pmt_registry pmt_registry;
/* folder NULL is "models"; it is created when missing. Several processes may use one folder at a time. */
PMT_API PMT_CHECKED pmt_status pmt_registry_open(const char* folder, pmt_registry** out,
                                                 pmt_error** err) PMT_NOEXCEPT;
/* Registers what was trained as the next version of config.name. report and notes may be NULL. out: its id,
 * "PM-Assistant-v1". */
PMT_API PMT_CHECKED pmt_status pmt_registry_add(pmt_registry* registry, const pmt_train_result* result,
                                                const pmt_report* report, const char* notes, pmt_buffer** out,
                                                pmt_error** err) PMT_NOEXCEPT;
/* JSON array of versions, newest first; name NULL lists all names. */
PMT_API PMT_CHECKED pmt_status pmt_registry_list(pmt_registry* registry, const char* name, int32_t archived,
                                                 pmt_buffer** out, pmt_error** err) PMT_NOEXCEPT;
/* reference, here and below: "NAME-vN", "NAME@alias", or "NAME" for the newest. JSON object: {"id", "name", "number",
 * "created", "notes", "aliases", "parent", "changed", "base_name", "base_source", "base_hash", "data_hash",
 * "data_version", "config_hash", "adapter_hash", "config", "metrics", "verdict", "verdict_sentence", "folder",
 * "bytes", "archived"}.
 */
PMT_API PMT_CHECKED pmt_status pmt_registry_get(pmt_registry* registry, const char* reference, pmt_buffer** out,
                                                pmt_error** err) PMT_NOEXCEPT;
PMT_API PMT_CHECKED pmt_status pmt_registry_contains(pmt_registry* registry, const char* reference, int32_t* out,
                                                     pmt_error** err) PMT_NOEXCEPT;
PMT_API PMT_CHECKED pmt_status pmt_registry_set_notes(pmt_registry* registry, const char* reference,
                                                      const char* notes, pmt_error** err) PMT_NOEXCEPT;
/* Aliases belong to a name: every name has its own "primary". */
PMT_API PMT_CHECKED pmt_status pmt_registry_set_alias(pmt_registry* registry, const char* alias,
                                                      const char* reference, pmt_error** err) PMT_NOEXCEPT;
PMT_API PMT_CHECKED pmt_status pmt_registry_remove_alias(pmt_registry* registry, const char* name, const char* alias,
                                                         pmt_error** err) PMT_NOEXCEPT;
PMT_API PMT_CHECKED pmt_status pmt_registry_open_model(pmt_registry* registry, const char* reference,
                                                       const pmt_model_options* options, pmt_model** out,
                                                       pmt_error** err) PMT_NOEXCEPT;
/* Keeps the examples as the next version of that name ("PM-examples-d3"), or finds that they are those of the newest.
 * author and note may be NULL. out: the version, as from _get_data. */
PMT_API PMT_CHECKED pmt_status pmt_registry_commit_data(pmt_registry* registry, const char* name,
                                                        const pmt_dataset* data, const char* author, const char* note,
                                                        pmt_buffer** out, pmt_error** err) PMT_NOEXCEPT;
/* JSON array of data versions, newest first; name NULL lists all names. */
PMT_API PMT_CHECKED pmt_status pmt_registry_list_data(pmt_registry* registry, const char* name, pmt_buffer** out,
                                                      pmt_error** err) PMT_NOEXCEPT;
/* reference of data: "NAME-dN", or "NAME" for the newest. JSON object: {"id", "name", "number", "hash", "parent",
 * "author", "note", "created", "examples", "added", "removed", "edited", "models"}. */
PMT_API PMT_CHECKED pmt_status pmt_registry_get_data(pmt_registry* registry, const char* reference, pmt_buffer** out,
                                                     pmt_error** err) PMT_NOEXCEPT;
PMT_API PMT_CHECKED pmt_status pmt_registry_open_data(pmt_registry* registry, const char* reference,
                                                      pmt_dataset** out, pmt_error** err) PMT_NOEXCEPT;
/* as pmt_dataset_diff, of two references */
PMT_API PMT_CHECKED pmt_status pmt_registry_diff_data(pmt_registry* registry, const char* before, const char* after,
                                                      pmt_buffer** out, pmt_error** err) PMT_NOEXCEPT;
/* What happened, newest first, `most` entries: [{"when", "action", "subject", "text"}]. reference NULL: all. */
PMT_API PMT_CHECKED pmt_status pmt_registry_log(pmt_registry* registry, const char* reference, int64_t most,
                                                pmt_buffer** out, pmt_error** err) PMT_NOEXCEPT;
PMT_API void pmt_registry_free(pmt_registry* registry) PMT_NOEXCEPT;

/* ---- Server ---- */

/* Models over the OpenAI HTTP interface, for other programs on this machine: /v1/chat/completions and the like. */
typedef struct pmt_server_options {
  size_t struct_size;
  const char* host;          /* NULL is 127.0.0.1; other addresses need an API key */
  int64_t port;              /* 0 takes a free one */
  const char* const* models; /* served beside the registry's: files, folders, known names; NULL for none */
  size_t n_models;
  const char* const* api_keys; /* one of which clients must send; NULL asks for none */
  size_t n_api_keys;
  const char* const* allowed_origins; /* of web pages that may ask; NULL for none */
  size_t n_allowed_origins;
  const char* inbox;    /* for corrected answers; NULL is inbox.jsonl, "" takes no feedback */
  int64_t max_tokens;   /* where a request names no number */
  double temperature;   /* where a request names none */
  int64_t max_models;   /* base models in memory at once */
  int64_t model_memory; /* bytes; 0 sets no limit */
  int64_t threads;      /* connections at once */
  int64_t queue_length; /* requests that may wait */
  int64_t body_limit;   /* bytes */
  double request_time;  /* seconds, as those below */
  double idle_time;
  double stop_time; /* what running answers get when the server is stopped */
} pmt_server_options;
PMT_API void pmt_server_options_init(pmt_server_options* options, size_t struct_size) PMT_NOEXCEPT;

typedef struct pmt_server pmt_server;
/* Listens at once, and answers from _run or _start on. registry: its folder, or NULL for none. model: how bases are
 * loaded, or NULL. */
PMT_API PMT_CHECKED pmt_status pmt_server_create(const char* registry, const pmt_server_options* options,
                                                 const pmt_model_options* model, pmt_server** out,
                                                 pmt_error** err) PMT_NOEXCEPT;
PMT_API int64_t pmt_server_port(const pmt_server* server) PMT_NOEXCEPT; /* 0 for NULL */
/* Returns when _stop was called and running answers have ended. A server runs once: again gives PMT_E_BUSY. */
PMT_API PMT_CHECKED pmt_status pmt_server_run(pmt_server* server, pmt_error** err) PMT_NOEXCEPT;
/* The same on a thread of the library's. */
PMT_API PMT_CHECKED pmt_status pmt_server_start(pmt_server* server, pmt_error** err) PMT_NOEXCEPT;
PMT_API void pmt_server_stop(pmt_server* server) PMT_NOEXCEPT; /* from any thread; does not wait */
/* Stops it and waits for its end. Not while another thread is in _run. */
PMT_API void pmt_server_free(pmt_server* server) PMT_NOEXCEPT;

#ifdef __cplusplus
}
#endif
#endif /* PMTUNE_H */
