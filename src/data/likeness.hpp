// When two examples are about the same thing.
#pragma once

#include <cstdint>
#include <pmtune/dataset.hpp>
#include <string>
#include <vector>

namespace pmtune::data {

// Equal for examples that are the same up to the last answer; runs of white space count as one space.
std::uint64_t question_key(const Example& example, bool with_system_message = true);

// The text of the last message from "user"; what a person would call the question.
const std::string& question_of(const Example& example);

// The different words of an example (see words.hpp), without those of the system message, which many examples share.
using WordSet = std::vector<std::uint64_t>;  // hashes, ascending
WordSet words_of(const Example& example);

// The part that two sets have in common of all that stands in either, 0 to 1.
double overlap(const WordSet& a, const WordSet& b);

}  // namespace pmtune::data
