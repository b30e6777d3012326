#include "serve/admission.hpp"

#include <chrono>

namespace pmtune::serve {

Gate::Place::~Place() { gate_->give_back(); }

void Gate::give_back() {
  {
    const std::lock_guard lock(mutex_);
    ++free_;
    --running_;
  }
  changed_.notify_all();
}

std::int64_t Gate::running() const {
  const std::lock_guard lock(mutex_);
  return running_;
}

std::shared_ptr<Gate::Place> Gate::enter(const Patience& patience) {
  using State = Patience::State;
  std::unique_lock lock(mutex_);
  if (free_ == 0 || !queue_.empty()) {
    if (!room_->enter())
      throw make_error(429, "rate_limit_exceeded", "Too many requests are waiting for an answer; try again soon.");
    const auto mine = queue_.insert(queue_.end(), 0);
    State state = State::wanted;
    while (true) {
      if (mine == queue_.begin() && free_ > 0) break;
      changed_.wait_for(lock, std::chrono::milliseconds(100));
      lock.unlock();  // asking the connection takes a system call
      state = patience.state();
      lock.lock();
      if (state != State::wanted) break;
    }
    queue_.erase(mine);
    room_->leave();
    if (state != State::wanted) {
      lock.unlock();
      changed_.notify_all();  // the next in line may be first now
      throw patience.error(state);
    }
  }
  --free_;
  ++running_;
  lock.unlock();
  changed_.notify_all();
  return std::make_shared<Place>(shared_from_this());
}

}  // namespace pmtune::serve
