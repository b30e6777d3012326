// Dataset::check: everything that is wrong with a file, in one report.
#include "base/fail.hpp"
#include "base/options.hpp"
#include "data/leaks.hpp"
#include "data/problems.hpp"
#include "data/scan.hpp"
#include "data/set_checks.hpp"
#include "data/text_checks.hpp"

namespace pmtune {
namespace {

class Checker : public data::ScanVisitor {
 public:
  explicit Checker(const data::LeakCheck* leaks) : leaks_(leaks) {}

  void on_example(Example&& example) override {
    warnings_.clear();
    text_checks_.check(example, warnings_);
    set_checks_.add(example, warnings_);
    if (leaks_) leaks_->check(example, warnings_);
    list_warnings();
  }
  void on_problem(Problem&& problem) override { problems_.add(std::move(problem)); }

  std::vector<Problem> finish(DatasetStats& stats) {
    warnings_.clear();
    set_checks_.finish(stats, warnings_);
    list_warnings();
    return problems_.take();
  }

 private:
  void list_warnings() {
    for (Problem& warning : warnings_) problems_.add(std::move(warning));
  }

  const data::LeakCheck* leaks_;
  data::ProblemList problems_;
  data::TextChecks text_checks_;
  data::SetChecks set_checks_;
  std::vector<Problem> warnings_;
};

DatasetReport check_file(const std::string& path, const LoadOptions& options, const data::LeakCheck* leaks) {
  validate_options(options);
  DatasetReport report;
  report.path = path;
  Checker checker(leaks);
  const data::ScanResult result = data::scan(data::read_file(path), path, options, checker);
  report.problems = checker.finish(report.stats);
  report.stats.lines = result.lines;
  report.stats.format = result.form;
  report.stats.container = result.container;
  return report;
}

}  // namespace

DatasetReport Dataset::check(const std::string& path, const LoadOptions& options) {
  return check_file(path, options, nullptr);
}

DatasetReport Dataset::check(const std::string& path, const Dataset& held_out, const LoadOptions& options) {
  const data::LeakCheck leaks(held_out.examples());
  return check_file(path, options, &leaks);
}

}  // namespace pmtune
