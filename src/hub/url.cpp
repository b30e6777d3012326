#include "hub/url.hpp"

#include <algorithm>
#include <charconv>

#include "base/ascii.hpp"
#include "base/fail.hpp"
#include "files/wording.hpp"
#include "hub/limits.hpp"

namespace pmtune::hub {
namespace {

using files::in_quotes;

[[noreturn]] void refuse(std::string_view what, std::string_view text) {
  fail(Code::invalid_argument, what, " ", in_quotes(text),
       " is no address of a server; it must look like https://huggingface.co.");
}

bool is_host(const std::string& host) {
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  const std::string inside = bracketed ? host.substr(1, host.size() - 2) : host;
  const char* allowed = bracketed ? "0123456789abcdef:." : "abcdefghijklmnopqrstuvwxyz0123456789-._";
  return !inside.empty() && inside.size() <= 253 && inside.find_first_not_of(allowed) == std::string::npos;
}

int usual_port(bool tls) { return tls ? 443 : 80; }

}  // namespace

std::string Url::origin() const {
  const std::string start = concat(tls ? "https://" : "http://", host);
  return port == usual_port(tls) ? start : concat(start, ":", port);
}

bool Url::same_origin(const Url& other) const { return origin() == other.origin(); }

bool Url::is_loopback() const { return host == "localhost" || host == "[::1]" || host.starts_with("127."); }

Url parse_url(std::string_view text, std::string_view what) {
  const auto plain = [](char c) { return c > 0x20 && c < 0x7F; };
  if (text.size() > limits::longest_url || !std::all_of(text.begin(), text.end(), plain)) refuse(what, text);
  Url url;
  const std::size_t scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos) refuse(what, text);
  const std::string scheme = ascii_lower(std::string(text.substr(0, scheme_end)));
  if (scheme != "https" && scheme != "http") refuse(what, text);
  url.tls = scheme == "https";
  std::string_view rest = text.substr(scheme_end + 3);
  rest = rest.substr(0, rest.find('#'));
  const std::size_t path = std::min(rest.find_first_of("/?"), rest.size());
  std::string authority = ascii_lower(std::string(rest.substr(0, path)));
  url.target = rest.substr(path);
  if (url.target.empty() || url.target[0] != '/') url.target.insert(0, "/");

  url.port = usual_port(url.tls);
  const std::size_t colon = authority.rfind(':');
  if (colon != std::string::npos && authority.find(']', colon) == std::string::npos) {
    const char* end = authority.data() + authority.size();
    const auto parsed = std::from_chars(authority.data() + colon + 1, end, url.port);
    if (parsed.ec != std::errc() || parsed.ptr != end || url.port < 1 || url.port > 65535) refuse(what, text);
    authority.resize(colon);
  }
  url.host = authority;
  if (!is_host(url.host)) refuse(what, text);
  return url;
}

Url redirected(const Url& base, std::string_view location) {
  std::string whole(location);
  if (location.starts_with("//")) {
    whole = (base.tls ? "https:" : "http:") + whole;
  } else if (location.starts_with("/")) {
    whole = base.origin() + whole;
  } else if (location.find("://") == std::string_view::npos) {
    const std::string path = base.target.substr(0, base.target.find('?'));
    whole = base.origin() + path.substr(0, path.rfind('/') + 1) + whole;
  }
  try {
    return parse_url(whole, "The place that the server sends to,");
  } catch (const Error& error) {
    fail(Code::corrupt, error.what());
  }
}

std::string percent_encoded(std::string_view text, bool keep_slashes) {
  static constexpr char digits[] = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (letter || std::string_view("-._~").find(c) != std::string_view::npos || (keep_slashes && c == '/')) {
      encoded += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      encoded += {'%', digits[byte >> 4], digits[byte & 15]};
    }
  }
  return encoded;
}

}  // namespace pmtune::hub
