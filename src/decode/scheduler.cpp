#include "decode/scheduler.hpp"

#include <algorithm>

#include "base/fail.hpp"
#include "base/round_up.hpp"

namespace pmtune::decode {
using kernels::kKeyBlock;

namespace {

constexpr std::int64_t kMostGuesses = 5;        // with each token
constexpr std::int64_t kPromptRows = 128;       // of a prompt in one pass, when nobody waits for a token
constexpr std::int64_t kPromptRowsBeside = 48;  // when answers are being written

std::int64_t rows_of(const SchedulerOptions& options) {
  return std::max(kPromptRows, options.batch_size * (1 + kMostGuesses) + kPromptRowsBeside);
}

std::shared_ptr<const model::Adapter> adapter_of(const Request& request) {
  return request.adapter ? request.adapter->adapter() : nullptr;
}

}  // namespace

Scheduler::Scheduler(std::shared_ptr<const PackedWeights> weights, const SchedulerOptions& options)
    : weights_(std::move(weights)),
      options_(options),
      memory_(weights_->architecture(), options.precision, options.cache_blocks),
      prefixes_(memory_),
      step_(*weights_, rows_of(options), options.batch_size * (1 + kMostGuesses), options.context) {
  running_.reserve(static_cast<std::size_t>(options.batch_size));
  rows_.reserve(static_cast<std::size_t>(step_.most_rows()));
}

Scheduler::~Scheduler() {
  end_all(std::make_exception_ptr(Error(Code::cancelled, "The engine was closed before the answer was complete.")));
  tell_ended();
}

void Scheduler::turn() {
  for (Running& one : running_)
    if (one.request->is_cancelled()) one.request->answer->cancel();
  drop_ended();
  admit();
  if (running_.empty()) return;
  add_rows();
  float* const scores = step_.run(rows_, memory_);
  for (Running& one : running_)
    if (one.rows > 0) take_scores(one, scores);
  drop_ended();
}

// In the order of arrival, as long as there is room for what each may come to need: an answer that has begun is never
// stopped for want of room.
void Scheduler::admit() {
  while (!waiting_.empty() && running() < options_.batch_size) {
    const std::shared_ptr<Request> next = waiting_.front();
    try {
      if (next->is_cancelled()) {
        next->answer->cancel();
        ended_.emplace_back(next, nullptr);
      } else if (!start(next)) {
        return;
      }
    } catch (...) {
      ended_.emplace_back(next, std::current_exception());
    }
    waiting_.pop_front();
  }
}

bool Scheduler::start(const std::shared_ptr<Request>& request) {
  const Answer& answer = *request->answer;
  const std::int64_t needed = ceil_div(answer.longest(), kKeyBlock);
  if (needed > memory_.capacity())
    fail(Code::out_of_memory, "The prompt with its answer may come to ", answer.longest(),
         " tokens, but cache_memory has room for only ", memory_.capacity() * kKeyBlock,
         "; shorten the prompt, lower max_tokens, or give the engine more cache_memory.");
  Running one;
  one.request = request;
  one.is_long = weights_->weights().is_rotated_otherwise(answer.prompt_tokens());
  if (prefixes_.available() - still_needed() < needed && !running_.empty()) return false;
  if (request->adapter) step_.prepare_for(*request->adapter);
  open(one);
  request->answer->result().cached_tokens = one.done;
  stats_.prompt_tokens += answer.prompt_tokens();
  stats_.cached_tokens += one.done;
  running_.push_back(std::move(one));
  return true;
}

void Scheduler::open(Running& one) {
  const Answer& answer = *one.request->answer;
  // The last token is always worked on: its scores are wanted.
  one.text = prefixes_.open(adapter_of(*one.request), one.is_long, answer.seen(),
                            options_.prefix_cache ? static_cast<std::int64_t>(answer.seen().size()) - 1 : 0,
                            static_cast<std::size_t>(ceil_div(answer.longest(), kKeyBlock)));
  one.done = static_cast<std::int64_t>(one.text.blocks.size()) * kKeyBlock;
}

// Blocks that running answers may still ask for.
std::int64_t Scheduler::still_needed() const {
  std::int64_t blocks = 0;
  for (const Running& one : running_)
    blocks += ceil_div(one.request->answer->longest(), kKeyBlock) - static_cast<std::int64_t>(one.text.blocks.size());
  return blocks;
}

// Where the length of a text changes the rotation of all its tokens (LongRoPE), what the cache holds is of no use.
void Scheduler::begin_again_where_rotated_otherwise(Running& one) {
  const auto length = static_cast<std::int64_t>(one.request->answer->seen().size());
  if (one.is_long || !weights_->weights().is_rotated_otherwise(length)) return;
  prefixes_.close(one.text);
  one.is_long = true;
  open(one);
}

void Scheduler::add_rows() {
  rows_.clear();
  std::int64_t scores = 0;
  const auto writes = [](const Running& one) {
    return one.done + 1 == static_cast<std::int64_t>(one.request->answer->seen().size());
  };
  bool anyone_writes = false;
  for (Running& one : running_) {
    one.rows = one.scores = 0;
    begin_again_where_rotated_otherwise(one);
    if (!writes(one)) continue;
    anyone_writes = true;
    const Answer& answer = *one.request->answer;
    one.guess.clear();
    const auto length = static_cast<std::int64_t>(answer.seen().size());
    const auto room = answer.longest() - length - 1;  // a guess that cannot become part of the answer is no use
    if (options_.speculation && room > 0) {
      const std::int64_t most = std::min(static_cast<std::int64_t>(one.guesses.next()), room);
      if (most > 0 && weights_->weights().is_rotated_otherwise(length + most) == one.is_long)
        guess_next(answer.seen(), static_cast<std::size_t>(most), one.guess);
    }
    one.first_score = scores;
    add_tokens(one, 1, std::ssize(one.guess));
    scores += one.scores;
  }
  std::int64_t room = anyone_writes ? kPromptRowsBeside : kPromptRows;
  for (Running& one : running_) {
    if (one.rows > 0 || room == 0) continue;
    const auto left = static_cast<std::int64_t>(one.request->answer->seen().size()) - one.done;
    one.guess.clear();
    one.first_score = scores;
    add_tokens(one, std::min(left, room), 0);
    scores += one.scores;
    room -= one.rows;
  }
}

// The next `count` tokens of the text, and the guesses. Scores are wanted of the last token and of every guess.
void Scheduler::add_tokens(Running& one, std::int64_t count, std::int64_t guessed) {
  const std::vector<std::int32_t>& seen = one.request->answer->seen();
  one.first_row = static_cast<std::int64_t>(rows_.size());
  while (static_cast<std::int64_t>(one.text.blocks.size()) * kKeyBlock < one.done + count + guessed)
    if (!prefixes_.extend(one.text)) fail(Code::internal, "The cache has no room for an answer that was let in.");
  for (std::int64_t i = 0; i < count + guessed; ++i) {
    const std::int64_t position = one.done + i;
    StepRow row;
    row.token = i < count ? seen[static_cast<std::size_t>(position)] : one.guess[static_cast<std::size_t>(i - count)];
    row.position = position;
    row.blocks = one.text.blocks.data();
    row.adapter = one.request->adapter.get();
    row.is_long = one.is_long;
    row.wants_scores = position + 1 >= static_cast<std::int64_t>(seen.size());
    one.scores += row.wants_scores;
    rows_.push_back(row);
  }
  one.rows = count + guessed;
}

void Scheduler::take_scores(Running& one, float* scores) {
  Request& request = *one.request;
  Answer& answer = *request.answer;
  const std::int64_t vocabulary = weights_->architecture().vocabulary;
  one.done += one.rows - std::ssize(one.guess);
  std::size_t right = 0;
  try {
    for (std::int64_t i = 0; i < one.scores && !answer.ended(); ++i) {
      float* const row = scores + (one.first_score + i) * vocabulary;
      const std::size_t before = answer.result().ids.size();
      const std::string text = answer.take({row, static_cast<std::size_t>(vocabulary)});
      if (answer.result().ids.size() > before) {
        ++stats_.written_tokens;
        request.on_token(text, answer.score());
        if (request.is_cancelled()) answer.cancel();
      }
      const auto guess = static_cast<std::size_t>(i);
      if (guess >= one.guess.size() || answer.ended() || one.guess[guess] != answer.last()) break;
      // What was guessed is what came: its keys are in the cache, and the next scores are those behind it.
      ++one.done;
      ++right;
      ++stats_.guessed_tokens;
      ++answer.result().guessed_tokens;
    }
  } catch (...) {
    answer.cancel();
    failed_ = std::current_exception();
  }
  one.guesses.learn(one.guess.size(), right);
  const std::int64_t whole = std::min(one.done, static_cast<std::int64_t>(answer.seen().size()));
  if (options_.prefix_cache)
    prefixes_.complete(one.text, std::span(answer.seen()).first(static_cast<std::size_t>(whole)));
  if (failed_) {
    end(one, failed_);
    failed_ = nullptr;
  }
}

void Scheduler::drop_ended() {
  for (Running& one : running_)
    if (one.request && one.request->answer->ended()) end(one, nullptr);
  std::erase_if(running_, [](const Running& one) { return !one.request; });
}

void Scheduler::end(Running& one, const std::exception_ptr& error) {
  prefixes_.close(one.text);
  ++stats_.answers;
  ended_.emplace_back(std::move(one.request), error);
  one.request = nullptr;
}

void Scheduler::end_all(const std::exception_ptr& error) {
  for (Running& one : running_)
    if (one.request) end(one, error);
  running_.clear();
  for (const auto& request : waiting_) ended_.emplace_back(request, error);
  waiting_.clear();
}

void Scheduler::tell_ended() {
  for (const auto& [request, error] : ended_) request->on_end(error);
  ended_.clear();
}

}  // namespace pmtune::decode
