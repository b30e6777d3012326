#include "files/wording.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "base/utf8.hpp"

namespace pmtune::files {
namespace {

constexpr std::size_t longest_shown = 120;

}  // namespace

std::string in_quotes(std::string_view name) {
  const bool cut = name.size() > longest_shown;
  // Cut before the repair, since a file may hold a name of many megabytes.
  std::string_view head = name.substr(0, longest_shown);
  if (cut) head = head.substr(0, whole_characters(head));
  std::string shown = replace_invalid_utf8(head);
  std::replace_if(shown.begin(), shown.end(), is_ascii_control, '?');
  return "\"" + shown + (cut ? "...\"" : "\"");
}

}  // namespace pmtune::files
