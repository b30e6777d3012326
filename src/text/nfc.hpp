// Unicode's composed form: "e" + U+0301 becomes "é".
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace pmtune::text {

// Whether the text is surely in NFC already, seen from its bytes alone.
bool is_surely_composed(std::string_view text);

// Text in NFC; valid UTF-8 in and out. With `origins`, its entry i is set to the byte of `text` where the character
// begins that byte i of the result comes from.
std::string compose(std::string_view text, std::vector<std::size_t>* origins = nullptr);

}  // namespace pmtune::text
