// Sentences and lines that the forms of previews and surprises share.
#pragma once

#include <pmtune/dataset_preview.hpp>
#include <string>
#include <vector>

#include "data/problems.hpp"

namespace pmtune::preview {

using data::counted;         // "1 example", "1,200 examples"
using data::grouped_number;  // "12,345"

std::string place_of(const std::string& origin, std::int64_t line, std::size_t index);  // "data.jsonl line 7"

std::string size_sentence(const DatasetPreview& preview);  // examples and tokens, how many are taught
std::string ends_sentence(const DatasetPreview& preview);  // the proof
std::string cut_sentence(const DatasetPreview& preview);   // what the context length would cut
std::string end_sentence(const PreviewAnswer& answer);     // the proof of one answer
std::string size_of(const ExamplePreview& example);        // "310 tokens, 241 of them taught"
std::string spread_of(const PreviewHistogram& histogram);  // "127 to 512, half of them up to 301"

// A sentence in lines of at most 110 bytes, broken at spaces; the first begins with `first`, the others with `rest`.
std::string wrapped(const std::string& text, const std::string& first = "", const std::string& rest = "");

// "data.jsonl line 7: ...", one an example that is refused or loses tokens; at most `most`, and how many more.
std::vector<std::string> problems(const DatasetPreview& preview, std::size_t most);

}  // namespace pmtune::preview
