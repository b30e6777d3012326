/* The layout that programs were compiled against. These numbers never change: structs only grow at their end, and
 * then only the size lines change. They hold where pointers and size_t have 64 bits. */
#include <pmtune.h>

#define STATIC_ASSERT(name, condition) typedef char name[(condition) ? 1 : -1]
#define AT(type, member, offset) STATIC_ASSERT(type##_##member##_has_moved, offsetof(type, member) == (offset))
#define SIZE(type, size) STATIC_ASSERT(type##_has_another_size, sizeof(type) == (size))

STATIC_ASSERT(ok_is_zero, PMT_OK == 0);
STATIC_ASSERT(codes, PMT_E_INVALID_ARGUMENT == -1 && PMT_E_NOT_FOUND == -2 && PMT_E_CORRUPT == -3 && PMT_E_IO == -4 &&
                         PMT_E_OUT_OF_MEMORY == -5 && PMT_E_UNSUPPORTED == -6 && PMT_E_BUSY == -7 &&
                         PMT_E_CANCELLED == -8 && PMT_E_INTERNAL == -100);
STATIC_ASSERT(outcomes, PMT_OUTCOME_WORSE == -1 && PMT_OUTCOME_CANNOT_TELL == 0 && PMT_OUTCOME_BETTER == 1);
STATIC_ASSERT(events,
              PMT_EVENT_STARTED == 0 && PMT_EVENT_STEP == 1 && PMT_EVENT_EPOCH == 2 && PMT_EVENT_FINISHED == 3);
STATIC_ASSERT(finishes, PMT_FINISH_STOP == 0 && PMT_FINISH_LENGTH == 1 && PMT_FINISH_CANCELLED == 2);
STATIC_ASSERT(dtypes, PMT_DTYPE_U8 == 0 && PMT_DTYPE_I32 == 1 && PMT_DTYPE_F32 == 2);
STATIC_ASSERT(levels, PMT_LOG_DEBUG == 0 && PMT_LOG_INFO == 1 && PMT_LOG_WARNING == 2 && PMT_LOG_ERROR == 3);

#if SIZE_MAX == 0xffffffffffffffffu
SIZE(pmt_status, 4);
SIZE(pmt_str, 16);
AT(pmt_str, size, 8);
SIZE(pmt_message, 24);
AT(pmt_message, content, 8);
SIZE(pmt_tensor_data, 32);
AT(pmt_tensor_data, dtype, 8);
AT(pmt_tensor_data, shape, 16);
AT(pmt_tensor_data, strides, 24);

SIZE(pmt_load_options, 24);
AT(pmt_load_options, format, 8);
AT(pmt_load_options, on_error, 16);

SIZE(pmt_model_options, 32);
AT(pmt_model_options, device, 8);
AT(pmt_model_options, weights, 16);
AT(pmt_model_options, max_memory, 24);

SIZE(pmt_generate_options, 152);
AT(pmt_generate_options, max_tokens, 8);
AT(pmt_generate_options, temperature, 16);
AT(pmt_generate_options, top_k, 24);
AT(pmt_generate_options, top_p, 32);
AT(pmt_generate_options, min_p, 40);
AT(pmt_generate_options, repetition_penalty, 48);
AT(pmt_generate_options, seed, 56);
AT(pmt_generate_options, stop, 64);
AT(pmt_generate_options, n_stop, 72);
AT(pmt_generate_options, stop_tokens, 80);
AT(pmt_generate_options, n_stop_tokens, 88);
AT(pmt_generate_options, min_tokens, 96);
AT(pmt_generate_options, frequency_penalty, 104);
AT(pmt_generate_options, presence_penalty, 112);
AT(pmt_generate_options, logit_bias, 120);
AT(pmt_generate_options, logprobs, 128);
AT(pmt_generate_options, response, 136);
AT(pmt_generate_options, json_schema, 144);

SIZE(pmt_chat_options, 56);
AT(pmt_chat_options, system, 8);
AT(pmt_chat_options, default_system, 16);
AT(pmt_chat_options, when_full, 24);
AT(pmt_chat_options, context_length, 32);
AT(pmt_chat_options, answer_room, 40);
AT(pmt_chat_options, regenerate_temperature, 48);

SIZE(pmt_chat_reply, 96);
AT(pmt_chat_reply, turn, 8);
AT(pmt_chat_reply, answer, 16);
AT(pmt_chat_reply, tokens, 24);
AT(pmt_chat_reply, prompt_tokens, 32);
AT(pmt_chat_reply, cached_tokens, 40);
AT(pmt_chat_reply, dropped_turns, 48);
AT(pmt_chat_reply, dropped_tokens, 56);
AT(pmt_chat_reply, context_length, 64);
AT(pmt_chat_reply, prompt_seconds, 72);
AT(pmt_chat_reply, seconds, 80);
AT(pmt_chat_reply, finish, 88);

SIZE(pmt_generation, 64);
AT(pmt_generation, tokens, 8);
AT(pmt_generation, prompt_tokens, 16);
AT(pmt_generation, prompt_seconds, 24);
AT(pmt_generation, seconds, 32);
AT(pmt_generation, finish, 40);
AT(pmt_generation, cached_tokens, 48);
AT(pmt_generation, guessed_tokens, 56);

SIZE(pmt_engine_options, 56);
AT(pmt_engine_options, batch_size, 8);
AT(pmt_engine_options, context_length, 16);
AT(pmt_engine_options, cache_memory, 24);
AT(pmt_engine_options, cache_precision, 32);
AT(pmt_engine_options, queue_length, 40);
AT(pmt_engine_options, speculation, 48);
AT(pmt_engine_options, prefix_cache, 52);

SIZE(pmt_export_options, 24);
AT(pmt_export_options, format, 8);
AT(pmt_export_options, quantization, 16);

SIZE(pmt_train_config, 216);
AT(pmt_train_config, name, 8);
AT(pmt_train_config, learning_rate, 16);
AT(pmt_train_config, batch_size, 24);
AT(pmt_train_config, epochs, 32);
AT(pmt_train_config, context_length, 40);
AT(pmt_train_config, rank, 48);
AT(pmt_train_config, alpha, 56);
AT(pmt_train_config, dropout, 64);
AT(pmt_train_config, target_modules, 72);
AT(pmt_train_config, n_target_modules, 80);
AT(pmt_train_config, schedule, 88);
AT(pmt_train_config, warmup_ratio, 96);
AT(pmt_train_config, weight_decay, 104);
AT(pmt_train_config, beta1, 112);
AT(pmt_train_config, beta2, 120);
AT(pmt_train_config, epsilon, 128);
AT(pmt_train_config, max_grad_norm, 136);
AT(pmt_train_config, seed, 144);
AT(pmt_train_config, long_examples, 152);
AT(pmt_train_config, validation, 160);
AT(pmt_train_config, micro_batch_tokens, 168);
AT(pmt_train_config, recompute, 176);
AT(pmt_train_config, checkpoint_dir, 184);
AT(pmt_train_config, max_memory, 192);
AT(pmt_train_config, rslora, 200);
AT(pmt_train_config, keep_best, 204);
AT(pmt_train_config, top_layers, 208);

SIZE(pmt_progress, 152);
AT(pmt_progress, epoch, 8);
AT(pmt_progress, step, 24);
AT(pmt_progress, loss, 40);
AT(pmt_progress, validation_loss, 48);
AT(pmt_progress, learning_rate, 56);
AT(pmt_progress, grad_norm, 64);
AT(pmt_progress, tokens, 72);
AT(pmt_progress, tokens_per_second, 80);
AT(pmt_progress, examples_per_minute, 88);
AT(pmt_progress, seconds, 96);
AT(pmt_progress, seconds_left, 104);
AT(pmt_progress, peak_memory, 112);
AT(pmt_progress, epoch_losses, 120);
AT(pmt_progress, n_epoch_losses, 128);
AT(pmt_progress, text, 136);
AT(pmt_progress, event, 144);

SIZE(pmt_eval_options, 48);
AT(pmt_eval_options, max_tokens, 8);
AT(pmt_eval_options, temperature, 16);
AT(pmt_eval_options, repetition_penalty, 24);
AT(pmt_eval_options, seed, 32);
AT(pmt_eval_options, system, 40);

SIZE(pmt_pull_options, 56);
AT(pmt_pull_options, to, 8);
AT(pmt_pull_options, endpoint, 16);
AT(pmt_pull_options, revision, 24);
AT(pmt_pull_options, token, 32);
AT(pmt_pull_options, retries, 40);
AT(pmt_pull_options, timeout, 48);

SIZE(pmt_preview_options, 16);
AT(pmt_preview_options, context_length, 8);

SIZE(pmt_surprise_options, 32);
AT(pmt_surprise_options, context_length, 8);
AT(pmt_surprise_options, compare_with, 16);
AT(pmt_surprise_options, compare_tokens, 24);

SIZE(pmt_pull_progress, 104);
AT(pmt_pull_progress, bytes, 8);
AT(pmt_pull_progress, total, 16);
AT(pmt_pull_progress, file_bytes, 24);
AT(pmt_pull_progress, file_total, 32);
AT(pmt_pull_progress, files_done, 40);
AT(pmt_pull_progress, files, 48);
AT(pmt_pull_progress, bytes_per_second, 56);
AT(pmt_pull_progress, seconds, 64);
AT(pmt_pull_progress, seconds_left, 72);
AT(pmt_pull_progress, file, 80);
AT(pmt_pull_progress, note, 88);
AT(pmt_pull_progress, text, 96);
#endif

int main(void) { return pmt_abi_version() == PMT_ABI_VERSION ? 0 : 1; }
