// One description of every options struct. Each struct has a free function fields(config, visit) that names its
// members once, with range and meaning; validation, JSON, the C structs, Python keyword arguments, command-line flags
// and docs/options.md all come from it, so that they cannot drift apart.
//
//   pmtune::TrainConfig config;
//   pmtune::fields(config, [](const pmtune::Field& field, auto& value) { std::cout << field.name << '\n'; });
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <pmtune/export.hpp>

namespace pmtune {

// A number of bytes, given as a number or as text: ByteSize("6GB"), ByteSize("512 MiB"), ByteSize(6'000'000'000).
// kB, MB, GB are powers of 1000; KiB, MiB, GiB of 1024. 0 means no limit.
struct PMTUNE_API ByteSize {
  std::int64_t bytes = 0;

  ByteSize() = default;
  ByteSize(std::int64_t count) : bytes(count) {}  // NOLINT: implicit on purpose
  ByteSize(int count) : bytes(count) {}           // NOLINT; without it, 0 could also be a null pointer
  ByteSize(const char* text);                     // NOLINT; throws invalid_argument
  ByteSize(const std::string& text);              // NOLINT

  friend bool operator==(ByteSize a, ByteSize b) { return a.bytes == b.bytes; }
  friend bool operator!=(ByteSize a, ByteSize b) { return a.bytes != b.bytes; }
};

PMTUNE_API std::string to_string(ByteSize size);  // "1.2 GB"

// What is known of one option beside its value. Built up in the fields() functions below.
struct Field {
  const char* name;
  const char* doc;                                          // one line
  const char* unit = "";                                    // "tokens", "1/step", ...; empty when it has none
  double least = -std::numeric_limits<double>::infinity();  // numbers: allowed range, both ends included
  double most = std::numeric_limits<double>::infinity();
  bool least_excluded = false;  // the range begins above `least`
  const char* choices = "";     // texts: "a|b|c"; empty when any text will do

  constexpr Field(const char* name_, const char* doc_) : name(name_), doc(doc_) {}

  constexpr Field range(double from, double to) const {
    Field field = *this;
    field.least = from;
    field.most = to;
    return field;
  }
  constexpr Field above(double from, double to) const {
    Field field = range(from, to);
    field.least_excluded = true;
    return field;
  }
  constexpr Field one_of(const char* texts) const {
    Field field = *this;
    field.choices = texts;
    return field;
  }
  constexpr Field in(const char* unit_) const {
    Field field = *this;
    field.unit = unit_;
    return field;
  }
};

// fields() of each options struct is declared beside it for a mutable struct; this one serves const structs.
template <class Options, class Visit>
void fields(const Options& options, Visit&& visit) {
  fields(const_cast<Options&>(options), [&](const Field& field, const auto& value) { visit(field, value); });
}

}  // namespace pmtune
