// Which part of a conversation the model is shown when the whole does not fit. Arithmetic only: how long a part is,
// the caller knows.
#pragma once

#include <cstdint>
#include <functional>

namespace pmtune::chat {

struct Window {
  std::int64_t dropped_turns = 0;
  std::int64_t dropped_tokens = 0;
  std::int64_t prompt_tokens = 0;  // of what is left
};

struct WindowLimits {
  std::int64_t context_length = 0;
  std::int64_t answer_room = 0;
  bool may_drop = true;
};

// turns: with the last question, at least 1. dropped_before: what the window before left out. length(n): tokens of
// the conversation without its n oldest turns.
//
// As long as it fits, nothing is left out, or what was left out before; else so many turns go that an eighth of the
// context is free beyond the answer's room, where that is possible. So the beginning of what the model sees stays the
// same for several questions, and need not be worked out again for each. Throws invalid_argument.
Window choose_window(std::int64_t turns, std::int64_t dropped_before, const WindowLimits& limits,
                     const std::function<std::int64_t(std::int64_t)>& length);

}  // namespace pmtune::chat
