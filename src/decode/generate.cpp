#include "decode/generate.hpp"

#include <ATen/ATen.h>

#include <chrono>

#include "base/round_up.hpp"
#include "decode/scheduler.hpp"
#include "kernels/ops.hpp"
#include "model/guard.hpp"

namespace pmtune {

const char* to_string(FinishReason reason) noexcept {
  switch (reason) {
    case FinishReason::stop: return "stop";
    case FinishReason::length: return "length";
    case FinishReason::cancelled: return "cancelled";
  }
  return "stop";
}

namespace decode {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// A request whose caller is the thread that works.
class OwnRequest : public Request {
 public:
  OwnRequest(std::shared_ptr<const PackedAdapter> adapter, std::unique_ptr<Answer> answer,
             const TokenCallback& callback)
      : Request(std::move(adapter), std::move(answer)), callback_(callback), start_(Clock::now()) {}

  void on_token(const std::string& text, const ScoredToken*) override {
    if (answer->result().ids.size() == 1) answer->result().prompt_seconds = seconds_since(start_);
    if (callback_ && callback_(text) == Control::stop) stopped_ = true;
  }
  bool is_cancelled() const override { return stopped_; }
  void on_end(std::exception_ptr error) override {
    ended_ = true;
    error_ = error;
  }

  bool ended() const { return ended_; }
  Generation finish() {
    if (error_) std::rethrow_exception(error_);
    Generation& result = answer->result();
    if (callback_ && !answer->rest().empty() && result.finish != FinishReason::cancelled) callback_(answer->rest());
    result.seconds = seconds_since(start_);
    if (result.prompt_seconds == 0) result.prompt_seconds = result.seconds;
    return std::move(result);
  }

 private:
  const TokenCallback& callback_;
  Clock::time_point start_;
  bool stopped_ = false, ended_ = false;
  std::exception_ptr error_;
};

Generation by_engine(const Model::Impl& model, std::unique_ptr<Answer> answer, const TokenCallback& on_token) {
  SchedulerOptions options;
  options.context = answer->longest();
  options.cache_blocks = ceil_div(answer->longest(), kernels::kKeyBlock);
  options.precision = model.weights().dtype == at::kFloat ? CachePrecision::f32 : CachePrecision::bf16;
  options.speculation = true;
  const auto request = std::make_shared<OwnRequest>(model.packed_adapter(), std::move(answer), on_token);
  Scheduler scheduler(model.base->packed(), options);
  scheduler.add(request);
  while (!request->ended()) {
    scheduler.turn();
    scheduler.tell_ended();
  }
  return request->finish();
}

Generation by_decoder(const Model::Impl& model, std::unique_ptr<Answer> answer, const TokenCallback& on_token) {
  OwnRequest request(nullptr, std::move(answer), on_token);
  Answer& writing = *request.answer;
  const model::Decoder decoder = model.decoder();
  model::KvCache cache(model.weights(), writing.longest());
  at::Tensor hidden = decoder.forward(ids_tensor(model.weights(), writing.seen()), &cache);
  while (!writing.ended()) {
    const at::Tensor scores = decoder.logits(hidden.narrow(0, hidden.size(0) - 1, 1)).to(at::kCPU).contiguous();
    const std::size_t before = writing.seen().size();
    const std::string text = writing.take({scores.data_ptr<float>(), static_cast<std::size_t>(scores.numel())});
    if (writing.seen().size() > before) request.on_token(text, writing.score());
    if (request.is_cancelled()) writing.cancel();
    if (writing.ended()) break;
    if (decoder.must_begin_again(cache)) {
      cache.clear();
      hidden = decoder.forward(ids_tensor(model.weights(), writing.seen()), &cache);
    } else {
      hidden = decoder.forward(ids_tensor(model.weights(), {writing.last()}), &cache);
    }
  }
  return request.finish();
}

}  // namespace

bool uses_engine(const Model::Impl& model) {
  return model.weights().device.is_cpu() && !kernels::UseReference::active();
}

Generation generate_ids(const Model::Impl& model, std::vector<std::int32_t> prompt, text::Preceding preceding,
                        const GenerateOptions& options, const TokenCallback& on_token) {
  auto answer = std::make_unique<Answer>(model, std::move(prompt), preceding, options,
                                         model.weights().architecture.context_length);
  return uses_engine(model) ? by_engine(model, std::move(answer), on_token)
                            : by_decoder(model, std::move(answer), on_token);
}

}  // namespace decode

Generation Model::generate(const std::vector<Message>& messages, const GenerateOptions& options,
                           const TokenCallback& on_token) const {
  return model::guarded([&] {
    return decode::generate_ids(*impl_, impl_->render(messages, true).ids, text::Preceding::token, options, on_token);
  });
}

Generation Model::generate_text(std::string_view prompt, const GenerateOptions& options,
                                const TokenCallback& on_token) const {
  return model::guarded(
      [&] { return decode::generate_ids(*impl_, tokenize(prompt, true), text::Preceding::text, options, on_token); });
}

std::string Model::chat(const std::string& text, const GenerateOptions& options,
                        const TokenCallback& on_token) const {
  std::vector<Message> messages;
  if (impl_->record && !impl_->record->system.empty()) messages.push_back({"system", impl_->record->system, 1});
  messages.push_back({"user", text, 1});
  return generate(messages, options, on_token).text;
}

}  // namespace pmtune
