// Who may ask: keys, pages, hosts; and who comes next.
#include <doctest/doctest.h>

#include <chrono>
#include <set>
#include <thread>

#include "serve/admission.hpp"
#include "serve/origins.hpp"
#include "serve/secret.hpp"
#include "serve/worker_pool.hpp"

using namespace pmtune::serve;

TEST_CASE("keys are compared whole") {
  CHECK(same_secret("abc", "abc"));
  CHECK(!same_secret("abc", "abd"));
  CHECK(!same_secret("abc", "abcd"));
  CHECK(!same_secret("", "a"));
  CHECK(!same_secret(std::string_view("a\0b", 3), std::string_view("a\0c", 3)));
  CHECK(is_one_of("two", {"one", "two", "three"}));
  CHECK(!is_one_of("", {"one"}));
  CHECK(bearer_key("Bearer abc") == "abc");
  CHECK(bearer_key("bearer  abc ") == "abc");
  CHECK(bearer_key("Basic abc").empty());
  CHECK(bearer_key("").empty());
}

TEST_CASE("a comparison takes the same time wherever the keys differ") {
  // Not a proof: it would catch a comparison that stops at the first difference, by a factor of thousands.
  const std::string key(1 << 20, 'k');
  std::string early = key, late = key;
  early.front() = late.back() = 'x';
  const auto time = [&](const std::string& other) {
    auto best = std::chrono::nanoseconds::max();
    for (int i = 0; i < 15; ++i) {
      const auto start = std::chrono::steady_clock::now();
      CHECK(!same_secret(key, other));
      best = std::min(best, std::chrono::nanoseconds(std::chrono::steady_clock::now() - start));
    }
    return static_cast<double>(best.count());
  };
  const double ratio = time(early) / time(late);
  CHECK(ratio > 0.2);
  CHECK(ratio < 5);
}

TEST_CASE("names are not repeated") {
  std::set<std::string> names;
  for (int i = 0; i < 1000; ++i) names.insert(random_name("id-"));
  CHECK(names.size() == 1000);
  CHECK(names.begin()->size() == 27);
}

TEST_CASE("pages and hosts") {
  for (const char* origin : {"http://localhost", "http://localhost:3000", "https://127.0.0.1", "http://[::1]:8080"})
    CHECK(is_loopback_origin(origin));
  for (const char* origin : {"http://localhost.evil.com", "http://evil.com", "null", "", "http://127.0.0.1.evil.com",
                             "http://localhost:80x", "file://", "http://localhost@evil.com"})
    CHECK(!is_loopback_origin(origin));
  CHECK(is_allowed_origin("app://notes", {"app://notes"}));
  CHECK(is_allowed_origin("http://localhost:1", {"loopback"}));
  CHECK(!is_allowed_origin("http://evil.com", {"loopback", "app://notes"}));
  CHECK(is_allowed_origin("http://evil.com", {"*"}));
  for (const char* host : {"localhost", "LOCALHOST:80", "127.0.0.1:1234", "127.8.9.10", "[::1]:99", "[::1]"})
    CHECK(is_loopback_host(host));
  for (const char* host :
       {"", "evil.com", "evil.com:80", "localhost.evil.com", "127.0.0.1.evil.com", "::1", "0.0.0.0"})
    CHECK(!is_loopback_host(host));
  CHECK(is_loopback_address("::1"));
  CHECK(!is_loopback_address("0.0.0.0"));
}

TEST_CASE("a gate lets in as many as have room, the others in their order") {
  const std::atomic<bool> stopping{false};
  const Patience patience(
      100, [] { return true; }, stopping);
  const auto gate = std::make_shared<Gate>(1, std::make_shared<WaitingRoom>(2));
  auto place = gate->enter(patience);
  std::vector<int> order;
  std::mutex mutex;
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&, i] {
      const auto mine = gate->enter(patience);
      const std::lock_guard lock(mutex);
      order.push_back(i);
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  try {
    gate->enter(patience);
    FAIL("the third had to wait");
  } catch (const ApiError& error) {
    CHECK(error.status == 429);
    CHECK(error.retry_after > 0);
  }
  place.reset();
  for (std::thread& thread : threads) thread.join();
  CHECK(order == std::vector<int>{0, 1});
  CHECK(gate->running() == 0);
}

TEST_CASE("who is gone, or late, leaves the queue") {
  std::atomic<bool> stopping{false};
  const auto gate = std::make_shared<Gate>(1, std::make_shared<WaitingRoom>(5));
  const Patience patient(
      100, [] { return true; }, stopping);
  auto place = gate->enter(patient);
  const auto status = [&](const Patience& patience) {
    try {
      gate->enter(patience);
    } catch (const ApiError& error) {
      return error.status;
    }
    return 200;
  };
  CHECK(status(Patience(
            100, [] { return false; }, stopping)) == 499);
  CHECK(status(Patience(
            0.05, [] { return true; }, stopping)) == 504);
  stopping = true;
  CHECK(status(patient) == 503);
  stopping = false;
  place.reset();
  CHECK(status(patient) == 200);
}

TEST_CASE("a pool has so many threads, and so much may wait") {
  WorkerPool pool(2, 1);
  std::atomic<int> running{0};
  std::atomic<bool> go_on{false};
  const auto job = [&] {
    ++running;
    while (!go_on) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  };
  CHECK(pool.submit(job));
  CHECK(pool.submit(job));
  while (running < 2) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  CHECK(pool.submit(job));
  CHECK(pool.has_waiting());
  CHECK(!pool.submit(job));
  CHECK(pool.busy() == 2);
  go_on = true;
  pool.join();
  CHECK(running == 3);
  CHECK(!pool.submit(job));
  WorkerPool other(1, 1);
  CHECK(other.call([] { return 7; }) == 7);
  CHECK_THROWS_AS(other.call([]() -> int { throw std::runtime_error("x"); }), std::runtime_error);
}
