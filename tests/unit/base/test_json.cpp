#include "base/json.hpp"

#include <doctest/doctest.h>
#include <pmtune/error.hpp>

#include <string>

using pmtune::Json;
using pmtune::JsonFault;
using pmtune::parse_json;

namespace {

JsonFault fault_of(const std::string& text) {
  Json value;
  JsonFault fault;
  CAPTURE(text);
  CHECK_FALSE(parse_json(text, value, fault));
  CHECK(value.is_null());
  return fault;
}

}  // namespace

TEST_CASE("json: values keep their order and kind") {
  Json value;
  JsonFault fault;
  REQUIRE(parse_json(R"({"b": [1, -2, 1.5, "x", true, null, {"c": {}}], "a": 18446744073709551615})", value, fault));
  CHECK(value.dump() == R"({"b":[1,-2,1.5,"x",true,null,{"c":{}}],"a":18446744073709551615})");
}

TEST_CASE("json: faults say where") {
  CHECK(fault_of("{\n  \"a\": 1,\n  \"b\" 2\n}").line == 3);
  CHECK(fault_of("{\n  \"a\": 1,\n  \"b\" 2\n}").column == 7);
  CHECK(fault_of("{\"ä\": x}").column == 7);  // characters, not bytes
  CHECK(fault_of("").column == 1);
}

TEST_CASE("json: faults say why in plain words") {
  CHECK(fault_of(R"({"a": 1)").reason == "it ends too early; a closing bracket or quote is missing");
  CHECK(fault_of(R"({"a": "x)").reason == "a closing quote \" is missing");
  CHECK(fault_of(R"({"a": True})").reason == "a word stands where a value should be; texts need double quotes");
  CHECK(fault_of(R"({"a": 1,})").reason == "there is a comma too many before the closing bracket");
  CHECK(fault_of(R"([1,])").reason == "there is a comma too many before the closing bracket");
  CHECK(fault_of(R"({"a": 1} {"b": 2})").reason == "there is more text after the end of the value");
  CHECK(fault_of(R"({"a": 1 "b": 2})").reason == "a comma or a closing } is missing");
  CHECK(fault_of(R"([1 2])").reason == "a comma or a closing ] is missing");
  CHECK(fault_of(R"({"a" 1})").reason == "a colon is missing after a key");
  CHECK(fault_of("[1e999]").reason == "a number is too large");
  CHECK(fault_of("[\"\xFF\"]").reason == "the text is not UTF-8; save the file as UTF-8");
}

TEST_CASE("json: the file's own words do not change the reason") {
  CHECK(fault_of(R"({"a" "missing closing quote"})").reason == "a colon is missing after a key");
  CHECK(fault_of(R"([1 "unexpected end of input"])").reason == "a comma or a closing ] is missing");
}

TEST_CASE("json: a key that stands twice is refused where it stands") {
  const JsonFault fault = fault_of("{\"a\": 1,\n \"a\": 2}");
  CHECK(fault.reason == "the key \"a\" stands twice in one object");
  CHECK(fault.line == 2);
  CHECK(fault.column == 4);
  Json value;
  JsonFault none;
  CHECK(parse_json(R"({"a": {"a": 1}, "b": {"a": 2}})", value, none));
}

TEST_CASE("json: depth is bounded") {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  Json value;
  JsonFault fault;
  CHECK(parse_json(nested(64), value, fault));
  CHECK_FALSE(parse_json(nested(65), value, fault));
  CHECK(fault.reason == "it nests too deeply");
  CHECK(fault.column == 65);
  CHECK_FALSE(parse_json(std::string(10'000'000, '['), value, fault));
  CHECK(parse_json(nested(3), value, fault, 3));
  CHECK_FALSE(parse_json(nested(4), value, fault, 3));
}

TEST_CASE("json: the throwing form names the file and the place") {
  CHECK_THROWS_WITH_AS(
      pmtune::parse_json_or_throw("{", "config.json"),
      "config.json is not valid JSON at line 1, column 2: it ends too early; a closing bracket or quote is "
      "missing.",
      pmtune::Error);
  CHECK(pmtune::parse_json_or_throw("[]", "x").is_array());
}
