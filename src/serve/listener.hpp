// The socket that clients connect to.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace pmtune::serve {

class Listener {
 public:
  // Listens at once. port 0: a free one. Throws invalid_argument (no such address), io (the port is in use).
  Listener(const std::string& host, std::int64_t port);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  std::int64_t port() const { return port_; }

  // Hands each new socket over until stop() is called; then nobody can connect any more.
  void run(const std::function<void(int socket)>& accepted);
  void stop() noexcept;  // from any thread

 private:
  void open(const std::string& host, std::int64_t port);
  int socket_ = -1;
  int wake_[2] = {-1, -1};  // a pipe: writing into it ends the wait
  std::int64_t port_ = 0;
};

}  // namespace pmtune::serve
