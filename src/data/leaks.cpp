#include "data/leaks.hpp"

#include "base/fail.hpp"
#include "data/folded_hash.hpp"
#include "data/problems.hpp"

namespace pmtune::data {
LeakCheck::LeakCheck(const std::vector<Example>& held_out) {
  for (const Example& example : held_out) {
    questions_.try_emplace(question_hash(example), places_.size());
    places_.push_back(example.line > 0 ? concat("line ", example.line, " of ", example.origin)
                                       : concat("example ", places_.size() + 1, " of the held-out ones"));
    wording_.add(example);
  }
}

void LeakCheck::check(const Example& example, std::vector<Problem>& warnings) const {
  std::string message;
  if (const auto same = questions_.find(question_hash(example)); same != questions_.end())
    message = concat("Its question also stands in ", places_[same->second], ", which is held out.");
  else if (const std::optional<Twin> twin = wording_.find(example))
    message = concat("It says nearly the same as ", places_[twin->index], ", which is held out.");
  if (message.empty()) return;
  warnings.push_back(warning_at(example.line, "leaks_into_held_out", std::move(message),
                                "Remove it here or there: a test on what was taught says nothing."));
}

}  // namespace pmtune::data
