// UTF-8 as Unicode defines it (no overlong forms, no surrogates, nothing above U+10FFFF).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace pmtune {

// The offset of the first byte that is not valid UTF-8, or npos when the text is valid.
std::size_t find_invalid_utf8(std::string_view text);

// The length of the longest prefix that ends on a whole character; what follows may be the start of the next one.
std::size_t whole_characters(std::string_view text);

// Reads the character at `at` of valid UTF-8 and moves `at` past it.
std::uint32_t next_code_point(std::string_view text, std::size_t& at);

void append_utf8(std::string& text, std::uint32_t code_point);

// Each invalid byte replaced by U+FFFD, so that any bytes can be shown to a person.
std::string replace_invalid_utf8(std::string_view bytes);

}  // namespace pmtune
