// An example as programs read it, with where it came from; canonical.hpp has the form of files.
//
// Inline, and nothing of the library's inside but the JSON type: the C interface includes it, too.
#pragma once

#include <pmtune/dataset.hpp>

#include "base/json.hpp"

namespace pmtune {

inline Json json_of(const Example& example) {
  Json messages = Json::array();
  for (const Message& message : example.messages)
    messages.push_back({{"role", message.role}, {"content", message.content}, {"weight", message.weight}});
  return {{"messages", messages},
          {"tags", example.tags},
          {"origin", example.origin},
          {"line", example.line},
          {"author", example.author}};
}

}  // namespace pmtune
