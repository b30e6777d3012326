#include "serve/connection.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace pmtune::serve {
namespace {

constexpr std::size_t largest_head = 64 << 10, piece = 16 << 10;
constexpr std::size_t most_unsent = std::size_t{64} << 20;

// Platforms without the flag have the socket's option instead (set where it is accepted).
#ifdef MSG_NOSIGNAL
constexpr int send_flags = MSG_NOSIGNAL | MSG_DONTWAIT;
#else
constexpr int send_flags = MSG_DONTWAIT;
#endif

Clock::time_point after(double seconds) {
  return Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
}

// The events that came until then; 0 when none did.
short wait_for(int socket, short events, Clock::time_point until) {
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
    if (left < 0) return 0;
    pollfd waiting{socket, events, 0};
    const int ready = poll(&waiting, 1, static_cast<int>(std::min<long long>(left + 1, 60'000)));
    if (ready > 0) return waiting.revents;
    if (ready < 0 && errno != EINTR) return POLLERR;
  }
}

}  // namespace

Connection::Connection(int socket, double idle_time)
    : socket_(socket), idle_time_(idle_time), deadline_(after(idle_time)), last_taken_(Clock::now()) {}

Connection::~Connection() { ::close(socket_); }

bool Connection::fill(Clock::time_point until) {
  in_.clear();
  in_at_ = 0;
  while (true) {
    in_.resize(piece);
    const ssize_t got = recv(socket_, in_.data(), in_.size(), MSG_DONTWAIT);
    in_.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    if (got > 0) return true;
    if (got == 0) break;
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) break;
    if (wait_for(socket_, POLLIN, until) == 0) {
      late_ = true;
      return false;
    }
  }
  broken_ = true;
  return false;
}

bool Connection::wait_for_request(double seconds, const std::function<bool()>& stop) {
  if (in_at_ < in_.size()) return true;
  const Clock::time_point until = after(seconds);
  while (!stop() && Clock::now() < until)
    if (wait_for(socket_, POLLIN, std::min(until, after(0.1))) != 0) return fill(until);
  return false;
}

void Connection::begin_request() {
  deadline_ = after(idle_time_);
  head_bytes_ = 0;
  in_head_ = true;
  late_ = large_head_ = false;
}

ssize_t Connection::read(char* bytes, size_t size) {
  if (in_at_ == in_.size() && !fill(deadline_)) return broken_ && !late_ ? 0 : -1;
  const std::size_t count = std::min(size, in_.size() - in_at_);
  std::copy_n(in_.data() + in_at_, count, bytes);
  in_at_ += count;
  if (in_head_ && (head_bytes_ += count) > largest_head) {
    large_head_ = true;
    return -1;
  }
  return static_cast<ssize_t>(count);
}

void Connection::send_some() {
  while (out_at_ < out_.size()) {
    const ssize_t sent = send(socket_, out_.data() + out_at_, out_.size() - out_at_, send_flags);
    if (sent > 0) {
      out_at_ += static_cast<std::size_t>(sent);
      last_taken_ = Clock::now();
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      break;
    } else if (errno != EINTR) {
      broken_ = true;
      break;
    }
  }
  if (out_at_ == out_.size() || out_at_ > out_.size() / 2) {
    out_.erase(0, out_at_);
    out_at_ = 0;
  }
}

ssize_t Connection::write(const char* bytes, size_t size) {
  if (out_.empty()) last_taken_ = Clock::now();
  out_.append(bytes, size);
  send_some();
  const std::chrono::duration<double> silent = Clock::now() - last_taken_;
  if (!out_.empty() && (silent.count() > idle_time_ || out_.size() - out_at_ > most_unsent)) broken_ = true;
  return broken_ ? -1 : static_cast<ssize_t>(size);
}

bool Connection::flush() {
  // A client that takes a byte now and then must end, too.
  const Clock::time_point end = after(10 * idle_time_);
  while (!broken_ && !out_.empty()) {
    const short ready = wait_for(socket_, POLLOUT, std::min(end, after(idle_time_)));
    if (ready == 0 || (ready & (POLLERR | POLLHUP))) broken_ = true;
    if (!broken_) send_some();
  }
  return !broken_;
}

void Connection::close_gently() {
  if (broken_) return;
  shutdown(socket_, SHUT_WR);
  const Clock::time_point end = after(1);
  std::size_t most = std::size_t{16} << 20;
  while (fill(end) && in_.size() < most) most -= in_.size();
}

bool Connection::is_open() const {
  if (broken_) return false;
#ifdef POLLRDHUP
  pollfd state{socket_, POLLRDHUP, 0};
  const int ready = poll(&state, 1, 0);
  return ready == 0 || (ready < 0 && errno == EINTR);
#else
  char byte;
  const ssize_t got = recv(socket_, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got > 0 || (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR));
#endif
}

namespace {

template <class Get>
void name_of(int socket, Get get, std::string& ip, int& port) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  char text[INET6_ADDRSTRLEN] = "";
  if (get(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return;
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
    port = ntohs(v4.sin_port);
  } else if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
    port = ntohs(v6.sin6_port);
  }
  ip = text;
}

}  // namespace

void Connection::get_remote_ip_and_port(std::string& ip, int& port) const { name_of(socket_, getpeername, ip, port); }
void Connection::get_local_ip_and_port(std::string& ip, int& port) const { name_of(socket_, getsockname, ip, port); }

}  // namespace pmtune::serve
