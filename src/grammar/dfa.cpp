#include "grammar/dfa.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "grammar/limits.hpp"
#include "grammar/refusal.hpp"

namespace pmtune::grammar {
namespace {

[[noreturn]] void spent() {
  throw Refusal{
      Code::unsupported,
      "takes too large an automaton (with what stands before it); ask for less repetition, shorter patterns "
      "or fewer values"};
}

void spend(std::size_t& left, std::size_t amount) {
  if (left < amount) spent();
  left -= amount;
}

}  // namespace

Budget Budget::of_a_grammar() { return {max_subset_work, max_dfa_cells}; }

Dfa::State Dfa::add_state(bool accepts, Budget& budget) {
  spend(budget.cells, classes_);
  table_.resize(table_.size() + classes_, dead);
  flags_.push_back(accepts ? accepting : 0);
  return static_cast<State>(flags_.size() - 1);
}

// The subset construction: a state of the DFA is a set of states of the NFA.
class Dfa::Subsets {
 public:
  Subsets(const Nfa& nfa, Budget& budget) : nfa_(nfa), budget_(budget), seen_(nfa.size(), 0) {}

  Dfa run() {
    divide_bytes();
    find({Nfa::start});
    std::vector<Set> reached(dfa_.classes_);
    for (std::size_t state = 0; state < sets_.size(); ++state) {
      for (const Nfa::State member : *sets_[state]) collect(member, reached);
      for (std::size_t i = 0; i < reached.size(); ++i) {
        if (reached[i].empty()) continue;
        const State to = find(std::exchange(reached[i], {}));
        dfa_.table_[state * dfa_.classes_ + i] = to;
      }
    }
    dfa_.drop_useless_states();
    return std::move(dfa_);
  }

 private:
  using Set = std::vector<Nfa::State>;

  // Bytes between which no edge tells are one class; classes are ranges of bytes.
  void divide_bytes() {
    std::array<bool, 257> begins{};
    for (Nfa::State state = 0; state < nfa_.size(); ++state)
      for (const Nfa::Edge& edge : nfa_.edges(state)) begins[edge.low] = begins[std::size_t{edge.high} + 1] = true;
    std::uint8_t last = 0;
    for (std::size_t byte = 1; byte < 256; ++byte) {
      if (begins[byte]) ++last;
      dfa_.class_of_[byte] = last;
    }
    dfa_.classes_ = std::size_t{last} + 1;
  }

  void collect(Nfa::State member, std::vector<Set>& reached) {
    for (const Nfa::Edge& edge : nfa_.edges(member)) {
      const std::size_t first = dfa_.class_of_[edge.low];
      const std::size_t last = dfa_.class_of_[edge.high];
      spend(budget_.work, last - first + 1);
      for (std::size_t i = first; i <= last; ++i) reached[i].push_back(edge.to);
    }
  }

  // The state of the DFA for these and all that empty steps reach from them.
  State find(Set set) {
    ++round_;
    Set all;
    while (!set.empty()) {
      const Nfa::State state = set.back();
      set.pop_back();
      if (seen_[state] == round_) continue;
      seen_[state] = round_;
      all.push_back(state);
      spend(budget_.work, 1 + nfa_.empties(state).size());
      set.insert(set.end(), nfa_.empties(state).begin(), nfa_.empties(state).end());
    }
    std::sort(all.begin(), all.end());
    const bool accepts = std::binary_search(all.begin(), all.end(), Nfa::final);
    const auto [at, is_new] = known_.try_emplace(std::move(all), static_cast<State>(sets_.size()));
    if (is_new) {
      sets_.push_back(&at->first);
      dfa_.add_state(accepts, budget_);
    }
    return at->second;
  }

  const Nfa& nfa_;
  Budget& budget_;
  Dfa dfa_;
  std::vector<std::uint32_t> seen_;  // the round in which a state was last reached
  std::uint32_t round_ = 0;
  std::map<Set, State> known_;
  std::vector<const Set*> sets_;
};

Dfa Dfa::of(const Nfa& nfa, Budget& budget) { return Subsets(nfa, budget).run(); }

Dfa Dfa::product(const Dfa& a, const Dfa& b, bool except, Budget& budget) {
  Dfa result;
  if (a.size() == 0) return result;
  std::map<std::pair<std::uint8_t, std::uint8_t>, std::uint8_t> classes;
  for (std::size_t byte = 0; byte < 256; ++byte) {
    const auto next = static_cast<std::uint8_t>(classes.size());
    result.class_of_[byte] = classes.try_emplace({a.class_of_[byte], b.class_of_[byte]}, next).first->second;
  }
  result.classes_ = classes.size();

  using Pair = std::pair<State, State>;
  std::map<Pair, State> known;
  std::vector<Pair> pairs;
  const auto find = [&](Pair pair) {
    const auto [at, is_new] = known.try_emplace(pair, static_cast<State>(pairs.size()));
    if (is_new) {
      pairs.push_back(pair);
      const bool in_b = pair.second != dead && b.accepts(pair.second);
      result.add_state(a.accepts(pair.first) && in_b != except, budget);
    }
    return at->second;
  };
  find({start, b.size() == 0 ? dead : start});
  for (std::size_t state = 0; state < pairs.size(); ++state) {
    const auto [in_a, in_b] = pairs[state];
    spend(budget.work, classes.size());
    for (const auto& [both, index] : classes) {
      const State to_a = a.table_[static_cast<std::size_t>(in_a) * a.classes_ + both.first];
      const State to_b = in_b == dead ? dead : b.table_[static_cast<std::size_t>(in_b) * b.classes_ + both.second];
      if (to_a == dead || (to_b == dead && !except)) continue;
      const State to = find({to_a, to_b});
      result.table_[state * result.classes_ + index] = to;
    }
  }
  result.drop_useless_states();
  return result;
}

// Those from which an accepting state is reached.
std::vector<bool> Dfa::useful_states() const {
  std::vector<std::vector<State>> before(size());
  for (std::size_t i = 0; i < table_.size(); ++i)
    if (table_[i] != dead) before[static_cast<std::size_t>(table_[i])].push_back(static_cast<State>(i / classes_));
  std::vector<bool> useful(size(), false);
  std::vector<State> open;
  for (std::size_t state = 0; state < size(); ++state)
    if (accepts(static_cast<State>(state))) open.push_back(static_cast<State>(state));
  while (!open.empty()) {
    const auto state = static_cast<std::size_t>(open.back());
    open.pop_back();
    if (useful[state]) continue;
    useful[state] = true;
    open.insert(open.end(), before[state].begin(), before[state].end());
  }
  return useful;
}

void Dfa::drop_useless_states() {
  const std::vector<bool> useful = useful_states();
  std::vector<State> renamed(size(), dead);
  State kept = 0;
  if (!useful.empty() && useful[0])
    for (std::size_t state = 0; state < size(); ++state)
      if (useful[state]) renamed[state] = kept++;
  std::vector<State> table;
  std::vector<std::uint8_t> flags;
  for (std::size_t state = 0; state < size(); ++state) {
    if (renamed[state] == dead) continue;
    std::uint8_t flag = flags_[state];
    for (std::size_t i = 0; i < classes_; ++i) {
      const State to = table_[state * classes_ + i];
      table.push_back(to == dead ? dead : renamed[static_cast<std::size_t>(to)]);
      if (table.back() != dead) flag |= going_on;
    }
    flags.push_back(flag);
  }
  table_ = std::move(table);
  flags_ = std::move(flags);
}

}  // namespace pmtune::grammar
