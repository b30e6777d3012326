// docs/hostile.md tells what is tested; this holds it to the cases there are.
#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "corpus.hpp"

using namespace pmtune::hostile;

namespace {

std::string text_of(const std::string& path) {
  std::ifstream file(PMTUNE_SOURCE_DIR "/" + path, std::ios::binary);
  REQUIRE_MESSAGE(file, path, " is missing");
  return {std::istreambuf_iterator<char>(file), {}};
}

// The cells of a table's lines, without those above its content.
std::vector<std::vector<std::string>> rows_of(const std::string& page) {
  std::vector<std::vector<std::string>> rows;
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("| ", 0) != 0 || line.rfind("| row ", 0) == 0 || line.rfind("| ---", 0) == 0) continue;
    std::vector<std::string> cells;
    for (std::size_t begin = 2, end; (end = line.find(" |", begin)) != std::string::npos; begin = end + 3)
      cells.push_back(line.substr(begin, end - begin));
    rows.push_back(cells);
  }
  return rows;
}

}  // namespace

TEST_CASE("hostile: the page of all rows is that of the cases") {
  std::map<std::string, int> cases;
  for (const HostileFile& file : corpus()) ++cases[file.name.substr(0, file.name.find(' '))];
  std::map<std::string, int> listed;
  std::set<std::string> known;
  for (const std::vector<std::string>& row : rows_of(text_of("docs/hostile.md"))) {
    REQUIRE(row.size() == 4);
    INFO(row[0] << " " << row[1]);
    known.insert(row[0]);
    if (row[2] != "-") listed[row[0]] = std::stoi(row[2]);
    const std::size_t colon = row[3].find(": ");
    const std::string file = text_of(row[3].substr(0, colon));
    if (colon == std::string::npos) continue;
    const std::string title = row[3].substr(colon + 3, row[3].size() - colon - 4);
    CHECK(file.find(title) != std::string::npos);
  }
  for (const auto& [row, count] : cases) {
    INFO(row);
    CHECK(listed[row] == count);
  }
  CHECK(listed.size() == cases.size());
  for (int i = 1; i <= 14; ++i) CHECK(known.contains("S" + std::to_string(i)));
  for (int i = 1; i <= 7; ++i) CHECK(known.contains("G" + std::to_string(i)));
  CHECK(known.contains("T1"));
}
