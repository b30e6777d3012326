#include <doctest/doctest.h>

#include <pmtune/error.hpp>
#include <string>

#include "base/names.hpp"

using namespace pmtune;
using namespace pmtune;

TEST_CASE("references in their three forms") {
  Reference r = parse_reference("PM-PRDs-v12");
  CHECK(r.name == "PM-PRDs");
  CHECK(r.number == 12);
  CHECK(r.alias.empty());
  r = parse_reference("PM-PRDs@primary");
  CHECK(r.name == "PM-PRDs");
  CHECK(r.alias == "primary");
  CHECK(r.number == 0);
  for (const char* plain : {"PM-PRDs", "PM-v", "v2", "-v2", "PM-v0", "PM-v01", "PM-V2", "PM-v99999999999999999999"}) {
    CAPTURE(plain);
    CHECK(parse_reference(plain).name == plain);
    CHECK(parse_reference(plain).number == 0);
  }
  for (const char* bad : {"", "@x", "x@"}) CHECK_THROWS_AS(parse_reference(bad), Error);
}

TEST_CASE("names that may and may not be given") {
  for (const char* good : {"PM-Assistant", "a", "7b", "PM_General.2", "PM-v", "dev1", "PM-version2"}) {
    CAPTURE(good);
    CHECK_NOTHROW(check_model_name(good));
  }
  for (const std::string& bad :
       {std::string(""), std::string("-x"), std::string(".x"), std::string("a b"), std::string("a/b"),
        std::string("a@b"), std::string("PM-v1"), std::string("PM-v007"), std::string("\xC3\xA4"),
        std::string(101, 'x'), std::string("a\0b", 3), std::string("../x")}) {
    CAPTURE(bad);
    CHECK_THROWS_AS(check_model_name(bad), Error);
  }
  CHECK_NOTHROW(check_alias("primary"));
  CHECK_THROWS_AS(check_alias("pri mary"), Error);
}

TEST_CASE("what check_model_name admits, parse_reference gives back") {
  for (const char* name : {"PM-Assistant", "7b", "PM-v", "x-v1.2", "dev1"}) {
    CAPTURE(name);
    CHECK_NOTHROW(check_model_name(name));
    CHECK(parse_reference(name).name == name);
    CHECK(parse_reference(version_id(name, 3)).name == name);
    CHECK(parse_reference(version_id(name, 3)).number == 3);
  }
}
