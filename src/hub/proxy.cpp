#include "hub/proxy.hpp"

#include "base/ascii.hpp"
#include "base/fail.hpp"
#include "hub/places.hpp"

namespace pmtune::hub {
namespace {

std::string first_set(std::initializer_list<const char*> names) {
  for (const char* name : names)
    if (std::string value = environment(name); !value.empty()) return value;
  return "";
}

// "no_proxy" is a list of hosts and domains, "*" for all.
bool is_exempt(const std::string& host) {
  std::string list = ascii_lower(first_set({"no_proxy", "NO_PROXY"})) + ",";
  for (std::size_t at = 0, end; (end = list.find(',', at)) != std::string::npos; at = end + 1) {
    std::string entry = list.substr(at, end - at);
    entry.erase(0, entry.find_first_not_of(" ."));
    entry.erase(entry.find_last_not_of(' ') + 1);
    if (entry == "*") return true;
    if (!entry.empty() && (host == entry || host.ends_with("." + entry))) return true;
  }
  return false;
}

std::string percent_decoded(const std::string& text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool code =
        text[i] == '%' && i + 2 < text.size() && text.find_first_not_of("0123456789abcdefABCDEF", i + 1) >= i + 3;
    decoded += code ? static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16)) : text[i];
    if (code) i += 2;
  }
  return decoded;
}

}  // namespace

std::optional<Proxy> proxy_for(const Url& url) {
  if (url.is_loopback() || is_exempt(url.host)) return std::nullopt;
  std::string text = url.tls ? first_set({"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"})
                             : first_set({"http_proxy", "all_proxy", "ALL_PROXY"});
  if (text.empty()) return std::nullopt;
  if (text.find("://") == std::string::npos) text = "http://" + text;
  Proxy proxy;
  const std::size_t host = text.find("://") + 3;
  if (const std::size_t at = text.rfind('@'); at != std::string::npos && at > host) {
    const std::string login = text.substr(host, at - host);
    text.erase(host, at + 1 - host);
    const std::size_t colon = login.find(':');
    proxy.user = percent_decoded(login.substr(0, colon));
    if (colon != std::string::npos) proxy.password = percent_decoded(login.substr(colon + 1));
  }
  if (!text.starts_with("http://"))
    fail(Code::unsupported,
         "The proxy that the environment names is not of the kind http://, the only one that "
         "pmtune can use; change https_proxy, or add the server to no_proxy.");
  const Url address = parse_url(text, "The proxy that the environment names,");
  proxy.host = address.host;
  proxy.port = address.port;
  return proxy;
}

}  // namespace pmtune::hub
