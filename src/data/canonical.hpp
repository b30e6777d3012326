// The one way in which pmtune itself writes an example.
#pragma once

#include <pmtune/dataset.hpp>
#include <string>

namespace pmtune::data {

// {"messages": [...], "tags": [...]} in one line, without line break. weight only where it is not 1, tags only where
// there are some, no spaces: equal examples give equal bytes.
std::string canonical_line(const Example& example);

// The same with "author" where there is one: what is written to files. The hash is of canonical_line.
std::string saved_line(const Example& example);

// The same without tags: what the model sees.
std::string canonical_conversation(const Example& example);

}  // namespace pmtune::data
