#include "serve/listener.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>
#include <thread>

#include "base/fail.hpp"

namespace pmtune::serve {
namespace {

constexpr int most_pending = 256;

void keep_from_children(int descriptor) { fcntl(descriptor, F_SETFD, FD_CLOEXEC); }

std::int64_t port_of(int socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  return address.ss_family == AF_INET6 ? ntohs(reinterpret_cast<sockaddr_in6&>(address).sin6_port)
                                       : ntohs(reinterpret_cast<sockaddr_in&>(address).sin_port);
}

// -1, with errno, when it cannot.
int listen_on(const addrinfo& address) {
  const int made = socket(address.ai_family, address.ai_socktype, address.ai_protocol);
  if (made < 0) return -1;
  keep_from_children(made);
  fcntl(made, F_SETFL, O_NONBLOCK);  // who gives up between poll and accept must not hold up the others
  const int yes = 1;
  setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (bind(made, address.ai_addr, address.ai_addrlen) == 0 && listen(made, most_pending) == 0) return made;
  const int why = errno;
  close(made);
  errno = why;
  return -1;
}

}  // namespace

Listener::Listener(const std::string& host, std::int64_t port) {
  if (pipe(wake_) != 0) fail(Code::io, "The server cannot start (", std::strerror(errno), ").");
  for (const int end : wake_) {
    keep_from_children(end);
    fcntl(end, F_SETFL, O_NONBLOCK);
  }
  try {
    open(host, port);
  } catch (...) {
    for (const int end : wake_) close(end);
    throw;
  }
  port_ = port_of(socket_);
}

Listener::~Listener() {
  if (socket_ >= 0) close(socket_);
  for (const int end : wake_) close(end);
}

void Listener::open(const std::string& host, std::int64_t port) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &found) != 0)
    fail(Code::invalid_argument, "There is no address \"", host, "\" on this machine; use 127.0.0.1.");
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses(found, freeaddrinfo);
  int why = 0;
  for (const addrinfo* at = found; at && socket_ < 0; at = at->ai_next) {
    socket_ = listen_on(*at);
    if (socket_ < 0) why = errno;
  }
  if (socket_ < 0)
    fail(Code::io, "The server cannot listen on ", host, " port ", port, " (", std::strerror(why),
         "); choose another port, or 0 for a free one.");
}

void Listener::run(const std::function<void(int socket)>& accepted) {
  while (true) {
    pollfd waiting[2] = {{socket_, POLLIN, 0}, {wake_[0], POLLIN, 0}};
    if (poll(waiting, 2, -1) < 0 && errno != EINTR) break;
    if (waiting[1].revents != 0) break;
    if (waiting[0].revents == 0) continue;
    const int client = accept(socket_, nullptr, nullptr);
    if (client < 0) {
      // Out of descriptors: those that are open will be closed some time.
      if (errno == EMFILE || errno == ENFILE) std::this_thread::sleep_for(std::chrono::milliseconds(50));
      continue;
    }
    keep_from_children(client);
    const int yes = 1;
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);  // an event is sent when it is there
#ifdef SO_NOSIGPIPE
    setsockopt(client, SOL_SOCKET, SO_NOSIGPIPE, &yes, sizeof yes);
#endif
    accepted(client);
  }
  close(socket_);
  socket_ = -1;
}

void Listener::stop() noexcept {
  const char byte = 0;
  // Nobody reads it, so one stays there for good: a later run() ends at once.
  [[maybe_unused]] const ssize_t written = write(wake_[1], &byte, 1);
}

}  // namespace pmtune::serve
