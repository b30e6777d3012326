// What makes a conversation one that can be learned from, whoever made it: a file or the host.
#pragma once

#include <pmtune/dataset.hpp>
#include <vector>

namespace pmtune::data {

// Appends every error to `problems`, with example.line. `unit` is what the person would remove: "line" or "example".
// Weights of turns that are not answers mean nothing; they are set to 1.
void check_conversation(Example& example, const char* unit, std::vector<Problem>& problems);

// One of "system", "user" and "assistant".
bool is_role(const std::string& role);

// By other tools' names: "human" -> "user", "gpt" -> "assistant"; nullptr when it is not one of them.
const char* usual_role(const std::string& role);

// What was probably meant by a role that is not known: "human" -> "user"; empty when nothing comes to mind.
std::string meant_role(const std::string& role);

}  // namespace pmtune::data
