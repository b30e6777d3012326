#include "data/scan.hpp"

#include "data/problems.hpp"
#include "data/record_parser.hpp"

namespace pmtune::data {

namespace {

// One pass over the records; stops where DamagedContent is thrown.
class Scan {
 public:
  Scan(const std::string& name, const LoadOptions& options, ScanVisitor& visitor)
      : name_(name), options_(options), visitor_(visitor), parser_(options.format, name) {}

  ScanResult run(ReadBytes read) {
    try {
      read_records(std::move(read));
    } catch (DamagedContent& damaged) {
      visitor_.on_problem(std::move(damaged.problem));
    }
    for (Problem& warning : parser_.unread_keys()) visitor_.on_problem(std::move(warning));
    result_.form = parser_.form();
    return std::move(result_);
  }

 private:
  void read_records(ReadBytes read) {
    RecordReader reader(std::move(read), name_, options_.format);
    result_.container = reader.container();
    if (reader.unreadable()) return visitor_.on_problem(Problem(*reader.unreadable()));
    Record record;
    std::optional<Problem> cut;
    while (reader.next(record, cut)) {
      ++result_.lines;
      if (cut)
        visitor_.on_problem(std::move(*cut));
      else
        parse(record);
    }
    if (result_.lines == 0)
      visitor_.on_problem(error_at(0, "empty_file", "The file holds no examples.",
                                   "Write one example on each line; 20 to 100 make a good start."));
  }

  void parse(const Record& record) {
    problems_.clear();
    parser_.parse(record, example_, problems_);
    if (problems_.empty()) visitor_.on_example(std::move(example_));
    for (Problem& problem : problems_) visitor_.on_problem(std::move(problem));
  }

  const std::string& name_;
  const LoadOptions& options_;
  ScanVisitor& visitor_;
  RecordParser parser_;
  ScanResult result_;
  Example example_;
  std::vector<Problem> problems_;
};

}  // namespace

ScanResult scan(ReadBytes read, const std::string& name, const LoadOptions& options, ScanVisitor& visitor) {
  return Scan(name, options, visitor).run(std::move(read));
}

}  // namespace pmtune::data
