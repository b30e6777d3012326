// One pass of the decoder over some tokens: of one text or of many, the prompt of one and the next token of others.
// What becomes of a token depends on its text alone, bit for bit (kernels/decode_loops.hpp).
//
// Nothing is allocated in a pass. One thread at a time; the work is shared among the threads of libtorch.
#pragma once

#include <ATen/core/Tensor.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "decode/key_cache.hpp"
#include "decode/packed_weights.hpp"
#include "kernels/thread_work.hpp"

namespace pmtune::decode {

// A token and where it stands. Tokens of one text that follow each other stand in consecutive rows where possible.
struct StepRow {
  std::int32_t token = 0;
  std::int64_t position = 0;               // in its text; all before it are in the cache or in rows before this one
  const BlockId* blocks = nullptr;         // of its text, one for each 32 tokens
  const PackedAdapter* adapter = nullptr;  // null: the base
  bool is_long = false;                    // the text is rotated as a long one (Weights::is_rotated_otherwise)
  bool wants_scores = false;
};

class Step {
 public:
  // context: the longest text. weights must outlive it.
  Step(const PackedWeights& weights, std::int64_t most_rows, std::int64_t most_scores, std::int64_t context);

  std::int64_t most_rows() const { return most_rows_; }
  std::int64_t most_scores() const { return most_scores_; }
  // Makes room for adapters of this width.
  void prepare_for(const PackedAdapter& adapter);

  // Adds the rows to the cache. Scores of the rows that want them, in their order: f32 [that many, vocabulary], valid
  // until the next pass.
  float* run(std::span<const StepRow> rows, KeyCache& cache);

 private:
  struct Turn {  // consecutive rows of one text
    std::int64_t first, count;
  };
  struct Adapted {  // consecutive rows with one adapter
    std::int64_t first, count;
    const PackedAdapter* adapter;
  };
  struct Rope {
    model::Rotation usual, of_long;  // cos and sin f32 [context, half]
  };
  // What each thread has for itself.
  struct Space {
    std::vector<float> matrix, scores;
    std::vector<kernels::KeyBlock<float>> f32;
    std::vector<kernels::KeyBlock<kernels::Bf16>> bf16;
    std::vector<kernels::KeyBlock<std::int8_t>> int8;
    std::vector<const float*> queries;
    std::vector<float*> out;
    std::vector<std::int64_t> begin, end;
  };
  struct Worker {
    std::int64_t thread, threads;
    std::int64_t phase = 0;  // how many times work was shared out
    Space* space = nullptr;
  };

  void make_spaces(std::int64_t threads);
  void arrange(std::span<const StepRow> rows);
  void work(Worker& worker);
  void embed(Worker& worker);
  void layer(std::int64_t layer, Worker& worker);
  void score(Worker& worker);

  // Parts of a layer, by all threads. Each begins with what is complete, and returns when all have done their share.
  void norm(const at::Tensor& weight, Worker& worker);
  void product(std::int64_t layer, model::Group group, const float* x, float* y, bool add, Worker& worker);
  void inner_products(std::int64_t layer, model::Group group, const float* x, std::int64_t columns, Worker& worker);
  void add_adapters(std::int64_t layer, model::Group group, std::int64_t task, float* y, std::int64_t ldy);
  void finish_qkv(std::int64_t layer, Worker& worker);
  void attention(std::int64_t layer, Worker& worker);
  template <class T>
  void attend(std::int64_t layer, std::int64_t task, std::vector<kernels::KeyBlock<T>>& blocks,
              void (*kernel)(const kernels::QueriesOfHead<T>&), Space& space);
  void gate(Worker& worker);
  void add_projected(const at::Tensor& post_norm, Worker& worker);
  void to_bytes(const float* x, std::int64_t row, std::int64_t columns);

  // run(row) for this thread's part of the rows; then all meet.
  template <class Run>
  void by_rows(std::int64_t count, Worker& worker, const Run& run);
  // run(task) for tasks that no other thread has taken; then all meet.
  template <class Run>
  void by_tasks(std::int64_t tasks, Worker& worker, const Run& run);

  const PackedWeights& weights_;
  const model::Architecture& a_;
  std::int64_t most_rows_, most_scores_, context_;
  std::vector<Rope> ropes_;

  // Of the pass at hand
  std::span<const StepRow> rows_;
  KeyCache* cache_ = nullptr;
  std::vector<Turn> turns_;  // at most kRowsOfTurn rows each
  std::vector<Adapted> adapted_;
  std::vector<std::int64_t> wanted_;
  kernels::Meeting meeting_;
  std::vector<std::atomic<std::int64_t>> counters_;  // of tasks, for each phase

  std::vector<float> hidden_, normed_, qkv_, attended_, gate_up_, act_, projected_, inner_, scores_;
  std::int64_t inner_width_ = 0;
  std::vector<std::int8_t> q_;
  std::vector<float> scale_, scaled_sum_;
  std::vector<std::int32_t> eights_, wholes_, halves_;
  std::vector<Space> spaces_;
};

}  // namespace pmtune::decode
