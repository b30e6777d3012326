// A request and its reply, as the endpoints see them: no HTTP library in it.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "serve/patience.hpp"

namespace pmtune::serve {

struct Call {
  std::string method;
  std::string path;
  std::string body;
  Patience patience;
};

// Where a stream's events go. send: false when the client is gone.
class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual bool send(std::string_view data) = 0;  // one event: "data: ...\n\n"
};

struct Reply {
  int status = 200;
  std::string body;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;
  std::function<void(EventSink&)> stream;  // set: events instead of a body; must not throw
};

inline Reply json_reply(const Json& json, int status = 200) {
  Reply reply;
  reply.status = status;
  reply.body = json.dump();
  return reply;
}

}  // namespace pmtune::serve
