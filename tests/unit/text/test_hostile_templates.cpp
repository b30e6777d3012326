#include <chrono>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "helpers.hpp"

using namespace text_tests;

namespace {

std::string repeated(const std::string& text, int count) {
  std::string all;
  for (int i = 0; i < count; ++i) all += text;
  return all;
}

void check_limit(const std::string& source, const std::string& phrase) {
  INFO(source.substr(0, 120));
  const auto start = std::chrono::steady_clock::now();
  check_error([&] { run_template(source, {{"user", "hello"}}, true); }, "corrupt", phrase);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(60));  // far less without sanitizers
}

}  // namespace

TEST_CASE("the source is bounded") {
  check_limit(std::string(2'000'000, 'a'), "1048576");
  check_limit("{{ " + repeated("(", 5000) + "1" + repeated(")", 5000) + " }}", "nests deeper");
  check_limit("{{ " + repeated("[", 5000) + repeated("]", 5000) + " }}", "nests deeper");
  check_limit("{{ " + repeated("not ", 5000) + "1 }}", "nests deeper");
  check_limit("{{ " + repeated("-", 5000) + "1 }}", "nests deeper");
  check_limit("{{ " + repeated("{1:", 5000) + "1" + repeated("}", 5000) + " }}", "nests deeper");
  check_limit("{{ 1" + repeated(" + 1", 5000) + " }}", "nests deeper");
  check_limit("{{ a" + repeated(".a", 5000) + " }}", "nests deeper");
  check_limit("{{ a" + repeated("|trim", 5000) + " }}", "nests deeper");
  check_limit("{{ a" + repeated("(1)", 5000) + " }}", "nests deeper");
  check_limit("{{ 1" + repeated(" if 1 else 1", 5000) + " }}", "nests deeper");
  check_limit(repeated("{% if 1 %}", 5000), "nests deeper");
  check_limit(repeated("{% for x in y %}", 5000), "nests deeper");
  check_limit("{% set " + repeated("(", 5000) + "a" + repeated(")", 5000) + " = 1 %}", "nests deeper");
  check_limit("{{ 99999999999999999999 }}", "too large");
  CHECK(run_template("{% if 0 %}" + repeated("{% elif 0 %}", 5000) + "{% endif %}x") == "x");
}

TEST_CASE("the running is bounded") {
  const std::string loop = "{% for a in range(100000) %}";
  check_limit("{% set r = range(100000) %}{% for a in r %}{% for b in r %}{% endfor %}{% endfor %}",
              "10000000 steps");
  check_limit(loop + loop + "{% endfor %}{% endfor %}", "items in all lists");
  check_limit("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "levels of recursion");
  check_limit("{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}{{ a() }}", "recursion");
  check_limit(loop + "{{ 'x' * 1000 }}{% endfor %}", "bytes of output");
  check_limit("{{ 'x' * 99999999999 }}", "bytes in one text");
  check_limit("{{ [1] * 99999999999 }}", "items in one list");
  check_limit("{{ range(100001) | list }}", "numbers in one range");
  check_limit("{{ range(-9223372036854775807, 9223372036854775807) }}", "numbers in one range");
  check_limit("{% set ns = namespace(s='x') %}{% for i in range(60) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
              "bytes in one text");
  check_limit("{% set ns = namespace(s='x') %}{% for i in range(60) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
              "bytes in one text");
  check_limit(
      "{% set ns = namespace(s='x') %}{% for i in range(60) %}{% set ns.s = ns.s.replace('x', 'xx') %}{% endfor %}",
      "steps");
  check_limit(
      "{% set ns = namespace(s='x') %}{% for i in range(60) %}{% set ns.s %}{{ ns.s }}{{ ns.s }}{% endset %}{% "
      "endfor %}",
      "bytes of output");
  check_limit("{% set ns = namespace(l=[1]) %}{% for i in range(60) %}{% set ns.l = ns.l + ns.l %}{% endfor %}",
              "items in one list");
  check_limit("{% set ns = namespace(l=[1]) %}{% for i in range(1000) %}{% set ns.l = [ns.l] %}{% endfor %}",
              "lists within lists");
  check_limit("{% set ns = namespace(l={}) %}{% for i in range(1000) %}{% set ns.l = {'a': ns.l} %}{% endfor %}",
              "lists within lists");
  check_limit("{% set ns = namespace(l={}) %}{% for i in range(1000) %}{% set ns.l = {'a': ns.l.get} %}{% endfor %}",
              "lists within lists");
  check_limit(
      "{% set ns = namespace(l=[1]) %}{% for i in range(1000) %}{% for x in [ns.l] %}{% set ns.l = [loop] %}"
      "{% endfor %}{% endfor %}",
      "lists within lists");
  // A list that holds itself twice over and over: small in memory, endless when written out or compared.
  const std::string doubled =
      "{% set ns = namespace(l=[1], m=[1]) %}{% for i in range(50) %}{% set ns.l = [ns.l, ns.l] %}"
      "{% set ns.m = [ns.m, ns.m] %}{% endfor %}";
  check_limit(doubled + "{{ ns.l == ns.m }}", "lists within lists");
  check_limit(doubled + "{{ ns.l }}", "lists within lists");
  check_limit(loop + "{% set n = namespace() %}{% endfor %}", "namespaces");
  check_limit(loop + "{% macro m() %}{% endmacro %}{% endfor %}", "definitions of macros");
  check_limit("{% set ns = namespace() %}{% set ns.x = ns %}{{ ns }}", "recursion");
  check_limit("{% set ns = namespace() %}{% set ns.x = ns %}{{ [ns] | tojson }}", "writes a namespace as JSON");
  check_limit("{% set s = 'ab' * 4000000 %}" + loop + "{{ 'b' in s }}{% endfor %}", "steps");
  check_limit("{% set s = ('ab ' * 1000000).split(' ') %}", "items in one list");
  check_limit("{% set s = 'ab' * 4000000 %}" + loop + "{% set t = s ~ 'c' %}{% endfor %}", "bytes in all texts");
  check_limit("{{ 'x' | indent(99999999) }}", "spaces of indentation");
  check_limit("{{ strftime_now('%Y' * 1000) }}", "date format");
  check_limit("{{ strftime_now('%9999d') }}", "bytes in a date");
  check_limit("{{ 9223372036854775807 + 1 }}", "more than 64 bits");
  check_limit("{{ 2 ** 64 }}", "more than 64 bits");
  check_limit("{{ 'a'.join(range(3)) }}", "joins a number");
}

TEST_CASE("the scopes of macros that make macros are bounded") {
  check_limit(
      "{% set ns = namespace() %}{% macro grow() %}{% macro inner() %}{% macro grow2() %}{{ ns.f() }}{% endmacro %}"
      "{% set ns.f = inner %}{{ grow2() }}{% endmacro %}{% set ns.f = inner %}{{ inner() }}{% endmacro %}{{ grow() "
      "}}",
      "");
}

TEST_CASE("extreme numbers stay in bounds") {
  CHECK(run_template("{{ -9223372036854775807 - 1 }}") == "-9223372036854775808");
  CHECK(run_template("{{ (-9223372036854775807 - 1) % -1 }}") == "0");
  check_error([] { run_template("{{ (-9223372036854775807 - 1) // -1 }}"); }, "corrupt", "64 bits");
  check_error([] { run_template("{{ (-9223372036854775807 - 1) | abs }}"); }, "corrupt", "64 bits");
  CHECK(run_template("{{ 'abc'[-9223372036854775807:9223372036854775807:9223372036854775807] }}") == "a");
  CHECK(run_template("{{ 'abc'[9223372036854775807:-9223372036854775807:-9223372036854775807] }}") == "c");
  CHECK(run_template("{{ [1,2,3][-9223372036854775807] }}").empty());
  CHECK(run_template(
            "{{ 1e308 * 10 }} {{ (1e308 * 10) | int(5) }} {{ 1 ** 999999999999 }} {{ (-1) ** 999999999999 }}") ==
        "inf 5 1 -1");
  CHECK(run_template("{{ range(9223372036854775805, 9223372036854775807, 5) | list }}") == "[9223372036854775805]");
}

TEST_CASE("loops and calls that never end are stopped") {
  check_error([] { run_template("{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}"); }, "corrupt",
              "recursion");
  check_error([] { run_template("{% macro m() %}{% call m() %}{{ caller() }}{% endcall %}{% endmacro %}{{ m() }}"); },
              "corrupt", "recursion");
  // What a namespace keeps beyond its loop is freed all the same.
  CHECK(run_template("{% set ns = namespace() %}{% for x in [[1]] recursive %}{% set ns.l = loop %}{% endfor %}x") ==
        "x");
}

TEST_CASE("damaged templates end in an error or in text, never in a crash") {
  std::vector<std::string> sources = {chatml};
  for (const auto& entry : std::filesystem::directory_iterator(PMTUNE_SOURCE_DIR "/tests/unit/text/templates")) {
    std::ifstream file(entry.path(), std::ios::binary);
    std::stringstream text;
    text << file.rdbuf();
    sources.push_back(text.str());
  }
  REQUIRE(sources.size() > 10);
  const std::vector<std::string> tokens = {
      "{%", "%}",   "{{",  "}}", "{#",    "-",      "(",   ")",  "[",  "]",   "|", "~",           "'",  "\"",
      ".",  "loop", "for", "if", "endif", "endfor", "set", "in", "is", "not", "0", "99999999999", "\\", "\n"};
  std::mt19937 random(7);
  const auto below = [&](std::size_t bound) {
    return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random);
  };
  const std::vector<ChatMessage> messages = {{"system", "s"}, {"user", "<|im_end|>"}, {"assistant", "a"}};
  for (int i = 0; i < 4000; ++i) {
    std::string source = sources[below(sources.size())];
    for (std::size_t changes = 1 + below(4); changes > 0 && !source.empty(); --changes) {
      const std::size_t at = below(source.size());
      switch (below(4)) {
        case 0: source.erase(at, 1 + below(20)); break;
        case 1: source.insert(at, tokens[below(tokens.size())]); break;
        case 2: source[at] = static_cast<char>(below(256)); break;
        default: source.insert(at, source.substr(below(source.size()), below(60))); break;
      }
    }
    try {
      run_template(source, messages, true);
    } catch (const Error& error) {
      const std::string message = error.what();
      CHECK(message.size() > 20);
      CHECK(error.code() != Code::internal);
    }
  }
}
