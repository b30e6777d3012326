// What one rendering may cost. A chat template comes with a model file and is not trusted; every limit lies far above
// what real templates need for a long conversation.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pmtune::text::jinja {

inline constexpr std::size_t max_source_bytes = std::size_t{1} << 20;
inline constexpr int max_nesting = 100;    // of expressions and blocks in the source
inline constexpr int max_recursion = 500;  // of evaluation, macro calls included

// Under libFuzzer and sanitizers everything takes some thirty times as long: the same share of it is allowed there,
// so that what takes too long is what these limits miss.
#ifdef PMTUNE_FUZZ
inline constexpr int share = 32;
#else
inline constexpr int share = 1;
#endif
inline constexpr std::uint64_t max_steps = 10'000'000 / share;  // nodes evaluated, items visited
inline constexpr std::size_t max_output_bytes = (std::size_t{16} << 20) / share;
inline constexpr std::size_t max_text_bytes = (std::size_t{16} << 20) / share;    // of one text value
inline constexpr std::size_t max_built_bytes = (std::size_t{512} << 20) / share;  // of all texts made, together
inline constexpr std::size_t max_list_items = 1'000'000 / share;                  // of one list or dict
inline constexpr std::size_t max_built_items = 8'000'000 / share;                 // of all lists made, together
inline constexpr std::uint64_t max_value_weight = 100'000'000 / share;  // items of lists within lists, written out
inline constexpr std::int64_t max_range = 100'000;                      // as in Jinja's own sandbox
inline constexpr int max_value_depth = 60;                              // lists in lists
inline constexpr int max_scope_depth = 300;                             // scopes in scopes
inline constexpr std::size_t max_namespaces = 10'000;
inline constexpr std::size_t max_macro_definitions = 10'000;

}  // namespace pmtune::text::jinja
