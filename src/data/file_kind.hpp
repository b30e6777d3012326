// What a file is, by its first bytes and its name.
#pragma once

#include <optional>
#include <pmtune/dataset.hpp>
#include <string>
#include <string_view>

namespace pmtune::data {

// The problem with a file that is no UTF-8 text at all; nothing when it may be.
std::optional<Problem> foreign_kind(std::string_view head);

// "questions.csv", "questions.TSV.gz"
bool has_table_name(const std::string& name);

// How the records of a file are laid out.
enum class Layout { lines, list, spread };  // spread: objects written over several lines, one after another
Layout layout_of(std::string_view head);    // behind a byte order mark

std::size_t byte_order_mark_size(std::string_view head);  // 3 when UTF-8's mark comes first, else 0

}  // namespace pmtune::data
