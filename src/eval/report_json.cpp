// A report as JSON and back. Numbers that were not measured are null there and NaN here.
#include <cmath>

#include "base/atomic_file.hpp"
#include "base/fail.hpp"
#include "eval/json_reader.hpp"
#include "eval/report.hpp"

namespace pmtune {
namespace eval {
namespace {

constexpr const char* report_format = "pmtune-eval-report";
constexpr int report_version = 1;

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

template <class Items, class Make>
Json list_of(const Items& items, Make make) {
  Json list = Json::array();
  for (const auto& item : items) list.push_back(make(item));
  return list;
}

// --- writing

Json check_json(const FormatCheck& check) {
  return {{"kind", check.kind},
          {"label", check.label},
          {"text", check.text},
          {"least", check.least},
          {"most", check.most}};
}
Json prompt_json(const EvalPrompt& prompt) {
  return {{"id", prompt.id},
          {"category", prompt.category},
          {"prompt", prompt.prompt},
          {"checks", list_of(prompt.checks, check_json)}};
}
Json result_json(const CheckResult& result) {
  return {{"label", result.label}, {"passed", result.passed}, {"note", result.note}};
}
const char* finish_name(FinishReason finish) {
  switch (finish) {
    case FinishReason::length: return "length";
    case FinishReason::cancelled: return "cancelled";
    case FinishReason::stop: break;
  }
  return "stop";
}
Json answer_json(const EvalAnswer& answer) {
  return {{"prompt_id", answer.prompt_id},
          {"text", answer.text},
          {"checks", list_of(answer.checks, result_json)},
          {"score", number(answer.score)},
          {"tokens", answer.tokens},
          {"seconds", number(answer.seconds)},
          {"finish", finish_name(answer.finish)}};
}
Json loss_json(const ExampleLoss& loss) { return {{"loss", number(loss.loss)}, {"tokens", loss.tokens}}; }
Json arm_json(const EvalArm& arm) {
  return {{"label", arm.label},
          {"model", arm.model},
          {"format_score", number(arm.format_score)},
          {"held_out_loss", number(arm.held_out_loss)},
          {"perplexity", number(arm.perplexity)},
          {"held_out", list_of(arm.held_out, loss_json)},
          {"answers", list_of(arm.answers, answer_json)}};
}
Json verdict_json(const Verdict& verdict) {
  return {{"outcome", to_string(verdict.outcome)},
          {"sentence", verdict.sentence},
          {"wins", verdict.wins},
          {"ties", verdict.ties},
          {"losses", verdict.losses},
          {"p_value", number(verdict.p_value)},
          {"loss_wins", verdict.loss_wins},
          {"loss_losses", verdict.loss_losses},
          {"loss_p_value", number(verdict.loss_p_value)},
          {"more_prompts_needed", verdict.more_prompts_needed}};
}
Json rating_json(const Rating& rating) {
  return {{"prompt_id", rating.prompt_id},       {"arm", rating.arm},       {"rater", rating.rater},
          {"accuracy", rating.accuracy},         {"format", rating.format}, {"relevance", rating.relevance},
          {"completeness", rating.completeness}, {"tone", rating.tone},     {"comment", rating.comment}};
}
Json progress_json(const TrainProgress& p) {
  return {{"event", static_cast<int>(p.event)},
          {"epoch", p.epoch},
          {"epochs", p.epochs},
          {"step", p.step},
          {"steps", p.steps},
          {"loss", number(p.loss)},
          {"validation_loss", number(p.validation_loss)},
          {"learning_rate", number(p.learning_rate)},
          {"grad_norm", number(p.grad_norm)},
          {"tokens", p.tokens},
          {"tokens_per_second", number(p.tokens_per_second)},
          {"examples_per_minute", number(p.examples_per_minute)},
          {"seconds", number(p.seconds)},
          {"seconds_left", number(p.seconds_left)},
          {"peak_memory", p.peak_memory},
          {"epoch_losses", list_of(p.epoch_losses, number)}};
}

// --- reading

FormatCheck read_check(const JsonReader& json) {
  return {json.text("kind"), json.text("label"), json.text("text"), json.whole("least"), json.whole("most")};
}
EvalPrompt read_prompt(const JsonReader& json) {
  return {json.text("id"), json.text("category"), json.text("prompt"), json.each("checks", "check", read_check)};
}
CheckResult read_result(const JsonReader& json) {
  return {json.text("label"), json.truth("passed"), json.text("note")};
}

FinishReason read_finish(const JsonReader& json) {
  const std::string name = json.text("finish");
  for (const FinishReason finish : {FinishReason::stop, FinishReason::length, FinishReason::cancelled})
    if (name == finish_name(finish)) return finish;
  fail(Code::corrupt, "\"finish\" in ", json.where(), " is \"", name, "\"; it must be stop, length or cancelled.");
}
EvalAnswer read_answer(const JsonReader& json) {
  return {json.text("prompt_id"), json.text("text"),    json.each("checks", "check", read_result),
          json.number("score"),   json.whole("tokens"), json.number("seconds"),
          read_finish(json)};
}
ExampleLoss read_loss(const JsonReader& json) { return {json.number("loss"), json.whole("tokens")}; }
EvalArm read_arm(const JsonReader& json) {
  return {json.text("label"),
          json.text("model"),
          json.each("answers", "answer", read_answer),
          json.each("held_out", "held-out example", read_loss),
          json.number("held_out_loss"),
          json.number("perplexity"),
          json.number("format_score")};
}

Outcome read_outcome(const JsonReader& json) {
  const std::string name = json.text("outcome");
  for (const Outcome outcome : {Outcome::cannot_tell, Outcome::better, Outcome::worse})
    if (name == to_string(outcome)) return outcome;
  fail(Code::corrupt, "\"outcome\" in ", json.where(), " is \"", name,
       "\"; it must be better, worse or cannot_tell.");
}
Verdict read_verdict(const JsonReader& json) {
  return {read_outcome(json),          json.text("sentence"),
          json.whole("wins"),          json.whole("ties"),
          json.whole("losses"),        json.number("p_value"),
          json.whole("loss_wins"),     json.whole("loss_losses"),
          json.number("loss_p_value"), json.whole("more_prompts_needed")};
}

Rating read_rating(const JsonReader& json) {
  Rating rating;
  rating.prompt_id = json.text("prompt_id");
  rating.arm = json.text("arm");
  rating.rater = json.text_or("rater", "");
  rating.comment = json.text_or("comment", "");
  const std::pair<const char*, int Rating::*> criteria[] = {{"accuracy", &Rating::accuracy},
                                                            {"format", &Rating::format},
                                                            {"relevance", &Rating::relevance},
                                                            {"completeness", &Rating::completeness},
                                                            {"tone", &Rating::tone}};
  for (const auto& [name, member] : criteria) {
    const std::int64_t value = json.whole_or(name, 0);
    if (value < 0 || value > 5)
      fail(Code::corrupt, "\"", name, "\" in ", json.where(), " is ", value,
           "; a rating is 1 to 5, or 0 for not rated.");
    rating.*member = static_cast<int>(value);
  }
  return rating;
}

TrainProgress read_progress(const JsonReader& json) {
  const std::int64_t event = json.whole("event");
  if (event < 0 || event > 3)
    fail(Code::corrupt, "\"event\" in ", json.where(), " is ", event, "; it must be 0 to 3.");
  TrainProgress p;
  p.event = static_cast<TrainEvent>(event);
  p.epoch = json.whole("epoch");
  p.epochs = json.whole("epochs");
  p.step = json.whole("step");
  p.steps = json.whole("steps");
  p.loss = json.number("loss");
  p.validation_loss = json.number("validation_loss");
  p.learning_rate = json.number("learning_rate");
  p.grad_norm = json.number("grad_norm");
  p.tokens = json.whole("tokens");
  p.tokens_per_second = json.number("tokens_per_second");
  p.examples_per_minute = json.number("examples_per_minute");
  p.seconds = json.number("seconds");
  p.seconds_left = json.number("seconds_left");
  p.peak_memory = json.whole("peak_memory");
  p.epoch_losses = json.numbers("epoch_losses");
  return p;
}

EvalReport read_report(const Json& root, const std::string& path) {
  const JsonReader json(root, path, Code::corrupt);
  if (json.text_or("format", "") != report_format)
    fail(Code::corrupt, path,
         " is not a pmtune evaluation report; give a file that was written by EvalReport::save.");
  if (json.whole("version") > report_version)
    fail(Code::unsupported, path, " was written by a newer pmtune (report version ", json.whole("version"),
         "); update pmtune.");
  EvalReport report;
  report.suite = json.text("suite");
  report.created = json.text("created");
  report.prompts = json.each("prompts", "prompt", read_prompt);
  report.arms = json.each("arms", "arm", read_arm);
  report.verdict = read_verdict(json.object("verdict"));
  report.ratings = json.each("ratings", "rating", read_rating);
  report.history = json.each("history", "entry of the history", read_progress);
  report.notes = json.texts("notes");
  return report;
}

}  // namespace
}  // namespace eval

std::string EvalReport::to_json() const {
  using namespace eval;
  const Json json = {{"format", report_format},
                     {"version", report_version},
                     {"suite", suite},
                     {"created", created},
                     {"verdict", verdict_json(verdict)},
                     {"prompts", list_of(prompts, prompt_json)},
                     {"arms", list_of(arms, arm_json)},
                     {"ratings", list_of(ratings, rating_json)},
                     {"history", list_of(history, progress_json)},
                     {"notes", notes}};
  // A model may be cut in the middle of a character; such bytes become U+FFFD.
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

EvalReport EvalReport::load(const std::string& path) {
  return eval::read_report(parse_json_or_throw(read_text_file(path), path), path);
}

}  // namespace pmtune
