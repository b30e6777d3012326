// Which model answers a request for "auto": the one whose training examples resemble the question most. Cheap (words,
// no model is asked) and explainable.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <pmtune/dataset.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace pmtune::serve {

// The words of the questions of a set, tags included.
class QuestionIndex {
 public:
  static constexpr std::size_t most_questions = 2000;
  using Words = std::vector<std::uint64_t>;  // hashes, ascending, each once

  explicit QuestionIndex(const Dataset& data);

  static Words words_of(std::string_view text);
  const std::vector<Words>& questions() const { return questions_; }

 private:
  std::vector<Words> questions_;
};

struct RouteCandidate {
  std::string id;                                  // "PM-PRDs-v3"
  bool primary = false;                            // its name's alias "primary" points to it
  std::shared_ptr<const QuestionIndex> questions;  // null when its examples were not kept
};

struct Route {
  std::string id;
  std::string reason;  // a sentence in ASCII, for a header
};

// candidates: one for each name, the newest first. otherwise: what is asked when there is none. Nothing when there is
// nothing to ask.
std::optional<Route> choose_route(std::string_view question, const std::vector<RouteCandidate>& candidates,
                                  const std::string& otherwise);

}  // namespace pmtune::serve
