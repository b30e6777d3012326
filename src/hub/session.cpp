#include "hub/session.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/ascii.hpp"
#include "base/atomic_file.hpp"
#include "base/fail.hpp"
#include "files/wording.hpp"
#include "hub/limits.hpp"
#include "hub/places.hpp"

namespace pmtune::hub {
namespace {

std::string endpoint_text(const PullOptions& options) {
  if (!options.endpoint.empty()) return options.endpoint;
  const std::string set = environment("HF_ENDPOINT");
  return set.empty() ? "https://huggingface.co" : set;
}

// Of the file that `huggingface-cli login` writes.
std::string token_of_login() {
  const std::string set = environment("HF_TOKEN_PATH");
  try {
    return read_text_file(set.empty() ? huggingface_home() / "token" : std::filesystem::path(set),
                          limits::largest_small_text);
  } catch (const Error&) {
    return "";
  }
}

// It becomes part of a header line.
void check_token(const std::string& token) {
  for (const char c : token)
    if (c <= 0x20 || c >= 0x7F)
      fail(Code::invalid_argument,
           "The access token holds a character that no token has; copy it again from the settings of your account.");
}

// Lets only the last answer through.
class FollowingSink : public HttpSink {
 public:
  explicit FollowingSink(HttpSink& last) : last_(last) {}
  bool on_head(const HttpHead& head) override {
    const bool moved =
        head.status == 301 || head.status == 302 || head.status == 303 || head.status == 307 || head.status == 308;
    if (const std::string* location = head.find("location"); moved && location) {
      location_ = *location;
      return false;
    }
    return last_.on_head(head);
  }
  void on_body(std::string_view bytes) override { last_.on_body(bytes); }
  void on_wait() override { last_.on_wait(); }
  const std::optional<std::string>& location() const { return location_; }

 private:
  HttpSink& last_;
  std::optional<std::string> location_;
};

std::optional<std::chrono::seconds> asked_pause(const HttpHead& head) {
  const std::string* text = head.find("retry-after");
  if (!text) return std::nullopt;
  long long seconds = 0;
  const auto parsed = std::from_chars(text->data(), text->data() + text->size(), seconds);
  if (parsed.ec != std::errc() || seconds < 0) return std::nullopt;  // a date, which hardly any server sends
  return std::chrono::seconds(seconds);
}

std::string reason_of(HttpEnd end, const HttpHead& head) {
  if (end == HttpEnd::unreachable) return "no connection could be made";
  if (head.status == 429) return "the server is asked too often (429)";
  if (is_passing(head.status)) return concat("the server is not well (", head.status, ")");
  return end == HttpEnd::stopped ? "the server did not go on where it was asked to" : "the connection dropped";
}

}  // namespace

bool is_passing(int status) { return status == 408 || status == 429 || (status >= 500 && status <= 599); }

Session::Session(const PullOptions& options)
    : endpoint_(parse_url(endpoint_text(options), "The endpoint")),
      token_(trimmed(options.token)),
      token_was_given_(!token_.empty()),
      timeout_(static_cast<int>(options.timeout)) {
  path_ = endpoint_.target.substr(0, endpoint_.target.find('?'));
  path_.erase(path_.find_last_not_of('/') + 1);
  if (token_.empty()) token_ = trimmed(environment("HF_TOKEN"));
  if (token_.empty()) token_ = trimmed(token_of_login());
  check_token(token_);
}

Url Session::url(const std::string& path) const {
  Url url = endpoint_;
  url.target = path_ + path;
  return url;
}

// A token that the person did not name for this server is not sent where others could read it on the way.
bool Session::may_have_token(const Url& url) const {
  if (token_.empty() || !url.same_origin(endpoint_)) return false;
  return token_was_given_ || url.tls || url.is_loopback();
}

HttpEnd Session::get(Url url, const Headers& headers, HttpSink& sink) const {
  for (int hop = 0; hop <= limits::most_redirects; ++hop) {
    Headers all = headers;
    all.emplace_back("User-Agent", "pmtune");
    all.emplace_back("Accept-Encoding", "identity");
    if (may_have_token(url)) all.emplace_back("Authorization", "Bearer " + token_);
    FollowingSink following(sink);
    const HttpEnd end = http_get(url, all, timeout_, following);
    if (end == HttpEnd::untrusted)
      fail(Code::io, "The server ", url.host,
           " does not prove that it is the one it claims to be (its certificate is not valid here); check the "
           "network, this machine's clock, and its certificates (package ca-certificates, or $SSL_CERT_FILE).");
    if (!following.location()) return end;
    const Url next = redirected(url, *following.location());
    if (url.tls && !next.tls)
      fail(Code::corrupt, "The server ", url.host, " sends from https to ", next.origin(),
           ", where what arrives could be altered on the way; nothing was fetched from there.");
    url = next;
  }
  fail(Code::corrupt, "The server ", endpoint_.host,
       " sends from one place to the next without end; try again later.");
}

void Session::fail_refused(const HttpHead& head, const std::string& subject, const Url& page) const {
  const std::string* error = head.find("x-error-code");
  const bool gated = error && *error == "GatedRepo";
  const std::string token = token_.empty() ? "log in (set HF_TOKEN to an access token of your account)"
                                           : "check that your access token (HF_TOKEN) is valid and may read it";
  if (gated || head.status == 403)
    fail(Code::io, subject, " is open only to those who have accepted its terms (", head.status, "); accept them at ",
         page.origin(), page.target, ", and ", token, ".");
  if (head.status == 401)
    fail(Code::not_found, subject, " does not exist on ", endpoint_.host,
         ", or is private (401); check the spelling of its name, and if it is private, ", token, ".");
  if (head.status == 404 && error && *error == "RevisionNotFound")
    fail(Code::not_found, subject, " has no such revision (404); the usual one is main.");
  if (head.status == 404)
    fail(Code::not_found, subject, " does not exist on ", endpoint_.host, " (404); check the spelling of its name.");
  const std::string* said = head.find("x-error-message");
  fail(Code::io, subject, " could not be fetched: the server ", endpoint_.host, " answered ", head.status,
       said ? " " + files::in_quotes(*said) : "", "; try again later.");
}

void Patience::renew() {
  left_ = retries_;
  failures_ = 0;
}

void Patience::wait(HttpEnd end, const HttpHead& head, Meter& meter) {
  const std::string reason = reason_of(end, head);
  const auto asked = asked_pause(head);
  if (asked && *asked > limits::longest_asked_pause)
    fail(Code::io, "The server ", server_, " wants ", asked->count(), " seconds of rest (", head.status,
         "); try again then. What has arrived is kept.");
  if (left_ == 0)
    fail(Code::io, "The download from ", server_, " failed after ", retries_ + 1,
         retries_ == 0 ? " attempt: " : " attempts: ", reason,
         "; check the network and try again. What has arrived is kept.");
  --left_;
  const auto growing = limits::first_pause * (1 << std::min(failures_, 4));
  const auto pause = asked ? std::chrono::milliseconds(*asked) : std::min(growing, limits::longest_pause);
  ++failures_;
  meter.note(concat(reason, "; trying again in ", (pause.count() + 999) / 1000, " s"));
  meter.pause(pause);
}

}  // namespace pmtune::hub
