// What all functions share that ask a model: conversations and ids out of C, tokens and answers back.
#pragma once

#include <algorithm>
#include <cstring>
#include <vector>

#include "handles.hpp"
#include "option_table.hpp"

namespace pmtune::capi {

inline std::vector<Message> messages_of(const pmt_message* messages, std::size_t count) {
  if (count > 0) require(messages, "messages");
  std::vector<Message> list;
  for (std::size_t i = 0; i < count; ++i)
    list.push_back({text_of(messages[i].role, "role"), text_of(messages[i].content, "content"), 1});
  return list;
}

inline std::vector<std::int32_t> ids_of(const std::int32_t* ids, std::size_t count) {
  if (count > 0) require(ids, "ids");
  return std::vector<std::int32_t>(ids, ids + count);
}

inline TokenCallback token_callback(pmt_token_fn on_token, void* user_data) {
  if (!on_token) return {};
  return [=](std::string_view text) { return control_of(on_token(view_of(text), user_data)); };
}

// Fills the caller's struct as far as it reaches.
inline void describe(const Generation& generation, pmt_generation& about) {
  pmt_generation filled{};
  filled.struct_size = about.struct_size;
  filled.tokens = static_cast<std::int64_t>(generation.ids.size());
  filled.prompt_tokens = generation.prompt_tokens;
  filled.prompt_seconds = generation.prompt_seconds;
  filled.seconds = generation.seconds;
  filled.finish = static_cast<std::int32_t>(generation.finish);
  filled.cached_tokens = generation.cached_tokens;
  filled.guessed_tokens = generation.guessed_tokens;
  std::memcpy(&about, &filled, std::min(about.struct_size, sizeof filled));
}

template <class Generate>
void generate(pmt_buffer** out, pmt_generation* about, Generate&& run) {
  require_out(out);
  if (about) check_size(about->struct_size, "pmt_generation");
  Generation generation = run();
  give(out, std::move(generation.text));
  if (about) describe(generation, *about);
}

}  // namespace pmtune::capi
