// Surprises for a terminal and for a program.
#include <algorithm>
#include <cmath>

#include "base/fail.hpp"
#include "base/json.hpp"
#include "base/visible.hpp"
#include "preview/wording.hpp"
#include "pmtune/surprises.hpp"

namespace pmtune {
namespace preview {
namespace {

constexpr std::size_t others_named = 3;

std::string heading(const Surprises& surprises, std::size_t shown) {
  const auto all = static_cast<std::int64_t>(surprises.ranked.size());
  if (surprises.flagged == 0)
    return concat("Nothing stands out in ", counted(all, "example"), ", as ", surprises.model, " reads them.\n");
  const std::string more = surprises.flagged > static_cast<std::int64_t>(shown)
                               ? concat(", of ", grouped_number(surprises.flagged), " that stand out")
                               : "";
  return concat("Look at ", shown == 1 ? "this line" : concat("these ", shown, " lines"), " first", more, " (",
                counted(all, "example"), ", as ", surprises.model, " reads them)\n");
}

std::string entry(std::size_t number, const ExampleSurprise& example) {
  std::string out = concat("\n", number, ". ", place_of(example.origin, example.line, example.index), "\n");
  for (const SurpriseReason& reason : example.reasons) {
    out += wrapped(reason.message, "   ", "   ");
    out += wrapped(reason.fix, "   -> ", "      ");
  }
  return out;
}

// Where a person with time left would go on.
std::string rest(const Surprises& surprises) {
  std::string list;
  std::size_t count = 0;
  for (const ExampleSurprise& example : surprises.ranked) {
    if (!example.reasons.empty() || !example.error.empty()) continue;
    if (count++ == others_named) break;
    list += concat(list.empty() ? "" : ", ", place_of("", example.line, example.index));
  }
  if (list.empty()) return "";
  return concat("\nThe others lie in the usual range; the most surprising of them: ", list, ".\n");
}

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json json_of(const SurprisingSpan& span) {
  return {{"text", span.text}, {"nats", number(span.nats)}, {"turn", span.turn}, {"is_specific", span.is_specific}};
}

Json json_of(const SurpriseReason& reason) {
  return {
      {"code", reason.code}, {"message", reason.message}, {"fix", reason.fix}, {"strength", number(reason.strength)}};
}

Json json_of(const ExampleSurprise& example);  // below: it holds lists of the others

template <class Part>
Json list_of(const std::vector<Part>& parts) {
  Json list = Json::array();
  for (const Part& part : parts) list.push_back(json_of(part));
  return list;
}

Json json_of(const ExampleSurprise& example) {
  return {{"index", example.index},
          {"origin", example.origin},
          {"line", example.line},
          {"error", example.error},
          {"loss", number(example.loss)},
          {"tokens", example.tokens},
          {"unusual", number(example.unusual)},
          {"own_loss", number(example.own_loss)},
          {"other_loss", number(example.other_loss)},
          {"gain", number(example.gain)},
          {"questions_tried", example.questions_tried},
          {"questions_better", example.questions_better},
          {"best_question", example.best_question},
          {"specific_share", number(example.specific_share)},
          {"specific_words", example.specific_words},
          {"spans", list_of(example.spans)},
          {"reasons", list_of(example.reasons)}};
}

}  // namespace
}  // namespace preview

std::string Surprises::to_text(std::size_t count) const {
  using namespace preview;
  const std::size_t shown = std::min(count, static_cast<std::size_t>(flagged));
  std::string out = heading(*this, shown);
  for (std::size_t i = 0; i < shown; ++i) out += entry(i + 1, ranked[i]);
  out += rest(*this);
  if (!notes.empty()) out += '\n';
  for (const std::string& note : notes) out += wrapped(note);
  return visible_text(out);
}

std::string Surprises::to_json() const {
  using namespace preview;
  const Json json{{"model", model},
                  {"flagged", flagged},
                  {"median_loss", number(median_loss)},
                  {"median_gain", number(median_gain)},
                  {"notes", notes},
                  {"ranked", list_of(ranked)}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace pmtune
