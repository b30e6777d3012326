#include "data/scan.hpp"

#include "data/problems.hpp"
#include "data/record_parser.hpp"

namespace pmtune::data {

ScanResult scan(ReadBytes read, const std::string& name, const LoadOptions& options, ScanVisitor& visitor) {
  ScanResult result;
  RecordReader reader(std::move(read), name);
  if (reader.unreadable()) {
    visitor.on_problem(Problem(*reader.unreadable()));
    return result;
  }
  RecordParser parser(options.format, name);
  Record record;
  Example example;
  std::optional<Problem> cut;
  std::vector<Problem> problems;
  while (reader.next(record, cut)) {
    ++result.lines;
    if (cut) {
      visitor.on_problem(std::move(*cut));
      continue;
    }
    problems.clear();
    parser.parse(record, example, problems);
    if (problems.empty()) visitor.on_example(std::move(example));
    for (Problem& problem : problems) visitor.on_problem(std::move(problem));
  }
  if (result.lines == 0)
    visitor.on_problem(error_at(0, "empty_file", "The file holds no examples.",
                                "Write one example on each line; 20 to 100 make a good start."));
  for (Problem& warning : parser.unread_keys()) visitor.on_problem(std::move(warning));
  result.form = parser.form();
  return result;
}

}  // namespace pmtune::data
