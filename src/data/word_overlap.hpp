// When two examples are about the same thing. Whether they ask the same is question_hash in folded_hash.hpp.
#pragma once

#include <cstdint>
#include <pmtune/dataset.hpp>
#include <string>
#include <vector>

namespace pmtune::data {

// The text of the last message from "user"; what a person would call the question.
const std::string& question_of(const Example& example);

// The different words of an example (see words.hpp), without those of the system message, which many examples share.
using WordSet = std::vector<std::uint64_t>;  // hashes, ascending
WordSet words_of(const Example& example);

// The part that two sets have in common of all that stands in either, 0 to 1.
double overlap(const WordSet& a, const WordSet& b);

}  // namespace pmtune::data
