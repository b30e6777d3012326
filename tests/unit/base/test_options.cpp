#include "base/options.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace pmtune;

namespace {

struct Oven {
  double heat = 180;
  std::int64_t minutes = 20;
  std::uint64_t seed = 0;
  bool fan = false;
  std::string rack = "middle";
  std::vector<std::string> dishes;
  ByteSize memory;
};

template <class Visit>
void fields(Oven& oven, Visit&& visit) {
  visit(Field("heat", "how hot").above(0, 300).in("degrees"), oven.heat);
  visit(Field("minutes", "how long").range(1, 600), oven.minutes);
  visit(Field("seed", "chance"), oven.seed);
  visit(Field("fan", "turning air"), oven.fan);
  visit(Field("rack", "where").one_of("top|middle|bottom"), oven.rack);
  visit(Field("dishes", "what"), oven.dishes);
  visit(Field("memory", "of the oven"), oven.memory);
}

std::string message_of(void (*act)()) {
  try {
    act();
  } catch (const Error& error) {
    CHECK(error.code() == Code::invalid_argument);
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("options: defaults are valid and survive JSON") {
  validate_options(Oven{});
  Oven copy;
  copy.heat = 1;
  copy.dishes = {"x"};
  options_from_json(copy, options_to_json(Oven{}), "the oven");
  CHECK(options_to_json(copy) == options_to_json(Oven{}));
}

TEST_CASE("options: values are set by name") {
  Oven oven;
  set_option(oven, "heat", 200);
  set_option(oven, "minutes", 30.0);
  set_option(oven, "seed", 18446744073709551615u);
  set_option(oven, "fan", true);
  set_option(oven, "rack", "top");
  set_option(oven, "dishes", "pie");
  set_option(oven, "memory", "2kB");
  CHECK(oven.heat == 200);
  CHECK(oven.minutes == 30);
  CHECK(oven.seed == 18446744073709551615u);
  CHECK(oven.fan);
  CHECK(oven.dishes == std::vector<std::string>{"pie"});
  CHECK(oven.memory.bytes == 2000);
}

TEST_CASE("options: what is out of range says the range") {
  const auto heat = [](double value) {
    Oven oven;
    oven.heat = value;
    validate_options(oven);
  };
  CHECK_NOTHROW(heat(300));
  CHECK_NOTHROW(heat(0.5));
  CHECK_THROWS_WITH_AS(heat(0), "Option heat is 0; it must be above 0 up to 300 degrees.", Error);
  CHECK_THROWS_WITH_AS(heat(300.5), "Option heat is 300.5; it must be above 0 up to 300 degrees.", Error);
  CHECK_THROWS_AS(heat(NAN), Error);
  CHECK_THROWS_AS(heat(INFINITY), Error);
  CHECK(message_of([] { check_value(Field("x", ""), NAN); }) == "Option x is nan; it must be a finite number.");
  CHECK(message_of([] {
          Oven oven;
          oven.rack = "botom";
          validate_options(oven);
        }) == "Option rack is \"botom\"; it must be one of: top, middle, bottom. Did you mean \"bottom\"?");
}

TEST_CASE("options: wrong kinds say the kind") {
  const auto set = [](const char* name, const Json& value) {
    Oven oven;
    set_option(oven, name, value);
  };
  CHECK_THROWS_WITH_AS(set("fan", 1), "Option fan takes true or false, not 1.", Error);
  CHECK_THROWS_AS(set("minutes", 1.5), Error);
  CHECK_THROWS_AS(set("minutes", 18446744073709551615u), Error);
  CHECK_THROWS_AS(set("minutes", "20"), Error);
  CHECK_THROWS_AS(set("seed", -1), Error);
  CHECK_THROWS_AS(set("rack", 3), Error);
  CHECK_THROWS_AS(set("dishes", Json::array({1})), Error);
  CHECK_THROWS_AS(set("memory", "much"), Error);
  CHECK_THROWS_AS(set("heat", nullptr), Error);
  CHECK_THROWS_AS(set("heat", "\xFF\xFE"), Error);  // and not the JSON library's own exception
}

TEST_CASE("options: unknown names point to the nearest") {
  CHECK(message_of([] {
          Oven oven;
          set_option(oven, "minuts", 3);
        }) == "There is no option \"minuts\". Did you mean \"minutes\"?");
  CHECK(message_of([] {
          Oven oven;
          set_option(oven, "colour", 3);
        }) == "There is no option \"colour\".");
  CHECK(message_of([] {
          Oven oven;
          options_from_json(oven, Json::array(), "The oven");
        }) == "The oven must be a JSON object of options.");
}

TEST_CASE("options: nearest names") {
  const std::vector<std::string> names{"learning_rate", "rank", "lr"};
  CHECK(nearest_name("rate", names) == "learning_rate");
  CHECK(nearest_name("Rank", names) == "rank");
  CHECK(nearest_name("rnk", names) == "rank");
  CHECK(nearest_name("qx", names).empty());
  CHECK(nearest_name(std::string(1'000'000, 'x'), names).empty());
  CHECK(did_you_mean("epochs", names).empty());
  CHECK(split_choices("a|b") == std::vector<std::string>{"a", "b"});
}
