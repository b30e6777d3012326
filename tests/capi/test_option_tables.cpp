// Every member that fields() names has a row in the table of its C struct, of the right kind, and no row is left
// over.
#include <cstdio>
#include <set>
#include <string>
#include <type_traits>

#include "option_table.hpp"

using namespace pmtune;
using namespace pmtune::capi;

namespace {

int failures = 0;

void expect(bool condition, const std::string& what) {
  if (condition) return;
  ++failures;
  std::fprintf(stderr, "failed: %s\n", what.c_str());
}

template <class Value>
Kind kind_for() {
  if constexpr (std::is_same_v<Value, double>) return Kind::number;
  if constexpr (std::is_same_v<Value, std::int64_t> || std::is_same_v<Value, ByteSize>) return Kind::integer;
  if constexpr (std::is_same_v<Value, std::uint64_t>) return Kind::natural;
  if constexpr (std::is_same_v<Value, bool>) return Kind::flag;
  if constexpr (std::is_same_v<Value, std::string>) return Kind::text;
  return Kind::texts;
}

template <class Struct>
void table_is_whole() {
  using Table = OptionTable<Struct>;
  std::set<std::string> seen;
  std::size_t bytes = sizeof(std::size_t);  // struct_size
  for (const OptionRow& row : Table::rows()) {
    expect(seen.insert(row.name).second, std::string(Table::name) + "." + row.name + " has two rows");
    bytes += row.kind == Kind::flag ? 4 : row.kind == Kind::texts ? 16 : 8;
  }
  expect(bytes == sizeof(Struct), std::string(Table::name) + " has a member without a row, or a hole");
  fields(typename Table::Options{}, [&](const Field& field, const auto& value) {
    const std::string name = std::string(Table::name) + "." + field.name;
    expect(seen.erase(field.name) == 1, name + " has no row");
    for (const OptionRow& row : Table::rows())
      if (std::string(row.name) == field.name)
        expect(row.kind == kind_for<std::decay_t<decltype(value)>>(), name + " has another kind");
  });
  for (const std::string& name : seen) expect(false, std::string(Table::name) + "." + name + " is not in fields()");
}

// What C++ holds arrives in C++ again.
void round_trip() {
  TrainConfig config;
  config.name = "Round trip";
  config.rslora = true;
  config.keep_best = false;
  config.target_modules = {"q_proj", "down_proj"};
  config.seed = 18446744073709551615u;
  config.max_memory = ByteSize(123);
  config.recompute = "full";
  config.top_layers = 5;
  pmt_train_config c;
  write_options(&c, sizeof c, config);
  const TrainConfig back = read_options(&c);
  fields(config, [&](const Field& field, const auto& value) {
    fields(back, [&](const Field& other, const auto& arrived) {
      if constexpr (std::is_same_v<decltype(value), decltype(arrived)>)
        if (std::string(field.name) == other.name)
          expect(value == arrived, std::string(field.name) + " changed on the way");
    });
  });
}

}  // namespace

int main() {
  table_is_whole<pmt_load_options>();
  table_is_whole<pmt_model_options>();
  table_is_whole<pmt_generate_options>();
  table_is_whole<pmt_export_options>();
  table_is_whole<pmt_chat_options>();
  table_is_whole<pmt_engine_options>();
  table_is_whole<pmt_train_config>();
  table_is_whole<pmt_eval_options>();
  table_is_whole<pmt_pull_options>();
  table_is_whole<pmt_preview_options>();
  table_is_whole<pmt_surprise_options>();
  table_is_whole<pmt_server_options>();
  round_trip();
  return failures > 0;
}
