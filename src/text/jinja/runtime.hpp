// What the parts of the interpreter share while a template runs: the budget, the line being worked on (for messages),
// and the time of day.
#pragma once

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/fail.hpp"
#include "text/jinja/limits.hpp"
#include "text/jinja/value.hpp"

namespace pmtune::text::jinja {

class Runtime {
 public:
  explicit Runtime(std::time_t now) : now_(now) {}

  int line = 1;
  std::time_t now() const { return now_; }

  // Takes from the budget; throws corrupt, naming the limit, when it is spent.
  void step(std::uint64_t count = 1) {
    steps_ += count;
    if (steps_ > max_steps) limit_passed("steps", max_steps);
  }
  // Depth of evaluation: enter() on the way in, leave() on the way out.
  void enter() {
    if (++depth_ > max_recursion) limit_passed("levels of recursion", max_recursion);
  }
  void leave() { --depth_; }
  void check_text_size(std::size_t bytes) const {
    if (bytes > max_text_bytes) limit_passed("bytes in one text", max_text_bytes);
  }

  // New values, counted. Every text or list that a template makes comes from here.
  Value text(MarkedText made);
  Value text(std::string trusted) { return text(MarkedText::trusted(std::move(trusted))); }
  Value list(std::vector<Value> items, List::Kind kind = List::Kind::list);
  Value dict(std::vector<std::pair<Value, Value>> entries);  // a later entry of the same key replaces the earlier
  Value method(std::string name, const Value& object,
               std::function<Value(Runtime&, const Value& object, const Arguments&)> call);
  void count_items(std::size_t items);

  // Python's ==, paid for from the budget.
  bool equal(const Value& left, const Value& right) {
    step(std::min(left.weight(), right.weight()));
    return jinja::equal(left, right);
  }

  // "Line 12 of the chat template ...". what: "adds a text and a list".
  template <class... Parts>
  [[noreturn]] void fault(const Parts&... what) const {
    fail(Code::corrupt, "Line ", line, " of the chat template ", concat(what...),
         "; use a model with another template.");
  }
  template <class... Parts>
  [[noreturn]] void unsupported(const Parts&... what) const {
    fail(Code::unsupported, "Line ", line, " of the chat template uses ", concat(what...),
         ", which this build does not know; use a model with another template.");
  }
  [[noreturn]] void limit_passed(std::string_view what, std::uint64_t limit) const;

 private:
  int checked_depth(int depth) const;
  std::uint64_t checked_weight(std::uint64_t weight) const;
  std::time_t now_;
  std::uint64_t steps_ = 0;
  int depth_ = 0;
  std::size_t built_bytes_ = 0;
  std::size_t built_items_ = 0;
};

// One level of recursion, for as long as it lives.
class Level {
 public:
  explicit Level(Runtime& runtime) : runtime_(runtime) { runtime_.enter(); }
  ~Level() { runtime_.leave(); }
  Level(const Level&) = delete;
  Level& operator=(const Level&) = delete;

 private:
  Runtime& runtime_;
};

// The arguments of a call, a filter or a test.
struct Arguments {
  std::vector<Value> positional;
  std::vector<std::pair<std::string, Value>> named;

  // Refuses arguments beyond these parameters. callee: for the message, e.g. "the filter \"join\"".
  void expect(const Runtime& runtime, std::string_view callee,
              std::initializer_list<std::string_view> parameters) const;
  // The argument at that position or of that name; nullptr when it was not given.
  const Value* get(std::size_t position, std::string_view name) const;
  bool flag(std::size_t position, std::string_view name, bool otherwise) const;
};

}  // namespace pmtune::text::jinja
