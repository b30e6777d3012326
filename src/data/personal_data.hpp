// Finds what looks like personal data in a text. Careful rather than complete: a warning for every price or date
// would teach people to ignore warnings.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace pmtune::data {

struct PersonalData {
  const char* kind;  // "an e-mail address", "a phone number", "a card number"
  std::size_t at;
  std::size_t size;
};

// In order, not overlapping. Addresses under names reserved for examples (example.com, .test) are not reported.
std::vector<PersonalData> find_personal_data(std::string_view text);

// Enough of it to find it again, never the whole: "a***@***.com", "+49***", "***4242".
std::string masked(const PersonalData& found, std::string_view text);

// The text with every finding masked.
std::string mask_personal_data(std::string_view text);

}  // namespace pmtune::data
