// Addresses, proxies, names of repositories and of GGUF files, and what a name means among the models on a disk.
#include <doctest/doctest.h>
#include <stdlib.h>
#include <pmtune/error.hpp>

#include "hub/gguf_name.hpp"
#include "hub/proxy.hpp"
#include "hub/repository_name.hpp"
#include "hub/resolve.hpp"
#include "hub/url.hpp"

using namespace pmtune;
using namespace pmtune::hub;

namespace {

Code code_of(void (*work)()) {
  try {
    work();
  } catch (const Error& error) {
    return error.code();
  }
  return Code::internal;
}

// Environment variables for the duration of a test.
class Environment {
 public:
  explicit Environment(std::initializer_list<std::pair<const char*, const char*>> values) {
    for (const char* name :
         {"http_proxy", "https_proxy", "all_proxy", "no_proxy", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"})
      unsetenv(name);
    for (const auto& [name, value] : values) setenv(name, value, 1);
  }
  ~Environment() {
    for (const char* name : {"http_proxy", "https_proxy", "all_proxy", "no_proxy"}) unsetenv(name);
  }
};

Candidate gguf(Place place, const char* repository, const char* file) {
  return {place, repository, file, std::string("/") + repository + "/" + file, 5, ""};
}

}  // namespace

TEST_CASE("hub url: parts") {
  const Url plain = parse_url("https://huggingface.co", "The endpoint");
  CHECK(plain.tls);
  CHECK(plain.host == "huggingface.co");
  CHECK(plain.port == 443);
  CHECK(plain.target == "/");
  const Url whole = parse_url("HTTP://LocalHost:8080/a/b?c=d&e=%20#f", "The endpoint");
  CHECK_FALSE(whole.tls);
  CHECK(whole.origin() == "http://localhost:8080");
  CHECK(whole.target == "/a/b?c=d&e=%20");
  CHECK(whole.is_loopback());
  CHECK(parse_url("http://[::1]:81/x", "").origin() == "http://[::1]:81");
  CHECK(parse_url("https://host?x=1", "").target == "/?x=1");
  CHECK(parse_url("https://host:443/x", "").same_origin(parse_url("https://HOST/y", "")));
  CHECK_FALSE(parse_url("https://host:444/x", "").same_origin(parse_url("https://host/y", "")));
}

TEST_CASE("hub url: what is none") {
  for (const char* text :
       {"", "huggingface.co", "ftp://host/x", "file:///etc/passwd", "https://", "https:///x",
        "https://user:secret@host/", "https://ho st/", "https://host/a b", "https://host/\r\nX: y", "https://host:0/",
        "https://host:70000/", "https://host:1x/", "https://ho\x01st/", "https://[::1/", "https://h\xC3\xB6st/"})
    CHECK_THROWS_AS(parse_url(text, "The endpoint"), Error);
  CHECK_THROWS_AS(parse_url("https://host/" + std::string(9000, 'a'), "The endpoint"), Error);
}

TEST_CASE("hub url: redirects") {
  const Url base = parse_url("https://host:8443/a/b?c", "");
  CHECK(redirected(base, "/x/y?z").origin() == "https://host:8443");
  CHECK(redirected(base, "/x/y?z").target == "/x/y?z");
  CHECK(redirected(base, "d").target == "/a/d");
  CHECK(redirected(base, "//cdn/x").origin() == "https://cdn");
  CHECK(redirected(base, "http://cdn:81/x").origin() == "http://cdn:81");
  CHECK(code_of([] { redirected(Url{}, "gopher://x/"); }) == Code::corrupt);
  CHECK(percent_encoded("a b/ü%?#", true) == "a%20b/%C3%BC%25%3F%23");
  CHECK(percent_encoded("refs/pr/1", false) == "refs%2Fpr%2F1");
}

TEST_CASE("hub proxy: as the environment says") {
  const Url secure = parse_url("https://huggingface.co/", ""), local = parse_url("https://127.0.0.1/", "");
  {
    const Environment none({});
    CHECK_FALSE(proxy_for(secure));
  }
  const Environment set(
      {{"https_proxy", "http://me:p%40ss@proxy.corp:3128/"}, {"no_proxy", "intern.corp, .example.org"}});
  const auto proxy = proxy_for(secure);
  REQUIRE(proxy);
  CHECK(proxy->host == "proxy.corp");
  CHECK(proxy->port == 3128);
  CHECK(proxy->user == "me");
  CHECK(proxy->password == "p@ss");
  CHECK_FALSE(proxy_for(local));
  CHECK_FALSE(proxy_for(parse_url("https://intern.corp/", "")));
  CHECK_FALSE(proxy_for(parse_url("https://hub.example.org/", "")));
  CHECK(proxy_for(parse_url("https://notintern.corp/", "")));
  CHECK_FALSE(proxy_for(parse_url("http://huggingface.co/", "")));
  setenv("https_proxy", "socks5://proxy.corp:1080", 1);
  CHECK(code_of([] { proxy_for(parse_url("https://huggingface.co/", "")); }) == Code::unsupported);
}

TEST_CASE("hub names: repositories") {
  const auto name = parse_repository_name("bartowski/Llama-3.2-1B-Instruct-GGUF:Q4_K_M");
  REQUIRE(name);
  CHECK(name->repository() == "bartowski/Llama-3.2-1B-Instruct-GGUF");
  CHECK(name->file == "Q4_K_M");
  CHECK(parse_repository_name("a/b:sub/file.gguf")->file == "sub/file.gguf");
  for (const char* text : {"", "gpt2", "/b", "a/", "a/b/c", "../b", "a/..", "a/.b", "-a/b", "a/b:", "a b/c", "a/b\n",
                           "./model.gguf", "C:\\a/b", "a/b?x=1", "a/%2e%2e"})
    CHECK_MESSAGE(!parse_repository_name(text), text);
  CHECK_FALSE(parse_repository_name("a/" + std::string(200, 'b')));
}

TEST_CASE("hub names: GGUF files") {
  const auto split = split_name("model-Q8_0-00002-of-00003.gguf");
  REQUIRE(split);
  CHECK(split->stem == "model-Q8_0");
  CHECK(split->part == 2);
  CHECK(split->parts == 3);
  for (const char* name : {"model.gguf", "model-2-of-3.gguf", "00001-of-00003.gguf", "model-0000a-of-00003.gguf"})
    CHECK_FALSE(split_name(name));
  CHECK(is_quantised_as("Phi-3-mini-4k-instruct-Q4_K_M.gguf", "q4_k_m"));
  CHECK(is_quantised_as("phi.q4_0.gguf", "Q4_0"));
  CHECK_FALSE(is_quantised_as("phi-IQ4_0.gguf", "Q4_0"));
  CHECK_FALSE(is_quantised_as("phi-Q4_K_M.gguf", "K"));
  CHECK_FALSE(is_quantised_as("phi-Q4_0.gguf", ""));
}

TEST_CASE("hub resolve: one name, one model") {
  const std::vector<Candidate> disk{
      gguf(Place::pmtune, "a/one", "one-Q4_0.gguf"),      gguf(Place::huggingface, "a/one", "one-Q8_0.gguf"),
      gguf(Place::lm_studio, "a/many", "many-Q4_0.gguf"), gguf(Place::lm_studio, "a/many", "sub/many-Q8_0.gguf"),
      gguf(Place::huggingface, "a/both", "both.gguf"),    {Place::huggingface, "a/both", "", "/folder", 0, ""},
      {Place::ollama, "llama3.2:3b", "", "/blob", 0, ""}, {Place::ollama, "phi3:latest", "", "/latest", 0, ""}};
  const auto source = [&](const char* name) {
    const auto found = choose_by_name(name, disk);
    return found ? found->source.string() : "";
  };
  CHECK(source("A/One") == "/a/one/one-Q4_0.gguf");  // the first place that has it
  CHECK(source("a/one:Q8_0") == "/a/one/one-Q8_0.gguf");
  CHECK(source("a/many:many-Q4_0.gguf") == "/a/many/many-Q4_0.gguf");
  CHECK(source("a/many:many-q8_0.gguf") == "/a/many/sub/many-Q8_0.gguf");
  CHECK(source("a/both") == "/folder");
  CHECK(source("llama3.2:3b") == "/blob");
  CHECK(source("phi3") == "/latest");
  CHECK(source("llama3.2") == "");
  CHECK(source("a/none") == "");
  CHECK(source("one") == "");
  try {
    choose_by_name("a/many", disk);
    FAIL("a choice had to be asked for");
  } catch (const Error& error) {
    CHECK(error.code() == Code::invalid_argument);
    CHECK(std::string(error.what()).find("a/many:sub/many-Q8_0.gguf") != std::string::npos);
  }
}
