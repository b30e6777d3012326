// For how long an answer is still wanted: until the one who asked is gone, its time is over, or the server stops.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>

#include "serve/api_error.hpp"

namespace pmtune::serve {

using Clock = std::chrono::steady_clock;

class Patience {
 public:
  enum class State { wanted, gone, late, stopping };

  // is_open: whether the client is still there; cheap. stopping: set when running answers must end.
  Patience(double seconds, std::function<bool()> is_open, const std::atomic<bool>& stopping)
      : deadline_(Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds))),
        seconds_(seconds),
        is_open_(std::move(is_open)),
        stopping_(stopping) {}

  State state() const {
    if (!is_open_()) return State::gone;
    if (stopping_) return State::stopping;
    return Clock::now() >= deadline_ ? State::late : State::wanted;
  }

  // What a client is told in that state; for `gone` nobody reads it.
  ApiError error(State state) const {
    if (state == State::stopping)
      return make_error(503, "server_stopping", "The server is stopping; ask again when it is back.");
    if (state == State::gone) return make_error(499, "client_closed", "The client closed the connection.");
    return make_error(
        504, "timeout",
        concat("The answer was not complete after ", seconds_,
               " s; ask for a shorter one (max_tokens), or start the server with a longer request_time."));
  }

 private:
  Clock::time_point deadline_;
  double seconds_;
  std::function<bool()> is_open_;
  const std::atomic<bool>& stopping_;
};

}  // namespace pmtune::serve
