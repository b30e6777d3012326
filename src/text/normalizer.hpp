// What a tokenizer does to a text before it is cut into words.
#pragma once

#include <string>
#include <string_view>

namespace pmtune::text {

enum class Normalizer {
  none,
  nfc,  // Unicode's composed form: "e" + U+0301 becomes "é"
};

// Text in NFC; valid UTF-8 in and out.
std::string compose(std::string_view text);

}  // namespace pmtune::text
