// What several commands do with examples: find them, tell of problems and differences.
#pragma once

#include <iosfwd>
#include <pmtune/pmtune.hpp>
#include <string>
#include <vector>

#include "shared_flags.hpp"

namespace pmtune::cli {

// The examples of a file, or of a data version in the registry ("PM-examples-d3"; a file of that name goes first).
Dataset load_examples(const std::string& source, const RegistryFlag& registry);

void print_problems(std::ostream& out, const std::vector<Problem>& problems);

void print_diff(std::ostream& out, const DatasetDiff& diff);  // coloured on a terminal

// Fit for one cell of a table: one line without control characters, of at most `most` characters.
std::string cell(const std::string& text, std::size_t most = 60);

// The last question of a conversation.
std::string question_of(const Example& example);

}  // namespace pmtune::cli
