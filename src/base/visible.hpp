// Text from outside, fit to be shown: what cannot be seen, or would rewrite a terminal or turn a line around, is
// written out.
#pragma once

#include <string>
#include <string_view>

namespace pmtune {

// Line ends and tabs stay. Other control characters become their pictures (ESC is "␛"); characters that are invisible
// or change the direction of text become "<U+202E>". Joiners stay: emoji and several scripts are written with them.
// Invalid UTF-8 becomes U+FFFD.
std::string visible_text(std::string_view untrusted);

}  // namespace pmtune
