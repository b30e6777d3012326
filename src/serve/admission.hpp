// Who may ask a model now: as many as it answers at once; others wait in the order in which they came, and not too
// many of them. Waiting here rather than in the engine lets one go who no longer wants the answer.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>

#include "serve/patience.hpp"

namespace pmtune::serve {

// How many wait, at all gates of a server together.
class WaitingRoom {
 public:
  explicit WaitingRoom(std::int64_t room) : room_(room) {}
  bool enter() {
    if (waiting_.fetch_add(1) < room_) return true;
    leave();
    return false;
  }
  void leave() { --waiting_; }
  std::int64_t waiting() const { return waiting_; }

 private:
  std::int64_t room_;
  std::atomic<std::int64_t> waiting_{0};
};

class Gate : public std::enable_shared_from_this<Gate> {
 public:
  Gate(std::int64_t places, std::shared_ptr<WaitingRoom> room) : free_(places), room_(std::move(room)) {}

  // A place, for as long as it lives; keeps the gate alive.
  class Place {
   public:
    explicit Place(std::shared_ptr<Gate> gate) : gate_(std::move(gate)) {}
    ~Place();
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

   private:
    std::shared_ptr<Gate> gate_;
  };

  // Blocks until there is one. Throws ApiError: 429 when too many wait, or what the patience says.
  std::shared_ptr<Place> enter(const Patience& patience);
  std::int64_t running() const;

 private:
  void give_back();
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::list<int> queue_;  // who waits; only the places in the list matter
  std::int64_t free_;
  std::int64_t running_ = 0;
  std::shared_ptr<WaitingRoom> room_;
};

}  // namespace pmtune::serve
