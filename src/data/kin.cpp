#include "data/kin.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <unordered_map>

#include "data/folded_hash.hpp"
#include "data/name_table.hpp"
#include "data/near_duplicates.hpp"
#include "data/random.hpp"

namespace pmtune::data {
namespace {

using Indices = std::vector<std::size_t>;

// Sets that can be joined (union-find); each is known by its first member.
class Sets {
 public:
  explicit Sets(std::size_t size) : parent_(size) { std::iota(parent_.begin(), parent_.end(), std::size_t{0}); }

  std::size_t first_of(std::size_t member) {
    while (parent_[member] != member) member = parent_[member] = parent_[parent_[member]];
    return member;
  }
  void join(std::size_t a, std::size_t b) {
    a = first_of(a), b = first_of(b);
    parent_[std::max(a, b)] = std::min(a, b);
  }

 private:
  Indices parent_;
};

Sets related(const std::vector<Example>& examples) {
  Sets sets(examples.size());
  NearDuplicates wording;
  std::unordered_map<std::uint64_t, std::size_t> questions;
  for (std::size_t i = 0; i < examples.size(); ++i) {
    const auto [same, is_first] = questions.try_emplace(question_hash(examples[i]), i);
    if (!is_first) sets.join(same->second, i);
    if (const std::optional<Twin> twin = wording.add(examples[i])) sets.join(twin->index, i);
  }
  return sets;
}

std::map<std::size_t, std::vector<const Kin*>> by_task(const std::vector<Kin>& kins) {
  std::map<std::size_t, std::vector<const Kin*>> tasks;
  for (const Kin& kin : kins) tasks[kin.task].push_back(&kin);
  return tasks;
}

// How many of `wanted` each task gives: its share, rounded so that the sum is right (largest remainders).
std::map<std::size_t, std::size_t> shares(const std::map<std::size_t, std::vector<const Kin*>>& tasks,
                                          std::size_t size, std::size_t wanted) {
  std::map<std::size_t, std::size_t> share;
  std::vector<std::pair<double, std::size_t>> remainders;
  std::size_t given = 0;
  for (const auto& [task, kins] : tasks) {
    std::size_t members = 0;
    for (const Kin* kin : kins) members += kin->members.size();
    const double exact = static_cast<double>(wanted) * static_cast<double>(members) / static_cast<double>(size);
    share[task] = static_cast<std::size_t>(exact);
    given += share[task];
    remainders.emplace_back(exact - static_cast<double>(share[task]), task);
  }
  std::stable_sort(remainders.begin(), remainders.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  for (std::size_t i = 0; given < wanted && i < remainders.size(); ++i, ++given) ++share[remainders[i].second];
  return share;
}

// Every member a kin of its own.
std::vector<Kin> parted(const std::vector<Kin>& kins) {
  std::vector<Kin> single;
  for (const Kin& kin : kins)
    for (const std::size_t member : kin.members) single.push_back({{member}, kin.task});
  return single;
}

}  // namespace

std::string task_tag(const Example& example) {
  const auto found = std::find_if(example.tags.begin(), example.tags.end(),
                                  [](const std::string& tag) { return !tag.starts_with(round_prefix); });
  return found == example.tags.end() ? "" : *found;
}

std::vector<Kin> kin_of(const std::vector<Example>& examples, std::uint64_t seed) {
  Sets sets = related(examples);
  NameTable tasks;
  std::vector<Kin> kins(examples.size());
  for (std::size_t i = 0; i < examples.size(); ++i) {
    Kin& kin = kins[sets.first_of(i)];
    if (kin.members.empty()) kin.task = tasks.number_of(task_tag(examples[i]));
    kin.members.push_back(i);
  }
  std::vector<Kin> ordered;
  for (const std::size_t i : shuffled_order(examples.size(), seed))
    if (!kins[i].members.empty()) ordered.push_back(std::move(kins[i]));
  return ordered;
}

std::vector<std::size_t> held_out_part(const std::vector<Kin>& kins, std::size_t size, std::size_t wanted) {
  if (kins.size() == 1) return held_out_part(parted(kins), size, wanted);
  const auto tasks = by_task(kins);
  std::map<std::size_t, std::size_t> left = shares(tasks, size, wanted);
  Indices taken;
  std::vector<const Kin*> others;
  const auto take = [&](const Kin& kin) { taken.insert(taken.end(), kin.members.begin(), kin.members.end()); };
  for (const Kin& kin : kins) {
    std::size_t& share = left[kin.task];
    if (kin.members.size() > share) {
      others.push_back(&kin);
      continue;
    }
    take(kin);
    share -= kin.members.size();
  }
  // What whole kins of a task could not fill, any other fills.
  for (const Kin* kin : others)
    if (taken.size() + kin->members.size() <= wanted) take(*kin);
  if (taken.empty())
    take(**std::min_element(others.begin(), others.end(),
                            [](const Kin* a, const Kin* b) { return a->members.size() < b->members.size(); }));
  std::sort(taken.begin(), taken.end());
  return taken;
}

std::vector<std::vector<std::size_t>> fold_parts(const std::vector<Kin>& kins, std::size_t count) {
  if (kins.size() < count) return fold_parts(parted(kins), count);
  // Large kins first, while there is room to even out; the others task by task.
  std::vector<const Kin*> order;
  for (const auto& [task, members] : by_task(kins)) order.insert(order.end(), members.begin(), members.end());
  std::stable_sort(order.begin(), order.end(),
                   [](const Kin* a, const Kin* b) { return a->members.size() > b->members.size(); });
  std::vector<Indices> parts(count);
  for (const Kin* kin : order) {
    Indices& smallest = *std::min_element(parts.begin(), parts.end(),
                                          [](const Indices& a, const Indices& b) { return a.size() < b.size(); });
    smallest.insert(smallest.end(), kin->members.begin(), kin->members.end());
  }
  for (Indices& part : parts) std::sort(part.begin(), part.end());
  return parts;
}

}  // namespace pmtune::data
