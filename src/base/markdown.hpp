// The little of Markdown that checks of data and of answers look at. Answers are read leniently: a base model's heading in bold is a
// heading.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pmtune {

std::vector<std::string_view> lines_of(std::string_view text);  // without line ends; views into `text`

// The line without emphasis, code marks, quote marks, heading marks and its list marker.
std::string without_marks(std::string_view line);

// "## Plan", "**Plan**", "**Plan:**" (bold and alone on its line).
bool is_heading(std::string_view line);
// "- x", "* x", "+ x", "3. x", "3) x", "• x".
bool is_list_item(std::string_view line);
// "3. x", "3) x", "**3. x**", "### 3. x".
bool is_numbered_item(std::string_view line);

std::int64_t count_words(std::string_view text);  // runs between blanks that hold a letter or a digit

}  // namespace pmtune
