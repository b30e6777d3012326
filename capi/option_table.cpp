#include "option_table.hpp"

#include <cmath>
#include <map>
#include <mutex>
#include <set>
#include <type_traits>

#include "base/utf8.hpp"
#include "guard.hpp"

namespace pmtune::capi {
namespace {

template <class Member>
constexpr Kind kind_of() {
  if constexpr (std::is_same_v<Member, double>)
    return Kind::number;
  else if constexpr (std::is_same_v<Member, std::int64_t>)
    return Kind::integer;
  else if constexpr (std::is_same_v<Member, std::uint64_t>)
    return Kind::natural;
  else if constexpr (std::is_same_v<Member, std::int32_t>)
    return Kind::flag;
  else if constexpr (std::is_same_v<Member, const char*>)
    return Kind::text;
  else
    return Kind::texts;
}

#define ROW(type, member)                                                 \
  {                                                                       \
#member, kind_of < decltype(type::member)>(), offsetof(type, member), \
        offsetof(type, member) + sizeof(type::member)                     \
  }
#define ROW_OF_TEXTS(type, member)                                                                       \
  {                                                                                                      \
#member, Kind::texts, offsetof(type, member), offsetof(type, n_##member) + sizeof(type::n_##member), \
        offsetof(type, n_##member)                                                                       \
  }

// A struct longer than this was not set up: the largest of ours has 208 bytes.
constexpr std::size_t largest_struct = 65536;

template <class Value>
Value peek(const void* options, std::size_t offset) {
  Value value;
  std::memcpy(&value, static_cast<const char*>(options) + offset, sizeof value);
  return value;
}

template <class Value>
void poke(void* options, std::size_t offset, Value value) {
  std::memcpy(static_cast<char*>(options) + offset, &value, sizeof value);
}

std::string checked_text(const OptionRow& row, const char* text) {
  if (!text) fail(Code::invalid_argument, "Option ", row.name, " holds a NULL among its texts.");
  if (find_invalid_utf8(text) != std::string_view::npos)
    fail(Code::invalid_argument, "Option ", row.name, " is not UTF-8.");
  return text;
}

// Texts handed out in structs that nobody frees. There are few: the values of presets.
class Interned {
 public:
  const char* text(const std::string& value) {
    const std::lock_guard lock(mutex_);
    return texts_.insert(value).first->c_str();
  }
  const char* const* list(const std::vector<std::string>& values) {
    std::vector<const char*> pointers;
    for (const std::string& value : values) pointers.push_back(text(value));
    const std::lock_guard lock(mutex_);
    return lists_.insert(std::move(pointers)).first->data();
  }
  static Interned& instance() {
    static auto* const interned = new Interned;  // never destroyed: hosts keep the pointers
    return *interned;
  }

 private:
  std::mutex mutex_;
  std::set<std::string> texts_;
  std::set<std::vector<const char*>> lists_;
};

template <class Struct>
Json describe() {
  using Table = OptionTable<Struct>;
  Json members = Json::array();
  fields(typename Table::Options{}, [&](const Field& field, const auto& value) {
    Json member{
        {"name", field.name}, {"type", to_string(row_named(Table::rows(), field.name).kind)}, {"doc", field.doc}};
    if constexpr (std::is_same_v<std::decay_t<decltype(value)>, ByteSize>)
      member["default"] = value.bytes;
    else
      member["default"] = value;
    if (*field.unit) member["unit"] = field.unit;
    if (std::isfinite(field.least)) member["least"] = field.least;
    if (field.least_excluded) member["least_excluded"] = true;
    if (std::isfinite(field.most)) member["most"] = field.most;
    if (*field.choices) member["choices"] = field.choices;
    members.push_back(std::move(member));
  });
  return members;
}

template <class Struct>
void init(Struct* options, std::size_t struct_size) noexcept {
  if (!options || struct_size < sizeof struct_size) return;
  std::memset(static_cast<void*>(options), 0, struct_size);  // what is left without memory: a struct that is refused
  guard(nullptr, [&] { write_options(options, struct_size, typename OptionTable<Struct>::Options{}); });
}

}  // namespace

const std::vector<OptionRow>& OptionTable<pmt_load_options>::rows() {
  static const std::vector<OptionRow> rows{ROW(pmt_load_options, format), ROW(pmt_load_options, on_error)};
  return rows;
}

const std::vector<OptionRow>& OptionTable<pmt_model_options>::rows() {
  static const std::vector<OptionRow> rows{ROW(pmt_model_options, device), ROW(pmt_model_options, weights),
                                           ROW(pmt_model_options, max_memory)};
  return rows;
}

const std::vector<OptionRow>& OptionTable<pmt_generate_options>::rows() {
  using S = pmt_generate_options;
  static const std::vector<OptionRow> rows{
      ROW(S, max_tokens),
      ROW(S, temperature),
      ROW(S, top_k),
      ROW(S, top_p),
      ROW(S, min_p),
      ROW(S, repetition_penalty),
      ROW(S, seed),
      ROW_OF_TEXTS(S, stop),
      ROW_OF_TEXTS(S, stop_tokens),
      ROW(S, min_tokens),
      ROW(S, frequency_penalty),
      ROW(S, presence_penalty),
      ROW(S, logit_bias),
      ROW(S, logprobs),
      ROW(S, response),
      ROW(S, json_schema),
  };
  return rows;
}

const std::vector<OptionRow>& OptionTable<pmt_engine_options>::rows() {
  using S = pmt_engine_options;
  static const std::vector<OptionRow> rows{
      ROW(S, batch_size),   ROW(S, context_length), ROW(S, cache_memory), ROW(S, cache_precision),
      ROW(S, queue_length), ROW(S, speculation),    ROW(S, prefix_cache),
  };
  return rows;
}

const std::vector<OptionRow>& OptionTable<pmt_export_options>::rows() {
  static const std::vector<OptionRow> rows{ROW(pmt_export_options, format), ROW(pmt_export_options, quantization)};
  return rows;
}

const std::vector<OptionRow>& OptionTable<pmt_chat_options>::rows() {
  using S = pmt_chat_options;
  static const std::vector<OptionRow> rows{ROW(S, system),      ROW(S, default_system),
                                           ROW(S, when_full),   ROW(S, context_length),
                                           ROW(S, answer_room), ROW(S, regenerate_temperature)};
  return rows;
}

const std::vector<OptionRow>& OptionTable<pmt_train_config>::rows() {
  using S = pmt_train_config;
  static const std::vector<OptionRow> rows{
      ROW(S, name),           ROW(S, learning_rate),
      ROW(S, batch_size),     ROW(S, epochs),
      ROW(S, context_length), ROW(S, rank),
      ROW(S, alpha),          ROW(S, dropout),
      ROW(S, rslora),         ROW_OF_TEXTS(S, target_modules),
      ROW(S, schedule),       ROW(S, warmup_ratio),
      ROW(S, weight_decay),   ROW(S, beta1),
      ROW(S, beta2),          ROW(S, epsilon),
      ROW(S, max_grad_norm),  ROW(S, seed),
      ROW(S, long_examples),  ROW(S, validation),
      ROW(S, keep_best),      ROW(S, micro_batch_tokens),
      ROW(S, recompute),      ROW(S, checkpoint_dir),
      ROW(S, max_memory),     ROW(S, top_layers),
  };
  return rows;
}

const std::vector<OptionRow>& OptionTable<pmt_server_options>::rows() {
  using S = pmt_server_options;
  static const std::vector<OptionRow> rows{
      ROW(S, host),
      ROW(S, port),
      ROW_OF_TEXTS(S, models),
      ROW_OF_TEXTS(S, api_keys),
      ROW_OF_TEXTS(S, allowed_origins),
      ROW(S, inbox),
      ROW(S, max_tokens),
      ROW(S, temperature),
      ROW(S, max_models),
      ROW(S, model_memory),
      ROW(S, threads),
      ROW(S, queue_length),
      ROW(S, body_limit),
      ROW(S, request_time),
      ROW(S, idle_time),
      ROW(S, stop_time),
  };
  return rows;
}

const std::vector<OptionRow>& OptionTable<pmt_eval_options>::rows() {
  using S = pmt_eval_options;
  static const std::vector<OptionRow> rows{ROW(S, max_tokens), ROW(S, temperature), ROW(S, repetition_penalty),
                                           ROW(S, seed), ROW(S, system)};
  return rows;
}

const std::vector<OptionRow>& OptionTable<pmt_pull_options>::rows() {
  using S = pmt_pull_options;
  static const std::vector<OptionRow> rows{ROW(S, to),    ROW(S, endpoint), ROW(S, revision),
                                           ROW(S, token), ROW(S, retries),  ROW(S, timeout)};
  return rows;
}

const std::vector<OptionRow>& OptionTable<pmt_preview_options>::rows() {
  static const std::vector<OptionRow> rows{ROW(pmt_preview_options, context_length)};
  return rows;
}

const std::vector<OptionRow>& OptionTable<pmt_surprise_options>::rows() {
  using S = pmt_surprise_options;
  static const std::vector<OptionRow> rows{ROW(S, context_length), ROW(S, compare_with), ROW(S, compare_tokens)};
  return rows;
}

const char* to_string(Kind kind) noexcept {
  switch (kind) {
    case Kind::number: return "number";
    case Kind::integer: return "integer";
    case Kind::natural: return "natural";
    case Kind::flag: return "flag";
    case Kind::text: return "text";
    case Kind::texts: return "texts";
  }
  return "";
}

const OptionRow& row_named(const std::vector<OptionRow>& rows, std::string_view name) {
  for (const OptionRow& row : rows)
    if (name == row.name) return row;
  fail(Code::internal, "The C interface has no member for the option ", name, "; please report it.");
}

void check_size(std::size_t struct_size, const char* struct_name) {
  if (struct_size < sizeof struct_size || struct_size > largest_struct)
    fail(Code::invalid_argument, struct_name, " has struct_size ", struct_size, "; set it up with PMT_INIT(",
         struct_name, ", variable).");
}

std::size_t checked_size(const void* options, std::size_t our_size, const char* struct_name) {
  const auto size = peek<std::size_t>(options, 0);
  check_size(size, struct_name);
  for (std::size_t i = our_size; i < size; ++i)
    if (static_cast<const unsigned char*>(options)[i] != 0)
      fail(Code::unsupported, "The program sets an option in ", struct_name,
           " that this version of pmtune does not know yet; update pmtune.");
  return size;
}

void read_value(const OptionRow& row, const void* options, double& value) {
  value = peek<double>(options, row.offset);
}

void read_value(const OptionRow& row, const void* options, std::int64_t& value) {
  value = peek<std::int64_t>(options, row.offset);
}

void read_value(const OptionRow& row, const void* options, std::uint64_t& value) {
  value = peek<std::uint64_t>(options, row.offset);
}

void read_value(const OptionRow& row, const void* options, ByteSize& value) {
  value = ByteSize(peek<std::int64_t>(options, row.offset));
}

void read_value(const OptionRow& row, const void* options, bool& value) {
  const auto flag = peek<std::int32_t>(options, row.offset);
  if (flag != 0 && flag != 1) fail(Code::invalid_argument, "Option ", row.name, " is ", flag, "; it must be 0 or 1.");
  value = flag == 1;
}

void read_value(const OptionRow& row, const void* options, std::string& value) {
  if (const auto text = peek<const char*>(options, row.offset)) value = checked_text(row, text);
}

void read_value(const OptionRow& row, const void* options, std::vector<std::string>& value) {
  const auto list = peek<const char* const*>(options, row.offset);
  const auto count = peek<std::size_t>(options, row.count_offset);
  if (!list && count > 0)
    fail(Code::invalid_argument, "Option n_", row.name, " is ", count, " but ", row.name, " is NULL.");
  if (!list || count == 0) return;
  value.clear();
  for (std::size_t i = 0; i < count; ++i) value.push_back(checked_text(row, list[i]));
}

void write_value(const OptionRow& row, void* options, double value) { poke(options, row.offset, value); }

void write_value(const OptionRow& row, void* options, std::int64_t value) { poke(options, row.offset, value); }

void write_value(const OptionRow& row, void* options, std::uint64_t value) { poke(options, row.offset, value); }

void write_value(const OptionRow& row, void* options, ByteSize value) { poke(options, row.offset, value.bytes); }

void write_value(const OptionRow& row, void* options, bool value) {
  poke<std::int32_t>(options, row.offset, value ? 1 : 0);
}

void write_value(const OptionRow& row, void* options, const std::string& value) {
  poke(options, row.offset, Interned::instance().text(value));
}

void write_value(const OptionRow& row, void* options, const std::vector<std::string>& value) {
  poke(options, row.offset, Interned::instance().list(value));
  poke(options, row.count_offset, value.size());
}

Json describe_options(std::string_view struct_name) {
  using Describe = Json (*)();
  static const std::map<std::string_view, Describe> structs{
      {"pmt_load_options", describe<pmt_load_options>},
      {"pmt_model_options", describe<pmt_model_options>},
      {"pmt_generate_options", describe<pmt_generate_options>},
      {"pmt_export_options", describe<pmt_export_options>},
      {"pmt_chat_options", describe<pmt_chat_options>},
      {"pmt_engine_options", describe<pmt_engine_options>},
      {"pmt_train_config", describe<pmt_train_config>},
      {"pmt_eval_options", describe<pmt_eval_options>},
      {"pmt_pull_options", describe<pmt_pull_options>},
      {"pmt_preview_options", describe<pmt_preview_options>},
      {"pmt_surprise_options", describe<pmt_surprise_options>},
      {"pmt_server_options", describe<pmt_server_options>},
  };
  const auto found = structs.find(struct_name);
  if (found == structs.end())
    fail(Code::not_found, "There is no options struct \"", struct_name, "\"; try \"pmt_train_config\".");
  return found->second();
}

}  // namespace pmtune::capi

using namespace pmtune::capi;

void pmt_load_options_init(pmt_load_options* options, size_t struct_size) noexcept { init(options, struct_size); }

void pmt_model_options_init(pmt_model_options* options, size_t struct_size) noexcept { init(options, struct_size); }

void pmt_generate_options_init(pmt_generate_options* options, size_t struct_size) noexcept {
  init(options, struct_size);
}

void pmt_export_options_init(pmt_export_options* options, size_t struct_size) noexcept { init(options, struct_size); }

void pmt_engine_options_init(pmt_engine_options* options, size_t struct_size) noexcept { init(options, struct_size); }
void pmt_chat_options_init(pmt_chat_options* options, size_t struct_size) noexcept { init(options, struct_size); }

void pmt_train_config_init(pmt_train_config* config, size_t struct_size) noexcept { init(config, struct_size); }

void pmt_eval_options_init(pmt_eval_options* options, size_t struct_size) noexcept { init(options, struct_size); }

void pmt_pull_options_init(pmt_pull_options* options, size_t struct_size) noexcept { init(options, struct_size); }

void pmt_preview_options_init(pmt_preview_options* options, size_t struct_size) noexcept {
  init(options, struct_size);
}

void pmt_surprise_options_init(pmt_surprise_options* options, size_t struct_size) noexcept {
  init(options, struct_size);
}

void pmt_server_options_init(pmt_server_options* options, size_t struct_size) noexcept { init(options, struct_size); }
