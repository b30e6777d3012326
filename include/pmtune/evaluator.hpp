// Did it get better? Asks base and tuned model the same questions, checks the form of the answers, measures the loss
// on examples that were held out, and says better, worse, or cannot tell.
//
//   EvalReport report = Evaluator().compare(base, result.model);
//   std::cout << report.verdict.sentence << '\n';
//   report.save_html("report.html");                                // one file, no network, answers side by side
//
// An Evaluator holds only its settings; share it between threads freely.
#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

#include <pmtune/dataset.hpp>
#include <pmtune/error.hpp>
#include <pmtune/export.hpp>
#include <pmtune/lora_trainer.hpp>
#include <pmtune/model.hpp>

namespace pmtune {

// A deterministic check of an answer's form.
struct FormatCheck {
  // user_story ("As a ..., I want ..., so that ..."), acceptance_criteria, sections (at least `least` headings),
  // numbered_list (at least `least` items), next_step, words (between `least` and `most`), contains, not_contains,
  // pattern (PCRE2, in `text`)
  std::string kind;
  std::string label;  // for the report, e.g. "acceptance criteria"
  std::string text;
  std::int64_t least = 0;
  std::int64_t most = 0;
};

struct EvalPrompt {
  std::string id;  // "format-1"
  std::string
      category;  // "Format consistency", "Domain knowledge", "Contextual understanding", "Creative problem-solving"
  std::string prompt;
  std::vector<FormatCheck> checks;
};

struct CheckResult {
  std::string label;
  bool passed = false;
  std::string note;  // "3 of at least 2 headings"
};

struct EvalAnswer {
  std::string prompt_id;
  std::string text;
  std::vector<CheckResult> checks;
  double score = 0;  // part of the checks passed, 0 to 1
  std::int64_t tokens = 0;
  double seconds = 0;
  FinishReason finish = FinishReason::stop;
};

// A person's rating of one answer on the guide's rubric, each 1 to 5; 0 = not rated.
struct Rating {
  std::string prompt_id;
  std::string arm;  // "base" or "tuned"
  std::string rater;
  int accuracy = 0, format = 0, relevance = 0, completeness = 0, tone = 0;
  std::string comment;
};

struct EvalArm {
  std::string label;                  // "base", "tuned"
  std::string model;                  // the model's name, with its adapter's
  std::vector<EvalAnswer> answers;    // in the order of EvalReport::prompts
  std::vector<ExampleLoss> held_out;  // one an example; empty when nothing is held out
  double held_out_loss = 0;           // NaN when nothing is held out
  double perplexity = 0;              // exp(held_out_loss)
  double format_score = 0;            // mean score of the answers, 0 to 1
};

enum class Outcome : int { cannot_tell = 0, better = 1, worse = -1 };
PMTUNE_API const char* to_string(Outcome outcome) noexcept;

// By paired, exact tests (sign test, two-sided, 5 %): prompts whose form improved against those where it got worse,
// and held-out examples whose loss fell against those where it rose. With few prompts the honest answer is often
// "cannot tell".
struct Verdict {
  Outcome outcome = Outcome::cannot_tell;
  std::string sentence;
  std::int64_t wins = 0, ties = 0, losses = 0;  // prompts, by format score
  double p_value = 1;
  std::int64_t loss_wins = 0, loss_losses = 0;  // held-out examples, by loss
  double loss_p_value = 1;
  std::int64_t more_prompts_needed =
      0;  // about how many more would decide, at the rate seen; 0 when decided or unknown
};

struct PMTUNE_API EvalReport {
  std::string suite;
  std::string created;  // ISO 8601, UTC
  std::vector<EvalPrompt> prompts;
  std::vector<EvalArm> arms;  // one (run) or two: base, tuned (compare)
  Verdict verdict;
  std::vector<Rating> ratings;
  std::vector<TrainProgress> history;  // of the tuned model, for the loss curve; may be empty
  std::vector<std::string> notes;      // what a careful reader should know of these figures

  // "format_score_base", "format_score_tuned", "held_out_loss_base", ...
  std::vector<std::pair<std::string, double>> scores() const;

  std::string to_json() const;
  std::string to_html() const;  // self-contained: styles, curve (SVG) and answers inside, nothing fetched
  std::string to_text() const;  // for a terminal
  void save(const std::string& path) const;       // JSON, atomically
  void save_html(const std::string& path) const;  // atomically
  static EvalReport load(const std::string& path);
};
PMTUNE_API std::ostream& operator<<(std::ostream& out, const EvalReport& report);

struct EvalOptions {
  std::int64_t max_tokens = 400;
  double temperature = 0;
  double repetition_penalty = 1.1;
  std::uint64_t seed = 0;
  std::string system;
};
template <class Visit>
void fields(EvalOptions& options, Visit&& visit) {
  visit(Field("max_tokens", "the most tokens of one answer").range(1, 1048576).in("tokens"), options.max_tokens);
  visit(Field("temperature", "0 makes the comparison repeatable").range(0, 100), options.temperature);
  visit(Field("repetition_penalty",
              "for both models alike; without it, small models repeat one line until the end; 1 switches off")
            .above(0, 10),
        options.repetition_penalty);
  visit(Field("seed", "for temperatures above 0").range(0, 1.8446744073709552e19), options.seed);
  visit(Field("system", "system prompt for every question; empty takes the one that the tuned model was taught with"),
        options.system);
}

struct EvalProgress {
  std::string arm;
  std::int64_t done = 0, of = 0;  // prompts
};
using EvalCallback = std::function<Control(const EvalProgress&)>;

class PMTUNE_API Evaluator {
 public:
  // suite: "product-management" (the guide's four categories), or the path of a JSON file with prompts and checks.
  explicit Evaluator(const std::string& suite = "product-management", const EvalOptions& options = {});

  const std::vector<EvalPrompt>& prompts() const { return prompts_; }

  // held_out: nullptr takes the examples that the tuned model's training held out. The callback runs on the calling
  // thread after each answer; Control::stop throws cancelled.
  EvalReport run(const Model& model, const Dataset* held_out = nullptr, const EvalCallback& progress = {}) const;
  EvalReport compare(const Model& base, const Model& tuned, const Dataset* held_out = nullptr,
                     const EvalCallback& progress = {}) const;

  // Questions that do not belong to product management, and how far the tuned model's answers to them drifted.
  double forgetting(const Model& base, const Model& tuned) const;  // unsupported yet

  // A local model rates the answers by the rubric; counts only after its agreement with a person's ratings is shown.
  EvalReport judge(const EvalReport& report, const Model& judge) const;  // unsupported yet

 private:
  std::string suite_;
  std::vector<EvalPrompt> prompts_;
  EvalOptions options_;
};

// The checks by themselves, e.g. for an application's own gate.
PMTUNE_API CheckResult run_check(const FormatCheck& check, const std::string& answer);

}  // namespace pmtune
