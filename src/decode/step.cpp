#include "decode/step.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/round_up.hpp"
#include "kernels/loops.hpp"

namespace pmtune::decode {
using kernels::decode_loops;
using kernels::kKeyBlock;
using kernels::kPackRows;
using kernels::loops_of;
using model::Group;

namespace {

// Rows of one text whose attention is one task: enough to read each key for several queries, few enough to share.
constexpr std::int64_t kRowsOfTurn = 8;

const float* floats(const at::Tensor& tensor) { return tensor.data_ptr<float>(); }

std::size_t count_of(std::int64_t rows, std::int64_t columns) { return static_cast<std::size_t>(rows * columns); }

}  // namespace

Step::Step(const PackedWeights& weights, std::int64_t most_rows, std::int64_t most_scores, std::int64_t context)
    : weights_(weights),
      a_(weights.architecture()),
      most_rows_(most_rows),
      most_scores_(most_scores),
      context_(context),
      counters_(static_cast<std::size_t>(16 * a_.layers + 16)) {
  const at::Tensor positions = at::arange(context, at::kLong);
  const auto all_ropes = [&](std::int64_t length) {
    return model::rotations(weights.weights(), positions, at::full({context}, length, at::kLong));
  };
  const auto usual = all_ropes(1), of_long = all_ropes(std::int64_t{1} << 40);
  for (std::size_t i = 0; i < usual.size(); ++i) ropes_.push_back({usual[i], of_long[i]});

  const std::int64_t widest = std::max({a_.hidden, a_.query_size(), a_.feed_forward});
  hidden_.resize(count_of(most_rows, a_.hidden));
  normed_.resize(hidden_.size());
  projected_.resize(hidden_.size());
  qkv_.resize(count_of(most_rows, a_.qkv_size()));
  attended_.resize(count_of(most_rows, a_.query_size()));
  gate_up_.resize(count_of(most_rows, 2 * a_.feed_forward));
  act_.resize(count_of(most_rows, a_.feed_forward));
  scores_.resize(count_of(most_scores, a_.vocabulary));
  const std::int64_t padded = round_up(widest, 32);
  q_.resize(count_of(most_rows, padded));
  scale_.resize(q_.size() / 32);
  scaled_sum_.resize(scale_.size());
  eights_.resize(scale_.size());
  wholes_.resize(scale_.size());
  halves_.resize(2 * scale_.size());
  turns_.reserve(static_cast<std::size_t>(most_rows));
  adapted_.reserve(static_cast<std::size_t>(most_rows));
  wanted_.reserve(static_cast<std::size_t>(most_scores));
}

void Step::prepare_for(const PackedAdapter& adapter) {
  if (adapter.widest() <= inner_width_) return;
  inner_width_ = adapter.widest();
  inner_.resize(count_of(most_rows_, inner_width_));
}

void Step::make_spaces(std::int64_t threads) {
  const std::int64_t queries = kRowsOfTurn * (a_.heads / a_.kv_heads);
  const auto blocks = static_cast<std::size_t>(ceil_div(context_, kKeyBlock));
  while (static_cast<std::int64_t>(spaces_.size()) < threads) {
    Space& space = spaces_.emplace_back();
    space.matrix.resize(static_cast<std::size_t>(weights_.scratch_floats(most_rows_)));
    space.scores.resize(static_cast<std::size_t>(queries) * blocks * kKeyBlock);
    space.f32.resize(blocks);
    space.bf16.resize(blocks);
    space.int8.resize(blocks);
    space.queries.resize(static_cast<std::size_t>(queries));
    space.out.resize(static_cast<std::size_t>(queries));
    space.begin.resize(static_cast<std::size_t>(queries));
    space.end.resize(static_cast<std::size_t>(queries));
  }
}

void Step::arrange(std::span<const StepRow> rows) {
  rows_ = rows;
  turns_.clear();
  adapted_.clear();
  wanted_.clear();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const StepRow& row = rows[i];
    const auto at = static_cast<std::int64_t>(i);
    const bool goes_on = i > 0 && rows[i - 1].blocks == row.blocks && rows[i - 1].position + 1 == row.position &&
                         turns_.back().count < kRowsOfTurn;
    if (goes_on)
      ++turns_.back().count;
    else
      turns_.push_back({at, 1});
    if (i > 0 && rows[i - 1].adapter == row.adapter)
      ++adapted_.back().count;
    else
      adapted_.push_back({at, 1, row.adapter});
    if (row.wants_scores) wanted_.push_back(at);
  }
  std::erase_if(adapted_, [](const Adapted& range) { return range.adapter == nullptr; });
}

float* Step::run(std::span<const StepRow> rows, KeyCache& cache) {
  arrange(rows);
  cache_ = &cache;
  make_spaces(at::get_num_threads());
  for (auto& counter : counters_) counter.store(0, std::memory_order_relaxed);
  kernels::on_team([&](std::int64_t thread, std::int64_t threads) {
    Worker worker{thread, threads, 0, &spaces_[static_cast<std::size_t>(thread)]};
    work(worker);
  });
  return scores_.data();
}

void Step::work(Worker& worker) {
  embed(worker);
  for (std::int64_t l = 0; l < a_.layers; ++l) layer(l, worker);
  if (!wanted_.empty()) score(worker);
}

template <class Run>
void Step::by_rows(std::int64_t count, Worker& worker, const Run& run) {
  for (std::int64_t row = count * worker.thread / worker.threads; row < count * (worker.thread + 1) / worker.threads;
       ++row)
    run(row);
  meeting_.wait(worker.threads);
}

template <class Run>
void Step::by_tasks(std::int64_t tasks, Worker& worker, const Run& run) {
  std::atomic<std::int64_t>& next = counters_[static_cast<std::size_t>(worker.phase++)];
  // Pieces small enough that the slowest thread is not waited for long, large enough to be worth the taking.
  const std::int64_t piece = std::max<std::int64_t>(1, tasks / (8 * worker.threads));
  for (std::int64_t begin; (begin = next.fetch_add(piece, std::memory_order_relaxed)) < tasks;)
    for (std::int64_t task = begin; task < std::min(begin + piece, tasks); ++task) run(task);
  meeting_.wait(worker.threads);
}

void Step::embed(Worker& worker) {
  const auto scale = static_cast<float>(a_.embedding_scale);
  by_rows(static_cast<std::int64_t>(rows_.size()), worker, [&](std::int64_t row) {
    float* const to = hidden_.data() + row * a_.hidden;
    weights_.weights().embedding.read_row(rows_[static_cast<std::size_t>(row)].token, to);
    if (scale != 1)
      for (std::int64_t i = 0; i < a_.hidden; ++i) to[i] *= scale;
  });
}

void Step::layer(std::int64_t l, Worker& worker) {
  const model::LayerWeights& layer = weights_.weights().layers[static_cast<std::size_t>(l)];
  const auto half = [&](Group group, const float* x, const at::Tensor& post_norm) {
    product(l, group, x, post_norm.defined() ? projected_.data() : hidden_.data(), !post_norm.defined(), worker);
    if (post_norm.defined()) add_projected(post_norm, worker);
  };
  norm(layer.attention_norm, worker);
  product(l, Group::qkv, normed_.data(), qkv_.data(), false, worker);
  finish_qkv(l, worker);
  attention(l, worker);
  half(Group::o, attended_.data(), layer.post_attention_norm);
  norm(layer.mlp_norm, worker);
  product(l, Group::gate_up, normed_.data(), gate_up_.data(), false, worker);
  gate(worker);
  half(Group::down, act_.data(), layer.post_mlp_norm);
}

void Step::to_bytes(const float* x, std::int64_t row, std::int64_t columns) {
  if (columns % kernels::kScaleBlock != 0) return;
  const kernels::ByteRows all{q_.data(),      scale_.data(), scaled_sum_.data(), eights_.data(), wholes_.data(),
                              halves_.data(), columns};
  decode_loops().quantise(x, all.from(row));
}

void Step::norm(const at::Tensor& weight, Worker& worker) {
  by_rows(static_cast<std::int64_t>(rows_.size()), worker, [&](std::int64_t row) {
    float* const to = normed_.data() + row * a_.hidden;
    loops_of<float>().rms_norm(hidden_.data() + row * a_.hidden, floats(weight), static_cast<float>(a_.norm_epsilon),
                               to, nullptr, 1, a_.hidden);
    to_bytes(to, row, a_.hidden);
  });
}

void Step::product(std::int64_t l, Group group, const float* x, float* y, bool add, Worker& worker) {
  const kernels::PackedMatrix& matrix = weights_.group(l, group);
  const std::int64_t columns = matrix.columns(), ldy = matrix.rows();
  inner_products(l, group, x, columns, worker);
  const kernels::DecodeRows rows{
      x,
      {q_.data(), scale_.data(), scaled_sum_.data(), eights_.data(), wholes_.data(), halves_.data(), columns},
      static_cast<std::int64_t>(rows_.size())};
  by_tasks(matrix.tasks(), worker, [&](std::int64_t task) {
    matrix.multiply(task, rows, y, ldy, add, worker.space->matrix.data());
    add_adapters(l, group, task, y, ldy);
  });
}

// inner = x A^T, for the rows that have an adapter.
void Step::inner_products(std::int64_t l, Group group, const float* x, std::int64_t columns, Worker& worker) {
  if (adapted_.empty()) return;
  const std::int64_t pieces = ceil_div(inner_width_, kPackRows), ranges = static_cast<std::int64_t>(adapted_.size());
  by_tasks(ranges * pieces, worker, [&](std::int64_t task) {
    const Adapted& range = adapted_[static_cast<std::size_t>(task / pieces)];
    const PackedGroup& part = range.adapter->group(l, group);
    const std::int64_t first = task % pieces * kPackRows, count = std::min(kPackRows, part.columns - first);
    if (!part.a || count <= 0) return;
    const float* const from = x + range.first * columns;
    float* const to = inner_.data() + range.first * inner_width_ + first;
    if (part.is_f32)
      decode_loops().product_f32(static_cast<const float*>(part.a) + first * columns, columns, count, columns, from,
                                 columns, range.count, to, inner_width_, false);
    else
      decode_loops().product_bf16(static_cast<const kernels::Bf16*>(part.a) + first * columns, columns, count,
                                  columns, from, columns, range.count, to, inner_width_, false);
  });
}

void Step::add_adapters(std::int64_t l, Group group, std::int64_t task, float* y, std::int64_t ldy) {
  const kernels::PackedMatrix& matrix = weights_.group(l, group);
  for (const Adapted& range : adapted_) {
    const PackedGroup& part = range.adapter->group(l, group);
    if (!part.a) continue;
    const PackedGroup::Task& low = part.tasks[static_cast<std::size_t>(task)];
    if (low.rank == 0) continue;
    const float* const b = part.b.data() + low.offset;
    const float* const h = inner_.data() + range.first * inner_width_ + low.first_column;
    const std::int64_t row = matrix.first_row(task), count = matrix.row_count(task);
    float* const to = y + range.first * ldy + row;
    if (count == kPackRows) {
      decode_loops().add_low_rank(b, low.rank, h, inner_width_, range.count, to, ldy);
      continue;
    }
    for (std::int64_t r = 0; r < range.count; ++r) {  // fewer columns than a vector has: by way of a copy
      float copy[kPackRows] = {};
      std::copy_n(to + r * ldy, count, copy);
      decode_loops().add_low_rank(b, low.rank, h + r * inner_width_, inner_width_, 1, copy, kPackRows);
      std::copy_n(copy, count, to + r * ldy);
    }
  }
}

void Step::finish_qkv(std::int64_t l, Worker& worker) {
  const model::LayerWeights& layer = weights_.weights().layers[static_cast<std::size_t>(l)];
  const Rope& rope = ropes_[a_.look(l).rope];
  const std::int64_t width = a_.qkv_size(), half = a_.head_dim / 2;
  const auto epsilon = static_cast<float>(a_.norm_epsilon);
  by_rows(static_cast<std::int64_t>(rows_.size()), worker, [&](std::int64_t at) {
    const StepRow& row = rows_[static_cast<std::size_t>(at)];
    float* const x = qkv_.data() + at * width;
    if (layer.qkv_bias.defined())
      for (std::int64_t i = 0; i < width; ++i) x[i] += floats(layer.qkv_bias)[i];
    if (layer.query_norm.defined()) {
      loops_of<float>().head_norm(x, width, floats(layer.query_norm), epsilon, nullptr, 0, 1, a_.heads, a_.head_dim);
      loops_of<float>().head_norm(x + a_.query_size(), width, floats(layer.key_norm), epsilon, nullptr, 0, 1,
                                  a_.kv_heads, a_.head_dim);
    }
    const model::Rotation& turn = row.is_long ? rope.of_long : rope.usual;
    loops_of<float>().rope(x, width, floats(turn.cos) + row.position * half, floats(turn.sin) + row.position * half,
                           1, 1, a_.heads + a_.kv_heads, a_.head_dim);
    const float* const keys = x + a_.query_size();
    cache_->write(row.blocks[row.position / kKeyBlock], row.position % kKeyBlock, l, keys, keys + a_.kv_size());
  });
}

void Step::attention(std::int64_t l, Worker& worker) {
  const auto& loops = decode_loops();
  Space& space = *worker.space;
  by_tasks(static_cast<std::int64_t>(turns_.size()) * a_.kv_heads, worker, [&](std::int64_t task) {
    switch (cache_->precision()) {
      case CachePrecision::f32: return attend(l, task, space.f32, loops.attend_f32, space);
      case CachePrecision::bf16: return attend(l, task, space.bf16, loops.attend_bf16, space);
      case CachePrecision::int8: return attend(l, task, space.int8, loops.attend_int8, space);
    }
  });
  by_rows(static_cast<std::int64_t>(rows_.size()), worker,
          [&](std::int64_t row) { to_bytes(attended_.data() + row * a_.query_size(), row, a_.query_size()); });
}

// One head of keys, and the rows of one turn.
template <class T>
void Step::attend(std::int64_t l, std::int64_t task, std::vector<kernels::KeyBlock<T>>& blocks,
                  void (*kernel)(const kernels::QueriesOfHead<T>&), Space& space) {
  const Turn& turn = turns_[static_cast<std::size_t>(task / a_.kv_heads)];
  const std::int64_t head = task % a_.kv_heads, group = a_.heads / a_.kv_heads, window = a_.look(l).window;
  const StepRow& last = rows_[static_cast<std::size_t>(turn.first + turn.count - 1)];
  for (std::int64_t block = 0; block <= last.position / kKeyBlock; ++block)
    blocks[static_cast<std::size_t>(block)] = cache_->head<T>(last.blocks[block], l, head);
  std::size_t q = 0;
  for (std::int64_t row = turn.first; row < turn.first + turn.count; ++row) {
    const std::int64_t end = rows_[static_cast<std::size_t>(row)].position + 1;
    for (std::int64_t of_group = 0; of_group < group; ++of_group, ++q) {
      const std::int64_t column = (head * group + of_group) * a_.head_dim;
      space.queries[q] = qkv_.data() + row * a_.qkv_size() + column;
      space.out[q] = attended_.data() + row * a_.query_size() + column;
      space.begin[q] = window > 0 ? std::max<std::int64_t>(0, end - window) : 0;
      space.end[q] = end;
    }
  }
  kernel({blocks.data(), static_cast<std::int64_t>(q), space.queries.data(), space.begin.data(), space.end.data(),
          a_.head_dim, static_cast<float>(a_.attention_scale), static_cast<float>(a_.attention_soft_cap),
          space.scores.data(), round_up(last.position + 1, kKeyBlock), space.out.data()});
}

void Step::gate(Worker& worker) {
  const auto glu = loops_of<float>().glu[static_cast<int>(a_.activation)];
  by_rows(static_cast<std::int64_t>(rows_.size()), worker, [&](std::int64_t row) {
    float* const act = act_.data() + row * a_.feed_forward;
    glu(gate_up_.data() + row * 2 * a_.feed_forward, act, 1, a_.feed_forward);
    to_bytes(act, row, a_.feed_forward);
  });
}

void Step::add_projected(const at::Tensor& post_norm, Worker& worker) {
  by_rows(static_cast<std::int64_t>(rows_.size()), worker, [&](std::int64_t row) {
    float* const normed = normed_.data() + row * a_.hidden;
    float* const to = hidden_.data() + row * a_.hidden;
    loops_of<float>().rms_norm(projected_.data() + row * a_.hidden, floats(post_norm),
                               static_cast<float>(a_.norm_epsilon), normed, nullptr, 1, a_.hidden);
    for (std::int64_t i = 0; i < a_.hidden; ++i) to[i] += normed[i];
  });
}

void Step::score(Worker& worker) {
  const auto count = static_cast<std::int64_t>(wanted_.size());
  by_rows(count, worker, [&](std::int64_t i) {
    float* const to = normed_.data() + i * a_.hidden;
    loops_of<float>().rms_norm(hidden_.data() + wanted_[static_cast<std::size_t>(i)] * a_.hidden,
                               floats(weights_.weights().final_norm), static_cast<float>(a_.norm_epsilon), to,
                               nullptr, 1, a_.hidden);
    to_bytes(to, i, a_.hidden);
  });
  const kernels::DecodeRows rows{
      normed_.data(),
      {q_.data(), scale_.data(), scaled_sum_.data(), eights_.data(), wholes_.data(), halves_.data(), a_.hidden},
      count};
  by_tasks(weights_.head().tasks(), worker, [&](std::int64_t task) {
    weights_.head().multiply(task, rows, scores_.data(), a_.vocabulary, false, worker.space->matrix.data());
  });
  const auto cap = static_cast<float>(a_.final_soft_cap);
  if (cap > 0)
    by_rows(count, worker, [&](std::int64_t i) {
      float* const scores = scores_.data() + i * a_.vocabulary;
      for (std::int64_t v = 0; v < a_.vocabulary; ++v) scores[v] = cap * std::tanh(scores[v] / cap);
    });
}

}  // namespace pmtune::decode
