#include "data/canonical.hpp"

#include "base/json.hpp"

namespace pmtune::data {
namespace {

Json conversation(const Example& example) {
  Json messages = Json::array();
  for (const Message& message : example.messages) {
    Json entry{{"role", message.role}, {"content", message.content}};
    if (message.weight != 1) entry["weight"] = static_cast<int>(message.weight);
    messages.push_back(std::move(entry));
  }
  Json object = Json::object();
  object["messages"] = std::move(messages);
  return object;
}

Json taught(const Example& example) {
  Json object = conversation(example);
  if (!example.tags.empty()) object["tags"] = example.tags;
  return object;
}

}  // namespace

std::string canonical_line(const Example& example) { return taught(example).dump(); }

std::string saved_line(const Example& example) {
  Json object = taught(example);
  if (!example.author.empty()) object["author"] = example.author;
  return object.dump();
}

std::string canonical_conversation(const Example& example) { return conversation(example).dump(); }

}  // namespace pmtune::data
