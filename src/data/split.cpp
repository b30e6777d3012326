// Choosing among the examples of a dataset. Every choice depends on the seed alone, on every machine alike.
#include <algorithm>
#include <cmath>
#include <unordered_set>

#include "base/fail.hpp"
#include "data/canonical.hpp"
#include "data/dataset_impl.hpp"
#include "data/problems.hpp"
#include "data/random.hpp"

namespace pmtune {
namespace {

using Indices = std::vector<std::size_t>;

std::vector<Example> pick(const std::vector<Example>& examples, const Indices& indices) {
  std::vector<Example> picked;
  picked.reserve(indices.size());
  for (const std::size_t index : indices) picked.push_back(examples[index]);
  return picked;
}

// `order` cut into what stands at [begin, end) and the rest, both in the order of the file: a person who looks into a
// part finds it as it was written.
std::pair<Indices, Indices> take_out(const Indices& order, std::size_t begin, std::size_t end) {
  const auto at = [&](std::size_t i) { return order.begin() + static_cast<std::ptrdiff_t>(i); };
  Indices taken(at(begin), at(end));
  Indices rest(at(0), at(begin));
  rest.insert(rest.end(), at(end), order.end());
  std::sort(taken.begin(), taken.end());
  std::sort(rest.begin(), rest.end());
  return {std::move(taken), std::move(rest)};
}

}  // namespace

std::pair<Dataset, Dataset> Dataset::split(double fraction, std::uint64_t seed) const {
  if (!(fraction >= 0 && fraction < 1))
    fail(Code::invalid_argument, "The part to hold out is ", fraction,
         "; it must be at least 0 and below 1, for example 0.1.");
  if (fraction == 0) return {*this, Dataset()};
  if (size() < 2)
    fail(Code::invalid_argument, "A part can only be held out of two examples or more; this dataset holds ", size(),
         ". Add examples, or hold out 0.");
  const auto wanted = static_cast<std::size_t>(std::llround(static_cast<double>(size()) * fraction));
  const std::size_t held_out = std::clamp<std::size_t>(wanted, 1, size() - 1);
  const auto [validation, training] = take_out(data::shuffled_order(size(), seed), 0, held_out);
  return {Dataset(Impl::of(pick(examples(), training))), Dataset(Impl::of(pick(examples(), validation)))};
}

std::vector<std::pair<Dataset, Dataset>> Dataset::folds(std::size_t count, std::uint64_t seed) const {
  if (count < 2 || count > size())
    fail(Code::invalid_argument, "The number of folds is ", count, "; with ",
         data::counted(static_cast<std::int64_t>(size()), "example"),
         size() < 2 ? " none can be made, add examples." : concat(" it must be from 2 to ", size(), "."));
  const Indices order = data::shuffled_order(size(), seed);
  std::vector<std::pair<Dataset, Dataset>> folds;
  for (std::size_t fold = 0; fold < count; ++fold) {
    // Sizes differ by one at most: the first size() % count folds hold one more.
    const std::size_t base = size() / count, longer = size() % count;
    const std::size_t begin = fold * base + std::min(fold, longer);
    const auto [validation, training] = take_out(order, begin, begin + base + (fold < longer ? 1 : 0));
    folds.emplace_back(Dataset(Impl::of(pick(examples(), training))),
                       Dataset(Impl::of(pick(examples(), validation))));
  }
  return folds;
}

Dataset Dataset::sample(std::size_t count, std::uint64_t seed) const {
  if (count > size())
    fail(Code::invalid_argument, "A sample of ", count, " cannot be drawn from ",
         data::counted(static_cast<std::int64_t>(size()), "example"), "; ask for fewer.");
  return Dataset(Impl::of(pick(examples(), take_out(data::shuffled_order(size(), seed), 0, count).first)));
}

Dataset Dataset::shuffle(std::uint64_t seed) const {
  return Dataset(Impl::of(pick(examples(), data::shuffled_order(size(), seed))));
}

Dataset Dataset::filter(const std::string& tag) const {
  std::vector<Example> kept;
  for (const Example& example : examples())
    if (std::find(example.tags.begin(), example.tags.end(), tag) != example.tags.end()) kept.push_back(example);
  return Dataset(Impl::of(std::move(kept)));
}

// Two examples are the same when their conversations are; tags do not teach anything.
Dataset Dataset::merge(const Dataset& other) const {
  std::unordered_set<std::string> known;
  for (const Example& example : examples()) known.insert(data::canonical_conversation(example));
  std::vector<Example> merged = examples();
  for (const Example& example : other.examples())
    if (known.insert(data::canonical_conversation(example)).second) merged.push_back(example);
  return Dataset(Impl::of(std::move(merged)));
}

}  // namespace pmtune
