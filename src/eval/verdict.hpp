// From measured arms to a verdict and its sentence.
#pragma once

#include <pmtune/evaluator.hpp>

namespace pmtune::eval {

// Fills score of every answer, then format_score, held_out_loss and perplexity of the arm from its answers and
// losses. Answers without checks count nowhere.
void summarise(EvalArm& arm);

// base and tuned answer the same prompts in the same order and have losses on the same held-out examples.
Verdict judge_pair(const EvalArm& base, const EvalArm& tuned);

}  // namespace pmtune::eval
