#include "serve/worker_pool.hpp"

#include <csignal>
#include <system_error>
#include <utility>

namespace pmtune::serve {

void WorkerPool::start_thread() {
  // The host's handlers run on the host's threads: a new thread begins with the mask of the one that makes it.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    threads_.emplace_back([this] { work(); });
  } catch (const std::system_error&) {
    // The system gives no more threads; those that are there do the work.
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

bool WorkerPool::submit(std::function<void()> job) {
  const std::lock_guard lock(mutex_);
  if (ending_) return false;
  // A thread that has just been made counts as free, though it has not begun yet.
  if (jobs_.size() >= free() && threads_.size() < most_threads_) start_thread();
  if (threads_.empty() || jobs_.size() >= most_waiting_ + free()) return false;
  jobs_.push_back(std::move(job));
  changed_.notify_one();
  return true;
}

bool WorkerPool::has_waiting() const {
  const std::lock_guard lock(mutex_);
  return threads_.size() >= most_threads_ && jobs_.size() > free();
}

std::size_t WorkerPool::busy() const {
  const std::lock_guard lock(mutex_);
  return busy_;
}

void WorkerPool::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return !jobs_.empty() || ending_; });
    if (jobs_.empty()) return;
    ++busy_;
    const std::function<void()> job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job();
    lock.lock();
    --busy_;
  }
}

void WorkerPool::join() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

}  // namespace pmtune::serve
