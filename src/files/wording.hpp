// Sentences about files, for people who do not know what a tensor is.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/fail.hpp"

namespace pmtune::files {

// A name out of a file in double quotes, fit to be shown: cut when long, without control characters or broken UTF-8.
std::string in_quotes(std::string_view name);

// "The file PATH is damaged: <what>; download it again or take it from another source."
template <class... Parts>
[[noreturn]] void fail_damaged(const std::filesystem::path& path, const Parts&... what) {
  fail(Code::corrupt, "The file ", path.string(), " is damaged: ", what...,
       "; download it again or take it from another source.");
}

// The most frequent damage: a download that stopped.
template <class... Parts>
[[noreturn]] void fail_cut_short(const std::filesystem::path& path, const Parts&... what) {
  fail(Code::corrupt, "The file ", path.string(), " ends too early: ", what...,
       "; it was not downloaded completely, download it again.");
}

}  // namespace pmtune::files
