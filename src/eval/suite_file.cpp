#include <filesystem>
#include <set>

#include "base/ascii.hpp"
#include "base/atomic_file.hpp"
#include "base/fail.hpp"
#include "eval/checks.hpp"
#include "eval/json_reader.hpp"
#include "base/markdown.hpp"
#include "eval/suite.hpp"

namespace pmtune::eval {
namespace {

constexpr std::size_t largest_suite = std::size_t{16} << 20;  // bytes
constexpr std::size_t most_prompts = 10000;

FormatCheck read_check(const JsonReader& json) {
  json.allow_only({"kind", "label", "text", "least", "most"});
  FormatCheck check;
  check.kind = json.text("kind");
  check.label = json.text_or("label", check.kind);
  check.text = json.text_or("text", "");
  check.least = json.whole_or("least", 0);
  check.most = json.whole_or("most", 0);
  validate_check(check, json.where());
  return check;
}

EvalPrompt read_prompt(const JsonReader& json) {
  json.allow_only({"id", "category", "prompt", "checks"});
  EvalPrompt prompt;
  prompt.id = json.text("id");
  prompt.category = json.text_or("category", "Prompts");
  prompt.prompt = json.text("prompt");
  if (trimmed(prompt.id).empty())
    fail(Code::invalid_argument, "\"id\" in ", json.where(), " is empty; give it a short name.");
  if (trimmed(prompt.prompt).empty())
    fail(Code::invalid_argument, "\"prompt\" in ", json.where(),
         " is empty; write the question that both models get.");
  if (json.has("checks")) prompt.checks = json.each("checks", "check", read_check);
  return prompt;
}

}  // namespace

std::vector<EvalPrompt> parse_suite(const std::string& text, const std::string& name) {
  const Json root = parse_json_or_throw(text, concat("The suite ", name));
  const JsonReader json(root, concat("the suite ", name), Code::invalid_argument);
  json.allow_only({"name", "description", "prompts"});
  if (json.list("prompts").size() > most_prompts)
    fail(Code::invalid_argument, "The suite ", name, " has more than ", most_prompts, " prompts; split it.");
  std::vector<EvalPrompt> prompts = json.each("prompts", "prompt", read_prompt);
  if (prompts.empty()) fail(Code::invalid_argument, "The suite ", name, " has no prompts; add at least one.");
  std::set<std::string> ids;
  for (const EvalPrompt& prompt : prompts)
    if (!ids.insert(prompt.id).second)
      fail(Code::invalid_argument, "The suite ", name, " has two prompts with the id \"", prompt.id,
           "\"; ids must differ.");
  return prompts;
}

std::vector<EvalPrompt> load_suite(const std::string& name_or_path) {
  if (name_or_path == built_in_suite) return product_management_suite();
  std::error_code error;
  if (!std::filesystem::exists(name_or_path, error))
    fail(Code::not_found, "There is no suite \"", name_or_path, "\"; give \"", built_in_suite,
         "\" or the path of a JSON file with prompts.", did_you_mean(name_or_path, {built_in_suite}));
  return parse_suite(read_text_file(name_or_path, largest_suite), name_or_path);
}

}  // namespace pmtune::eval
