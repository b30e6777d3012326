#include <pmtune/engine.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <ostream>
#include <thread>

#include "base/options.hpp"
#include "base/round_up.hpp"
#include "decode/scheduler.hpp"
#include "model/guard.hpp"

namespace pmtune {
namespace {

using Clock = std::chrono::steady_clock;
using decode::Answer;
using decode::Scheduler;

constexpr std::int64_t kUsualContext = 8192;
constexpr std::int64_t kUsualCache = 256 << 20;

// A request whose caller waits on another thread, and hears of each token there.
class WaitingRequest : public decode::Request {
 public:
  using Request::Request;

  // ---- on the engine's thread ----
  void on_token(const std::string& text, const ScoredToken* score) override {
    const std::lock_guard lock(mutex_);
    if (answer->result().ids.size() == 1) first_token_ = Clock::now();
    events_.push_back({text, score ? std::optional(*score) : std::nullopt});
    changed_.notify_one();
  }
  bool is_cancelled() const override { return cancelled_.load(std::memory_order_relaxed); }
  void on_end(std::exception_ptr error) override {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    error_ = error;
    changed_.notify_one();
  }

  // ---- on the caller's ----
  Generation wait(const GenerationCallback& callback) {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [&] { return ended_ || !events_.empty(); });
      while (!events_.empty()) {
        const Event event = std::move(events_.front());
        events_.pop_front();
        lock.unlock();
        tell(callback, event.text, event.score ? &*event.score : nullptr);
        lock.lock();
      }
      if (ended_) break;
    }
    if (error_) std::rethrow_exception(error_);
    Generation& result = answer->result();
    if (stopped_) end_where_stopped(result);
    if (!answer->rest().empty() && result.finish != FinishReason::cancelled) tell(callback, answer->rest(), nullptr);
    const auto seconds = [&](Clock::time_point end) { return std::chrono::duration<double>(end - start_).count(); };
    result.seconds = seconds(Clock::now());
    result.prompt_seconds = result.ids.empty() ? result.seconds : seconds(first_token_);
    return std::move(result);
  }
  void cancel() { cancelled_ = true; }

 private:
  struct Event {
    std::string text;
    std::optional<ScoredToken> score;
  };
  void tell(const GenerationCallback& callback, const std::string& text, const ScoredToken* score) {
    if (stopped_) return;
    shown_ += text;
    ++told_;
    if (!callback) return;
    try {
      if (callback({text, score}) == Control::stop) {
        stopped_ = true;
        cancel();
      }
    } catch (...) {
      cancel();
      throw;
    }
  }

  // The engine may be some tokens ahead of the one at which the caller stopped.
  void end_where_stopped(Generation& result) const {
    result.ids.resize(std::min(result.ids.size(), told_));
    if (!result.scores.empty()) result.scores.resize(result.ids.size());
    result.text = shown_;
    result.finish = FinishReason::cancelled;
  }

  // Of the caller's thread.
  std::string shown_;
  std::size_t told_ = 0;  // tokens that the caller has heard of
  bool stopped_ = false;
  Clock::time_point start_ = Clock::now(), first_token_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Event> events_;
  bool ended_ = false;
  std::exception_ptr error_;
  std::atomic<bool> cancelled_{false};
};

double mean_logprob(const Generation& answer) {
  double sum = 0;
  for (const ScoredToken& token : answer.scores) sum += token.logprob;
  return sum / static_cast<double>(std::max<std::size_t>(1, answer.scores.size()));
}

std::int64_t context_of(const model::Architecture& a, const EngineOptions& options) {
  if (options.context_length == 0) return std::min(a.context_length, kUsualContext);
  if (options.context_length > a.context_length)
    fail(Code::invalid_argument, "Option context_length is ", options.context_length,
         ", but this model was made for ", a.context_length, " tokens; take no more.");
  return options.context_length;
}

decode::SchedulerOptions scheduler_options(const Model::Impl& model, const EngineOptions& options) {
  const model::Architecture& a = model.weights().architecture;
  decode::SchedulerOptions result;
  result.batch_size = options.batch_size;
  result.context = context_of(a, options);
  result.speculation = options.speculation;
  result.prefix_cache = options.prefix_cache;
  const bool wide = options.cache_precision == "auto" && model.weights().dtype == at::kFloat;
  result.precision = wide ? decode::CachePrecision::f32 : decode::cache_precision(options.cache_precision);
  const std::int64_t block = decode::KeyCache::block_bytes(a, result.precision);
  const std::int64_t one_answer = ceil_div(result.context, kernels::kKeyBlock);
  result.cache_blocks = options.cache_memory.bytes > 0 ? options.cache_memory.bytes / block
                                                       : std::max(one_answer, ceil_div(kUsualCache, block));
  if (result.cache_blocks < 1)
    fail(Code::invalid_argument, "Option cache_memory is ", to_string(options.cache_memory), ", but 32 tokens take ",
         to_string(ByteSize(block)), "; give it more.");
  return result;
}

}  // namespace

struct Engine::Impl {
  Impl(const Model& model_, const EngineOptions& options_)
      : model(model_),
        options(options_),
        scheduler(model.impl().base->packed(), scheduler_options(model.impl(), options)),
        context(scheduler_options(model.impl(), options).context) {
    look();
    thread = std::thread([this] { work(); });
  }
  ~Impl() {
    {
      const std::lock_guard lock(mutex);
      stopping = true;
    }
    changed.notify_all();
    thread.join();
  }

  void submit(const std::shared_ptr<WaitingRequest>& request) {
    {
      const std::lock_guard lock(mutex);
      if (static_cast<std::int64_t>(arrived.size()) + seen.waiting >= options.queue_length + free_places())
        fail(Code::busy, "Already ", options.queue_length,
             " requests are waiting for an answer; try again later, or allow more with queue_length.");
      arrived.push_back(request);
    }
    changed.notify_all();
  }
  std::int64_t free_places() const { return std::max<std::int64_t>(0, options.batch_size - seen.running); }

  // The engine's thread.
  void work() {
    while (true) {
      {
        std::unique_lock lock(mutex);
        if (scheduler.idle()) changed.wait(lock, [&] { return stopping || !arrived.empty(); });
        if (stopping) break;
        for (auto& request : arrived) scheduler.add(std::move(request));
        arrived.clear();
      }
      try {
        scheduler.turn();
      } catch (...) {  // whatever it is, nobody must wait for ever
        scheduler.end_all(std::current_exception());
      }
      {
        const std::lock_guard lock(mutex);
        look();
      }
      scheduler.tell_ended();
    }
    const auto closed =
        std::make_exception_ptr(Error(Code::cancelled, "The engine was closed before the answer was complete."));
    scheduler.end_all(closed);
    scheduler.tell_ended();
    const std::lock_guard lock(mutex);
    for (const auto& request : arrived) request->on_end(closed);
    arrived.clear();
  }

  // Takes down how things stand; with the mutex held.
  void look() {
    const decode::SchedulerStats& stats = scheduler.stats();
    const decode::KeyCache& memory = scheduler.memory();
    seen.running = scheduler.running();
    seen.waiting = scheduler.waiting();
    seen.answers = stats.answers;
    seen.prompt_tokens = stats.prompt_tokens;
    seen.cached_tokens = stats.cached_tokens;
    seen.written_tokens = stats.written_tokens;
    seen.guessed_tokens = stats.guessed_tokens;
    seen.cache_capacity = memory.capacity() * kernels::kKeyBlock;
    seen.cache_kept = scheduler.prefixes().kept() * kernels::kKeyBlock;
    seen.cache_used = seen.cache_capacity - scheduler.prefixes().available() * kernels::kKeyBlock;
    seen.cache_bytes = memory.bytes();
    seen.kernels = kernels::decode_loops().name;
  }

  const Model model;
  const EngineOptions options;
  Scheduler scheduler;  // of the engine's thread
  const std::int64_t context;
  mutable std::mutex mutex;  // of what follows
  std::condition_variable changed;
  std::deque<std::shared_ptr<WaitingRequest>> arrived;
  EngineStats seen;
  bool stopping = false;
  std::thread thread;
};

Engine::Engine(const Model& model, const EngineOptions& options) {
  model::guarded([&] {
    validate_options(options);
    if (!model.impl().weights().device.is_cpu())
      fail(Code::unsupported, "The engine is built for the CPU only, and this model is on ", model.info().device,
           "; load it with device cpu, or ask the model itself.");
    impl_ = std::make_shared<Impl>(model, options);
  });
}

Generation Engine::generate(const Model& model, const std::vector<Message>& messages, const GenerateOptions& options,
                            const GenerationCallback& on_token) const {
  return generate_ids(model, model.encode(messages, true).ids, options, on_token);
}

Generation Engine::generate_ids(const Model& model, const std::vector<std::int32_t>& prompt,
                                const GenerateOptions& options, const GenerationCallback& on_token,
                                bool continues_text) const {
  const std::shared_ptr<Impl> engine = impl_;
  return model::guarded([&] {
    if (model.impl().base != engine->model.impl().base)
      fail(Code::invalid_argument, "The model ", model.info().name,
           " does not share the weights of this engine's; open it with load_adapter, or make an engine of its own.");
    const auto preceding = continues_text ? text::Preceding::text : text::Preceding::token;
    const auto request = std::make_shared<WaitingRequest>(
        model.impl().packed_adapter(),
        std::make_unique<Answer>(model.impl(), prompt, preceding, options, engine->context));
    engine->submit(request);
    try {
      return request->wait(on_token);
    } catch (...) {
      request->cancel();
      throw;
    }
  });
}

std::vector<Generation> Engine::generate_several(const Model& model, const std::vector<Message>& messages,
                                                 std::int64_t count, const GenerateOptions& options) const {
  if (count < 1 || count > 64)
    fail(Code::invalid_argument, "The number of answers is ", count, "; it must be between 1 and 64.");
  const std::vector<std::int32_t> prompt = model.encode(messages, true).ids;
  std::vector<std::future<Generation>> waiting;
  for (std::int64_t i = 0; i < count; ++i) {
    GenerateOptions own = options;
    own.seed += static_cast<std::uint64_t>(i);
    own.logprobs = std::max<std::int64_t>(0, own.logprobs);
    waiting.push_back(
        std::async(std::launch::async, [this, &model, &prompt, own] { return generate_ids(model, prompt, own); }));
  }
  std::vector<Generation> answers;
  for (auto& answer : waiting) answers.push_back(answer.get());
  std::stable_sort(answers.begin(), answers.end(),
                   [](const Generation& a, const Generation& b) { return mean_logprob(a) > mean_logprob(b); });
  return answers;
}

EngineStats Engine::stats() const {
  const std::lock_guard lock(impl_->mutex);
  EngineStats stats = impl_->seen;
  stats.waiting += static_cast<std::int64_t>(impl_->arrived.size());
  return stats;
}

const EngineOptions& Engine::options() const { return impl_->options; }

std::int64_t Engine::context_length() const { return impl_->context; }

std::ostream& operator<<(std::ostream& out, const EngineStats& stats) {
  return out << stats.answers << " answers, " << stats.written_tokens << " tokens written (" << stats.guessed_tokens
             << " guessed), " << stats.prompt_tokens << " tokens of prompts (" << stats.cached_tokens
             << " known already), " << stats.running << " running, " << stats.waiting << " waiting; kernels "
             << stats.kernels;
}

}  // namespace pmtune
