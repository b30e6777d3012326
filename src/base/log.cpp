#include "base/log.hpp"

#include <memory>
#include <mutex>

namespace pmtune {
namespace {

using Callback = std::function<void(LogLevel, std::string_view)>;
std::mutex guard;
std::shared_ptr<const Callback>& current() {
  static auto* callback =
      new std::shared_ptr<const Callback>;  // never destroyed: a thread may still log while the process ends
  return *callback;
}

}  // namespace

void set_log_callback(Callback callback) {
  const std::lock_guard lock(guard);
  current() = callback ? std::make_shared<const Callback>(std::move(callback)) : nullptr;
}

void log(LogLevel level, std::string_view message) {
  static std::mutex one_at_a_time;
  std::shared_ptr<const Callback> callback;
  {
    const std::lock_guard lock(guard);
    callback = current();
  }
  if (!callback) return;
  const std::lock_guard lock(one_at_a_time);
  (*callback)(level, message);
}

}  // namespace pmtune
