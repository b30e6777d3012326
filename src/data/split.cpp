// Choosing among the examples of a dataset. Every choice depends on the seed alone, on every machine alike.
#include <algorithm>
#include <cmath>
#include <unordered_set>

#include "base/fail.hpp"
#include "base/utf8.hpp"
#include "data/canonical.hpp"
#include "data/dataset_impl.hpp"
#include "data/kin.hpp"
#include "data/near_duplicates.hpp"
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

// The examples that are not among `taken`, which is in rising order.
Indices others(std::size_t size, const Indices& taken) {
  Indices rest;
  auto next = taken.begin();
  for (std::size_t i = 0; i < size; ++i)
    if (next != taken.end() && *next == i)
      ++next;
    else
      rest.push_back(i);
  return rest;
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
  const Indices validation = data::held_out_part(data::kin_of(examples(), seed), size(), held_out);
  return {Dataset(Impl::of(pick(examples(), others(size(), validation)))),
          Dataset(Impl::of(pick(examples(), validation)))};
}

std::vector<std::pair<Dataset, Dataset>> Dataset::folds(std::size_t count, std::uint64_t seed) const {
  if (count < 2 || count > size())
    fail(Code::invalid_argument, "The number of folds is ", count, "; with ",
         data::counted(static_cast<std::int64_t>(size()), "example"),
         size() < 2 ? " none can be made, add examples." : concat(" it must be from 2 to ", size(), "."));
  std::vector<std::pair<Dataset, Dataset>> folds;
  for (const Indices& held_out : data::fold_parts(data::kin_of(examples(), seed), count))
    folds.emplace_back(Dataset(Impl::of(pick(examples(), others(size(), held_out)))),
                       Dataset(Impl::of(pick(examples(), held_out))));
  return folds;
}

Dataset Dataset::sample(std::size_t count, std::uint64_t seed) const {
  if (count > size())
    fail(Code::invalid_argument, "A sample of ", count, " cannot be drawn from ",
         data::counted(static_cast<std::int64_t>(size()), "example"), "; ask for fewer.");
  Indices drawn = data::shuffled_order(size(), seed);
  drawn.resize(count);
  std::sort(drawn.begin(), drawn.end());
  return Dataset(Impl::of(pick(examples(), drawn)));
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

Dataset Dataset::deduplicate(bool nearly) const {
  std::unordered_set<std::string> known;
  data::NearDuplicates wording;
  std::vector<Example> kept;
  for (const Example& example : examples()) {
    if (!known.insert(data::canonical_conversation(example)).second) continue;
    if (nearly && wording.find(example)) continue;
    if (nearly) wording.add(example);
    kept.push_back(example);
  }
  return Dataset(Impl::of(std::move(kept)));
}

Dataset Dataset::tagged(const std::string& tag) const {
  if (tag.empty() || find_invalid_utf8(tag) != std::string_view::npos)
    fail(Code::invalid_argument, "A tag must be a text that is not empty, for example \"user-story\".");
  std::vector<Example> marked = examples();
  for (Example& example : marked)
    if (std::find(example.tags.begin(), example.tags.end(), tag) == example.tags.end()) example.tags.push_back(tag);
  return Dataset(Impl::of(std::move(marked)));
}

Dataset Dataset::grow(const std::string& round, const Dataset& additions) const {
  if (round.empty())
    fail(Code::invalid_argument,
         "A round must have a name, for example \"foundation\", \"specialisation\" or \"polish\".");
  return merge(additions.tagged(data::round_prefix + round));
}

}  // namespace pmtune
