// Shows what src/grammar does, one JSON object a line, for the parity tests in Python.
//
//   grammar_dump [--gguf FILE]      the vocabulary of a model; without one, a token for each byte and a few longer
//   ones
//   {"op": "compile", "schema": {...}}  -> {"rules": 12, "seconds": ...}; "text": "..." instead of a schema as it is
//   {"op": "accepts", "schema": {...}, "documents": ["..."]}
//       -> {"accepted": [true, ...]}: every token allowed in its turn, and the answer complete behind the last
//   {"op": "walk", "schema": {...}, "count": 10, "seed": 1, "most": 200}
//       -> {"documents": ["...", ...]}: random allowed tokens until the answer may end
//   {"op": "time", "schema": {...}, "documents": ["..."]}
//       -> {"masks": ..., "mean": ..., "worst": ..., "first": ..., "accept": ...}: seconds
// Without "schema", any JSON object. A line that fails gives {"error": code, "message": "..."}.
#include <algorithm>
#include <chrono>
#include <exception>
#include <iostream>
#include <memory>
#include <pmtune/error.hpp>
#include <random>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "files/gguf.hpp"
#include "grammar/constraint.hpp"
#include "text/tokenizer.hpp"

namespace {

using pmtune::Json;
using namespace pmtune::grammar;
using Clock = std::chrono::steady_clock;

struct Vocabulary {
  std::shared_ptr<const pmtune::text::Tokenizer> tokenizer;  // null: one token for each byte
  std::shared_ptr<const TokenTable> table;

  std::vector<std::int32_t> encode(const std::string& text) const {
    if (tokenizer != nullptr) return tokenizer->encode(text, false);
    std::vector<std::int32_t> tokens;
    for (const char byte : text) tokens.push_back(static_cast<unsigned char>(byte));
    return tokens;
  }
};

Vocabulary open_vocabulary(int count, char** arguments) {
  Vocabulary result;
  if (count == 3) {
    result.tokenizer = pmtune::text::Tokenizer::from_gguf(*pmtune::files::GgufFile::open(arguments[2]));
    result.table = TokenTable::of(*result.tokenizer);
    return result;
  }
  std::vector<std::string> tokens;
  for (int byte = 0; byte < 256; ++byte) tokens.emplace_back(1, static_cast<char>(byte));
  for (const char* longer : {"\"", "\", \"", "\":", "\": \"", "},{", "[]", "{}", "]}", " the", "\xC3", "\xF0\x9F",
                             "\n  ", "12", "-1.", "true", "", "", "\\u", "\\ud83d\\ude00"})
    tokens.emplace_back(longer);
  result.table = std::make_shared<const TokenTable>(tokens);
  return result;
}

std::shared_ptr<const Grammar> grammar_of(const Json& request) {
  if (request.contains("text")) return Grammar::from_schema(request["text"].get<std::string>());
  return request.contains("schema") ? Grammar::from_schema(request["schema"].dump()) : Grammar::json();
}

bool has(std::span<const std::uint64_t> mask, std::int32_t token) {
  return (mask[static_cast<std::size_t>(token) / 64] >> (token % 64) & 1) != 0;
}

bool accepts(const Vocabulary& vocabulary, Constraint constraint, const std::string& document) {
  for (const std::int32_t token : vocabulary.encode(document)) {
    if (!has(constraint.allowed(), token)) return false;
    constraint.accept(token);
  }
  return constraint.may_end();
}

class Walk {
 public:
  Walk(const Vocabulary& vocabulary, unsigned seed) : vocabulary_(vocabulary), random_(seed) {}

  // null where chance does not find the end: a pattern may ask for a rare text.
  Json run(Constraint constraint, int most) {
    std::string document;
    for (int step = 0; step < most * 60; ++step) {
      const bool late = step > most;
      if (constraint.must_end() || (constraint.may_end() && (late || random_() % 4 == 0))) return document;
      const auto mask = constraint.allowed();
      check(constraint, mask, step % 16 == 0);
      const std::int32_t token = choose(mask, late);
      document += vocabulary_.table->bytes(token);
      constraint.accept(token);
    }
    return nullptr;
  }

 private:
  // The mask says what trying each token says.
  void check(Constraint& constraint, std::span<const std::uint64_t> mask, bool all) {
    const auto size = static_cast<std::int32_t>(vocabulary_.table->size());
    for (std::int32_t i = 0; i < (all ? std::min(size, 5000) : 50); ++i) {
      const std::int32_t token =
          all && size <= 5000 ? i : static_cast<std::int32_t>(random_() % static_cast<unsigned>(size));
      if (constraint.is_allowed(token) != has(mask, token))
        throw std::runtime_error("mask and step differ for token " + std::to_string(token));
    }
  }

  std::int32_t choose(std::span<const std::uint64_t> mask, bool late) {
    std::vector<std::int32_t> all;
    std::vector<std::int32_t> ending;  // those with which a text or bracket ends
    std::vector<std::int32_t> letters;
    for (std::int32_t token = 0; token < vocabulary_.table->size(); ++token) {
      if (!has(mask, token)) continue;
      all.push_back(token);
      const std::string_view bytes = vocabulary_.table->bytes(token);
      if (bytes == "\"" || bytes == "}" || bytes == "]" || bytes == ":") ending.push_back(token);
      if (!late && (bytes == "," || bytes == "[" || bytes == "{")) ending.push_back(token);
      if (bytes.size() == 1 && bytes[0] >= '0' && bytes[0] <= 'z') letters.push_back(token);
    }
    const auto chance = random_() % 3;
    const auto& from = !ending.empty() && chance != 0 ? ending : late && !letters.empty() ? letters : all;
    return from.at(random_() % from.size());
  }

  const Vocabulary& vocabulary_;
  std::mt19937 random_;
};

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

Json time_masks(const Vocabulary& vocabulary, const Json& request) {
  const auto grammar = grammar_of(request);
  std::vector<double> masks;
  double accepting = 0;
  for (const Json& document : request.at("documents")) {
    Constraint constraint(grammar, vocabulary.table);
    for (const std::int32_t token : vocabulary.encode(document.get<std::string>())) {
      auto start = Clock::now();
      constraint.allowed();
      masks.push_back(seconds_since(start));
      start = Clock::now();
      constraint.accept(token);
      accepting += seconds_since(start);
    }
  }
  double sum = 0;
  for (const double mask : masks) sum += mask;
  const auto count = static_cast<double>(masks.size());
  return {{"masks", masks.size()},
          {"mean", sum / count},
          {"worst", *std::max_element(masks.begin(), masks.end())},
          {"first", masks.front()},
          {"accept", accepting / count}};
}

Json answer(const Vocabulary& vocabulary, const Json& request) {
  const std::string op = request.at("op").get<std::string>();
  if (op == "time") return time_masks(vocabulary, request);
  const auto start = Clock::now();
  const auto grammar = grammar_of(request);
  if (op == "compile") return {{"rules", grammar->rules().size()}, {"seconds", seconds_since(start)}};
  const Constraint constraint(grammar, vocabulary.table);
  Json result = Json::array();
  if (op == "accepts") {
    for (const Json& document : request.at("documents"))
      result.push_back(accepts(vocabulary, constraint, document.get<std::string>()));
    return {{"accepted", result}};
  }
  Walk walk(vocabulary, request.value("seed", 1U));
  for (int i = 0; i < request.value("count", 1); ++i)
    result.push_back(walk.run(constraint, request.value("most", 200)));
  return {{"documents", result}};
}

}  // namespace

int main(int count, char** arguments) {
  const Vocabulary vocabulary = open_vocabulary(count, arguments);
  std::string line;
  while (std::getline(std::cin, line)) {
    Json result;
    try {
      result = answer(vocabulary, Json::parse(line));
    } catch (const pmtune::Error& error) {
      result = {{"error", pmtune::to_string(error.code())}, {"message", error.what()}};
    } catch (const std::exception& error) {
      result = {{"error", "test"}, {"message", error.what()}};
    }
    std::cout << result.dump() << '\n' << std::flush;
  }
  return 0;
}
