// What stands behind the handles of pmtune.h, and the small tools that every function uses: checking arguments,
// handing results over, keeping a caller's user_data.
#pragma once

#include <atomic>
#include <memory>
#include <pmtune/pmtune.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/fail.hpp"
#include "base/json.hpp"
#include "base/utf8.hpp"
#include "pmtune.h"

struct pmt_buffer {
  std::string text;
};
struct pmt_tensor {
  std::vector<std::uint8_t> bytes;
  std::vector<std::int32_t> whole_numbers;
  std::vector<float> floats;
  std::int32_t dtype;
  std::int64_t shape[2];
  std::int64_t strides[2];
  std::int32_t ndim;
};
struct pmt_dataset {
  pmtune::Dataset data;
};
struct pmt_model {
  pmtune::Model model;
};
struct pmt_inbox {
  pmtune::Inbox inbox;
};
struct pmt_train_result {
  pmtune::TrainResult result;
};
struct pmt_report {
  pmtune::EvalReport report;
};

namespace pmtune::capi {

// ---- Arguments ----

template <class Pointer>
auto& require(Pointer* pointer, const char* name) {
  if (!pointer) fail(Code::invalid_argument, "The argument ", name, " is NULL.");
  return *pointer;
}

// Results are set only when nothing can fail any more, so `out` is checked before any work is done.
template <class... Out>
void require_out(Out**... out) {
  if ((!out || ...)) fail(Code::invalid_argument, "The argument that receives the result is NULL.");
}

inline std::string checked_utf8(std::string_view text, const char* name) {
  const std::size_t fault = find_invalid_utf8(text);
  if (fault != std::string_view::npos)
    fail(Code::invalid_argument, "The text ", name, " is not UTF-8 at byte ", fault, ".");
  return std::string(text);
}

inline std::string text_of(const char* text, const char* name) {
  require(text, name);
  return checked_utf8(text, name);
}

inline std::string text_or(const char* text, const char* name, const char* otherwise) {
  return checked_utf8(text ? text : otherwise, name);
}

inline std::string text_of(pmt_str text, const char* name) {
  if (!text.data && text.size > 0)
    fail(Code::invalid_argument, "The text ", name, " has a size but its data is NULL.");
  return text.size == 0 ? std::string() : checked_utf8({text.data, text.size}, name);
}

inline bool flag_of(std::int32_t flag, const char* name) {
  if (flag != 0 && flag != 1) fail(Code::invalid_argument, "The flag ", name, " is ", flag, "; it must be 0 or 1.");
  return flag == 1;
}

inline pmt_str view_of(std::string_view text) { return {text.data(), text.size()}; }

// ---- Results ----

inline void give(pmt_buffer** out, std::string text) { *out = new pmt_buffer{std::move(text)}; }
inline void give(pmt_buffer** out, const Json& json) { give(out, json.dump()); }
inline void give(pmt_dataset** out, Dataset data) { *out = new pmt_dataset{std::move(data)}; }
inline void give(pmt_model** out, Model model) { *out = new pmt_model{std::move(model)}; }

// ---- Callbacks ----

// The host's pointer with its destroy function, called exactly once whatever becomes of the call that brought it.
// Made first thing in a function, before anything can fail.
class UserData {
 public:
  UserData() = default;
  UserData(void* pointer, pmt_destroy_fn destroy) noexcept : pointer_(pointer), destroy_(destroy) {}
  UserData(UserData&& other) noexcept : pointer_(other.pointer_), destroy_(std::exchange(other.destroy_, nullptr)) {}
  UserData& operator=(UserData&& other) noexcept {
    std::swap(pointer_, other.pointer_);
    std::swap(destroy_, other.destroy_);
    return *this;
  }
  ~UserData() {
    if (destroy_) destroy_(pointer_);
  }
  void* get() const noexcept { return pointer_; }

 private:
  void* pointer_ = nullptr;
  pmt_destroy_fn destroy_ = nullptr;
};

// A host's function with its user_data. Without a function the user_data is of no use and is destroyed at once.
template <class Function>
struct Callback {
  Function function = nullptr;
  UserData data;

  void set(Function new_function, UserData& new_data) noexcept {
    function = new_function;
    UserData old = std::move(data);
    if (new_function) data = std::move(new_data);
  }
};

inline Control control_of(std::int32_t answer) { return answer == 0 ? Control::resume : Control::stop; }

// ---- One thread at a time ----

// Held for the duration of a call on an object that serves one thread at a time; a second call fails at once.
class InUse {
 public:
  InUse(std::atomic<bool>& busy, const char* what) : busy_(busy) {
    if (busy_.exchange(true, std::memory_order_acquire))
      fail(Code::busy, "The ", what, " is in use, on another thread or by the caller of this callback.");
  }
  ~InUse() { busy_.store(false, std::memory_order_release); }
  InUse(const InUse&) = delete;
  InUse& operator=(const InUse&) = delete;

 private:
  std::atomic<bool>& busy_;
};

}  // namespace pmtune::capi
