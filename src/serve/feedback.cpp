#include "serve/feedback.hpp"

#include <algorithm>
#include <filesystem>
#include <pmtune/inbox.hpp>
#include <utility>

#include "base/utc.hpp"
#include "data/line_file.hpp"

namespace pmtune::serve {
namespace {

std::size_t size_of(const GivenAnswer& given) {
  std::size_t size = given.answer.size() + given.model.size() + 200;
  for (const Message& message : given.messages) size += message.content.size() + 100;
  return size;
}

}  // namespace

std::string Feedback::ratings_path(const std::string& inbox) {
  return std::filesystem::path(inbox).replace_extension(".ratings.jsonl").string();
}

void Feedback::remember(GivenAnswer answer) {
  if (inbox_.empty() || size_of(answer) > most_bytes) return;
  const std::lock_guard lock(mutex_);
  bytes_ += size_of(answer);
  answers_.push_back(std::move(answer));
  while (answers_.size() > most_answers || bytes_ > most_bytes) {
    bytes_ -= size_of(answers_.front());
    answers_.pop_front();
  }
}

GivenAnswer Feedback::find(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto found =
      std::find_if(answers_.rbegin(), answers_.rend(), [&](const GivenAnswer& given) { return given.id == id; });
  if (found != answers_.rend()) return *found;
  ApiError error = make_error(404, "answer_not_found",
                              concat("No answer of that id is remembered; only the last ", most_answers,
                                     " of /v1/chat/completions since the server was started are."));
  error.param = "id";
  throw error;
}

Json Feedback::take(const FeedbackRequest& feedback) {
  if (inbox_.empty()) throw make_error(403, "feedback_off", "This server takes no feedback; start it with an inbox.");
  const GivenAnswer given = find(feedback.id);
  Json reply = {{"object", "feedback"}, {"id", given.id}};
  if (!feedback.correction.empty()) {
    if (!given.is_plain)
      refuse("correction", "The conversation has calls of tools, which examples cannot hold; send a rating only.");
    Example example;
    example.messages = given.messages;
    example.messages.push_back({"assistant", feedback.correction, 1});
    reply["inbox_id"] = Inbox(inbox_).append(example, {feedback.author, "server"});
  }
  if (feedback.rating > 0) {
    Json line = {{"id", given.id},
                 {"when", utc_now()},
                 {"model", given.model},
                 {"rating", feedback.rating},
                 {"author", feedback.author},
                 {"messages", Json::array()},
                 {"answer", given.answer}};
    for (const Message& message : given.messages)
      line["messages"].push_back({{"role", message.role}, {"content", message.content}});
    data::LineFile(ratings_path(inbox_), data::LineFile::Use::append).append(line.dump());
    reply["rating"] = feedback.rating;
  }
  return reply;
}

}  // namespace pmtune::serve
