// How alike texts are, and finding those that are.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>

#include "data/near_duplicates.hpp"
#include "data/random.hpp"
#include "data/shingles.hpp"

using namespace pmtune;
using namespace pmtune::data;

namespace {

using Words = std::vector<std::string>;

Words random_words(Random& random, std::size_t count) {
  Words words;
  for (std::size_t i = 0; i < count; ++i) words.push_back("w" + std::to_string(random.below(5000)));
  return words;
}

std::string text_of(const Words& words) {
  std::string text;
  for (const std::string& word : words) text += word + " ";
  return text;
}

Words changed(Random& random, Words words, std::size_t times) {
  for (std::size_t i = 0; i < times; ++i)
    words[random.below(words.size())] = "x" + std::to_string(random.below(5000));
  return words;
}

// The definition, without hashes.
double jaccard(const Words& a, const Words& b) {
  const auto pairs_of = [](const Words& words) {
    std::set<std::string> pairs;
    for (std::size_t i = 0; i + 2 <= words.size(); ++i) pairs.insert(words[i] + " " + words[i + 1]);
    return pairs;
  };
  const auto x = pairs_of(a), y = pairs_of(b);
  std::size_t common = 0;
  for (const std::string& pair : x) common += y.count(pair);
  return static_cast<double>(common) / static_cast<double>(x.size() + y.size() - common);
}

Sketch sketch_of(const Words& words) {
  Shingler shingler;
  shingler.add(text_of(words));
  return Sketch(shingler.take());
}

Example example_of(const std::string& question, const std::string& answer) {
  return {{{"system", "S", 1}, {"user", question, 1}, {"assistant", answer, 1}}, {}, "", 0};
}

}  // namespace

TEST_CASE("likeness: exact for short texts, close for long ones") {
  Random random(1);
  double worst = 0;
  for (int i = 0; i < 200; ++i) {
    const Words a = random_words(random, 20 + random.below(200)), b = changed(random, a, random.below(a.size()));
    CHECK(likeness(sketch_of(a), sketch_of(b)) == doctest::Approx(jaccard(a, b)).epsilon(1e-12));
    const Words c = random_words(random, 400 + random.below(2000)),
                d = changed(random, c, random.below(c.size() / 4));
    worst = std::max(worst, std::abs(likeness(sketch_of(c), sketch_of(d)) - jaccard(c, d)));
  }
  MESSAGE("largest error of long texts: ", worst);
  CHECK(worst < 0.12);  // four standard deviations of a share of 256
}

TEST_CASE("likeness: capitals, punctuation and white space do not count; words do") {
  const auto of = [](const std::string& text) {
    Shingler shingler;
    shingler.add(text);
    return Sketch(shingler.take());
  };
  CHECK(likeness(of("As a user, I want to log in."), of("as a USER  I want\nto log in")) == 1);
  CHECK(likeness(of("Yes."), of("yes")) == 1);
  CHECK(likeness(of("Yes."), of("no")) == 0);
  CHECK(likeness(of(""), of("")) == 0);
  CHECK(likeness(of("用户想要登录系统"), of("用户想要登录系统。")) == 1);
  CHECK(likeness(of("größe über alles"), of("grosse uber alles")) == 0);
}

TEST_CASE("near duplicates: found in a crowd, and strangers are not") {
  Random random(2);
  NearDuplicates set;
  std::vector<Words> answers;
  for (int i = 0; i < 2000; ++i) {
    answers.push_back(random_words(random, 30 + random.below(400)));
    CHECK_FALSE(set.add(example_of("Write a user story", text_of(answers.back()))));
  }
  int missed = 0, wrong = 0, close = 0;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const Words other = changed(random, answers[i], answers[i].size() / 20);
    if (jaccard(answers[i], other) < 0.75) continue;
    ++close;
    const auto twin = set.find(example_of("Write a user story", text_of(other)));
    missed += !twin;
    wrong += twin && twin->index != i;
  }
  CHECK(close > 500);
  CHECK(missed <= close / 100);
  CHECK(wrong == 0);
}

TEST_CASE("near duplicates: a crowd of equal examples takes no longer than another") {
  NearDuplicates set;
  for (int i = 0; i < 20000; ++i) {
    const auto twin =
        set.add(example_of("Same question as ever", "The same answer to all, and number " + std::to_string(i)));
    CHECK(twin.has_value() == (i > 0));
  }
}
