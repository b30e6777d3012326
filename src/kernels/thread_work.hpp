// How the block kernels share their work among threads, and the memory each thread works in.
#pragma once

#include <ATen/Parallel.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>

#ifdef _OPENMP
#include <omp.h>
#endif

namespace pmtune::kernels {

// A thread's own buffer, kept from call to call and handed out in aligned pieces.
class ThreadScratch {
 public:
  // All pieces that will be taken must fit into `bytes` (each is rounded up to 64). Earlier pieces become invalid.
  explicit ThreadScratch(std::size_t bytes);

  template <class T>
  T* take(std::int64_t count) {
    T* piece = reinterpret_cast<T*>(next_);
    next_ += padded<T>(count);
    return piece;
  }

  template <class T>
  static std::size_t padded(std::int64_t count) {
    return (static_cast<std::size_t>(count) * sizeof(T) + 63) / 64 * 64;
  }

 private:
  std::byte* next_;
};

// run(thread, threads) once on each thread.
template <class Run>
void on_each_thread(const Run& run) {
  const std::int64_t threads = at::in_parallel_region() ? 1 : at::get_num_threads();
  at::parallel_for(0, threads, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t thread = begin; thread < end; ++thread) run(thread, threads);
  });
}

// run(task) for all tasks, each by the next free thread; around(work) wraps what one thread does. Tasks must not
// depend on which thread runs them.
template <class Run, class Around>
void by_free_threads(std::int64_t tasks, const Run& run, const Around& around) {
  std::atomic<std::int64_t> next{0};
  on_each_thread([&](std::int64_t, std::int64_t) {
    around([&] {
      for (std::int64_t task; (task = next.fetch_add(1, std::memory_order_relaxed)) < tasks;) run(task);
    });
  });
}

// A meeting point for the threads of one team, who wait for each other without giving up the processor: phases of a
// few microseconds would otherwise cost more to wait for than to do.
class Meeting {
 public:
  // Returns when all of the team have called it.
  void wait(std::int64_t threads) {
    if (threads == 1) return;
    const std::int64_t round = round_.load(std::memory_order_acquire);
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == threads) {
      arrived_.store(0, std::memory_order_relaxed);
      round_.store(round + 1, std::memory_order_release);
      return;
    }
    for (std::int64_t spins = 0; round_.load(std::memory_order_acquire) == round; ++spins) pause(spins);
  }

 private:
  static void pause(std::int64_t spins);

  alignas(64) std::atomic<std::int64_t> arrived_{0};
  alignas(64) std::atomic<std::int64_t> round_{0};
};

// run(thread, threads) on all threads of a team at the same time, so that they can meet. No exception may leave it.
template <class Run>
void on_team(const Run& run) {
#ifdef _OPENMP
  const int wanted = at::in_parallel_region() ? 1 : at::get_num_threads();
#pragma omp parallel num_threads(wanted)
  run(static_cast<std::int64_t>(omp_get_thread_num()), static_cast<std::int64_t>(omp_get_num_threads()));
#else
  run(std::int64_t{0}, std::int64_t{1});
#endif
}

}  // namespace pmtune::kernels
