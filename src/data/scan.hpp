// Reads a file from its first record to its last and says what it meets.
#pragma once

#include <cstdint>
#include <pmtune/dataset.hpp>
#include <string>

#include "data/record_reader.hpp"

namespace pmtune::data {

class ScanVisitor {
 public:
  virtual ~ScanVisitor() = default;
  virtual void on_example(Example&& example) = 0;
  virtual void on_problem(Problem&& problem) = 0;
};

struct ScanResult {
  std::int64_t lines = 0;  // that hold something
  std::string form;        // as in DatasetStats
  std::string container;   // as in DatasetStats
};

// Nothing in the file makes it throw; what `read` or the visitor throws passes through.
ScanResult scan(ReadBytes read, const std::string& name, const LoadOptions& options, ScanVisitor& visitor);

}  // namespace pmtune::data
