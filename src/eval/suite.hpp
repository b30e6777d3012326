// Where the questions come from.
#pragma once

#include <pmtune/evaluator.hpp>
#include <string>
#include <vector>

namespace pmtune::eval {

inline constexpr const char* built_in_suite = "product-management";

// Twelve prompts: three in each of the guide's four categories, with checks in the house style of examples/.
std::vector<EvalPrompt> product_management_suite();

// {"prompts": [{"id", "category"?, "prompt", "checks"?: [{"kind", "label"?, "text"?, "least"?, "most"?}]}]}
// `name` stands for the file in messages. Throws invalid_argument (naming the prompt and the cure) or corrupt (not
// JSON).
std::vector<EvalPrompt> parse_suite(const std::string& text, const std::string& name);

// A built-in suite by name, or a file. Throws not_found as well.
std::vector<EvalPrompt> load_suite(const std::string& name_or_path);

}  // namespace pmtune::eval
