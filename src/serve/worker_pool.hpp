// A bounded number of threads that take no signals, made as they are needed.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace pmtune::serve {

class WorkerPool {
 public:
  WorkerPool(std::size_t threads, std::size_t queue) : most_threads_(threads), most_waiting_(queue) {}
  ~WorkerPool() { join(); }
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // False when too much is waiting. The job must not throw.
  bool submit(std::function<void()> job);
  bool has_waiting() const;  // for a thread that another one would have to give up
  std::size_t busy() const;
  void join();  // when all jobs are done; nothing is taken afterwards

  // Runs the work there and returns what it returns or throws.
  template <class Work>
  auto call(Work work) -> decltype(work()) {
    // Shared: it may still be returning when the result is there already.
    const auto task = std::make_shared<std::packaged_task<decltype(work())()>>(std::move(work));
    auto result = task->get_future();
    if (!submit([task] { (*task)(); })) (*task)();
    return result.get();
  }

 private:
  void start_thread();
  void work();
  std::size_t free() const { return threads_.size() - busy_; }
  const std::size_t most_threads_, most_waiting_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> jobs_;
  std::vector<std::thread> threads_;
  std::size_t busy_ = 0;
  bool ending_ = false;
};

}  // namespace pmtune::serve
