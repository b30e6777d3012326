#include <doctest/doctest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <limits>
#include <pmtune/error.hpp>
#include <pmtune/evaluator.hpp>
#include <string>

#include "base/atomic_file.hpp"
#include "base/fail.hpp"
#include "eval/report.hpp"
#include "unit/errors.hpp"

using namespace pmtune;
using namespace pmtune::test;

namespace {

const double nan_value = std::numeric_limits<double>::quiet_NaN();

EvalReport sample() {
  EvalReport report;
  report.suite = "mine";
  report.created = "2026-01-02T03:04:05Z";
  report.prompts = {{"p-1", "One", "Say <b>hello</b> & \"bye\"", {{"words", "length", "", 1, 9}}},
                    {"p-2", "Two", "Why?", {}}};
  for (const char* label : {"base", "tuned"}) {
    EvalArm arm;
    arm.label = label;
    arm.model = "m<1>";
    arm.answers = {{"p-1",
                    "<script>alert(1)</script> '\x01",
                    {{"length", true, "2 of 1 to 9 words"}},
                    1,
                    12,
                    0.5,
                    FinishReason::length},
                   {"p-2", "", {}, 0, 0, 0, FinishReason::stop}};
    arm.held_out = {{1.5, 10}, {nan_value, 0}};
    arm.held_out_loss = 1.5;
    arm.perplexity = std::exp(1.5);
    arm.format_score = 1;
    report.arms.push_back(arm);
  }
  report.verdict.sentence = "A < B";
  report.ratings = {{"p-1", "tuned", "Ann", 4, 5, 0, 4, 5, "<i>fine</i>"},
                    {"p-1", "tuned", "Ben", 5, 5, 0, 4, 5, ""}};
  TrainProgress start;
  start.event = TrainEvent::started;
  start.loss = nan_value;
  start.validation_loss = 2.5;
  report.history.push_back(start);
  for (int step = 1; step <= 20; ++step) {
    TrainProgress p;
    p.step = step;
    p.loss = 2.0 / step;
    p.validation_loss = nan_value;
    report.history.push_back(p);
  }
  TrainProgress epoch;
  epoch.event = TrainEvent::epoch;
  epoch.step = 20;
  epoch.loss = 0.7;
  epoch.validation_loss = 1.2;
  epoch.epoch_losses = {2, 1, 0.5, 0.2};
  report.history.push_back(epoch);
  report.notes = {"careful <now>"};
  return report;
}

struct TempFile {
  std::string path =
      (std::filesystem::temp_directory_path() / concat("pmtune-report-", ::getpid(), ".json")).string();
  ~TempFile() { std::filesystem::remove(path); }
};

std::string load_error(const std::string& text) {
  const TempFile file;
  write_file_atomically(file.path, text);
  return error_of([&] { EvalReport::load(file.path); });
}

}  // namespace

TEST_CASE("a report comes back from its JSON whole, NaN as null") {
  const TempFile file;
  const EvalReport report = sample();
  report.save(file.path);
  const EvalReport again = EvalReport::load(file.path);
  CHECK(again.to_json() == report.to_json());
  CHECK(std::isnan(again.arms[0].held_out[1].loss));
  CHECK(std::isnan(again.history[0].loss));
  CHECK(again.arms[1].answers[0].finish == FinishReason::length);
  CHECK(again.history.back().epoch_losses.size() == 4);
  CHECK(again.ratings[0].comment == "<i>fine</i>");
  CHECK(again.prompts[0].checks[0].most == 9);
}

TEST_CASE("bytes that are no UTF-8 do not stop a report from being written") {
  EvalReport report = sample();
  report.arms[0].answers[0].text = "cut \xE4\xBD";
  CHECK(has(report.to_json(), "cut \xEF\xBF\xBD"));
  CHECK(has(report.to_html(), "cut \xEF\xBF\xBD"));
}

TEST_CASE("a file that is no report is refused in words") {
  CHECK(has(load_error("{}"), "is not a pmtune evaluation report"));
  CHECK(has(load_error("{"), "corrupt"));
  CHECK(has(load_error(R"({"format": "pmtune-eval-report", "version": 99})"), "newer pmtune"));
  CHECK(has(load_error(R"({"format": "pmtune-eval-report", "version": 1})"), "lacks \"suite\""));
  std::string text = sample().to_json();
  text.replace(text.find("\"accuracy\": 4"), 13, "\"accuracy\": 9");
  CHECK(has(load_error(text), "1 to 5"));
  text = sample().to_json();
  text.replace(text.find("\"finish\": \"length\""), 18, "\"finish\": \"later\"");
  CHECK(has(load_error(text), "stop, length or cancelled"));
}

TEST_CASE("the page shows everything and trusts nothing") {
  const std::string page = sample().to_html();
  for (const char* part :
       {"m&lt;1&gt;", "A &lt; B", "&lt;script&gt;alert(1)&lt;/script&gt; &#39;\xEF\xBF\xBD",
        "Say &lt;b&gt;hello&lt;/b&gt; &amp; &quot;bye&quot;", "&lt;i&gt;fine&lt;/i&gt;", "careful &lt;now&gt;",
        "cut off at 12 tokens", "(no text)", "<svg class=\"curve\"", "Accuracy", "Content-Security-Policy"}) {
    CAPTURE(part);
    CHECK(has(page, part));
  }
  for (const char* part : {"<script", "<b>hello", "<i>fine", "http://", "https://", "src=", "@import", "url("}) {
    CAPTURE(part);
    CHECK_FALSE(has(page, part));
  }
}

TEST_CASE("the page of a single arm, and of an empty report") {
  EvalReport report = sample();
  report.arms.pop_back();
  CHECK(has(report.to_html(), "Measured, not compared"));
  CHECK_NOTHROW(EvalReport{}.to_html());
  CHECK_NOTHROW(EvalReport{}.to_text());
  CHECK_NOTHROW(EvalReport{}.to_json());
}

TEST_CASE("the curve leaves out what cannot be drawn") {
  CHECK(eval::loss_curve_svg({}).empty());
  TrainProgress bad;
  bad.loss = nan_value;
  bad.validation_loss = nan_value;
  CHECK(eval::loss_curve_svg({bad, bad, bad}).empty());
  const std::string svg = eval::loss_curve_svg(sample().history);
  CHECK(has(svg, "loss (nats per token)"));
  CHECK(has(svg, "training steps"));
  CHECK(has(svg, "validation"));
  CHECK_FALSE(has(svg, "nan"));
  std::vector<TrainProgress> long_history(100000);
  for (std::size_t i = 0; i < long_history.size(); ++i) {
    long_history[i].step = static_cast<std::int64_t>(i) + 1;
    long_history[i].loss = 1;
  }
  CHECK(eval::loss_curve_svg(long_history).size() < 20000);
}

TEST_CASE("scores by name; ratings as means; what was not measured is absent") {
  EvalReport report = sample();
  report.arms[0].held_out_loss = report.arms[0].perplexity = nan_value;
  std::map<std::string, double> scores;
  for (const auto& [name, value] : report.scores()) scores[name] = value;
  CHECK(scores.at("format_score_base") == 1);
  CHECK(scores.at("held_out_loss_tuned") == 1.5);
  CHECK(scores.count("held_out_loss_base") == 0);
  CHECK(scores.at("rating_tuned") == doctest::Approx((4 + 5 + 4 + 5 + 5 + 5 + 4 + 5) / 8.0));
  CHECK(scores.count("rating_base") == 0);
}

TEST_CASE("the text for a terminal carries no control characters of the models") {
  EvalReport report = sample();
  report.arms[0].model = "evil\x1b[2J";
  const std::string text = report.to_text();
  CHECK_FALSE(has(text, "\x1b"));
  CHECK(has(text, "format score"));
  CHECK(has(text, "careful <now>"));
}
