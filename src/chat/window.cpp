#include "chat/window.hpp"

#include "base/fail.hpp"

namespace pmtune::chat {
namespace {

[[noreturn]] void refuse_question(std::int64_t length, const WindowLimits& limits) {
  fail(Code::invalid_argument, "The question is too long by ", length + limits.answer_room - limits.context_length,
       " tokens: with the system prompt it has ", length, ", the answer needs room for ", limits.answer_room,
       ", and the model can hold ", limits.context_length, "; shorten it, or allow shorter answers.");
}

[[noreturn]] void refuse_conversation(std::int64_t length, const WindowLimits& limits) {
  fail(Code::invalid_argument, "The conversation is too long by ",
       length + limits.answer_room - limits.context_length, " tokens: it has ", length,
       ", the answer needs room for ", limits.answer_room, ", and the model can hold ", limits.context_length,
       "; begin a new one, or let the oldest questions be dropped.");
}

}  // namespace

Window choose_window(std::int64_t turns, std::int64_t dropped_before, const WindowLimits& limits,
                     const std::function<std::int64_t(std::int64_t)>& length) {
  const std::int64_t most = limits.context_length - limits.answer_room;
  const std::int64_t whole = length(0);
  if (whole <= most) return {0, 0, whole};
  const std::int64_t shortest = turns == 1 ? whole : length(turns - 1);
  if (shortest > most) refuse_question(shortest, limits);
  if (!limits.may_drop) refuse_conversation(whole, limits);
  if (dropped_before > 0 && dropped_before < turns)
    if (const std::int64_t left = length(dropped_before); left <= most) return {dropped_before, whole - left, left};

  // The fewest turns that have to go. The more go, the shorter it is, so halving finds them.
  const std::int64_t spare = most - limits.context_length / 8;
  const std::int64_t aim = shortest <= spare ? spare : most;
  std::int64_t too_few = 0, enough = turns - 1, left = shortest;
  while (enough - too_few > 1) {
    const std::int64_t middle = too_few + (enough - too_few) / 2;
    const std::int64_t tokens = length(middle);
    if (tokens <= aim) {
      enough = middle;
      left = tokens;
    } else {
      too_few = middle;
    }
  }
  return {enough, whole - left, left};
}

}  // namespace pmtune::chat
