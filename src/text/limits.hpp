// How large a tokenizer from outside may be. Far above every known model; below what could exhaust a laptop.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pmtune::text {

inline constexpr std::size_t max_tokens = std::size_t{1} << 22;       // the largest known vocabularies have 2^18
inline constexpr std::size_t max_token_bytes = std::size_t{1} << 14;  // the longest known tokens are runs of spaces
inline constexpr std::size_t max_merges = std::size_t{1} << 23;
inline constexpr std::size_t max_scored_token_bytes = 1024;             // of a token that is merged by score
inline constexpr std::size_t max_pattern_bytes = std::size_t{1} << 16;  // of one pre-tokenizer regex
inline constexpr std::size_t max_pre_tokenizer_steps = 32;
inline constexpr std::size_t max_normalizer_steps = 16;
inline constexpr std::size_t max_replacement_bytes = 256;  // that a normalizer puts in, each time
inline constexpr std::size_t max_normalizer_growth = 16;   // of a text; known normalizers write 3 bytes for a space
inline constexpr std::size_t max_json_sequence_depth = 4;  // of normalizers and pre-tokenizers within each other
inline constexpr std::size_t max_template_bytes = std::size_t{1} << 20;
inline constexpr std::size_t max_config_bytes = std::size_t{1} << 28;  // of tokenizer.json

// Work that one regex search may do before it is given up as catastrophic (PCRE2's own counts).
inline constexpr std::uint32_t regex_match_limit = 10'000'000;
inline constexpr std::uint32_t regex_heap_limit_kib = 64 * 1024;
inline constexpr std::size_t regex_jit_stack_bytes = std::size_t{1} << 20;

}  // namespace pmtune::text
