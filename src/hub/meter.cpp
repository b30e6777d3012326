#include "hub/meter.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <ostream>
#include <thread>

#include "base/duration.hpp"
#include "base/fail.hpp"

namespace pmtune {

std::ostream& operator<<(std::ostream& out, const PullProgress& p) {
  out << p.file << ": " << to_string(ByteSize(p.bytes)) << " of " << to_string(ByteSize(p.total));
  if (p.total > 0) out << " (" << p.bytes * 100 / p.total << " %)";
  if (!p.note.empty()) return out << ", " << p.note;
  if (p.bytes_per_second > 0)
    out << ", " << to_string(ByteSize(static_cast<std::int64_t>(p.bytes_per_second))) << "/s";
  if (!std::isnan(p.seconds_left)) out << ", " << duration_text(p.seconds_left) << " left";
  return out;
}

}  // namespace pmtune

namespace pmtune::hub {
namespace {

constexpr std::chrono::milliseconds between_calls{100};
constexpr std::chrono::seconds speed_window{5};

double seconds_of(Meter::Clock::duration time) { return std::chrono::duration<double>(time).count(); }

}  // namespace

Meter::Meter(std::string what, PullCallback callback) : what_(std::move(what)), callback_(std::move(callback)) {
  progress_.seconds_left = std::numeric_limits<double>::quiet_NaN();
}

void Meter::set_total(std::int64_t files, std::int64_t bytes) {
  progress_.files = files;
  progress_.total = bytes;
}

void Meter::begin_file(const std::string& name, std::int64_t bytes) {
  progress_.file = name;
  progress_.file_bytes = 0;
  progress_.file_total = bytes;
  look_up(true);
}

void Meter::end_file() {
  ++progress_.files_done;
  progress_.note.clear();
  look_up(true);
}

void Meter::arrived(std::int64_t bytes) {
  received_ += bytes;
  progress_.note.clear();
  found(bytes);
}

void Meter::found(std::int64_t bytes) {
  progress_.bytes += bytes;
  progress_.file_bytes += bytes;
  look_up();
}

void Meter::note(const std::string& text) {
  progress_.note = text;
  look_up(true);
}

void Meter::measure(Clock::time_point now) {
  samples_.push_back({now, received_});
  while (samples_.size() > 2 && now - samples_.front().when > speed_window) samples_.pop_front();
  const double time = seconds_of(now - samples_.front().when);
  progress_.seconds = seconds_of(now - started_);
  progress_.bytes_per_second = time > 0 ? static_cast<double>(received_ - samples_.front().received) / time : 0;
  progress_.seconds_left = progress_.bytes_per_second > 0
                               ? static_cast<double>(progress_.total - progress_.bytes) / progress_.bytes_per_second
                               : std::numeric_limits<double>::quiet_NaN();
}

void Meter::look_up(bool now) {
  if (!callback_) return;
  const auto time = Clock::now();
  if (!now && time - last_call_ < between_calls) return;
  last_call_ = time;
  measure(time);
  if (callback_(progress_) == Control::stop)
    fail(Code::cancelled, "The download of ", what_, " was stopped; the same again goes on where it was.");
}

void Meter::pause(std::chrono::milliseconds time) {
  const auto end = Clock::now() + time;
  for (auto now = Clock::now(); now < end; now = Clock::now()) {
    std::this_thread::sleep_for(std::min<Clock::duration>(between_calls, end - now));
    look_up();
  }
}

}  // namespace pmtune::hub
