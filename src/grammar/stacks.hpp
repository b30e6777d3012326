// The states that an answer can be in, numbered as they are met.
//
// While an answer is written, several readings of it may be alive (the alternatives of an anyOf). A reading is a
// state of a lexeme and a stack of what comes behind it. As every reading reads the same bytes, and bytes of JSON
// tell how deep they are nested and which item they are in, readings differ only in which rule stands at each level;
// those that are in the same lexeme and state share one stack whose frames have several frames beneath them (Tomita's
// graph-structured stack). So their number is bounded by the number of rules, and never doubles with each level.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "grammar/rules.hpp"

namespace pmtune::grammar {

// Everything is numbered: equal things have equal numbers, so that what is known about one is found by its number.
// Not thread-safe.
class Stacks {
 public:
  using Frames = std::uint32_t;  // a set of frames: what may come next
  using Config = std::uint32_t;  // a set of readings
  static constexpr Config dead = 0;

  // One reading.
  struct Item {
    RuleId rule;  // a lexeme
    Dfa::State state;
    std::uint32_t characters;  // so far, where they are counted; no further than is of interest
    Frames behind;
    bool operator==(const Item&) const = default;
  };
  struct Readings {
    std::vector<Item> items;  // sorted
    bool complete = false;    // the answer may end here
    bool operator==(const Readings&) const = default;
  };

  // rules must outlive this.
  explicit Stacks(const Rules& rules);

  Config start() const { return start_; }  // no byte read yet
  Config step(Config config, std::uint8_t byte);
  // What comes when the lexeme in front of these frames has ended.
  Config follow(Frames frames);
  const Readings& readings(Config config) const { return *configs_[config]; }

  // The same, with no more than `most` readings. Each reading can be completed by itself, so that those which are
  // given up take away possibilities and nothing else.
  Config narrowed(Config config, std::size_t most);

  // The same configuration in other stacks over the same rules, and what this one holds, in numbered things.
  Config copy_to(Stacks& other, Config config) const;
  std::size_t size() const {
    return frames_.size() + sets_.size() + configs_.size() + steps_.size() + unions_.size();
  }

 private:
  // A rule that is not finished: a sequence whose part `position` is next, a list with `position` items.
  struct Frame {
    RuleId rule;
    std::uint32_t position;
    Frames beneath;
    bool operator==(const Frame&) const = default;
  };
  using FrameId = std::uint32_t;
  struct Hash {
    std::size_t operator()(const Frame& frame) const;
    std::size_t operator()(const std::vector<FrameId>& frames) const;
    std::size_t operator()(const Readings& readings) const;
  };
  static constexpr Frames bottom = 0;  // nothing comes behind: the answer is complete

  // stacks.cpp: numbering
  FrameId number(const Frame& frame);
  Frames push(const Frame& frame);
  Frames set_of(std::vector<FrameId> frames);
  Frames united(std::vector<Frames> sets);
  void unite(std::vector<Frame>& frames);  // sorts, and makes those one that differ only in what is beneath
  Config config_of(Readings readings);
  // closure.cpp: going on without a byte
  Config enter(std::vector<Frame> pending);
  void expand(const Frame& frame, std::vector<Frame>& pending, Readings& found);
  bool fits(RuleId rule, Frames beneath) const;
  void add_all(Readings& to, const Readings& from) const;
  bool step_item(Item& item, std::uint8_t byte) const;

  const Rules& rules_;
  std::vector<Frame> frames_;
  std::vector<const std::vector<FrameId>*> sets_;
  std::vector<std::uint32_t> depth_;  // of a set
  std::vector<Config> follow_;        // of a set; unknown until asked for
  std::vector<const Readings*> configs_;
  std::unordered_map<Frame, FrameId, Hash> frame_ids_;
  std::unordered_map<std::vector<FrameId>, Frames, Hash> set_ids_;
  std::unordered_map<Readings, Config, Hash> config_ids_;
  std::unordered_map<std::vector<Frames>, Frames, Hash> unions_;
  std::unordered_map<std::uint64_t, Config> steps_;
  Config start_ = dead;
};

}  // namespace pmtune::grammar
