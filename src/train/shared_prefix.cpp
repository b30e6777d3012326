#include "train/shared_prefix.hpp"

#include <algorithm>
#include <numeric>
#include <span>

namespace pmtune::train {
namespace {

constexpr std::int64_t kLeastShared = 8;  // fewer tokens are not worth a segment of their own

std::span<const std::int32_t> sharable(const TokenRow& row) {
  return std::span(row.ids).first(static_cast<std::size_t>(row.sharable));
}

// Rows in order of their tokens, so that those with much in common stand together.
class Families {
 public:
  explicit Families(const std::vector<const TokenRow*>& rows) : rows_(rows), sorted_(rows.size()) {
    std::iota(sorted_.begin(), sorted_.end(), std::size_t{0});
    std::sort(sorted_.begin(), sorted_.end(), [&](std::size_t a, std::size_t b) {
      const auto x = sharable(*rows[a]), y = sharable(*rows[b]);
      return std::lexicographical_compare(x.begin(), x.end(), y.begin(), y.end());
    });
    for (std::size_t i = 0; i + 1 < sorted_.size(); ++i) {
      const auto x = sharable(*rows[sorted_[i]]), y = sharable(*rows[sorted_[i + 1]]);
      common_.push_back(std::mismatch(x.begin(), x.end(), y.begin(), y.end()).first - x.begin());
    }
  }

  std::vector<RowSize> sizes() const {
    std::vector<RowSize> sizes;
    for (const TokenRow* row : rows_) sizes.push_back({static_cast<std::int64_t>(row->ids.size())});
    std::int64_t family = 0;
    for (const Range& range : best_of({0, sorted_.size()}).families) {
      const std::int64_t shared = least_common(range);
      for (std::size_t i = range.begin; i < range.end; ++i) {
        RowSize& size = sizes[sorted_[i]];
        size = {size.own - shared, shared, family};
      }
      ++family;
    }
    return sizes;
  }

 private:
  struct Range {
    std::size_t begin, end;
  };
  struct Division {
    std::vector<Range> families;
    std::int64_t saved = 0;  // tokens, when all stand together
  };

  std::int64_t least_common(const Range& range) const {
    return *std::min_element(common_.begin() + static_cast<std::ptrdiff_t>(range.begin),
                             common_.begin() + static_cast<std::ptrdiff_t>(range.end - 1));
  }

  // One family with what all have in common, or several with more each: whichever saves more.
  Division best_of(const Range& range) const {
    if (range.end - range.begin < 2) return {};
    const std::int64_t least = least_common(range);
    Division split;
    for (std::size_t begin = range.begin, i = range.begin; i < range.end; ++i) {
      if (i + 1 < range.end && common_[i] > least) continue;  // divided where the least is in common
      const Division part = begin == range.begin && i + 1 == range.end ? Division{} : best_of({begin, i + 1});
      split.families.insert(split.families.end(), part.families.begin(), part.families.end());
      split.saved += part.saved;
      begin = i + 1;
    }
    const std::int64_t together = least * static_cast<std::int64_t>(range.end - range.begin - 1);
    if (least < kLeastShared || split.saved > together) return split;
    return {{range}, together};
  }

  const std::vector<const TokenRow*>& rows_;
  std::vector<std::size_t> sorted_;
  std::vector<std::int64_t> common_;  // tokens that each and the next share
};

}  // namespace

std::int64_t sharable_tokens(const TokenRow& row) {
  std::size_t first_taught = 1;
  while (first_taught < row.mask.size() && !row.mask[first_taught]) ++first_taught;
  return static_cast<std::int64_t>(first_taught) - 1;
}

std::vector<RowSize> share_prefixes(const std::vector<const TokenRow*>& rows) { return Families(rows).sizes(); }

}  // namespace pmtune::train
