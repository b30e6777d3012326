// pmtune rate REPORT: a person reads the answers of an evaluation, without knowing whose they are, and rates them.
#include <algorithm>
#include <iostream>
#include <memory>
#include <numeric>
#include <pmtune/pmtune.hpp>
#include <random>
#include <sstream>

#include "base/fail.hpp"
#include "base/visible.hpp"
#include "commands.hpp"
#include "line_input.hpp"
#include "terminal.hpp"
#include "base/json.hpp"

namespace pmtune::cli {
namespace {

constexpr const char* how_to =
    "Five numbers from 1 (poor) to 5 (excellent), for accuracy, format, relevance, completeness and tone, such as\n"
    "4 5 3 4 5; one number stands for all five. Words behind them are kept as a comment. s skips, q ends.";

double mean_of(const Rating& rating) {
  return (rating.accuracy + rating.format + rating.relevance + rating.completeness + rating.tone) / 5.0;
}

// "4 5 3 4 5 too long" or "4 good". False when it is neither.
bool read_rating(const std::string& line, Rating& rating) {
  std::vector<int> numbers;
  std::istringstream words(line);
  std::string word;
  for (bool counts = true; words >> word;) {
    counts = counts && numbers.size() < 5 && word.size() == 1 && word[0] >= '1' && word[0] <= '5';
    if (counts)
      numbers.push_back(word[0] - '0');
    else
      rating.comment += (rating.comment.empty() ? "" : " ") + word;
  }
  if (numbers.size() == 1) numbers.assign(5, numbers.front());
  if (numbers.size() != 5) return false;
  rating.accuracy = numbers[0];
  rating.format = numbers[1];
  rating.relevance = numbers[2];
  rating.completeness = numbers[3];
  rating.tone = numbers[4];
  return true;
}

struct Rate {
  std::string path;
  std::string rater;
  bool again = false;
  bool json = false;

  int run() {
    EvalReport report = EvalReport::load(path);
    if (report.arms.empty() || report.prompts.empty())
      throw Error(Code::invalid_argument, "The report " + path + " holds no answers to rate.");
    std::ostream& out = json ? silence() : std::cout;
    if (input_.is_person()) out << painted(out, Colour::dim, how_to) << "\n";
    for (const std::size_t prompt : shuffled(report.prompts.size()))
      if (!rate_prompt(report, prompt, out)) break;
    summarise(report);
    return exit_ok;
  }

 private:
  std::vector<std::size_t> shuffled(std::size_t count) {
    std::vector<std::size_t> order(count);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::shuffle(order.begin(), order.end(), random_);
    return order;
  }

  // False when the person has had enough.
  bool rate_prompt(EvalReport& report, std::size_t prompt, std::ostream& out) {
    bool shown = false;
    int number = 0;
    for (const std::size_t arm : shuffled(report.arms.size())) {
      ++number;
      if (prompt >= report.arms[arm].answers.size()) continue;
      Rating rating;
      rating.prompt_id = report.prompts[prompt].id;
      rating.arm = report.arms[arm].label;
      rating.rater = rater;
      if (!again && is_rated(report, rating)) continue;
      if (!shown)
        out << '\n' << painted(out, Colour::bold, "Question: " + visible_text(report.prompts[prompt].prompt)) << '\n';
      shown = true;
      out << '\n'
          << painted(out, Colour::bold, concat("Answer ", number)) << '\n'
          << visible_text(report.arms[arm].answers[prompt].text) << "\n\n";
      if (!ask(rating)) return false;
      if (rating.accuracy == 0) continue;
      replace(report, rating);
      report.save(path);  // after each: nothing is lost
    }
    return true;
  }

  // False at the end of the input or with q; a rating of 0 was skipped.
  bool ask(Rating& rating) {
    std::string line;
    while (true) {
      if (input_.read(painted(std::cout, Colour::bold, "Rating: "), line) != LineInput::Event::text) return false;
      if (line == "q" || line == "quit") return false;
      if (line == "s" || line == "skip") return true;
      rating.comment.clear();
      if (read_rating(line, rating)) return true;
      if (!input_.is_person())
        throw Error(Code::invalid_argument, "\"" + visible_text(line) + "\" is no rating: " + how_to);
      std::cout << how_to << '\n';
    }
  }

  static bool is_same(const Rating& a, const Rating& b) {
    return a.prompt_id == b.prompt_id && a.arm == b.arm && a.rater == b.rater;
  }

  static bool is_rated(const EvalReport& report, const Rating& rating) {
    return std::any_of(report.ratings.begin(), report.ratings.end(),
                       [&](const Rating& other) { return is_same(other, rating); });
  }

  static void replace(EvalReport& report, const Rating& rating) {
    std::erase_if(report.ratings, [&](const Rating& other) { return is_same(other, rating); });
    report.ratings.push_back(rating);
  }

  void summarise(const EvalReport& report) const {
    Json arms = Json::array();
    for (const EvalArm& arm : report.arms) {
      double sum = 0;
      std::size_t count = 0;
      for (const Rating& rating : report.ratings)
        if (rating.arm == arm.label) sum += mean_of(rating), ++count;
      const double mean = count > 0 ? sum / static_cast<double>(count) : 0;
      arms.push_back({{"arm", arm.label},
                      {"model", arm.model},
                      {"ratings", count},
                      {"mean", count > 0 ? Json(mean) : Json(nullptr)}});
      if (!json)
        std::cout << arm.label << " (" << arm.model << "): "
                  << (count > 0 ? concat(short_number(mean), " of 5, from ", plural(count, "rating")) : "not rated")
                  << '\n';
    }
    if (json)
      std::cout << Json{{"report", path}, {"arms", arms}}.dump(2) << '\n';
    else
      std::cout << "The ratings are in " << path << "; they stand in the page that it becomes, too.\n";
  }

  LineInput input_;
  std::mt19937_64 random_{std::random_device{}()};
};

}  // namespace

void add_rate(CLI::App& app, Job& job) {
  auto rate = std::make_shared<Rate>();
  CLI::App* command =
      app.add_subcommand("rate", "Rate the answers of an evaluation yourself, without knowing whose they are");
  command->add_option("REPORT", rate->path, "The JSON file that pmtune eval --json wrote")->required();
  command->add_option("--rater", rate->rater, "Who rates")->type_name("TEXT");
  command->add_flag("--again", rate->again, "Also what this rater has rated before");
  command->add_flag("--json", rate->json, "Print the means as JSON at the end");
  command->footer(std::string("Example:\n  pmtune eval PM-Assistant@primary --json report.json\n"
                              "  pmtune rate report.json --rater Ana\n") +
                  how_to);
  command->callback([rate, &job] { job = [rate] { return rate->run(); }; });
}

}  // namespace pmtune::cli
