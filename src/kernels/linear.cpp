#include "kernels/linear.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "base/round_up.hpp"
#include "kernels/element_type.hpp"
#include "kernels/ops.hpp"
#include "kernels/thread_work.hpp"
#include "kernels/tile_loops.hpp"

namespace pmtune::kernels {
namespace {

using i64 = std::int64_t;

constexpr i64 kRowBlock = 32;   // rows of a block of results
constexpr i64 kMostPanels = 6;  // panels side by side: more reads of A from the first cache, fewer from the second
constexpr i64 kMostPanelsInSlices = 9;  // when k is too long for one piece
constexpr i64 kPackedBytes = 800'000;   // what a thread packs before it multiplies: well within a second-level cache
constexpr i64 kSpareRows = 64;          // of a matrix in blocks, dequantised at once
constexpr i64 kReach = 32;              // columns of h are taken in steps of this

// A range of k: of the second product, most of which is known to be zero.
struct Range {
  i64 begin, end;
};

// Columns of h that reach the rows [row, row + 32) of B.
Range columns_reaching(const LowRank& low, i64 row) {
  Range range{low.b.size(1), 0};
  for (std::size_t i = 0; i < low.slots.size(); ++i) {
    const LowRank::Slot& slot = low.slots[i];
    if (slot.row >= row + kPanel || slot.row + slot.rows <= row) continue;
    const i64 first = static_cast<i64>(i) * low.rank;
    range.begin = std::min(range.begin, first / kReach * kReach);
    range.end = std::max(range.end, round_up(first + low.rank, kReach));
  }
  return range.begin < range.end ? range : Range{0, 0};
}

// Rows of B that are reached by the columns [column, column + 32) of h.
Range rows_reached(const LowRank& low, i64 column) {
  Range range{low.b.size(0), 0};
  for (std::size_t i = 0; i < low.slots.size(); ++i) {
    const i64 first = static_cast<i64>(i) * low.rank;
    if (first >= column + kPanel || first + low.rank <= column) continue;
    range.begin = std::min(range.begin, low.slots[i].row / kPanel * kPanel);
    range.end = std::max(range.end, round_up(low.slots[i].row + low.slots[i].rows, kPanel));
  }
  return range.begin < range.end ? range : Range{0, 0};
}

// How the units (one panel, or a gate's and its up's) are shared: each thread takes a run of units for all rows, or,
// where that would leave threads idle, for one of several chunks of rows.
struct Sharing {
  i64 chunks, chunk_rows;
};

Sharing share(i64 units, i64 rows, i64 threads) {
  Sharing best{1, rows};
  double best_waste = INFINITY;
  for (i64 chunks = 1; chunks <= 8 && (chunks == 1 || rows / chunks >= 64); chunks *= 2) {
    const i64 chunk_rows = round_up(ceil_div(rows, chunks), kRowBlock), tasks = units * chunks;
    const double waste = static_cast<double>(round_up(tasks, threads)) / static_cast<double>(tasks) *
                         static_cast<double>(chunk_rows * chunks) / static_cast<double>(rows);
    if (waste < 0.95 * best_waste) {
      best = {ceil_div(rows, chunk_rows), chunk_rows};
      best_waste = waste;
    }
  }
  return best;
}

// The product that all layers are made of: results [rows, units] = x [rows, k] * panels (+ h * second panels), each
// block of results handed to `finish` while it is in the caches.
template <class T>
struct BlockProduct {
  const T* x;
  i64 rows, k;
  i64 units;
  i64 panels_per_unit = 1;  // panel u + part * units belongs to unit u
  const T* h = nullptr;     // [rows, h_columns]
  i64 h_columns = 0;
  bool dequantises = false;  // packing is dear: no two threads should pack the same panel

  // A thread's buffers.
  struct Room {
    i64 slice;
    T *panels, *second, *spare;
    Range* reach;
    float *block, *slice_sum;
  };

  // pack(first panel, count, first k, how many k, to, spare): panels one after the other, (how many k) * 32 elements
  // each. pack_second(panel, to) -> the range of h's columns it multiplies, packed as (end - begin) * 32 elements.
  // finish(block, row stride of the block, first row, rows, first unit, count of units): part p of unit u stands at
  // column ((u - first) + p * count) * 32.
  template <class Pack, class PackSecond, class Finish>
  void run(const Pack& pack, const PackSecond& pack_second, const Finish& finish) const {
    on_each_thread([&](i64 thread, i64 threads) {
      const Sharing sharing = dequantises ? Sharing{1, rows} : share(units, rows, threads);
      const i64 tasks = units * sharing.chunks;
      i64 task = tasks * thread / threads;
      const i64 last = tasks * (thread + 1) / threads;
      if (task == last) return;
      const TypedTiles<T>& tile = tiles_of<T>();
      tile.begin();
      while (task < last) {
        const i64 chunk = task / units, unit = task % units, count = std::min(units - unit, last - task);
        const i64 row = chunk * sharing.chunk_rows;
        run_units(unit, count, row, std::min(rows, row + sharing.chunk_rows), pack, pack_second, finish);
        task += count;
      }
      tile.end();
    });
  }

 private:
  template <class Pack, class PackSecond, class Finish>
  void run_units(i64 first, i64 count, i64 row_begin, i64 row_end, const Pack& pack, const PackSecond& pack_second,
                 const Finish& finish) const {
    constexpr i64 kSize = sizeof(T);
    const i64 fitting = kPackedBytes / (k * kPanel * kSize);
    const bool slices = fitting < 3 * panels_per_unit;
    const i64 most =
        std::max<i64>(1, (slices ? kMostPanelsInSlices : std::min(kMostPanels, fitting)) / panels_per_unit);
    const i64 groups = ceil_div(count, most), group = ceil_div(count, groups) * panels_per_unit;
    const i64 slice = slices ? std::max<i64>(256, kPackedBytes / (group * kPanel * kSize) / 256 * 256) : k;
    const i64 block_rows = slices ? row_end - row_begin : kRowBlock;
    ThreadScratch scratch(
        ThreadScratch::padded<T>(group * slice * kPanel) + ThreadScratch::padded<T>(group * h_columns * kPanel) +
        ThreadScratch::padded<T>(kSpareRows * std::max(slice, group * kPanel)) + ThreadScratch::padded<Range>(group) +
        ThreadScratch::padded<float>((block_rows * group + kRowBlock) * kPanel));
    Room room{};
    room.slice = slice;
    room.panels = scratch.template take<T>(group * slice * kPanel);
    room.second = scratch.template take<T>(group * h_columns * kPanel);
    room.spare = scratch.template take<T>(kSpareRows * std::max(slice, group * kPanel));
    room.reach = scratch.template take<Range>(group);
    room.block = scratch.template take<float>(block_rows * group * kPanel);
    room.slice_sum = scratch.template take<float>(kRowBlock * kPanel);
    for (i64 g = 0; g < groups; ++g) {
      const i64 begin = first + count * g / groups, end = first + count * (g + 1) / groups;
      run_group(begin, end - begin, row_begin, row_end, room, pack, pack_second, finish);
    }
  }

  template <class Pack, class PackSecond, class Finish>
  void run_group(i64 unit, i64 count, i64 row_begin, i64 row_end, const Room& room, const Pack& pack,
                 const PackSecond& pack_second, const Finish& finish) const {
    const i64 panels = count * panels_per_unit, width = panels * kPanel;
    if (h)
      for (i64 part = 0; part < panels_per_unit; ++part)
        for (i64 u = 0; u < count; ++u) {
          const i64 p = part * count + u;
          room.reach[p] = pack_second(part * units + unit + u, room.second + p * h_columns * kPanel);
        }
    for (i64 k0 = 0; k0 < k; k0 += room.slice) {
      const i64 kn = std::min(room.slice, k - k0);
      for (i64 part = 0; part < panels_per_unit; ++part)
        pack(part * units + unit, count, k0, kn, room.panels + part * count * kn * kPanel, room.spare);
      for (i64 row = row_begin; row < row_end; row += kRowBlock) {
        const bool one_piece = room.slice >= k;
        float* const block = room.block + (one_piece ? 0 : (row - row_begin) * width);
        multiply(row, panels, k0, kn, room, block, width);
        if (k0 + kn == k) finish(block, width, row, std::min(kRowBlock, row_end - row), unit, count);
      }
    }
  }

  void multiply(i64 row, i64 panels, i64 k0, i64 kn, const Room& room, float* block, i64 width) const {
    const TypedTiles<T>& tile = tiles_of<T>();
    for (i64 p = 0; p < panels; ++p) {
      float* const to = block + p * kPanel;
      const T* const panel = room.panels + p * kn * kPanel;
      if (k0 == 0) {
        tile.product(x + row * k, k, kRowBlock, panel, kn, to, width, false);
      } else {
        // Slices are summed apart: one running f32 sum over a whole vocabulary would lose two digits.
        tile.product(x + row * k + k0, k, kRowBlock, panel, kn, room.slice_sum, kPanel, false);
        tile.add(room.slice_sum, kPanel, to, to, width, kRowBlock, kPanel);
      }
    }
    if (!h || k0 + kn < k) return;
    for (i64 p = 0; p < panels; ++p) {
      const Range reach = room.reach[p];
      if (reach.begin < reach.end)
        tile.product(h + row * h_columns + reach.begin, h_columns, kRowBlock, room.second + p * h_columns * kPanel,
                     reach.end - reach.begin, block + p * kPanel, width, true);
    }
  }
};

template <class T>
BlockProduct<T> product_of(const at::Tensor& x, i64 units, const FrozenMatrix& w, const LowRank& low,
                           const at::Tensor& h) {
  BlockProduct<T> product{data<const T>(x), x.size(0), x.size(1), units};
  product.dequantises = w.in_blocks();
  if (low.defined()) {
    product.h = data<const T>(h);
    product.h_columns = h.size(1);
  }
  return product;
}

// Asks for the rows [32 columns * count] of `all` that the next block will read while this one is worked on: they are
// far apart, and the processor does not foresee them.
template <class T>
void prefetch_below(const T* block, i64 stride, i64 rows, i64 count, const at::Tensor& all) {
  constexpr i64 kLine = 64 / static_cast<i64>(sizeof(T));
  const T* const end = data<const T>(all) + all.numel();
  for (i64 r = rows; r < 2 * rows; ++r) {
    const T* const row = block + r * stride;
    if (row + count * kPanel > end) return;
    for (i64 i = 0; i < count * kPanel; i += kLine) __builtin_prefetch(row + i, 1, 2);
  }
}

// y = x W^T: panels are rows of W.
template <class T, class Finish>
void forward(const at::Tensor& x, const FrozenMatrix& w, const LowRank& low, const at::Tensor& h, i64 panels_per_unit,
             const TypedTiles<T>& tile, const Finish& finish) {
  BlockProduct<T> product = product_of<T>(x, w.rows() / kPanel / panels_per_unit, w, low, h);
  product.panels_per_unit = panels_per_unit;
  const bool reference = UseReference::active();
  product.run([&](i64 panel, i64 count, i64 k0, i64 kn, T* to,
                  T* spare) { w.pack_rows(panel, count, k0, kn, to, spare, reference); },
              [&](i64 panel, T* to) {
                const Range reach = columns_reaching(low, panel * kPanel);
                const i64 columns = low.b.size(1);
                if (reach.begin < reach.end)
                  tile.pack_rows(data<const T>(low.b) + panel * kPanel * columns + reach.begin, columns, kPanel,
                                 reach.end - reach.begin, to);
                return reach;
              },
              finish);
}

// dx = dy W: panels are columns of W.
template <class T, class Finish>
void backward(const at::Tensor& dy, const FrozenMatrix& w, const LowRank& low, const at::Tensor& d_h,
              const TypedTiles<T>& tile, const Finish& finish) {
  const BlockProduct<T> product = product_of<T>(dy, w.columns() / kPanel, w, low, d_h);
  const bool reference = UseReference::active();
  product.run([&](i64 panel, i64 count, i64 k0, i64 kn, T* to,
                  T* spare) { w.pack_columns(panel, count, k0, kn, to, spare, reference); },
              [&](i64 panel, T* to) {
                const i64 columns = low.a.size(0);
                tile.pack_columns(data<const T>(low.a) + panel * kPanel, low.a.size(1), columns, columns, 1, to, 0);
                return Range{0, columns};
              },
              finish);
}

// y [rows, n panels] = x [rows, ranges of k] * panels, for few panels: threads share the rows.
template <class T, class Pack>
void narrow_product(const T* x, i64 rows, i64 ldx, const std::vector<Range>& ranges, const TypedTiles<T>& tile,
                    const Pack& pack /* (panel, range of k, to) */, T* y) {
  const i64 panels = static_cast<i64>(ranges.size()), width = panels * kPanel;
  i64 longest = 0;
  for (const Range& range : ranges) longest = std::max(longest, range.end - range.begin);
  at::parallel_for(0, rows / kRowBlock, 1, [&](i64 begin, i64 end) {
    ThreadScratch scratch(ThreadScratch::padded<T>(panels * longest * kPanel) +
                          ThreadScratch::padded<float>(kRowBlock * width));
    T* const packed = scratch.template take<T>(panels * longest * kPanel);
    float* const block = scratch.template take<float>(kRowBlock * width);
    tile.begin();
    for (i64 p = 0; p < panels; ++p) pack(p, ranges[static_cast<std::size_t>(p)], packed + p * longest * kPanel);
    for (i64 row = begin * kRowBlock; row < end * kRowBlock; row += kRowBlock) {
      for (i64 p = 0; p < panels; ++p) {
        const Range range = ranges[static_cast<std::size_t>(p)];
        tile.product(x + row * ldx + range.begin, ldx, kRowBlock, packed + p * longest * kPanel,
                     range.end - range.begin, block + p * kPanel, width, false);
      }
      tile.store(block, width, y + row * width, width, kRowBlock, width);
    }
    tile.end();
  });
}

// Adds c [slot's rows, 32 columns] of a = d_h^T x to a slot's gradient.
void add_rows(const float* c, i64 ldc, i64 rank, float* to, i64 ldt) {
  for (i64 r = 0; r < rank; ++r)
    for (i64 i = 0; i < kPanel; ++i) to[r * ldt + i] += c[r * ldc + i];
}

void add_transposed(const float* c, i64 ldc, i64 rank, float scale, float* to) {
  for (i64 i = 0; i < kPanel; ++i)
    for (i64 r = 0; r < rank; ++r) to[i * rank + r] += scale * c[r * ldc + i];
}

template <class T>
struct GradientWork {
  const TypedTiles<T>& tile;
  const T *x, *dy, *h_t, *d_h_t;  // h and d_h transposed, [columns, T]
  i64 tokens, in, out;
  const LowRank& low;
  float scale;
  std::span<const SlotGradient> gradients;

  i64 rank_rows() const { return round_up(low.rank, 16); }
  i64 slot_rows() const { return round_up(static_cast<i64>(low.slots.size()) * low.rank, 16); }

  // The products of d_h^T with `count` panels of x, from `panel` on.
  void rows_of_a(i64 panel, i64 count, T* packed, float* block) const {
    tile.pack_columns(x + panel * kPanel, in, tokens, tokens, count, packed, tokens * kPanel);
    for (i64 p = 0; p < count; ++p) {
      tile.product(d_h_t, tokens, slot_rows(), packed + p * tokens * kPanel, tokens, block, kPanel, false);
      for (std::size_t s = 0; s < low.slots.size(); ++s)
        add_rows(block + static_cast<i64>(s) * low.rank * kPanel, kPanel, low.rank,
                 gradients[s].a + (panel + p) * kPanel, in);
    }
  }

  // The products of h^T with `count` panels of dy, as b^T: a panel belongs to one slot, or to none.
  void rows_of_b(i64 panel, i64 count, T* packed, float* block) const {
    tile.pack_columns(dy + panel * kPanel, out, tokens, tokens, count, packed, tokens * kPanel);
    for (i64 p = 0; p < count; ++p) {
      const i64 row = (panel + p) * kPanel;
      for (std::size_t s = 0; s < low.slots.size(); ++s) {
        if (row < low.slots[s].row || row >= low.slots[s].row + low.slots[s].rows) continue;
        tile.product(h_t + static_cast<i64>(s) * low.rank * tokens, tokens, rank_rows(), packed + p * tokens * kPanel,
                     tokens, block, kPanel, false);
        add_transposed(block, kPanel, low.rank, scale, gradients[s].b + (row - low.slots[s].row) * low.rank);
      }
    }
  }

  void run() const {
    const i64 of_a = in / kPanel, panels = of_a + out / kPanel;
    on_each_thread([&](i64 thread, i64 threads) {
      const i64 first = panels * thread / threads, last = panels * (thread + 1) / threads;
      if (first == last) return;
      const i64 most =
          std::max<i64>(1, std::min<i64>(4, kPackedBytes / (tokens * kPanel * static_cast<i64>(sizeof(T)))));
      ThreadScratch scratch(ThreadScratch::padded<T>(most * tokens * kPanel) +
                            ThreadScratch::padded<float>((slot_rows() + rank_rows()) * kPanel));
      T* const packed = scratch.template take<T>(most * tokens * kPanel);
      float* const block = scratch.template take<float>((slot_rows() + rank_rows()) * kPanel);
      tile.begin();
      for (i64 panel = first; panel < last;) {
        const i64 end = std::min({last, panel + most, panel < of_a ? of_a : panels});
        if (panel < of_a)
          rows_of_a(panel, end - panel, packed, block);
        else
          rows_of_b(panel - of_a, end - panel, packed, block);
        panel = end;
      }
      tile.end();
    });
  }
};

// x [T, columns] -> [columns + 16, T]; the last 16 rows are zero, for products of 16 rows that begin late.
template <class T>
at::Tensor transposed(const at::Tensor& x, const TypedTiles<T>& tile) {
  const i64 tokens = x.size(0), columns = x.size(1);
  at::Tensor y = at::empty({columns + 16, tokens}, x.options());
  tile.transpose(data<const T>(x), columns, tokens, columns, data<T>(y), tokens);
  y.narrow(0, columns, 16).zero_();
  return y;
}

}  // namespace

bool can_multiply(const FrozenMatrix& w, i64 rows, const at::Tensor& x) {
  return !UseReference::active() && x.device().is_cpu() && rows % kRowBlock == 0 && w.rows() % (2 * kPanel) == 0 &&
         w.columns() % kPanel == 0 && (x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16);
}

std::int64_t linear_scratch_bytes(i64 rows) { return 2 * kPackedBytes + rows * kMostPanelsInSlices * kPanel * 4; }

void low_rank_inner(const at::Tensor& x, const LowRank& low, at::Tensor& h) {
  by_type(x, [&](auto tag) {
    using T = decltype(tag);
    const TypedTiles<T>& tile = tiles_of<T>();
    const i64 in = x.size(1);
    const std::vector<Range> ranges(static_cast<std::size_t>(h.size(1) / kPanel), Range{0, in});
    narrow_product<T>(
        data<const T>(x), x.size(0), in, ranges, tile,
        [&](i64 panel, Range, T* to) {
          tile.pack_rows(data<const T>(low.a) + panel * kPanel * in, in, kPanel, in, to);
        },
        data<T>(h));
  });
}

void low_rank_inner_backward(const at::Tensor& dy, const LowRank& low, at::Tensor& d_h) {
  by_type(dy, [&](auto tag) {
    using T = decltype(tag);
    const TypedTiles<T>& tile = tiles_of<T>();
    const i64 columns = d_h.size(1);
    std::vector<Range> ranges;
    for (i64 column = 0; column < columns; column += kPanel) ranges.push_back(rows_reached(low, column));
    narrow_product<T>(
        data<const T>(dy), dy.size(0), dy.size(1), ranges, tile,
        [&](i64 panel, Range range, T* to) {
          tile.pack_columns(data<const T>(low.b) + range.begin * columns + panel * kPanel, columns,
                            range.end - range.begin, range.end - range.begin, 1, to, 0);
        },
        data<T>(d_h));
  });
}

void linear(const at::Tensor& x, const FrozenMatrix& w, const LowRank& low, const at::Tensor& h, at::Tensor& y) {
  by_type(x, [&](auto tag) {
    using T = decltype(tag);
    const TypedTiles<T>& tile = tiles_of<T>();
    const i64 out = y.size(1);
    forward<T>(x, w, low, h, 1, tile, [&](const float* c, i64 ldc, i64 row, i64 rows, i64 unit, i64 count) {
      tile.store(c, ldc, data<T>(y) + row * out + unit * kPanel, out, rows, count * kPanel);
    });
  });
}

void linear_added(const at::Tensor& x, const FrozenMatrix& w, const LowRank& low, const at::Tensor& h,
                  const at::Tensor& residual, at::Tensor& sum) {
  by_type(x, [&](auto tag) {
    using T = decltype(tag);
    const TypedTiles<T>& tile = tiles_of<T>();
    const i64 out = sum.size(1);
    forward<T>(x, w, low, h, 1, tile, [&](const float* c, i64 ldc, i64 row, i64 rows, i64 unit, i64 count) {
      const i64 at = row * out + unit * kPanel;
      prefetch_below(data<const float>(residual) + at, out, rows, count, residual);
      tile.add(c, ldc, data<const float>(residual) + at, data<float>(sum) + at, out, rows, count * kPanel);
    });
  });
}

void linear_gated(Activation activation, const at::Tensor& x, const FrozenMatrix& w, const LowRank& low,
                  const at::Tensor& h, at::Tensor& gate_up, at::Tensor& act) {
  by_type(x, [&](auto tag) {
    using T = decltype(tag);
    const TypedTiles<T>& tile = tiles_of<T>();
    const i64 f = act.size(1);
    const auto glu = tile.glu[static_cast<int>(activation)];
    forward<T>(x, w, low, h, 2, tile, [&](const float* c, i64 ldc, i64 row, i64 rows, i64 unit, i64 count) {
      T* const gate = data<T>(gate_up) + row * 2 * f + unit * kPanel;
      glu(c, c + count * kPanel, ldc, gate, gate + f, 2 * f, data<T>(act) + row * f + unit * kPanel, f, rows,
          count * kPanel);
    });
  });
}

void linear_backward(const at::Tensor& dy, const FrozenMatrix& w, const LowRank& low, const at::Tensor& d_h,
                     at::Tensor& dx) {
  by_type(dy, [&](auto tag) {
    using T = decltype(tag);
    const TypedTiles<T>& tile = tiles_of<T>();
    const i64 in = dx.size(1);
    backward<T>(dy, w, low, d_h, tile, [&](const float* c, i64 ldc, i64 row, i64 rows, i64 unit, i64 count) {
      tile.store(c, ldc, data<T>(dx) + row * in + unit * kPanel, in, rows, count * kPanel);
    });
  });
}

void linear_backward_gated(Activation activation, const at::Tensor& dy, const FrozenMatrix& w, const LowRank& low,
                           const at::Tensor& d_h, at::Tensor& gate_up, at::Tensor& act) {
  by_type(dy, [&](auto tag) {
    using T = decltype(tag);
    const TypedTiles<T>& tile = tiles_of<T>();
    const i64 f = act.size(1);
    const auto glu_backward = tile.glu_backward[static_cast<int>(activation)];
    backward<T>(dy, w, low, d_h, tile, [&](const float* c, i64 ldc, i64 row, i64 rows, i64 unit, i64 count) {
      T* const gate = data<T>(gate_up) + row * 2 * f + unit * kPanel;
      prefetch_below(gate, 2 * f, rows, count, gate_up);
      prefetch_below(gate + f, 2 * f, rows, count, gate_up);
      glu_backward(c, ldc, gate, gate + f, 2 * f, data<T>(act) + row * f + unit * kPanel, f, rows, count * kPanel);
    });
  });
}

void low_rank_gradient(const at::Tensor& x, const at::Tensor& dy, const at::Tensor& h, const at::Tensor& d_h,
                       const LowRank& low, double scale, std::span<const SlotGradient> gradients) {
  by_type(x, [&](auto tag) {
    using T = decltype(tag);
    const TypedTiles<T>& tile = tiles_of<T>();
    const at::Tensor h_t = transposed<T>(h, tile), d_h_t = transposed<T>(d_h, tile);
    GradientWork<T>{tile,
                    data<const T>(x),
                    data<const T>(dy),
                    data<const T>(h_t),
                    data<const T>(d_h_t),
                    x.size(0),
                    x.size(1),
                    dy.size(1),
                    low,
                    static_cast<float>(scale),
                    gradients}
        .run();
  });
}

}  // namespace pmtune::kernels
