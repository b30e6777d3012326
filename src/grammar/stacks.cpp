#include "grammar/stacks.hpp"

#include <algorithm>
#include <tuple>

#include "grammar/limits.hpp"

namespace pmtune::grammar {
namespace {

constexpr Stacks::Config unknown = UINT32_MAX;

std::size_t mix(std::size_t hash, std::uint64_t value) {
  std::uint64_t mixed = (hash ^ value) * 0x9E3779B97F4A7C15ULL;
  return static_cast<std::size_t>(mixed ^ (mixed >> 29));
}
std::uint64_t pair(std::uint32_t a, std::uint32_t b) { return std::uint64_t{a} << 32 | b; }

}  // namespace

std::size_t Stacks::Hash::operator()(const Frame& frame) const {
  return mix(mix(frame.rule, frame.position), frame.beneath);
}
std::size_t Stacks::Hash::operator()(const std::vector<FrameId>& frames) const {
  std::size_t hash = frames.size();
  for (const FrameId frame : frames) hash = mix(hash, frame);
  return hash;
}
std::size_t Stacks::Hash::operator()(const Readings& readings) const {
  std::size_t hash = readings.complete ? 1 : 2;
  for (const Item& item : readings.items)
    hash =
        mix(mix(hash, pair(item.rule, static_cast<std::uint32_t>(item.state))), pair(item.characters, item.behind));
  return hash;
}

Stacks::Stacks(const Rules& rules) : rules_(rules) {
  set_of({});     // bottom
  config_of({});  // dead
  start_ = enter({{rules.root(), 0, bottom}});
}

Stacks::FrameId Stacks::number(const Frame& frame) {
  const auto [at, is_new] = frame_ids_.try_emplace(frame, static_cast<FrameId>(frames_.size()));
  if (is_new) frames_.push_back(frame);
  return at->second;
}

Stacks::Frames Stacks::push(const Frame& frame) { return set_of({number(frame)}); }

Stacks::Frames Stacks::set_of(std::vector<FrameId> frames) {
  const auto [at, is_new] = set_ids_.try_emplace(std::move(frames), static_cast<Frames>(sets_.size()));
  if (!is_new) return at->second;
  sets_.push_back(&at->first);
  std::uint32_t depth = 0;
  for (const FrameId frame : at->first) depth = std::max(depth, 1 + depth_[frames_[frame].beneath]);
  depth_.push_back(depth);
  follow_.push_back(unknown);
  return at->second;
}

// Frames that differ only in what is beneath them become one. The bottom never meets other frames: all readings are
// equally deep in brackets, and behind the last one there is nothing.
Stacks::Frames Stacks::united(std::vector<Frames> sets) {
  std::sort(sets.begin(), sets.end());
  sets.erase(std::unique(sets.begin(), sets.end()), sets.end());
  if (sets.size() == 1) return sets.front();
  if (const auto known = unions_.find(sets); known != unions_.end()) return known->second;
  std::vector<Frame> all;
  for (const Frames set : sets)
    for (const FrameId frame : *sets_[set]) all.push_back(frames_[frame]);
  unite(all);
  std::vector<FrameId> members;
  for (const Frame& frame : all) members.push_back(number(frame));
  std::sort(members.begin(), members.end());
  return unions_[std::move(sets)] = set_of(std::move(members));
}

void Stacks::unite(std::vector<Frame>& frames) {
  std::sort(frames.begin(), frames.end(), [](const Frame& a, const Frame& b) {
    return std::tie(a.rule, a.position, a.beneath) < std::tie(b.rule, b.position, b.beneath);
  });
  std::size_t kept = 0;
  for (std::size_t i = 0; i < frames.size();) {
    Frame frame = frames[i];
    std::vector<Frames> beneath;
    for (; i < frames.size() && frames[i].rule == frame.rule && frames[i].position == frame.position; ++i)
      beneath.push_back(frames[i].beneath);
    if (beneath.size() > 1) frame.beneath = united(std::move(beneath));
    frames[kept++] = frame;
  }
  frames.resize(kept);
}

Stacks::Config Stacks::config_of(Readings readings) {
  std::vector<Item>& items = readings.items;
  std::sort(items.begin(), items.end(), [](const Item& a, const Item& b) {
    return std::tie(a.rule, a.state, a.characters, a.behind) < std::tie(b.rule, b.state, b.characters, b.behind);
  });
  std::size_t kept = 0;
  for (std::size_t i = 0; i < items.size();) {
    Item item = items[i];
    std::vector<Frames> behind;
    for (; i < items.size() && items[i].rule == item.rule && items[i].state == item.state &&
           items[i].characters == item.characters;
         ++i)
      behind.push_back(items[i].behind);
    if (behind.size() > 1) item.behind = united(std::move(behind));
    items[kept++] = item;
  }
  items.resize(kept);
  const auto [at, is_new] = config_ids_.try_emplace(std::move(readings), static_cast<Config>(configs_.size()));
  if (is_new) configs_.push_back(&at->first);
  return at->second;
}

// --- steps ------------------------------------------------------------------------------------------------------

// False when the reading ends here.
bool Stacks::step_item(Item& item, std::uint8_t byte) const {
  const Rule& rule = rules_.at(item.rule);
  const Dfa& dfa = rules_.dfa(rule);
  const Dfa::State to = dfa.next(item.state, byte);
  if (to == Dfa::dead) return false;
  if (item.state == dfa.between()) {
    if (dfa.accepts(to)) {
      if (item.characters < rule.least) return false;
    } else {
      if (item.characters >= rule.most) return false;
      const std::uint32_t of_interest = rule.most == unlimited ? rule.least : rule.most;
      item.characters = std::min(item.characters + 1, of_interest);
    }
  }
  item.state = to;
  return true;
}

void Stacks::add_all(Readings& to, const Readings& from) const {
  to.items.insert(to.items.end(), from.items.begin(), from.items.end());
  to.complete |= from.complete;
}

Stacks::Config Stacks::step(Config config, std::uint8_t byte) {
  const std::uint64_t key = std::uint64_t{config} << 8 | byte;
  if (const auto known = steps_.find(key); known != steps_.end()) return known->second;
  Readings next;
  const std::vector<Item>& items = configs_[config]->items;
  for (Item item : items) {
    if (!step_item(item, byte)) continue;
    const Dfa& dfa = rules_.dfa(rules_.at(item.rule));
    if (dfa.goes_on(item.state)) next.items.push_back(item);
    if (dfa.accepts(item.state)) add_all(next, *configs_[follow(item.behind)]);
  }
  return steps_[key] = config_of(std::move(next));
}

Stacks::Config Stacks::follow(Frames frames) {
  if (follow_[frames] != unknown) return follow_[frames];
  std::vector<Frame> pending;
  for (const FrameId frame : *sets_[frames]) pending.push_back(frames_[frame]);
  Config result = dead;
  if (frames == bottom)
    result = config_of({{}, true});
  else
    result = enter(std::move(pending));
  return follow_[frames] = result;
}

// --- limits -----------------------------------------------------------------------------------------------------

Stacks::Config Stacks::narrowed(Config config, std::size_t most) {
  if (configs_[config]->items.size() <= most) return config;
  Readings fewer = *configs_[config];
  fewer.items.resize(most);
  return config_of(std::move(fewer));
}

Stacks::Config Stacks::copy_to(Stacks& other, Config config) const {
  // Sets have larger numbers than those beneath them, so that one pass over the numbers copies all.
  std::vector<bool> used(sets_.size(), false);
  for (const Item& item : configs_[config]->items) used[item.behind] = true;
  for (std::size_t set = sets_.size(); set-- > 0;)
    if (used[set])
      for (const FrameId frame : *sets_[set]) used[frames_[frame].beneath] = true;
  std::vector<Frames> copies(sets_.size(), bottom);
  for (std::size_t set = 1; set < sets_.size(); ++set) {
    if (!used[set]) continue;
    std::vector<FrameId> members;
    for (const FrameId id : *sets_[set]) {
      Frame frame = frames_[id];
      frame.beneath = copies[frame.beneath];
      members.push_back(other.number(frame));
    }
    std::sort(members.begin(), members.end());
    copies[set] = other.set_of(std::move(members));
  }
  Readings readings = *configs_[config];
  for (Item& item : readings.items) item.behind = copies[item.behind];
  return other.config_of(std::move(readings));
}

}  // namespace pmtune::grammar
