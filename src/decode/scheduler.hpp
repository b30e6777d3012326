// The work on many answers at a time: which tokens go into the next pass, and what becomes of its scores. One pass
// takes the next token of every running answer, with what is guessed to follow, and a part of a waiting prompt.
//
// Not shared between threads: the engine's thread has one, and so has each call of Model::generate.
#pragma once

#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <vector>

#include "decode/answer.hpp"
#include "decode/draft.hpp"
#include "decode/prefix_cache.hpp"
#include "decode/step.hpp"

namespace pmtune::decode {

// One request. The scheduler calls its functions on the thread that works.
class Request {
 public:
  Request(std::shared_ptr<const PackedAdapter> adapter, std::unique_ptr<Answer> answer)
      : adapter(std::move(adapter)), answer(std::move(answer)) {}
  virtual ~Request() = default;
  virtual void on_token(const std::string& text, const ScoredToken* score) = 0;
  virtual bool is_cancelled() const = 0;
  virtual void on_end(std::exception_ptr error) = 0;  // the last call

  const std::shared_ptr<const PackedAdapter> adapter;  // null: the base
  const std::unique_ptr<Answer> answer;
};

struct SchedulerOptions {
  std::int64_t batch_size = 1;
  std::int64_t context = 0;
  std::int64_t cache_blocks = 0;
  CachePrecision precision = CachePrecision::bf16;
  bool speculation = false;
  bool prefix_cache = true;
};

struct SchedulerStats {
  std::int64_t answers = 0, prompt_tokens = 0, cached_tokens = 0, written_tokens = 0, guessed_tokens = 0;
};

class Scheduler {
 public:
  Scheduler(std::shared_ptr<const PackedWeights> weights, const SchedulerOptions& options);
  ~Scheduler();

  void add(std::shared_ptr<Request> request) { waiting_.push_back(std::move(request)); }
  bool idle() const { return waiting_.empty() && running_.empty(); }
  // One pass.
  void turn();
  // Ends all requests with this error.
  void end_all(const std::exception_ptr& error);
  // Calls on_end of the requests that have ended since. Apart from turn(), so that its caller can bring its books up
  // to date first.
  void tell_ended();

  std::int64_t running() const { return static_cast<std::int64_t>(running_.size()); }
  std::int64_t waiting() const { return static_cast<std::int64_t>(waiting_.size()); }
  const SchedulerStats& stats() const { return stats_; }
  const KeyCache& memory() const { return memory_; }
  const PrefixCache& prefixes() const { return prefixes_; }

 private:
  struct Running {
    std::shared_ptr<Request> request;
    CachedText text;
    bool is_long = false;
    std::int64_t done = 0;                 // tokens of seen() whose keys are in the cache
    std::int64_t first_row = 0, rows = 0;  // in the pass at hand
    std::int64_t first_score = 0, scores = 0;
    std::vector<std::int32_t> guess;
    GuessLength guesses;
  };
  void admit();
  bool start(const std::shared_ptr<Request>& request);
  void open(Running& one);
  void begin_again_where_rotated_otherwise(Running& one);
  void add_rows();
  void add_tokens(Running& one, std::int64_t count, std::int64_t guessed);
  void take_scores(Running& one, float* scores);
  void drop_ended();
  void end(Running& one, const std::exception_ptr& error);
  std::int64_t still_needed() const;

  std::shared_ptr<const PackedWeights> weights_;
  SchedulerOptions options_;
  KeyCache memory_;
  PrefixCache prefixes_;
  Step step_;
  std::deque<std::shared_ptr<Request>> waiting_;
  std::vector<Running> running_;
  std::vector<std::pair<std::shared_ptr<Request>, std::exception_ptr>> ended_;
  std::vector<StepRow> rows_;
  std::exception_ptr failed_;
  SchedulerStats stats_;
};

}  // namespace pmtune::decode
