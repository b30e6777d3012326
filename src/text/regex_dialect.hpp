// From Oniguruma's regex dialect, in which tokenizers are written, to PCRE2's.
#pragma once

#include <string>
#include <string_view>

namespace pmtune::text {

// The pattern with Unicode 16 categories and Unicode's White_Space for \s. Throws corrupt for an overlong pattern or
// one that ends inside an escape or class; unsupported for intersections and negated inner classes, which PCRE2 would
// silently read as something else.
std::string translate_pattern(std::string_view pattern, std::string_view where);

}  // namespace pmtune::text
