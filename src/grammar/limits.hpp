// How large a grammar may be. Schemas come from clients of a server; what real ones send lies far below.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pmtune::grammar {

inline constexpr std::size_t max_schema_bytes = std::size_t{1} << 17;
inline constexpr std::size_t max_schema_depth = 64;                   // of brackets in the schema's text
inline constexpr std::size_t max_schema_work = std::size_t{1} << 25;  // bytes of subschemas read, repeats counted
inline constexpr std::size_t max_reference_hops = 64;                 // from $ref to $ref
inline constexpr std::size_t max_rules = std::size_t{1} << 16;        // nodes of the finished grammar
inline constexpr std::size_t max_optional = 256;                      // properties in a row that may be left out
inline constexpr std::size_t max_patterns = 64;                       // different ones; each has masks of its own
inline constexpr std::size_t max_pattern_bytes = 4096;
inline constexpr std::size_t max_pattern_depth = 32;                  // of groups
inline constexpr std::size_t max_nfa_states = std::size_t{1} << 17;   // of one pattern, enum or range
inline constexpr std::size_t max_subset_work = std::size_t{1} << 23;  // edges looked at to make one grammar's DFAs
inline constexpr std::size_t max_dfa_cells = std::size_t{1} << 22;    // states times byte classes, of one grammar
inline constexpr std::size_t max_counted_pattern = 1024;              // minLength and maxLength beside a pattern
inline constexpr std::uint32_t max_least = std::uint32_t{1} << 16;    // minItems, minLength
inline constexpr std::size_t max_bound_digits = 64;                   // of minimum, maximum

// What an answer may look like beyond its schema: small models fall into endless runs of blanks, digits or brackets.
inline constexpr int max_indent = 32;          // blanks behind a line break; a run of white space is " " or this
inline constexpr int max_integer_digits = 32;  // of a number without bounds
inline constexpr int max_fraction_digits = 32;
inline constexpr std::uint32_t max_stack = 256;  // frames; a level of nesting takes one

// Readings of one answer (of an ambiguous anyOf) that are followed from token to token.
inline constexpr std::size_t max_readings = 512;

}  // namespace pmtune::grammar
