// Which version answers a request for "auto", and the reason that is given.
#include <doctest/doctest.h>

#include "serve/router.hpp"

using namespace pmtune;
using namespace pmtune::serve;

namespace {

std::shared_ptr<const QuestionIndex> index_of(const std::vector<std::string>& questions) {
  std::vector<Example> examples;
  for (const std::string& question : questions)
    examples.push_back({{{"user", question}, {"assistant", "Something."}}, {}, "", 0});
  return std::make_shared<QuestionIndex>(Dataset::from_examples(std::move(examples)));
}

const auto stories = index_of({"Write a user story for password reset", "Write a user story for single sign-on",
                               "Write a user story for exporting reports", "Write a user story for dark mode"});
const auto notes = index_of({"Draft release notes for version 2.1", "Draft release notes for the mobile app",
                             "Draft release notes about faster search", "Summarise the release for customers"});

}  // namespace

TEST_CASE("the version whose examples resemble the question answers") {
  const std::vector<RouteCandidate> candidates = {{"PM-Notes-v2", true, notes}, {"PM-PRDs-v3", false, stories}};
  const auto story = choose_route("Please write a user story for two-factor login", candidates, "base");
  REQUIRE(story);
  CHECK(story->id == "PM-PRDs-v3");
  CHECK(story->reason.find("resemble") != std::string::npos);
  CHECK(choose_route("Can you draft release notes for version 3?", candidates, "base")->id == "PM-Notes-v2");
}

TEST_CASE("otherwise the primary version, the newest, the first model, or none") {
  const std::string question = "Quelle heure est-il maintenant?";
  const auto unlike = choose_route(question, {{"A-v1", false, stories}, {"B-v1", true, notes}}, "base");
  CHECK(unlike->id == "B-v1");
  CHECK(unlike->reason.find("primary") != std::string::npos);
  CHECK(choose_route(question, {{"A-v2", false, nullptr}, {"B-v1", false, nullptr}}, "base")->id == "A-v2");
  CHECK(choose_route(question, {}, "base")->id == "base");
  CHECK(!choose_route(question, {}, ""));
  CHECK(choose_route("", {{"A-v1", false, stories}}, "")->id == "A-v1");
}

TEST_CASE("two that are alike: the primary one") {
  const auto route =
      choose_route("Write a user story for login", {{"A-v1", false, stories}, {"B-v1", true, stories}}, "");
  CHECK(route->id == "B-v1");
}
