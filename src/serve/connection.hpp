// One connection as cpp-httplib reads and writes it, with limits that the library does not have: on the time until a
// request is there, on the bytes of its head, and on how long a client may take nothing. Writing never blocks: what a
// slow client has not taken waits here, so that it holds up nobody else's answer.
#pragma once

#include <httplib.h>

#include <atomic>
#include <chrono>
#include <string>

#include "serve/patience.hpp"

namespace pmtune::serve {

class Connection : public httplib::Stream {
 public:
  // Takes the socket over, and closes it in the end. idle_time: seconds.
  Connection(int socket, double idle_time);
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // True when the first byte of another request is there; waits until then, or until stop() says so (asked ten times
  // a second). False when the client is gone or says nothing.
  bool wait_for_request(double seconds, const std::function<bool()>& stop);
  void begin_request();  // its time and its head are counted from here
  void end_head() { in_head_ = false; }

  // Sends what is left. False when the client does not take it.
  bool flush();
  // Ends politely: a client that is still sending must be able to read the answer first.
  void close_gently();

  bool is_open() const;  // whether the client is still there
  bool was_late() const { return late_; }
  bool had_large_head() const { return large_head_; }
  void close_after_this() { close_after_ = true; }
  bool must_close() const { return close_after_ || broken_; }

  bool is_readable() const override { return true; }
  bool is_writable() const override { return is_open(); }
  ssize_t read(char* bytes, size_t size) override;
  ssize_t write(const char* bytes, size_t size) override;
  void get_remote_ip_and_port(std::string& ip, int& port) const override;
  void get_local_ip_and_port(std::string& ip, int& port) const override;
  socket_t socket() const override { return -1; }  // the library would only compare it with FD_SETSIZE

 private:
  bool fill(Clock::time_point until);  // reads more into in_
  void send_some();

  int socket_;
  double idle_time_;
  std::string in_;
  std::size_t in_at_ = 0;
  std::string out_;
  std::size_t out_at_ = 0;
  Clock::time_point deadline_;
  Clock::time_point last_taken_;
  std::size_t head_bytes_ = 0;
  bool in_head_ = true, late_ = false, large_head_ = false, broken_ = false, close_after_ = false;
};

}  // namespace pmtune::serve
