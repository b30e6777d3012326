// What people think of answers: the last ones are remembered, so that a client only has to name one.
#pragma once

#include <deque>
#include <mutex>
#include <pmtune/dataset.hpp>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "serve/text_requests.hpp"

namespace pmtune::serve {

struct GivenAnswer {
  std::string id, model;
  std::vector<Message> messages;  // the question, without a system message that the client did not send
  std::string answer;
  bool is_plain = true;  // an example can hold it: no tools
};

class Feedback {
 public:
  static constexpr std::size_t most_answers = 500;
  static constexpr std::size_t most_bytes = std::size_t{32} << 20;

  // inbox: its file; empty: no feedback is taken.
  explicit Feedback(std::string inbox) : inbox_(std::move(inbox)) {}

  void remember(GivenAnswer answer);

  // Puts a correction into the inbox and a rating into the file beside it. Returns what the client is told. Throws
  // ApiError (404 for an answer that is not remembered), Error.
  Json take(const FeedbackRequest& feedback);

  // "inbox.jsonl" -> "inbox.ratings.jsonl"
  static std::string ratings_path(const std::string& inbox);

 private:
  GivenAnswer find(const std::string& id) const;
  std::string inbox_;
  mutable std::mutex mutex_;
  std::deque<GivenAnswer> answers_;
  std::size_t bytes_ = 0;
};

}  // namespace pmtune::serve
