// Asking a model the questions of the suite while the person sees that something happens; shared by train and eval.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <pmtune/pmtune.hpp>
#include <string>

#include "flags.hpp"

namespace pmtune::cli {

struct EvaluationFlags {
  std::string suite = "product-management";
  Flags<EvalOptions> flags;
  void add_to(CLI::App& app);
  Evaluator evaluator() const;
};

// A progress callback that shows a line on the terminal and stops at Ctrl-C.
class ShownProgress {
 public:
  ShownProgress();
  ~ShownProgress();
  EvalCallback callback();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pmtune::cli
