// Which examples a model finds surprising, and what that may mean: "look at these five lines first".
//
//   Surprises surprises = rank_surprises(model.base(), data);
//   std::cout << surprises.to_text();                                 // five lines with reasons, most telling first
//   for (const ExampleSurprise& s : surprises.ranked)
//     for (const SurpriseReason& r : s.reasons) std::cout << s.line << ' ' << r.code << ' ' << r.message << '\n';
//
// Give it the base, before training: a fine-tuned model has seen the answers. Each example is read once with its own
// question; the beginning of each answer is read again behind a few other questions of the set, and behind all of
// them where the first few leave a doubt.
//
// These are hints from one small model, not findings. Every reason compares an example with the rest of the set, so
// with fewer than 8 examples only what is plain by itself is said.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

#include <pmtune/dataset.hpp>
#include <pmtune/export.hpp>
#include <pmtune/fields.hpp>
#include <pmtune/model.hpp>

namespace pmtune {

struct SurpriseOptions {
  std::int64_t context_length = 4096;
  std::int64_t compare_with = 4;
  std::int64_t compare_tokens = 64;
};
template <class Visit>
void fields(SurpriseOptions& options, Visit&& visit) {
  visit(Field("context_length",
              "tokens of an example behind this are not read; the model's own limit holds where it "
              "is less")
            .range(8, 1048576)
            .in("tokens"),
        options.context_length);
  visit(Field("compare_with", "other questions that each answer is tried with; 0 leaves that out").range(0, 64),
        options.compare_with);
  visit(Field("compare_tokens",
              "tokens of an answer's beginning that are compared: later ones follow from the "
              "answer's own beginning more than from the question")
            .range(8, 4096)
            .in("tokens"),
        options.compare_tokens);
}

// Words of an answer that stand side by side, and how unlikely they were to the model: the sum of their tokens'
// losses.
struct SurprisingSpan {
  std::string text;  // without the punctuation around it
  double nats = 0;
  std::int64_t turn = 0;     // message, from 1
  bool is_specific = false;  // a name or a figure that was not read before (see new_facts)
};

// code: answer_does_not_fit_question, new_facts, unusual or already_known (docs/surprises.md has the rules).
struct SurpriseReason {
  std::string code;
  std::string message;  // for a product manager
  std::string fix;
  double strength = 0;  // what they are ranked by within one code; 1 is just enough to be said
};

struct ExampleSurprise {
  std::size_t index = 0;  // in the dataset, from 0
  std::string origin;     // as in Example
  std::int64_t line = 0;
  std::string error;        // why it could not be measured; the rest is empty then
  double loss = 0;          // mean negative log-likelihood (nats) of the taught tokens, each after its own question
  std::int64_t tokens = 0;  // taught, within the context length
  double unusual = 0;       // robust z-score of the loss in the set; NaN below 8 examples
  // Of the beginning of the first taught answer (compare_tokens): its loss after its own question, and the mean over
  // other questions of the set; NaN when it was not compared.
  double own_loss = 0, other_loss = 0;
  double gain = 0;  // other_loss - own_loss: nats a token by which its own question helps
  std::int64_t questions_tried = 0;
  std::int64_t questions_better = 0;  // after which the answer is likelier than after its own
  std::int64_t best_question =
      -1;                     // index of the example whose question suits the answer best; -1: its own, or unknown
  double specific_share = 0;  // part of all its nats that lies in surprising names and figures, 0 to 1
  std::int64_t specific_words = 0;      // how many of these
  std::vector<SurprisingSpan> spans;    // the most surprising first, at most 8
  std::vector<SurpriseReason> reasons;  // the most telling first
};

struct PMTUNE_API Surprises {
  std::string model;
  std::vector<ExampleSurprise> ranked;  // those with reasons first, then by loss; one an example
  std::int64_t flagged = 0;             // with a reason
  double median_loss = 0;               // over the examples that could be measured; NaN without any
  double median_gain = 0;               // NaN when nothing was compared
  std::vector<std::string> notes;       // what a careful reader should know

  std::string to_text(std::size_t count = 5) const;
  std::string to_json() const;
};
PMTUNE_API std::ostream& operator<<(std::ostream& out, const Surprises& surprises);

struct SurpriseProgress {
  std::int64_t done = 0, of = 0;  // readings; `of` grows when answers in doubt are tried with all questions
};
using SurpriseCallback = std::function<Control(const SurpriseProgress&)>;

// The callback runs on the calling thread after each reading; Control::stop throws cancelled. Never throws for what
// an example contains. Throws invalid_argument for an empty set or a bad option, unsupported for a model without chat
// template, out_of_memory.
PMTUNE_API Surprises rank_surprises(const Model& model, const Dataset& data, const SurpriseOptions& options = {},
                                    const SurpriseCallback& progress = {});

}  // namespace pmtune
