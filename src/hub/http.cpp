// The one file that includes cpp-httplib.
#include "hub/http.hpp"

#include <httplib.h>
#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>

#include "base/ascii.hpp"
#include "base/fail.hpp"
#include "hub/proxy.hpp"

namespace pmtune::hub {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t most_waiting_bytes = std::size_t{4} << 20;  // between the two threads
constexpr std::chrono::milliseconds wait_step{100};
constexpr int longest_connecting = 15;  // seconds; a cancel has to wait for it

HttpEnd end_of(httplib::Error error) {
  switch (error) {
    case httplib::Error::Success: return HttpEnd::complete;
    case httplib::Error::Canceled: return HttpEnd::stopped;
    case httplib::Error::Connection:
    case httplib::Error::ConnectionTimeout:
    case httplib::Error::BindIPAddress: return HttpEnd::unreachable;
    case httplib::Error::SSLLoadingCerts:
    case httplib::Error::SSLServerVerification: return HttpEnd::untrusted;
    default: return HttpEnd::dropped;
  }
}

// A thread that receives no signal: those of the host are for its own threads, and a connection that breaks while
// something is written to it must not end the process with SIGPIPE.
template <class Work>
std::thread quiet_thread(Work work) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread thread;
  try {
    thread = std::thread(std::move(work));
  } catch (...) {
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

// What one thread receives and the other takes.
class Exchange {
 public:
  Exchange(const Url& url, const Headers& headers, int timeout)
      : client_(url.origin()), target_(url.target), timeout_(timeout) {
    for (const auto& [name, value] : headers) headers_.emplace(name, value);
    client_.set_url_encode(false);
    client_.set_decompress(false);
    client_.set_follow_location(false);
    client_.set_keep_alive(false);
    client_.set_connection_timeout(std::min(timeout, longest_connecting));
    client_.set_read_timeout(timeout);
    client_.set_write_timeout(timeout);
    if (const auto proxy = proxy_for(url)) {
      client_.set_proxy(proxy->host, proxy->port);
      if (!proxy->user.empty()) client_.set_proxy_basic_auth(proxy->user, proxy->password);
    }
    thread_ = quiet_thread([this] { receive(); });
  }
  ~Exchange() { stop(); }
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  HttpEnd pass_on_to(HttpSink& sink) {
    // Heads that never end are cut off by time: the client reads as many lines as the server sends.
    const auto deadline = Clock::now() + std::chrono::seconds(2 * timeout_ + longest_connecting);
    bool head_passed = false;
    for (;;) {
      std::string bytes;
      bool ended = false, arrived = false;
      {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, wait_step, [&] { return ended_ || !waiting_.empty() || (head_ && !head_passed); });
        bytes.swap(waiting_);
        ended = ended_.has_value();
        arrived = head_.has_value();
      }
      changed_.notify_all();
      if (arrived && !head_passed) {
        head_passed = true;
        if (!sink.on_head(*head_)) return HttpEnd::stopped;
      }
      if (!bytes.empty()) sink.on_body(bytes);
      if (ended) return *ended_;
      if (bytes.empty()) sink.on_wait();
      if (!head_passed && Clock::now() > deadline) return HttpEnd::dropped;
    }
  }

 private:
  void receive() {
    HttpEnd end = HttpEnd::dropped;
    try {
      const httplib::Result result = client_.Get(
          target_, headers_, [this](const httplib::Response& response) { return keep_head(response); },
          [this](const char* bytes, std::size_t size) { return keep_bytes(bytes, size); });
      end = end_of(result.error());
    } catch (...) {  // out of memory, at worst; the other side treats it like a broken connection
    }
    const std::lock_guard lock(mutex_);
    ended_ = end;
    changed_.notify_all();
  }

  bool keep_head(const httplib::Response& response) {
    HttpHead head;
    head.status = response.status;
    for (const auto& [name, value] : response.headers) head.headers.emplace(ascii_lower(name), value);
    const std::lock_guard lock(mutex_);
    head_ = std::move(head);
    changed_.notify_all();
    return !stopping_;
  }

  bool keep_bytes(const char* bytes, std::size_t size) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return stopping_ || waiting_.size() < most_waiting_bytes; });
    if (stopping_) return false;
    waiting_.append(bytes, size);
    changed_.notify_all();
    return true;
  }

  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    // Until the thread has ended: a stop between two of its steps would find no connection to shut down.
    for (;;) {
      client_.stop();
      std::unique_lock lock(mutex_);
      if (changed_.wait_for(lock, wait_step, [&] { return ended_.has_value(); })) break;
    }
    thread_.join();
  }

  httplib::Client client_;
  std::string target_;
  httplib::Headers headers_;
  int timeout_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string waiting_;
  std::optional<HttpHead> head_;
  std::optional<HttpEnd> ended_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace

const std::string* HttpHead::find(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? nullptr : &found->second;
}

HttpEnd http_get(const Url& url, const Headers& headers, int timeout, HttpSink& sink) {
  return Exchange(url, headers, timeout).pass_on_to(sink);
}

}  // namespace pmtune::hub
