// The library and the machine; buffers and tensors.
#include <cstring>
#include <sstream>

#include "guard.hpp"
#include "handles.hpp"
#include "option_table.hpp"
#include "records.hpp"

using namespace pmtune;
using namespace pmtune::capi;

namespace {

// Made once and never destroyed, since hosts keep the pointers.
struct BuildTexts {
  std::string version;
  std::string json;
};

const BuildTexts* build_texts() noexcept {
  const BuildTexts* texts = nullptr;
  guard(nullptr, [&] {
    static const auto* const made = [] {
      const RuntimeInfo info = runtime_info();
      const Json json{{"version", info.version},
                      {"abi", PMT_ABI_VERSION},
                      {"torch", info.torch_version},
                      {"compiler", __VERSION__}};
      return new BuildTexts{info.version, json.dump()};
    }();
    texts = made;
  });
  return texts;
}

struct LogSink {
  pmt_log_fn function;
  UserData data;
};

const void* data_of(const pmt_tensor& tensor) {
  switch (tensor.dtype) {
    case PMT_DTYPE_U8: return tensor.bytes.data();
    case PMT_DTYPE_I32: return tensor.whole_numbers.data();
    default: return tensor.floats.data();
  }
}

}  // namespace

uint32_t pmt_abi_version(void) noexcept { return PMT_ABI_VERSION; }

const char* pmt_version(void) noexcept {
  const BuildTexts* texts = build_texts();
  return texts ? texts->version.c_str() : "";
}

const char* pmt_build_info(void) noexcept {
  const BuildTexts* texts = build_texts();
  return texts ? texts->json.c_str() : "{}";
}

pmt_status pmt_runtime_info(pmt_buffer** out, pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    give(out, json_of(runtime_info()));
  });
}

pmt_status pmt_set_threads(int32_t count, pmt_error** err) noexcept {
  return guard(err, [&] { set_threads(count); });
}

void pmt_trim_memory(void) noexcept {
  guard(nullptr, [] { trim_memory(); });
}

pmt_status pmt_set_log_callback(pmt_log_fn callback, void* user_data, pmt_destroy_fn destroy,
                                pmt_error** err) noexcept {
  UserData owner(user_data, destroy);
  return guard(err, [&] {
    if (!callback) return set_log_callback(nullptr);
    auto sink = std::make_shared<LogSink>(LogSink{callback, {}});
    sink->data = std::move(owner);
    set_log_callback([sink](LogLevel level, std::string_view message) {
      sink->function(static_cast<std::int32_t>(level), view_of(message), sink->data.get());
    });
  });
}

pmt_status pmt_options_describe(const char* struct_name, pmt_buffer** out, pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    give(out, describe_options(text_of(struct_name, "struct_name")));
  });
}

pmt_str pmt_text(const char* nul_terminated) noexcept {
  return {nul_terminated, nul_terminated ? std::strlen(nul_terminated) : 0};
}

pmt_str pmt_buffer_view(const pmt_buffer* buffer) noexcept { return buffer ? view_of(buffer->text) : pmt_str{"", 0}; }

void pmt_buffer_free(pmt_buffer* buffer) noexcept { delete buffer; }

pmt_tensor_data pmt_tensor_view(const pmt_tensor* tensor) noexcept {
  if (!tensor) return {};
  return {data_of(*tensor), tensor->dtype, tensor->ndim, tensor->shape, tensor->strides};
}

void pmt_tensor_free(pmt_tensor* tensor) noexcept { delete tensor; }
