#include "data/refusals.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "base/ascii.hpp"

namespace pmtune::data {
namespace {

// Assistants refuse in few words, and at once. Straight apostrophes stand for curly ones too.
constexpr std::array<std::string_view, 30> openings{"i'm sorry, but",
                                                    "i am sorry, but",
                                                    "i'm sorry, i",
                                                    "sorry, but i",
                                                    "sorry, i can",
                                                    "i apologize, but",
                                                    "i apologise, but",
                                                    "i can't assist",
                                                    "i cannot assist",
                                                    "i can't help",
                                                    "i cannot help",
                                                    "i can't provide",
                                                    "i cannot provide",
                                                    "i can't fulfill",
                                                    "i cannot fulfill",
                                                    "i'm unable to",
                                                    "i am unable to",
                                                    "i'm not able to",
                                                    "i am not able to",
                                                    "unfortunately, i can",
                                                    "as an ai",
                                                    "as a language model",
                                                    "as a large language model",
                                                    "es tut mir leid, aber",
                                                    "leider kann ich",
                                                    "als ki-",
                                                    "je suis désolé, mais",
                                                    "en tant qu'ia",
                                                    "lo siento, pero",
                                                    "como modelo de lenguaje"};

}  // namespace

std::string_view find_refusal(std::string_view answer) {
  const std::string_view text = trimmed(answer.substr(0, 120));
  std::string start = ascii_lower(text);
  for (std::size_t at = 0; (at = start.find("\xE2\x80\x99", at)) != std::string::npos;) start.replace(at, 3, "'");
  const auto found = std::find_if(openings.begin(), openings.end(),
                                  [&](std::string_view opening) { return start.starts_with(opening); });
  return found == openings.end() ? std::string_view() : *found;
}

}  // namespace pmtune::data
