// Children that are killed for real.
#pragma once

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <exception>
#include <functional>
#include <string>
#include <string_view>
#include <thread>

namespace pmtune::test {

// Runs `act` in a child, which ends with 0, or with 1 after an exception.
inline pid_t start(const std::function<void()>& act) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  try {
    act();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "child: %s\n", error.what());
    ::_exit(1);
  }
  ::_exit(0);
}

// As waitpid has it.
inline int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

// Runs `act` in a child for that long; what it reached is left to chance.
inline int killed_after(std::chrono::microseconds delay, const std::function<void()>& act) {
  const pid_t child = start(act);
  std::this_thread::sleep_for(delay);
  ::kill(child, SIGKILL);
  return wait_for(child);
}

// What a child reported until it was killed. A report of a few bytes arrives whole or not at all.
using Report = std::function<void(std::string_view)>;
inline std::string reported_until_killed(std::chrono::microseconds delay,
                                         const std::function<void(const Report&)>& work) {
  std::array<int, 2> channel{};
  REQUIRE(::pipe(channel.data()) == 0);
  const int status = killed_after(delay, [&] {
    work([&](std::string_view text) {
      if (::write(channel[1], text.data(), text.size()) != static_cast<ssize_t>(text.size())) ::_exit(1);
    });
  });
  ::close(channel[1]);
  CHECK(WIFSIGNALED(status));
  std::string reported;
  std::array<char, 4096> block;
  for (ssize_t got; (got = ::read(channel[0], block.data(), block.size())) > 0;)
    reported.append(block.data(), static_cast<std::size_t>(got));
  ::close(channel[0]);
  return reported;
}

}  // namespace pmtune::test
