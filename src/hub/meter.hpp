// Counts what has arrived and tells the caller, about ten times a second; the only place that calls back.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <pmtune/hub.hpp>
#include <string>

namespace pmtune::hub {

class Meter {
 public:
  using Clock = std::chrono::steady_clock;

  // what: for the sentence of a cancelled download.
  Meter(std::string what, PullCallback callback);

  void set_total(std::int64_t files, std::int64_t bytes);
  void begin_file(const std::string& name, std::int64_t bytes);
  void end_file();

  void arrived(std::int64_t bytes);    // over the network
  void found(std::int64_t bytes);      // on the disk already; may be negative when it turns out to be of no use
  void note(const std::string& text);  // shown until the next bytes arrive

  // Calls back when it is time. Throws cancelled when the callback says stop.
  void look_up(bool now = false);
  // Waits, looking up meanwhile.
  void pause(std::chrono::milliseconds time);

 private:
  void measure(Clock::time_point now);

  std::string what_;
  PullCallback callback_;
  PullProgress progress_;
  Clock::time_point started_ = Clock::now();
  Clock::time_point last_call_{};
  std::int64_t received_ = 0;
  struct Sample {
    Clock::time_point when;
    std::int64_t received;
  };
  std::deque<Sample> samples_;  // of the last seconds
};

}  // namespace pmtune::hub
