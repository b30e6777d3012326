#include "base/html_page.hpp"

#include "base/fail.hpp"
#include "base/utf8.hpp"

namespace pmtune {
namespace {

const char* const shared_style = R"CSS(
:root { color-scheme: light dark;
  --page: #f6f6f3; --card: #ffffff; --ink: #1d2327; --soft: #5d666d; --line: #dfe1dd; --well: #f3f4f1;
  --good: #1a7f4b; --good-tint: #e3f4ea; --bad: #b3362b; --bad-tint: #fbe7e4; --open: #8a6100; --open-tint: #fbf1d7;
  --base: #6b7680; --tuned: #2b5fc0; --tuned-tint: #e7eefb; }
@media screen and (prefers-color-scheme: dark) { :root {
  --page: #14171a; --card: #1d2226; --ink: #e6e9eb; --soft: #9ba5ac; --line: #343b41; --well: #171b1e;
  --good: #5fcf92; --good-tint: #173425; --bad: #f08a7e; --bad-tint: #3d1f1c; --open: #e7bb55; --open-tint: #392e14;
  --base: #95a1aa; --tuned: #82abf5; --tuned-tint: #1b2a45; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); line-height: 1.5;
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 32px 20px 64px; }
h1 { font-size: 28px; line-height: 1.2; margin: 0 0 4px; letter-spacing: -.01em; }
h2 { font-size: 20px; margin: 44px 0 12px; }
h3 { font-size: 13px; margin: 28px 0 10px; color: var(--soft); text-transform: uppercase; letter-spacing: .06em; }
p { margin: 0 0 8px; }
.meta, .hint { color: var(--soft); font-size: 14px; }
.meta b { color: var(--ink); font-weight: 600; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(200px, 1fr)); gap: 14px; }
.figure { padding: 16px 18px; }
.figure .name { color: var(--soft); font-size: 14px; }
.figure .value { font-size: 25px; font-weight: 650; font-variant-numeric: tabular-nums; white-space: nowrap; margin: 2px 0; }
.figure .value .was { color: var(--base); font-weight: 450; font-size: 19px; }
.figure .value .none { color: var(--soft); font-weight: 450; font-size: 17px; }
.figure .name-note { color: var(--soft); font-size: 13px; line-height: 1.4; }
table { border-collapse: collapse; width: 100%; font-size: 14px; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 8px 12px; border-bottom: 1px solid var(--line); vertical-align: top; }
thead th { color: var(--soft); font-weight: 600; }
tr:last-child > td { border-bottom: 0; }
ul.notes { padding-left: 20px; } ul.notes li { margin-bottom: 6px; overflow-wrap: anywhere; }
footer { margin-top: 40px; color: var(--soft); font-size: 13px; }
)CSS";

}  // namespace

std::string html_escaped(const std::string& untrusted) {
  const std::string text = replace_invalid_utf8(untrusted);
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default:
        if ((byte < 0x20 && c != '\n' && c != '\t' && c != '\r') || byte == 0x7F)
          out += "\xEF\xBF\xBD";
        else
          out += c;
    }
  }
  return out;
}

std::string html_page_begin(const std::string& title, const char* style) {
  return concat(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n",
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n",
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>", html_escaped(title),
      "</title>\n<style>", shared_style, style, "</style>\n</head>\n<body>\n<main>\n");
}

std::string html_page_end() {
  return "<footer>Made by pmtune on this computer. Nothing was sent anywhere.</footer>\n</main>\n</body>\n</html>\n";
}

}  // namespace pmtune
