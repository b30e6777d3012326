#include <doctest/doctest.h>

#include <chrono>
#include <pmtune/error.hpp>
#include <pmtune/evaluator.hpp>
#include <string>

using namespace pmtune;

namespace {

CheckResult check(const std::string& kind, const std::string& answer, std::int64_t least = 0, std::int64_t most = 0,
                  const std::string& text = "") {
  return run_check({kind, kind, text, least, most}, answer);
}

Code code_of(const FormatCheck& one) {
  try {
    run_check(one, "");
  } catch (const Error& error) {
    return error.code();
  }
  return Code::internal;
}

}  // namespace

TEST_CASE("user_story accepts the usual ways to write one") {
  for (const char* answer : {
           "As a user, I want to reset my password, so that I can sign in again.",
           "As an administrator, I want to export the log so that auditors are served.",
           "## User story\n\n**As a** customer\n**I want** to pause my plan\n**So that** I do not pay while away",
           "- **As a:** team lead,\n- **I want:** a weekly digest\n- **So that:** I miss nothing",
           "> As a driver, I need to photograph a parcel,\n> so that I can prove the delivery.",
           "*As a* shopper,  \n*I would like to* save my cart,  \n*so that* I can finish later.",
           "AS A USER I WANT TO LOG IN SO THAT I SEE MY DATA",
           "As a nurse, I\xE2\x80\x99"
           "d like one list so that I can see who comes next.",
           "1. As the owner, I want to leave, so I can move on.",
       }) {
    CAPTURE(answer);
    CHECK(check("user_story", answer).passed);
  }
}

TEST_CASE("user_story refuses what is none, and says why") {
  CHECK_FALSE(check("user_story", "").passed);
  CHECK_FALSE(check("user_story", "As a result, we want more users.").passed);
  CHECK_FALSE(check("user_story", "Users want to reset passwords so that they can sign in.").passed);
  const CheckResult no_benefit = check("user_story", "As a user, I want to reset my password.");
  CHECK_FALSE(no_benefit.passed);
  CHECK(no_benefit.note.find("so that") != std::string::npos);
  const CheckResult unfilled = check("user_story", "As a [type of user], I want [goal], so that [benefit].");
  CHECK_FALSE(unfilled.passed);
  CHECK(unfilled.note.find("placeholder") != std::string::npos);
}

TEST_CASE("acceptance_criteria: Given/when/then in a line, as a block, or listed under a heading") {
  const std::string lines =
      "- Given a user, when they ask, then a link comes.\n- **Given** no mail, **when** asked, **then** nothing is "
      "told.\n";
  CHECK(check("acceptance_criteria", lines, 2).passed);
  CHECK_FALSE(check("acceptance_criteria", lines, 3).passed);
  CHECK(check("acceptance_criteria", lines, 3).note == "2 of at least 3 criteria");
  CHECK(check("acceptance_criteria",
              "Given a user\nWhen they ask\nThen a link comes\n\nGiven b\nAnd c\nWhen d\nThen e", 2)
            .passed);
  CHECK(
      check("acceptance_criteria", "**Acceptance criteria:**\n\n1. A link comes.\n2. It expires.\n\n## Notes\n- x", 2)
          .passed);
  CHECK_FALSE(
      check("acceptance_criteria", "**Acceptance criteria:**\n\n1. A link comes.\n\n## Notes\n- x", 2).passed);
  CHECK_FALSE(check("acceptance_criteria", "Given enough time, anything works.").passed);
}

TEST_CASE("sections counts headings in any form") {
  const std::string answer = "# One\ntext\n## Two\n**Three**\n**Four:**\n**Five**: not one\n#hashtag\nplain";
  CHECK(check("sections", answer, 4).passed);
  CHECK(check("sections", answer, 5).note == "4 of at least 5 headings");
  CHECK_FALSE(check("sections", "", 0).passed);  // least 0 means at least one
}

TEST_CASE("numbered_list counts items, with an upper limit when one is set") {
  const std::string three = "1. **A** - x\n2) B\n**3. C**\n   more of C\n2024 was good\n4.5 points";
  CHECK(check("numbered_list", three, 3, 3).passed);
  CHECK_FALSE(check("numbered_list", three + "\n4. D", 3, 3).passed);
  CHECK(check("numbered_list", three, 2, 2).note == "3 of exactly 2 numbered items");
  CHECK_FALSE(check("numbered_list", "1.\n2.\n3.\n", 3).passed);  // nothing in them
  CHECK(check("numbered_list", "### 1. Heading\ntext\n### 2. Heading\n", 2).passed);
}

TEST_CASE("next_step wants the last line") {
  CHECK(check("next_step", "x\n\n**Next step:** Team to meet by Friday.\n\n").passed);
  CHECK(check("next_step", "Next steps: call the vendor").passed);
  CHECK(check("next_step", "- **Next step**: ask legal").passed);
  CHECK_FALSE(check("next_step", "**Next step:**").passed);
  const CheckResult early = check("next_step", "**Next step:** Meet.\n\nI hope this helps!");
  CHECK_FALSE(early.passed);
  CHECK(early.note.find("not on the last line") != std::string::npos);
  CHECK_FALSE(check("next_step", "").passed);
}

TEST_CASE("words counts words, not marks") {
  CHECK(check("words", "one two - three ** 4", 4, 4).passed);
  CHECK(check("words", "one", 2, 0).note == "1 of at least 2 words");
  CHECK(check("words", "one two three", 0, 2).note == "3 of at most 2 words");
  CHECK(check("words", "caf\xC3\xA9 \xE4\xBD\xA0", 2, 2).passed);
}

TEST_CASE("contains and not_contains ignore case") {
  CHECK(check("contains", "OKRs and KPIs", 0, 0, "okr").passed);
  CHECK_FALSE(check("contains", "goals", 0, 0, "okr").passed);
  CHECK(check("not_contains", "goals", 0, 0, "as an ai").passed);
  CHECK_FALSE(check("not_contains", "As an AI, I cannot", 0, 0, "as an ai").passed);
}

TEST_CASE("pattern is a Perl-compatible regular expression over Unicode") {
  CHECK(check("pattern", "x\n## Plan\n", 0, 0, "(?m)^## Plan$").passed);
  CHECK(check("pattern", "\xC3\x84rger", 0, 0, "(?i)^\xC3\xA4rger$").passed);
  CHECK_FALSE(check("pattern", "x", 0, 0, "y").passed);
}

TEST_CASE("a pattern that explodes is given up within seconds") {
  const auto start = std::chrono::steady_clock::now();
  const CheckResult result = check("pattern", std::string(60, 'a') + "b", 0, 0, "^(a+)+$");
  CHECK_FALSE(result.passed);
  CHECK(result.note.find("takes too long") != std::string::npos);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
}

TEST_CASE("long and hostile answers are read quickly and without fault") {
  const auto start = std::chrono::steady_clock::now();
  std::string long_answer;
  for (int i = 0; i < 20000; ++i) long_answer += "As a user I want as a user ";
  const std::string odd_bytes = "\xFF\xFE**\n#\n*\n-\n1.\n\xC3";
  for (const char* kind : {"user_story", "acceptance_criteria", "sections", "numbered_list", "next_step"})
    for (const std::string& answer :
         {long_answer, odd_bytes, std::string(100000, '\n'), std::string(100000, '#'), std::string("\0x", 2)}) {
      CAPTURE(kind);
      CHECK_NOTHROW(check(kind, answer, 1));
    }
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(20));
}

TEST_CASE("wrong checks are refused in words") {
  CHECK(code_of({"user_storey", "", "", 0, 0}) == Code::invalid_argument);
  CHECK(code_of({"contains", "", "", 0, 0}) == Code::invalid_argument);
  CHECK(code_of({"pattern", "", "(", 0, 0}) == Code::invalid_argument);
  CHECK(code_of({"pattern", "", std::string(5000, 'x'), 0, 0}) == Code::invalid_argument);
  CHECK(code_of({"words", "", "", 5, 4}) == Code::invalid_argument);
  CHECK(code_of({"words", "", "", 0, 0}) == Code::invalid_argument);
  try {
    run_check({"user_storey", "", "", 0, 0}, "");
  } catch (const Error& error) {
    CHECK(std::string(error.what()).find("Did you mean \"user_story\"?") != std::string::npos);
  }
}
