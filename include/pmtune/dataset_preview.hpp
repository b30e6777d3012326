// What a model will be taught, before anything is trained: every example as the model sees it, with the tokens that
// are taught, what the context length would cut off, and the proof that each answer ends on a token at which the
// model stops.
//
//   Dataset data = Dataset::load("examples/dataset.jsonl");
//   Model model = Model::load("smollm2-135m-instruct");
//   DatasetPreview preview = DatasetPreview::of(model, data);
//   std::cout << preview.to_text(2);                                  // one screen, and the first two examples
//   preview.save_html("preview.html");                                // all examples, one file, no network
//   if (preview.answers_proved < preview.answers) ...                 // an answer that does not teach where to stop
//
// Needs the model's tokenizer and chat template only; nothing is computed with its weights. The same function renders
// the examples here and in training (Model::encode), so what is shown is what is taught.
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

struct PreviewOptions {
  std::int64_t context_length = 4096;
};
template <class Visit>
void fields(PreviewOptions& options, Visit&& visit) {
  visit(Field("context_length",
              "the longest example that training will take, prompt and answer together; the model's own limit holds "
              "where it is less")
            .range(8, 1048576)
            .in("tokens"),
        options.context_length);
}

// Neighbouring tokens that share one fate. Runs follow each other without a gap; their texts joined are the example
// as the model sees it, control tokens included. A character whose bytes lie in two runs stands in the later one.
struct PreviewRun {
  std::string text;         // UTF-8
  std::int64_t tokens = 0;  // may be taken by a character of the next run: text may be empty
  bool taught = false;
  bool cut = false;  // behind the context length: it would not be seen
};

// One answer that is taught, and how it ends.
struct PreviewAnswer {
  std::int64_t turn = 0;          // its message in the example, from 1
  std::int64_t tokens = 0;        // taught, the end included
  std::int64_t tokens_cut = 0;    // of these, behind the context length
  std::int32_t end_token = -1;    // the last token that is taught
  std::string end_text;           // "<|im_end|>"
  std::int64_t end_position = 0;  // in the example, from 0
  bool end_is_taught = false;     // it is in the mask
  bool end_stops = false;         // it is one of the tokens at which this model ends an answer
  // It lies behind the context length: taught in the last part of a divided example (long_examples "split"), lost
  // where examples are truncated.
  bool end_is_cut = false;

  bool proved() const { return end_is_taught && end_stops; }
};

struct ExamplePreview {
  std::size_t index = 0;  // in the dataset, from 0
  std::string origin;     // as in Example
  std::int64_t line = 0;
  std::string error;  // one sentence, when the model's chat template or tokenizer refuses the example; the rest is
                      // empty then, and training would refuse it with the same sentence
  std::int64_t tokens = 0;
  std::int64_t taught = 0;      // tokens of answers and their ends
  std::int64_t tokens_cut = 0;  // behind the context length
  std::int64_t taught_cut = 0;  // of these, taught
  std::vector<PreviewRun> runs;
  std::vector<PreviewAnswer> answers;
};

struct PreviewBar {
  std::int64_t from = 0, to = 0;  // tokens, both included; to is -1 where the last bar is open
  std::int64_t count = 0;
};
// Five to ten bars of a round width. What lies beyond four times the median is in one open bar, so that a single long
// example does not press all others into the first.
struct PreviewHistogram {
  std::vector<PreviewBar> bars;
  std::int64_t least = 0, most = 0, total = 0;
  double median = 0;
};

// How to_text() marks what is taught and what is cut; a terminal may have colours instead.
struct PreviewMarks {
  std::string taught_begin = "[[", taught_end = "]]";
  std::string cut_begin = "{{cut: ", cut_end = "}}";
  std::string title_begin, title_end;
};

struct PMTUNE_API DatasetPreview {
  std::string model;                     // its name
  std::int64_t context_length = 0;       // that holds: the option's or the model's own
  std::vector<ExamplePreview> examples;  // in the order of the dataset
  std::vector<std::string> stop_tokens;  // at which the model ends an answer
  PreviewHistogram example_tokens, answer_tokens;
  std::int64_t taught = 0;          // tokens in all
  std::int64_t answers = 0;         // that are taught
  std::int64_t answers_proved = 0;  // whose end is taught and stops the model
  std::int64_t answers_cut = 0;     // that lose tokens to the context length
  std::int64_t too_long = 0;        // examples longer than the context length
  std::int64_t tokens_cut = 0;
  std::int64_t refused = 0;  // examples with an error

  // Never throws for what an example contains. Throws invalid_argument for a bad option, unsupported for a model
  // without chat template.
  static DatasetPreview of(const Model& model, const Dataset& data, const PreviewOptions& options = {});

  // One screen: figures, histograms, what is wrong; then the first `count` examples. Control, direction-changing and
  // invisible characters are written out, so that no example can rewrite the terminal.
  std::string to_text(std::size_t count = 1, const PreviewMarks& marks = {}) const;
  std::string to_json() const;
  // Self-contained: styles inside, no scripts, light and dark; what is taught is underlined as well as coloured.
  std::string to_html() const;
  void save_html(const std::string& path) const;  // atomically
};
PMTUNE_API std::ostream& operator<<(std::ostream& out, const DatasetPreview& preview);

}  // namespace pmtune
