// How the options structs of pmtune.h lie over those of C++. Each C struct has a table, one row a member; the names
// in it are those of fields(), which drives reading and writing, so a member that was forgotten is found by
// tests/capi/test_option_tables.cpp and is an error at run time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <pmtune/pmtune.hpp>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/fail.hpp"
#include "base/json.hpp"
#include "pmtune.h"

namespace pmtune::capi {

enum class Kind : std::uint8_t { number, integer, natural, flag, text, texts };
const char* to_string(Kind kind) noexcept;

struct OptionRow {
  const char* name;
  Kind kind;
  std::size_t offset;
  std::size_t end;               // of the member; for texts, of the member and its count
  std::size_t count_offset = 0;  // texts only
};

// Specialised below for each C struct: Options, name, rows().
template <class Struct>
struct OptionTable;

#define PMT_OPTION_TABLE(c_struct, cpp_struct)     \
  template <>                                      \
  struct OptionTable<c_struct> {                   \
    using Options = cpp_struct;                    \
    static constexpr const char* name = #c_struct; \
    static const std::vector<OptionRow>& rows();   \
  };
PMT_OPTION_TABLE(pmt_load_options, LoadOptions)
PMT_OPTION_TABLE(pmt_model_options, ModelOptions)
PMT_OPTION_TABLE(pmt_generate_options, GenerateOptions)
PMT_OPTION_TABLE(pmt_engine_options, EngineOptions)
PMT_OPTION_TABLE(pmt_export_options, ExportOptions)
PMT_OPTION_TABLE(pmt_chat_options, ChatOptions)
PMT_OPTION_TABLE(pmt_train_config, TrainConfig)
PMT_OPTION_TABLE(pmt_eval_options, EvalOptions)
PMT_OPTION_TABLE(pmt_pull_options, PullOptions)
PMT_OPTION_TABLE(pmt_preview_options, PreviewOptions)
PMT_OPTION_TABLE(pmt_surprise_options, SurpriseOptions)
PMT_OPTION_TABLE(pmt_server_options, ServerOptions)
#undef PMT_OPTION_TABLE

// Throws internal when there is none.
const OptionRow& row_named(const std::vector<OptionRow>& rows, std::string_view name);

// The size that the caller's struct says it has. Throws invalid_argument when it cannot be one, unsupported when the
// struct is longer than ours and says something there.
std::size_t checked_size(const void* options, std::size_t our_size, const char* struct_name);
void check_size(std::size_t struct_size, const char* struct_name);

// One value. Reading throws invalid_argument; a NULL text leaves the default that `value` holds.
void read_value(const OptionRow& row, const void* options, double& value);
void read_value(const OptionRow& row, const void* options, std::int64_t& value);
void read_value(const OptionRow& row, const void* options, std::uint64_t& value);
void read_value(const OptionRow& row, const void* options, ByteSize& value);
void read_value(const OptionRow& row, const void* options, bool& value);
void read_value(const OptionRow& row, const void* options, std::string& value);
void read_value(const OptionRow& row, const void* options, std::vector<std::string>& value);

void write_value(const OptionRow& row, void* options, double value);
void write_value(const OptionRow& row, void* options, std::int64_t value);
void write_value(const OptionRow& row, void* options, std::uint64_t value);
void write_value(const OptionRow& row, void* options, ByteSize value);
void write_value(const OptionRow& row, void* options, bool value);
// Texts live as long as the process: each different one is kept once.
void write_value(const OptionRow& row, void* options, const std::string& value);
void write_value(const OptionRow& row, void* options, const std::vector<std::string>& value);

// The caller's options over the defaults; all defaults for NULL. Members that the caller's older struct lacks keep
// theirs.
template <class Struct>
typename OptionTable<Struct>::Options read_options(const Struct* given) {
  using Table = OptionTable<Struct>;
  typename Table::Options options;
  if (!given) return options;
  const std::size_t size = checked_size(given, sizeof(Struct), Table::name);
  fields(options, [&](const Field& field, auto& value) {
    const OptionRow& row = row_named(Table::rows(), field.name);
    if (row.end <= size) read_value(row, given, value);
  });
  return options;
}

// Fills the caller's struct, no further than its size. Texts that are the default stay NULL, which means the default.
template <class Struct>
void write_options(Struct* target, std::size_t struct_size, const typename OptionTable<Struct>::Options& options) {
  using Table = OptionTable<Struct>;
  const typename Table::Options defaults;
  Struct filled{};
  filled.struct_size = struct_size;
  fields(options, [&](const Field& field, const auto& value) {
    const OptionRow& row = row_named(Table::rows(), field.name);
    if (row.end > struct_size) return;
    bool is_default = false;
    if (row.kind == Kind::text || row.kind == Kind::texts)
      fields(defaults, [&](const Field& other, const auto& usual) {
        if constexpr (std::is_same_v<decltype(usual), decltype(value)>)
          if (std::string_view(other.name) == field.name) is_default = usual == value;
      });
    if (!is_default) write_value(row, &filled, value);
  });
  // Only now, when nothing can fail any more.
  std::memset(static_cast<void*>(target), 0, struct_size);
  std::memcpy(static_cast<void*>(target), &filled, std::min(struct_size, sizeof filled));
}

// The description behind pmt_options_describe; throws not_found for an unknown struct.
Json describe_options(std::string_view struct_name);

}  // namespace pmtune::capi
