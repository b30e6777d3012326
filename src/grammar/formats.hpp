#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pmtune::grammar {

// The pattern that texts of a format (JSON Schema's "format") are written by: date, time, date-time, duration, uuid,
// email, hostname, ipv4, ipv6, uri. Narrower than the standards where those let nearly anything pass. Empty for
// formats that say how a text is used and not how it looks (password, path, binary, ...); none for unknown ones.
std::optional<std::string> pattern_of_format(std::string_view format);

}  // namespace pmtune::grammar
