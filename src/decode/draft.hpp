// Guessing the next tokens of an answer from what the text already says (prompt lookup, Saxena 2023): where the last
// few tokens have stood before, what followed them then.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace pmtune::decode {

// Fills `guess` with at most `most` tokens; none where nothing like the end of `seen` has been there.
void guess_next(std::span<const std::int32_t> seen, std::size_t most, std::vector<std::int32_t>& guess);

// How many tokens are worth guessing: what was right lately tells.
class GuessLength {
 public:
  std::size_t next();
  void learn(std::size_t guessed, std::size_t right);

 private:
  double right_ = 0.5;     // share of guesses that were right, of late
  std::int64_t rest_ = 0;  // answers' tokens until the next try, when guesses have been wrong
  std::int64_t pause_ = 1;
};

}  // namespace pmtune::decode
