#include <ATen/ATen.h>

#include <ostream>

#include "base/log.hpp"
#include "base/options.hpp"
#include "base/sha256.hpp"
#include "model/guard.hpp"
#include "model/impl.hpp"
#include "model/loss.hpp"
#include "model/record.hpp"

namespace pmtune {
namespace fs = std::filesystem;

namespace model {

// One file: its own sum. Several: the sum over their sums in the order of their names.
std::string Base::hash() const {
  const std::lock_guard lock(hash_mutex_);
  if (!hash_.empty()) return hash_;
  if (files.size() == 1) return hash_ = sha256_of_file(files[0]);
  Sha256 sum;
  for (const fs::path& file : files) sum.update(file.filename().string()).update(sha256_of_file(file));
  return hash_ = sum.hex();
}

Model with_adapter(const Model& model, std::shared_ptr<const Adapter> adapter, const std::string& name,
                   std::shared_ptr<const TrainingRecord> record) {
  auto impl = std::make_shared<Model::Impl>();
  impl->base = model.impl().base;
  impl->info = impl->base->info;
  if (adapter) {
    impl->info.adapter = name;
    impl->info.adapter_rank = adapter->config().rank;
    impl->info.adapter_parameters = adapter->layout().size;
  }
  impl->adapter = std::move(adapter);
  impl->record = std::move(record);
  return Model(std::move(impl));
}

namespace {

void check_ids(const Model::Impl& model, const std::vector<std::int32_t>& ids) {
  const std::int64_t vocabulary = model.weights().architecture.vocabulary,
                     room = model.weights().architecture.context_length;
  if (ids.empty()) fail(Code::invalid_argument, "The list of tokens is empty; give at least one.");
  if (static_cast<std::int64_t>(ids.size()) > room)
    fail(Code::invalid_argument, "The text has ", ids.size(), " tokens, but this model can hold only ", room,
         "; shorten it.");
  for (std::int32_t id : ids)
    if (id < 0 || id >= vocabulary)
      fail(Code::invalid_argument, "Token ", id, " does not exist; this model has tokens 0 to ", vocabulary - 1, ".");
}

}  // namespace
}  // namespace model

std::ostream& operator<<(std::ostream& out, const ModelInfo& info) {
  out << info.name << " (" << info.architecture << ", " << (info.parameters + 500000) / 1000000 << "M parameters, "
      << info.file_precision << " in a " << info.file_format << " file, " << info.weights
      << " in memory: " << to_string(ByteSize(info.memory)) << " on " << info.device << ")";
  if (!info.adapter.empty()) out << " with adapter " << info.adapter << " (rank " << info.adapter_rank << ")";
  return out;
}

Model::Model(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}

const ModelInfo& Model::info() const { return impl_->info; }
std::string Model::hash() const { return impl_->base->hash(); }

std::vector<std::int32_t> Model::tokenize(std::string_view text, bool special) const {
  const text::Tokenizer& tokenizer = impl_->tokenizer();
  std::vector<std::int32_t> ids = tokenizer.encode(text, special);
  if (special && tokenizer.adds_bos() && tokenizer.bos() >= 0 && (ids.empty() || ids.front() != tokenizer.bos()))
    ids.insert(ids.begin(), tokenizer.bos());
  return ids;
}

std::string Model::detokenize(const std::vector<std::int32_t>& ids, bool skip_special) const {
  for (std::int32_t id : ids)
    if (id < 0 || id >= impl_->tokenizer().size())
      fail(Code::invalid_argument, "Token ", id, " does not exist; this model has tokens 0 to ",
           impl_->tokenizer().size() - 1, ".");
  return impl_->tokenizer().decode(ids, skip_special);
}

void Model::Impl::require_chat_template() const {
  if (!base->chat_template)
    fail(Code::unsupported, "The model ", info.name,
         " has no chat template, so it cannot hold a conversation; use an instruct or chat version of it.");
}

text::Rendered Model::Impl::render(const std::vector<Message>& messages, bool add_generation_prompt) const {
  if (messages.empty()) fail(Code::invalid_argument, "The conversation is empty; give at least one message.");
  require_chat_template();
  std::vector<text::Turn> turns;
  for (const Message& message : messages) turns.push_back({{message.role, message.content}, message.weight != 0});
  return text::render(*base->tokenizer, *base->chat_template, turns, add_generation_prompt);
}

std::string Model::render(const std::vector<Message>& messages, bool add_generation_prompt) const {
  return impl_->render(messages, add_generation_prompt).text;
}

Encoded Model::encode(const std::vector<Message>& messages, bool add_generation_prompt) const {
  text::Rendered rendered = impl_->render(messages, add_generation_prompt);
  return {std::move(rendered.ids), std::move(rendered.mask)};
}

std::vector<float> Model::logits(const std::vector<std::int32_t>& ids) const {
  return model::guarded([&] {
    model::check_ids(*impl_, ids);
    const model::Decoder decoder = impl_->decoder();
    const at::Tensor scores =
        decoder.logits(decoder.forward(model::ids_tensor(impl_->weights(), ids))).to(at::kCPU).contiguous();
    const float* begin = scores.data_ptr<float>();
    return std::vector<float>(begin, begin + scores.numel());
  });
}

std::vector<ExampleLoss> Model::losses(const Dataset& data) const {
  return model::guarded([&] {
    const model::Decoder decoder = impl_->decoder();
    std::vector<ExampleLoss> losses;
    for (const Example& example : data.examples()) {
      const text::Rendered rendered = impl_->render(example.messages, false);
      model::check_ids(*impl_, rendered.ids);
      ExampleLoss loss;
      for (std::size_t t = 1; t < rendered.mask.size(); ++t) loss.tokens += rendered.mask[t];
      if (loss.tokens > 0)
        loss.loss = model::example_loss(impl_->weights(), decoder, rendered.ids, rendered.mask) /
                    static_cast<double>(loss.tokens);
      losses.push_back(loss);
    }
    return losses;
  });
}

double Model::loss(const Dataset& data) const {
  double sum = 0;
  std::int64_t tokens = 0;
  for (const ExampleLoss& example : losses(data)) {
    sum += example.loss * static_cast<double>(example.tokens);
    tokens += example.tokens;
  }
  if (tokens == 0)
    fail(Code::invalid_argument,
         "No token of the examples is taught, so there is no loss; every example needs an assistant answer.");
  return sum / static_cast<double>(tokens);
}

bool Model::has_adapter() const { return impl_->adapter != nullptr; }
Model Model::base() const { return model::with_adapter(*this, nullptr, "", nullptr); }
std::shared_ptr<const TrainingRecord> Model::training_record() const { return impl_->record; }

Model Model::load_adapter(const std::string& folder) const {
  return model::guarded([&] {
    auto adapter = model::Adapter::load(impl_->weights(), folder);
    auto record = model::read_training_record(folder);
    const std::string name = record ? record->config.name : fs::path(folder).filename().string();
    if (record && record->base_name != info().name)
      log(LogLevel::warning, concat("The adapter ", folder, " was trained on \"", record->base_name, "\", not on \"",
                                    info().name, "\": it fits, but may answer otherwise than it was measured to."));
    return model::with_adapter(*this, std::move(adapter), name, std::move(record));
  });
}

void Model::save_adapter(const std::string& folder) const {
  if (!impl_->adapter)
    fail(Code::invalid_argument, "The model ", info().name, " has no adapter to save; train one first.");
  model::guarded([&] {
    impl_->adapter->save(folder, info().source);
    if (impl_->record) model::write_training_record(folder, *impl_->record);
  });
}

void Model::export_to(const std::string& path, const ExportOptions& options) const {
  validate_options(options);
  if (options.format == "peft") return save_adapter(path);
  fail(Code::unsupported, "Exporting as ", options.format,
       " is not built yet; format \"peft\" works now, and docs/status.md lists what is to come.");
}

}  // namespace pmtune
