#include "kernels/attention.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <vector>

#include "base/round_up.hpp"
#include "kernels/element_type.hpp"
#include "kernels/ops.hpp"
#include "kernels/thread_work.hpp"
#include "kernels/tile_loops.hpp"

namespace pmtune::kernels {
namespace {

using i64 = std::int64_t;

constexpr i64 kBlock = kPanel;         // queries of one block of scores
constexpr i64 kKeyBlock = 2 * kPanel;  // keys of one block of the backward pass

i64 padded(i64 length) { return round_up(length, kBlock); }

// Where a segment's keys stand in a task's buffers: rows that stand for nothing, as many as fill up a block; the
// prefix; its own rows; and again rows that stand for nothing.
struct KeyRows {
  explicit KeyRows(const Segment& segment)
      : own(padded(segment.prefix_length)),
        skipped(own - segment.prefix_length),
        own_wide(padded(segment.length)),
        wide(own + own_wide) {}
  i64 own;       // the first of its own
  i64 skipped;   // rows before the prefix
  i64 own_wide;  // its own, filled up
  i64 wide;      // all
};

// One key-value head of one segment, and the query heads [first, last) that use it.
struct Task {
  Segment segment;
  i64 kv_head, first, last;
  i64 part;             // which of the parts that share this key-value head
  i64 prefix_gradient;  // the first row for the gradients of the prefix's keys and values
                        // (BackwardTask::Input::shared)
};

// Where the heads of a packed qkv stand.
template <class T>
struct Rows {
  T* data;
  i64 stride;
  const AttentionShape& shape;
  T* query(i64 row, i64 head) const { return data + row * stride + head * shape.head_dim; }
  T* key(i64 row, i64 head) const { return query(row, shape.heads + head); }
  T* value(i64 row, i64 head) const { return query(row, shape.heads + shape.kv_heads + head); }
};

// The rows that KeyRows describes, contiguous, zero where they stand for nothing; first: row 0 of the head wanted.
template <class T>
void gather(const Segment& segment, const T* first, i64 stride, i64 columns, T* y) {
  const KeyRows at(segment);
  const auto copy = [&](i64 row, i64 count, i64 to) {
    for (i64 r = 0; r < count; ++r) std::copy_n(first + (row + r) * stride, columns, y + (to + r) * columns);
  };
  std::fill_n(y, at.skipped * columns, T{});
  copy(segment.prefix_offset, segment.prefix_length, at.skipped);
  copy(segment.offset, segment.length, at.own);
  std::fill_n(y + (at.own + segment.length) * columns, (at.own_wide - segment.length) * columns, T{});
}

constexpr float kHidden = -1e30f;  // the score of a key that is not seen: its probability is 0

// Scores [keys, queries] of the keys that stand for nothing.
void hide(float* scores, i64 ld, i64 keys, i64 queries) {
  for (i64 key = 0; key < keys; ++key) std::fill_n(scores + key * ld, queries, kHidden);
}

// The same, of the keys [key, key + keys) that lie outside the window of the queries [query, query + queries); places
// count as KeyRows does.
void hide_outside(i64 window, float* scores, i64 ld, i64 key, i64 keys, i64 query, i64 queries) {
  for (i64 r = 0; r < keys; ++r) {
    const i64 last = key + r + window - query;  // the first query that no longer sees it
    if (last < queries) std::fill(scores + r * ld + std::max<i64>(0, last), scores + r * ld + queries, kHidden);
  }
}

// Where gradients of shared keys and values are gathered (BackwardTask::Input::shared): after the rows of the batch
// come each segment's for the rows of its prefix. The first of these, segment by segment, and the end.
std::vector<i64> prefix_gradient_rows(std::span<const Segment> segments, i64 tokens) {
  std::vector<i64> rows{tokens};
  for (const Segment& segment : segments) rows.push_back(rows.back() + segment.prefix_length);
  return rows;
}

// Longest first, so that no thread begins a long one when the others are done. A key-value head is one task while
// there are enough of them for all threads; otherwise each of its query heads is.
std::vector<Task> make_tasks(const AttentionShape& shape, std::span<const Segment> segments,
                             const std::vector<i64>& prefix_rows, i64* parts) {
  const i64 group = shape.heads / shape.kv_heads;
  const bool whole = static_cast<i64>(segments.size()) * shape.kv_heads >= 4 * at::get_num_threads();
  *parts = whole ? 1 : group;
  std::vector<Task> tasks;
  for (std::size_t i = 0; i < segments.size(); ++i)
    for (i64 kv = 0; kv < shape.kv_heads; ++kv)
      for (i64 part = 0; part < *parts; ++part) {
        const i64 first = kv * group + part * (group / *parts);
        tasks.push_back({segments[i], kv, first, first + group / *parts, part, prefix_rows[i]});
      }
  const auto work = [](const Segment& s) { return s.length * (s.length + 2 * s.prefix_length); };
  std::stable_sort(tasks.begin(), tasks.end(),
                   [&](const Task& a, const Task& b) { return work(a.segment) > work(b.segment); });
  return tasks;
}

// Scores are taken transposed, [keys, queries]: what belongs to a query then lies along the vectors, and its maximum
// and sum need no reduction across one.
template <class T>
void forward_task(const AttentionShape& shape, const Task& task, const Rows<const T>& rows, T* context,
                  float* log_sum_exp, i64 tokens) {
  const TypedTiles<T>& tile = tiles_of<T>();
  const i64 length = task.segment.length, offset = task.segment.offset, d = shape.head_dim;
  const KeyRows at(task.segment);
  const i64 wide = at.wide;
  const i64 context_stride = shape.heads * d;
  ThreadScratch scratch(3 * ThreadScratch::padded<T>(wide * d) + ThreadScratch::padded<float>(kBlock * wide) +
                        2 * ThreadScratch::padded<T>(kBlock * wide) + ThreadScratch::padded<float>(kBlock * d) +
                        2 * ThreadScratch::padded<T>(kBlock * d) + 2 * ThreadScratch::padded<float>(kBlock));
  T* const keys = scratch.take<T>(wide * d);
  T* const values = scratch.take<T>(wide * d);
  T* const values_t = scratch.take<T>(wide * d);
  float* const scores = scratch.take<float>(kBlock * wide);
  T* const p = scratch.take<T>(kBlock * wide);
  T* const p_panel = scratch.take<T>(kBlock * wide);
  float* const out_t = scratch.take<float>(kBlock * d);
  T* const queries = scratch.take<T>(kBlock * d);
  T* const out = scratch.take<T>(kBlock * d);
  float* const lse = scratch.take<float>(kBlock);
  float* const inverse_sum = scratch.take<float>(kBlock);

  gather(task.segment, rows.key(0, task.kv_head), rows.stride, d, keys);
  gather(task.segment, rows.value(0, task.kv_head), rows.stride, d, values);
  tile.transpose(values, d, wide, d, values_t, wide);
  for (i64 head = task.first; head < task.last; ++head)
    for (i64 i = 0; i < length; i += kBlock) {
      const i64 count = std::min(kBlock, length - i), query = at.own + i;
      const i64 begin = shape.window > 0 ? std::max<i64>(0, query - shape.window + 1) / kBlock * kBlock : 0;
      const i64 seen = query + kBlock - begin;  // keys from `begin` on
      tile.pack_rows(rows.query(offset + i, head), rows.stride, count, d, queries);
      tile.product(keys + begin * d, d, seen, queries, d, scores, kBlock, false);
      hide(scores, kBlock, at.skipped - begin, kBlock);
      if (shape.window > 0) hide_outside(shape.window, scores, kBlock, begin, seen, query, kBlock);
      tile.softmax(scores, p, static_cast<float>(shape.scale), seen, lse, inverse_sum);
      tile.pack_columns(p, kBlock, seen, seen, 1, p_panel, 0);
      tile.product(values_t + begin, wide, d, p_panel, seen, out_t, kBlock, false);
      tile.store_transposed(out_t, kBlock, inverse_sum, out, d, d, kBlock);
      for (i64 r = 0; r < count; ++r)
        std::copy_n(out + r * d, d, context + (offset + i + r) * context_stride + head * d);
      std::copy_n(lse, count, log_sum_exp + head * tokens + offset + i);
    }
}

// The backward pass of a task, scores transposed as well. One block of keys meets all its queries at once, so that
// its two gradients need no second pass.
template <class T>
class BackwardTask {
 public:
  struct Input {
    const AttentionShape& shape;
    Rows<const T> rows;
    Rows<T> d_rows;
    const T *context, *d_context;
    const float *log_sum_exp, *cos, *sin;
    i64 lse_stride;
    // [parts][shared_rows][2 * kv_heads * head_dim]: gradients of keys and values, where parts or segments share
    // them: the T rows of the batch, then each segment's part for the rows of its prefix. Null where nothing is
    // shared.
    float* shared;
    i64 shared_rows;
  };

  BackwardTask(const Input& in, const Task& task)
      : in_(in),
        task_(task),
        d_(in.shape.head_dim),
        length_(task.segment.length),
        offset_(task.segment.offset),
        at_(task.segment),
        wide_(at_.own_wide),
        scratch_(bytes(at_.wide, wide_, d_)) {
    for (T** piece : {&keys_, &values_, &keys_t_}) *piece = scratch_.take<T>(at_.wide * d_);
    for (T** piece : {&query_rows_, &query_columns_, &d_out_rows_, &d_out_columns_})
      *piece = scratch_.take<T>(wide_ * d_);
    for (float** piece : {&d_keys_, &d_values_}) *piece = scratch_.take<float>(at_.wide * d_);
    d_query_t_ = scratch_.take<float>(wide_ * d_);
    for (float** piece : {&scores_, &d_scores_}) *piece = scratch_.take<float>(kKeyBlock * wide_);
    for (T** piece : {&p_, &ds_, &ds_panels_}) *piece = scratch_.take<T>(kKeyBlock * wide_);
    for (float** piece : {&lse_, &delta_}) *piece = scratch_.take<float>(wide_);
    block_ = scratch_.take<T>(kBlock * d_);
  }

  void run() {
    gather(task_.segment, in_.rows.key(0, task_.kv_head), in_.rows.stride, d_, keys_);
    gather(task_.segment, in_.rows.value(0, task_.kv_head), in_.rows.stride, d_, values_);
    tile_.transpose(keys_, d_, at_.wide, d_, keys_t_, at_.wide);
    // With a window no block of keys meets all queries: gradients are added to zero.
    if (windowed())
      for (float* gradient : {d_keys_, d_values_}) std::fill_n(gradient, at_.wide * d_, 0.0f);
    for (i64 head = task_.first; head < task_.last; ++head) {
      const bool add = head > task_.first || windowed();
      take_query_head(head);
      if (windowed()) std::fill_n(d_query_t_, wide_ * d_, 0.0f);
      for (i64 key = 0; key < at_.own; key += kKeyBlock) key_block(key, std::min(kKeyBlock, at_.own - key), add);
      for (i64 key = at_.own; key < at_.wide; key += kKeyBlock)
        key_block(key, std::min(kKeyBlock, at_.wide - key), add);
      store_query_gradient(head);
    }
    store_key_gradients();
  }

  // keys: of the prefix and its own; wide: its own; both filled up
  static std::size_t bytes(i64 keys, i64 wide, i64 d) {
    return 3 * ThreadScratch::padded<T>(keys * d) + 4 * ThreadScratch::padded<T>(wide * d) +
           2 * ThreadScratch::padded<float>(keys * d) + ThreadScratch::padded<float>(wide * d) +
           2 * ThreadScratch::padded<float>(kKeyBlock * wide) + 3 * ThreadScratch::padded<T>(kKeyBlock * wide) +
           2 * ThreadScratch::padded<float>(wide) + ThreadScratch::padded<T>(kBlock * d);
  }

 private:
  void take_query_head(i64 head) {
    const i64 stride = in_.rows.stride, out_stride = in_.shape.heads * d_;
    const T* const queries = in_.rows.query(offset_, head);
    const T* const out = in_.context + offset_ * out_stride + head * d_;
    const T* const d_out = in_.d_context + offset_ * out_stride + head * d_;
    for (i64 i = 0; i < wide_; i += kPanel) {
      const i64 count = std::min(kPanel, length_ - i);
      tile_.pack_rows(queries + i * stride, stride, count, d_, query_rows_ + i * d_);
      tile_.pack_rows(d_out + i * out_stride, out_stride, count, d_, d_out_rows_ + i * d_);
    }
    tile_.pack_columns(queries, stride, length_, wide_, d_ / kPanel, query_columns_, wide_ * kPanel);
    tile_.pack_columns(d_out, out_stride, length_, wide_, d_ / kPanel, d_out_columns_, wide_ * kPanel);
    tile_.row_dots(out, out_stride, d_out, out_stride, delta_, length_, d_);
    std::copy_n(in_.log_sum_exp + head * in_.lse_stride + offset_, length_, lse_);
    std::fill(lse_ + length_, lse_ + wide_, 1e30f);  // probability 0 for the rows that fill up the last block
    std::fill(delta_ + length_, delta_ + wide_, 0.0f);
  }

  bool windowed() const { return in_.shape.window > 0; }

  // Keys [key, key + rows), all of the prefix or all its own, and the queries that see them.
  void key_block(i64 key, i64 rows, bool add) {
    const bool own = key >= at_.own;
    const i64 first = own ? key - at_.own : 0;
    i64 end = wide_;
    if (windowed())
      end = std::min(end, round_up(std::max<i64>(0, key + rows - 1 + in_.shape.window - at_.own), kPanel));
    const i64 queries = end - first;
    if (queries <= 0) return;
    for (i64 q = 0; q < queries; q += kPanel) {
      tile_.product(keys_ + key * d_, d_, rows, query_rows_ + (first + q) * d_, d_, scores_ + q, wide_, false);
      tile_.product(values_ + key * d_, d_, rows, d_out_rows_ + (first + q) * d_, d_, d_scores_ + q, wide_, false);
    }
    if (key == 0) hide(scores_, wide_, at_.skipped, queries);
    if (windowed()) hide_outside(in_.shape.window, scores_, wide_, key, rows, at_.own + first, queries);
    tile_.softmax_backward(scores_, d_scores_, wide_, lse_ + first, delta_ + first,
                           static_cast<float>(in_.shape.scale), p_, ds_, wide_, rows, queries, own);
    for (i64 v = 0; v < d_; v += kPanel) {
      tile_.product(p_, wide_, rows, d_out_columns_ + v * wide_ + first * kPanel, queries, d_values_ + key * d_ + v,
                    d_, add);
      tile_.product(ds_, wide_, rows, query_columns_ + v * wide_ + first * kPanel, queries, d_keys_ + key * d_ + v,
                    d_, add);
    }
    tile_.pack_columns(ds_, wide_, rows, rows, queries / kPanel, ds_panels_, rows * kPanel);
    for (i64 q = 0; q < queries; q += kPanel)
      tile_.product(keys_t_ + key, at_.wide, d_, ds_panels_ + q * rows, rows, d_query_t_ + first + q, wide_,
                    key > 0 || windowed());
  }

  void rotate_back(T* first, i64 row, i64 count) const {
    loops_of<T>().rope(first, in_.d_rows.stride, in_.cos + row * d_ / 2, in_.sin + row * d_ / 2, -1.0f, count, 1, d_);
  }

  void store_query_gradient(i64 head) {
    for (i64 i = 0; i < length_; i += kBlock) {
      const i64 count = std::min(kBlock, length_ - i);
      T* const to = in_.d_rows.query(offset_ + i, head);
      tile_.store_transposed(d_query_t_ + i, wide_, nullptr, block_, d_, d_, kBlock);
      for (i64 r = 0; r < count; ++r) std::copy_n(block_ + r * d_, d_, to + r * in_.d_rows.stride);
      rotate_back(to, offset_ + i, count);
    }
  }

  void store_key_gradients() {
    if (in_.shared) {
      share(at_.own, length_, offset_);
      share(at_.skipped, task_.segment.prefix_length, task_.prefix_gradient);
      return;
    }
    T* const to = in_.d_rows.key(offset_, task_.kv_head);
    tile_.store(d_keys_, d_, to, in_.d_rows.stride, length_, d_);
    rotate_back(to, offset_, length_);
    tile_.store(d_values_, d_, in_.d_rows.value(offset_, task_.kv_head), in_.d_rows.stride, length_, d_);
  }

  // The gradients of keys and values [key, key + count) to the rows from `row` on of what is shared.
  void share(i64 key, i64 count, i64 row) {
    const i64 width = 2 * in_.shape.kv_heads * d_;
    float* const to = in_.shared + (task_.part * in_.shared_rows + row) * width + task_.kv_head * d_;
    for (i64 r = 0; r < count; ++r) {
      std::copy_n(d_keys_ + (key + r) * d_, d_, to + r * width);
      std::copy_n(d_values_ + (key + r) * d_, d_, to + r * width + width / 2);
    }
  }

  const TypedTiles<T>& tile_ = tiles_of<T>();
  const Input& in_;
  const Task& task_;
  i64 d_, length_, offset_;
  KeyRows at_;
  i64 wide_;  // queries, filled up
  ThreadScratch scratch_;
  T *keys_, *values_, *keys_t_, *query_rows_, *query_columns_, *d_out_rows_, *d_out_columns_;
  float *d_keys_, *d_values_, *d_query_t_, *scores_, *d_scores_;
  T *p_, *ds_, *ds_panels_;
  float *lse_, *delta_;
  T* block_;
};

// Adds up what the parts and the segments found for the keys and values they share.
template <class T>
void sum_shared(const typename BackwardTask<T>::Input& in, std::span<const Segment> segments,
                const std::vector<i64>& prefix_rows, i64 parts) {
  const i64 d = in.shape.head_dim, width = 2 * in.shape.kv_heads * d;
  at::parallel_for(0, prefix_rows.front(), 16, [&](i64 begin, i64 end) {
    std::vector<float> sum(static_cast<std::size_t>(width));
    for (i64 row = begin; row < end; ++row) {
      std::fill(sum.begin(), sum.end(), 0.0f);
      const auto add = [&](i64 shared_row) {
        for (i64 part = 0; part < parts; ++part) {
          const float* const from = in.shared + (part * in.shared_rows + shared_row) * width;
          for (i64 i = 0; i < width; ++i) sum[static_cast<std::size_t>(i)] += from[i];
        }
      };
      add(row);
      for (std::size_t i = 0; i < segments.size(); ++i) {
        const i64 within = row - segments[i].prefix_offset;
        if (within >= 0 && within < segments[i].prefix_length) add(prefix_rows[i] + within);
      }
      T* const to = in.d_rows.key(row, 0);
      tiles_of<T>().store(sum.data(), width, to, width, 1, width);
      loops_of<T>().rope(to, in.d_rows.stride, in.cos + row * d / 2, in.sin + row * d / 2, -1.0f, 1,
                         in.shape.kv_heads, d);
    }
  });
}

template <class T, class Run>
void run_tasks(const std::vector<Task>& tasks, const Run& run) {
  by_free_threads(
      static_cast<i64>(tasks.size()), [&](i64 i) { run(tasks[static_cast<std::size_t>(i)]); },
      [](const auto& work) {
        tiles_of<T>().begin();
        work();
        tiles_of<T>().end();
      });
}

template <class T>
void attend_typed(const AttentionShape& shape, std::span<const Segment> segments, const at::Tensor& qkv,
                  at::Tensor& context, at::Tensor& log_sum_exp) {
  i64 parts = 1;
  const std::vector<i64> prefix_rows = prefix_gradient_rows(segments, qkv.size(0));
  run_tasks<T>(make_tasks(shape, segments, prefix_rows, &parts), [&](const Task& task) {
    forward_task<T>(shape, task, {data<const T>(qkv), qkv.size(1), shape}, data<T>(context),
                    log_sum_exp.data_ptr<float>(), log_sum_exp.size(1));
  });
}

template <class T>
void attend_backward_typed(const AttentionShape& shape, std::span<const Segment> segments, const at::Tensor& qkv,
                           const at::Tensor& context, const at::Tensor& log_sum_exp, const at::Tensor& d_context,
                           const at::Tensor& cos, const at::Tensor& sin, at::Tensor& d_qkv) {
  i64 parts = 1;
  const std::vector<i64> prefix_rows = prefix_gradient_rows(segments, qkv.size(0));
  const i64 shared_rows = prefix_rows.back();
  const std::vector<Task> tasks = make_tasks(shape, segments, prefix_rows, &parts);
  const bool shares = parts > 1 || shared_rows > qkv.size(0);
  at::Tensor shared;
  if (shares) shared = at::empty({parts, shared_rows, 2 * shape.kv_heads * shape.head_dim}, at::kFloat);
  const typename BackwardTask<T>::Input input{shape,
                                              {data<const T>(qkv), qkv.size(1), shape},
                                              {data<T>(d_qkv), d_qkv.size(1), shape},
                                              data<const T>(context),
                                              data<const T>(d_context),
                                              log_sum_exp.data_ptr<float>(),
                                              cos.data_ptr<float>(),
                                              sin.data_ptr<float>(),
                                              log_sum_exp.size(1),
                                              shares ? shared.data_ptr<float>() : nullptr,
                                              shared_rows};
  run_tasks<T>(tasks, [&](const Task& task) { BackwardTask<T>(input, task).run(); });
  if (shares) sum_shared<T>(input, segments, prefix_rows, parts);
}

}  // namespace

bool can_attend(const AttentionShape& shape, const at::Tensor& qkv) {
  return !UseReference::active() && qkv.device().is_cpu() && qkv.is_contiguous() && shape.head_dim % kPanel == 0 &&
         shape.heads % shape.kv_heads == 0 && shape.soft_cap == 0 &&
         (qkv.scalar_type() == at::kFloat || qkv.scalar_type() == at::kBFloat16);
}

std::int64_t attention_scratch_bytes(const AttentionShape& shape, i64 length, i64 element) {
  const i64 wide = padded(length);
  return static_cast<i64>(element == 4 ? BackwardTask<float>::bytes(wide + kBlock, wide, shape.head_dim)
                                       : BackwardTask<Bf16>::bytes(wide + kBlock, wide, shape.head_dim));
}

std::int64_t shared_gradient_bytes(const AttentionShape& shape, i64 rows) {
  return rows * 2 * shape.kv_heads * shape.head_dim * static_cast<i64>(sizeof(float));
}

void attend(const AttentionShape& shape, std::span<const Segment> segments, const at::Tensor& qkv,
            at::Tensor& context, at::Tensor& log_sum_exp) {
  by_type(qkv, [&](auto tag) { attend_typed<decltype(tag)>(shape, segments, qkv, context, log_sum_exp); });
}

void attend_backward(const AttentionShape& shape, std::span<const Segment> segments, const at::Tensor& qkv,
                     const at::Tensor& context, const at::Tensor& log_sum_exp, const at::Tensor& d_context,
                     const at::Tensor& cos, const at::Tensor& sin, at::Tensor& d_qkv) {
  by_type(qkv, [&](auto tag) {
    attend_backward_typed<decltype(tag)>(shape, segments, qkv, context, log_sum_exp, d_context, cos, sin, d_qkv);
  });
}

}  // namespace pmtune::kernels
