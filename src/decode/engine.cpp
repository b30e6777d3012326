#include <pmtune/engine.hpp>

#include <mutex>
#include <ostream>

#include "base/options.hpp"
#include "decode/generate.hpp"
#include "model/guard.hpp"

namespace pmtune {

struct Engine::Impl {
  Impl(const Model& model_, const EngineOptions& options_) : model(model_), options(options_) {}
  Model model;
  EngineOptions options;
  std::mutex mutex;
  EngineStats stats;
};

Engine::Engine(const Model& model, const EngineOptions& options) : impl_(std::make_shared<Impl>(model, options)) {
  validate_options(options);
}

Generation Engine::generate(const Model& model, const std::vector<Message>& messages, const GenerateOptions& options,
                            const GenerationCallback& on_token) const {
  return generate_ids(model, model.encode(messages, true).ids, options, on_token);
}

Generation Engine::generate_ids(const Model& model, const std::vector<std::int32_t>& prompt,
                                const GenerateOptions& options, const GenerationCallback& on_token,
                                bool continues_text) const {
  return model::guarded([&] {
    const std::lock_guard lock(impl_->mutex);
    TokenCallback callback;
    if (on_token) callback = [&](std::string_view text) { return on_token({text, nullptr}); };
    const auto preceding = continues_text ? text::Preceding::text : text::Preceding::token;
    Generation answer = model::generate_ids(model.impl(), prompt, preceding, options, callback);
    ++impl_->stats.answers;
    impl_->stats.prompt_tokens += answer.prompt_tokens;
    impl_->stats.written_tokens += static_cast<std::int64_t>(answer.ids.size());
    return answer;
  });
}

EngineStats Engine::stats() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->stats;
}

const EngineOptions& Engine::options() const { return impl_->options; }

std::int64_t Engine::context_length() const {
  const std::int64_t own = impl_->model.info().context_length;
  return impl_->options.context_length > 0 ? std::min(own, impl_->options.context_length)
                                           : std::min<std::int64_t>(own, 8192);
}

std::ostream& operator<<(std::ostream& out, const EngineStats& stats) {
  return out << stats.answers << " answers, " << stats.written_tokens << " tokens written, " << stats.running
             << " running, " << stats.waiting << " waiting";
}

}  // namespace pmtune
