// API keys, compared so that the time taken says nothing about them, and names that nobody can guess.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pmtune::serve {

// Compares hashes of both, all bytes of them, whatever the lengths.
bool same_secret(std::string_view a, std::string_view b);

// Whether `given` is one of them; all are looked at, also when the first is right.
bool is_one_of(std::string_view given, const std::vector<std::string>& keys);

// The key in a header "Authorization: Bearer KEY"; empty when there is none.
std::string_view bearer_key(std::string_view authorization);

std::string random_name(std::string_view prefix);  // prefix and 24 random letters and digits

}  // namespace pmtune::serve
