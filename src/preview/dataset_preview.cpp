// One example as runs and answers: the ids and the mask of the rendering that training uses, and nothing else.
#include "pmtune/dataset_preview.hpp"

#include <algorithm>
#include <ostream>

#include "base/atomic_file.hpp"
#include "base/options.hpp"
#include "base/utf8.hpp"
#include "model/impl.hpp"
#include "preview/histogram.hpp"

namespace pmtune {
namespace preview {
namespace {

bool stops(const text::Tokenizer& tokenizer, std::int32_t id) {
  const std::vector<text::TokenId>& tokens = tokenizer.stop_tokens();
  return std::find(tokens.begin(), tokens.end(), id) != tokens.end();
}

std::string shown(std::string_view bytes) { return replace_invalid_utf8(bytes); }

// Messages that are taught, from 1, in order: each is one answer of the mask.
std::vector<std::int64_t> taught_turns(const std::vector<Message>& messages) {
  std::vector<std::int64_t> turns;
  for (std::size_t i = 0; i < messages.size(); ++i)
    if (messages[i].role == "assistant" && messages[i].weight != 0) turns.push_back(static_cast<std::int64_t>(i) + 1);
  return turns;
}

class Reader {
 public:
  Reader(const text::Tokenizer& tokenizer, const text::Rendered& rendered, std::int64_t limit)
      : tokenizer_(tokenizer), rendered_(rendered), limit_(limit) {}

  void read(const std::vector<Message>& messages, ExamplePreview& example) const {
    example.tokens = size();
    example.tokens_cut = std::max<std::int64_t>(0, size() - limit_);
    example.runs = runs();
    example.answers = answers(taught_turns(messages));
    for (const PreviewAnswer& answer : example.answers) {
      example.taught += answer.tokens;
      example.taught_cut += answer.tokens_cut;
    }
  }

 private:
  std::int64_t size() const { return static_cast<std::int64_t>(rendered_.ids.size()); }
  std::int32_t id(std::int64_t t) const { return rendered_.ids[static_cast<std::size_t>(t)]; }
  bool taught(std::int64_t t) const { return rendered_.mask[static_cast<std::size_t>(t)] != 0; }
  bool is_cut(std::int64_t t) const { return t >= limit_; }

  // Bytes of a character that a run ends within go on to the next one, which completes it.
  std::vector<PreviewRun> runs() const {
    std::vector<PreviewRun> runs;
    std::string carried;
    for (std::int64_t t = 0; t < size();) {
      PreviewRun run;
      run.taught = taught(t);
      run.cut = is_cut(t);
      std::string bytes = std::move(carried);
      for (; t < size() && taught(t) == run.taught && is_cut(t) == run.cut; ++t, ++run.tokens)
        bytes += tokenizer_.bytes(id(t));
      const std::size_t whole = t < size() ? whole_characters(bytes) : bytes.size();
      carried = bytes.substr(whole);
      run.text = shown(std::string_view(bytes).substr(0, whole));
      runs.push_back(std::move(run));
    }
    return runs;
  }

  std::vector<PreviewAnswer> answers(const std::vector<std::int64_t>& turns) const {
    std::vector<PreviewAnswer> answers;
    for (std::int64_t t = 0; t < size();) {
      if (!taught(t)) {
        ++t;
        continue;
      }
      const std::int64_t begin = t;
      while (t < size() && taught(t)) ++t;
      answers.push_back(answer(begin, t));
      if (answers.size() <= turns.size()) answers.back().turn = turns[answers.size() - 1];
    }
    return answers;
  }

  PreviewAnswer answer(std::int64_t begin, std::int64_t end) const {
    PreviewAnswer answer;
    answer.tokens = end - begin;
    answer.tokens_cut = std::max<std::int64_t>(0, end - std::max(begin, limit_));
    answer.end_position = end - 1;
    answer.end_token = id(end - 1);
    answer.end_text = shown(tokenizer_.bytes(answer.end_token));
    answer.end_is_taught = taught(end - 1);
    answer.end_is_cut = is_cut(end - 1);
    answer.end_stops = stops(tokenizer_, answer.end_token);
    return answer;
  }

  const text::Tokenizer& tokenizer_;
  const text::Rendered& rendered_;
  std::int64_t limit_;
};

ExamplePreview read_example(const Model& model, const Example& example, std::size_t index, std::int64_t limit) {
  ExamplePreview preview;
  preview.index = index;
  preview.origin = example.origin;
  preview.line = example.line;
  try {
    const text::Rendered rendered = model.impl().render(example.messages, false);
    Reader(model.impl().tokenizer(), rendered, limit).read(example.messages, preview);
  } catch (const Error& error) {
    if (error.code() == Code::out_of_memory) throw;
    preview.error = error.what();
    return preview;
  }
  if (preview.answers.empty())
    preview.error = "It teaches nothing: no answer has a weight above 0; give one weight 1, or remove the example.";
  return preview;
}

void add_up(DatasetPreview& preview) {
  std::vector<std::int64_t> examples, answers;
  for (const ExamplePreview& example : preview.examples) {
    if (!example.error.empty()) ++preview.refused;
    if (example.tokens == 0) continue;
    examples.push_back(example.tokens);
    preview.taught += example.taught;
    preview.too_long += example.tokens_cut > 0;
    preview.tokens_cut += example.tokens_cut;
    for (const PreviewAnswer& answer : example.answers) {
      answers.push_back(answer.tokens);
      ++preview.answers;
      preview.answers_proved += answer.proved();
      preview.answers_cut += answer.tokens_cut > 0;
    }
  }
  preview.example_tokens = histogram_of(std::move(examples));
  preview.answer_tokens = histogram_of(std::move(answers));
}

}  // namespace
}  // namespace preview

DatasetPreview DatasetPreview::of(const Model& model, const Dataset& data, const PreviewOptions& options) {
  validate_options(options);
  model.impl().require_chat_template();
  DatasetPreview preview;
  preview.model = model.info().name;
  preview.context_length = std::min(options.context_length, model.info().context_length);
  const text::Tokenizer& tokenizer = model.impl().tokenizer();
  for (const text::TokenId id : tokenizer.stop_tokens())
    preview.stop_tokens.push_back(replace_invalid_utf8(tokenizer.bytes(id)));
  for (std::size_t i = 0; i < data.size(); ++i)
    preview.examples.push_back(preview::read_example(model, data[i], i, preview.context_length));
  preview::add_up(preview);
  return preview;
}

void DatasetPreview::save_html(const std::string& path) const { write_file_atomically(path, to_html()); }

std::ostream& operator<<(std::ostream& out, const DatasetPreview& preview) { return out << preview.to_text(); }

}  // namespace pmtune
