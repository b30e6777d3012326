// The commands of `pmtune`, one file each. An add_ function describes a command to the parser; when the person chose
// that command, parsing leaves the work in `job`, whose result is the exit code.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace pmtune::cli {

using Job = std::function<int()>;

// Exit codes. Wrong usage is what the parser finds; a problem is what an Error tells, or a check that found faults.
inline constexpr int exit_ok = 0;
inline constexpr int exit_problem = 1;
inline constexpr int exit_usage = 2;

void add_check(CLI::App& app, Job& job);
void add_fix(CLI::App& app, Job& job);
void add_preview(CLI::App& app, Job& job);
void add_train(CLI::App& app, Job& job);
void add_eval(CLI::App& app, Job& job);
void add_chat(CLI::App& app, Job& job);
void add_models(CLI::App& app, Job& job);
void add_pull(CLI::App& app, Job& job);
void add_data(CLI::App& app, Job& job);
void add_inbox(CLI::App& app, Job& job);
void add_serve(CLI::App& app, Job& job);
void add_show(CLI::App& app, Job& job);
void add_note(CLI::App& app, Job& job);
void add_promote(CLI::App& app, Job& job);
void add_keeping(CLI::App& app, Job& job);  // log, archive, restore, backup, bundle, import, export
void add_rate(CLI::App& app, Job& job);
void add_doctor(CLI::App& app, Job& job);
void add_completion(CLI::App& app, Job& job);

}  // namespace pmtune::cli
