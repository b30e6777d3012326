#include "eval/suite.hpp"

namespace pmtune::eval {
namespace {

using Checks = std::vector<FormatCheck>;

FormatCheck heading(const std::string& name) {
  return {"pattern", "heading \"" + name + "\"", "(?mi)^## +" + name + "[ \\t]*\\r?$", 0, 0};
}
FormatCheck matches(const std::string& label, const std::string& pattern) {
  return {"pattern", label, pattern, 0, 0};
}

// What every answer in the house style has, around what its kind has.
Checks in_house_style(Checks of_its_kind, std::int64_t least_words, std::int64_t most_words) {
  Checks checks{matches("summary first", R"(\A\s*\*\*Summary:\*\*[ \t]+\S)")};
  checks.insert(checks.end(), of_its_kind.begin(), of_its_kind.end());
  checks.push_back({"next_step", "next step last", "", 0, 0});
  checks.push_back({"words", "length", "", least_words, most_words});
  return checks;
}

Checks user_story_checks() {
  return in_house_style(
      {{"user_story", "As a / I want / so that", "", 0, 0},
       {"acceptance_criteria", "acceptance criteria", "", 3, 0},
       matches("criteria as Given, when, then", R"((?mi)^[-*][ \t]+\**Given\b[^\n]*\bwhen\b[^\n]*\bthen\b)"),
       heading("User story"),
       heading("Acceptance criteria")},
      70, 350);
}

Checks explanation_checks(const std::string& first_term, const std::string& second_term) {
  return in_house_style({{"contains", "speaks of " + first_term, first_term, 0, 0},
                         {"contains", "speaks of " + second_term, second_term, 0, 0},
                         {"sections", "sections", "", 3, 0},
                         heading("Difference"),
                         heading("Example")},
                        70, 350);
}

Checks update_checks() {
  return in_house_style({{"sections", "sections", "", 3, 0},
                         heading("Status"),
                         matches("status in plain words", R"((?mi)^\**(?:On track|At risk|Off track)\b)"),
                         heading("Plan"),
                         heading("Decision needed")},
                        70, 350);
}

Checks ideas_checks(int count) {
  const std::string number = std::to_string(count);
  return in_house_style(
      {{"numbered_list", number + " ideas", "", count, count},
       matches("each idea has a bold name", R"((?m)(?:^\d+[.)][ \t]+\*\*[^*\n]+\*\*[^\n]*\n?\s*){)" + number + "}"),
       matches("each idea has a metric", R"((?mi)(?:^\**\d+[.)][^\n]*\bMetric:[^\n]*\n?\s*){)" + number + "}"),
       heading("Suggestions"),
       heading("Start with")},
      30 + 15 * count, 150 + 50 * count);
}

constexpr const char* format = "Format consistency";
constexpr const char* knowledge = "Domain knowledge";
constexpr const char* context = "Contextual understanding";
constexpr const char* creative = "Creative problem-solving";

}  // namespace

std::vector<EvalPrompt> product_management_suite() {
  return {
      {"format-1", format, "Write a user story for password reset functionality", user_story_checks()},
      {"format-2", format, "Write a user story: subscribers change from monthly to yearly billing by themselves.",
       user_story_checks()},
      {"format-3", format,
       "Team leads keep asking to assign one task to several people at once. Turn that request into a user story "
       "with "
       "acceptance criteria.",
       user_story_checks()},
      {"knowledge-1", knowledge, "Explain the difference between OKRs and KPIs", explanation_checks("OKR", "KPI")},
      {"knowledge-2", knowledge, "Explain the difference between a prototype and a minimum viable product.",
       explanation_checks("prototype", "viable product")},
      {"knowledge-3", knowledge,
       "How do product discovery and product delivery differ, and why does a team need both?",
       explanation_checks("discovery", "delivery")},
      {"context-1", context, "We're 2 weeks behind schedule. Write a stakeholder update.", update_checks()},
      {"context-2", context,
       "The data migration for our biggest customer finished three days early and below budget. Write a stakeholder "
       "update.",
       update_checks()},
      {"context-3", context,
       "Two of our four mobile developers leave at the end of the month, and the spring release is planned for six "
       "weeks from "
       "now. Write an update for the executive team.",
       update_checks()},
      {"creative-1", creative, "Suggest 5 ways to improve user onboarding for a SaaS product", ideas_checks(5)},
      {"creative-2", creative,
       "Suggest 4 ways to get more customers to try the new reporting feature of our project planner.",
       ideas_checks(4)},
      {"creative-3", creative,
       "Suggest 3 ways to shorten the time to a first reply in customer support without hiring.", ideas_checks(3)},
  };
}

}  // namespace pmtune::eval
