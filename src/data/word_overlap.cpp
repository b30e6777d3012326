#include "data/word_overlap.hpp"

#include <algorithm>

#include "data/words.hpp"

namespace pmtune::data {

const std::string& question_of(const Example& example) {
  static const std::string none;
  const auto found = std::find_if(example.messages.rbegin(), example.messages.rend(),
                                  [](const Message& message) { return message.role == "user"; });
  return found == example.messages.rend() ? none : found->content;
}

WordSet words_of(const Example& example) {
  WordSet words;
  for (const Message& message : example.messages)
    if (message.role != "system") for_each_word(message.content, [&](std::uint64_t word) { words.push_back(word); });
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  return words;
}

double overlap(const WordSet& a, const WordSet& b) {
  std::size_t common = 0;
  for (auto i = a.begin(), j = b.begin(); i != a.end() && j != b.end();) {
    if (*i == *j) {
      ++common;
      ++i;
      ++j;
    } else if (*i < *j) {
      ++i;
    } else {
      ++j;
    }
  }
  const std::size_t all = a.size() + b.size() - common;
  return all == 0 ? 0 : static_cast<double>(common) / static_cast<double>(all);
}

}  // namespace pmtune::data
