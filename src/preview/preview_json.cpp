// A preview for a program: names as in the header.
#include "base/json.hpp"
#include "pmtune/dataset_preview.hpp"

namespace pmtune {
namespace preview {
namespace {

Json json_of(const PreviewRun& run) {
  return {{"text", run.text}, {"tokens", run.tokens}, {"taught", run.taught}, {"cut", run.cut}};
}

Json json_of(const PreviewAnswer& answer) {
  return {{"turn", answer.turn},
          {"tokens", answer.tokens},
          {"tokens_cut", answer.tokens_cut},
          {"end_token", answer.end_token},
          {"end_text", answer.end_text},
          {"end_position", answer.end_position},
          {"end_is_taught", answer.end_is_taught},
          {"end_stops", answer.end_stops},
          {"end_is_cut", answer.end_is_cut}};
}

Json json_of(const PreviewBar& bar) {
  return {{"from", bar.from}, {"to", bar.to < 0 ? Json() : Json(bar.to)}, {"count", bar.count}};
}

Json json_of(const ExamplePreview& example);  // below: it holds lists of the others

template <class Part>
Json list_of(const std::vector<Part>& parts) {
  Json list = Json::array();
  for (const Part& part : parts) list.push_back(json_of(part));
  return list;
}

Json json_of(const PreviewHistogram& histogram) {
  return {{"least", histogram.least},
          {"median", histogram.median},
          {"most", histogram.most},
          {"total", histogram.total},
          {"bars", list_of(histogram.bars)}};
}

Json json_of(const ExamplePreview& example) {
  return {{"index", example.index},
          {"origin", example.origin},
          {"line", example.line},
          {"error", example.error},
          {"tokens", example.tokens},
          {"taught", example.taught},
          {"tokens_cut", example.tokens_cut},
          {"taught_cut", example.taught_cut},
          {"runs", list_of(example.runs)},
          {"answers", list_of(example.answers)}};
}

}  // namespace
}  // namespace preview

std::string DatasetPreview::to_json() const {
  using namespace preview;
  const Json json{{"model", model},
                  {"context_length", context_length},
                  {"stop_tokens", stop_tokens},
                  {"example_tokens", preview::json_of(example_tokens)},
                  {"answer_tokens", preview::json_of(answer_tokens)},
                  {"taught", taught},
                  {"answers", answers},
                  {"answers_proved", answers_proved},
                  {"answers_cut", answers_cut},
                  {"too_long", too_long},
                  {"tokens_cut", tokens_cut},
                  {"refused", refused},
                  {"examples", list_of(examples)}};
  // Origins are file names, which need not be UTF-8.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace pmtune
