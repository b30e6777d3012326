#include "hub/inspect.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <span>

#include "base/ascii.hpp"
#include "base/atomic_file.hpp"
#include "base/fail.hpp"
#include "base/json.hpp"
#include "base/utf8.hpp"
#include "files/gguf.hpp"
#include "files/safetensors_folder.hpp"
#include "model/architecture.hpp"
#include "text/tokenizer.hpp"

namespace pmtune::hub {
namespace fs = std::filesystem;
using files::DType;
using files::TensorView;

namespace {

constexpr std::size_t largest_config = std::size_t{16} << 20;

// Texts out of files may end up in a terminal.
std::string printable(const std::string& text) {
  std::string shown = replace_invalid_utf8(text);
  for (char& c : shown)
    if (is_ascii_control(c)) c = ' ';
  return shown;
}

// The numbers of a model by how they are stored.
class Tally {
 public:
  void add(std::span<const TensorView> tensors) {
    for (const TensorView& tensor : tensors) {
      numbers_[tensor.dtype] += tensor.count();
      all_ += tensor.count();
      least_memory_ += least_memory_of(tensor);
    }
  }
  std::int64_t parameters() const { return all_; }
  std::int64_t least_memory() const { return least_memory_; }
  std::string most() const {
    std::string name;
    std::int64_t count = 0;
    for (const auto& [dtype, numbers] : numbers_)
      if (numbers > count) {
        name = files::info(dtype).name;
        count = numbers;
      }
    return ascii_upper(name);
  }

 private:
  // In the smallest form that training knows: the file's own blocks, else Q4_0; the output matrix is always dense.
  static std::int64_t least_memory_of(const TensorView& tensor) {
    const bool dense = tensor.name == "output.weight" || tensor.name == "lm_head.weight";
    const auto numbers = static_cast<std::size_t>(tensor.count());
    if (dense) return static_cast<std::int64_t>(numbers * 2);
    const files::DTypeInfo& q4 = files::info(DType::q4_0);
    return static_cast<std::int64_t>(std::min(tensor.bytes, numbers / q4.block * q4.block_bytes));
  }

  std::map<DType, std::int64_t> numbers_;
  std::int64_t all_ = 0;
  std::int64_t least_memory_ = 0;
};

void fill(LocalModel& model, const Tally& tally) {
  model.parameters = tally.parameters();
  model.quantization = tally.most();
}

void check_tokenizer(const text::Tokenizer& tokenizer, const Candidate& candidate) {
  if (tokenizer.chat_template().empty())
    fail(Code::unsupported, "The model ", candidate.source.string(),
         " has no chat template, so it cannot learn from conversations; take an instruct or chat version of it.");
}

void check_memory(const Tally& tally, const Candidate& candidate, std::int64_t memory) {
  if (memory > 0 && tally.least_memory() > memory)
    fail(Code::out_of_memory, "The model ", candidate.source.string(), " takes at least ",
         to_string(ByteSize(tally.least_memory())), " in its smallest form, and this machine has ",
         to_string(ByteSize(memory)), " of memory; take a smaller model.");
}

void inspect_gguf(LocalModel& model, const Candidate& candidate, std::int64_t memory) {
  const auto file = files::GgufFile::open(candidate.source);
  Tally tally;
  tally.add(file->tensors());
  fill(model, tally);
  if (const std::string* family = file->get_string("general.architecture")) {
    model.architecture = printable(*family);
    if (const std::int64_t* length = file->get_int(*family + ".context_length")) model.context_length = *length;
  }
  model::architecture_of(*file);
  check_tokenizer(*text::Tokenizer::from_gguf(*file), candidate);
  check_memory(tally, candidate, memory);
}

// The two entries of config.json that are shown also of models that cannot be loaded.
void read_config(LocalModel& model, const fs::path& path) {
  const Json config = parse_json_or_throw(read_text_file(path, largest_config), path.string());
  if (!config.is_object()) return;
  if (const Json family = config.value("model_type", Json()); family.is_string())
    model.architecture = printable(family.get<std::string>());
  if (const Json length = config.value("max_position_embeddings", Json()); length.is_number_integer())
    model.context_length = length.get<std::int64_t>();
}

void inspect_folder(LocalModel& model, const Candidate& candidate, std::int64_t memory) {
  read_config(model, candidate.source / "config.json");
  Tally tally;
  const auto weights = files::SafetensorsFolder::open(candidate.source);
  for (const auto& shard : weights.shards()) tally.add(shard->tensors());
  fill(model, tally);
  model::architecture_of_folder(candidate.source);
  check_tokenizer(*text::Tokenizer::from_folder(candidate.source), candidate);
  check_memory(tally, candidate, memory);
}

}  // namespace

LocalModel inspect(const Candidate& candidate, std::int64_t memory) {
  LocalModel model;
  model.reference = candidate.reference();
  model.name = concat(model.reference, " (", title(candidate.place), ")");
  model.source = candidate.source.string();
  model.place = to_string(candidate.place);
  model.bytes = candidate.bytes;
  model.reason = candidate.fault;
  if (!model.reason.empty()) return model;
  try {
    std::error_code error;
    fs::is_directory(candidate.source, error) ? inspect_folder(model, candidate, memory)
                                              : inspect_gguf(model, candidate, memory);
    model.trains = true;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    model.reason = printable(error.what());
  }
  return model;
}

bool is_no_model(const LocalModel& model) { return model.architecture == "clip"; }

}  // namespace pmtune::hub
