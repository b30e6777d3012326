#include "model/loading.hpp"

#include <ATen/ATen.h>
#include <ATen/Context.h>

#include <map>
#include <pmtune/device.hpp>

#include "base/options.hpp"
#include "model/guard.hpp"
#include "model/impl.hpp"

namespace pmtune::model {
namespace fs = std::filesystem;

namespace {

// The name a person would use: from the file's metadata, else from its path.
std::string model_name(const Architecture& architecture, const fs::path& path) {
  if (!architecture.name.empty()) return architecture.name;
  const fs::path name = path.has_filename() ? path.filename() : path.parent_path().filename();
  return name.extension() == ".gguf" ? name.stem().string() : name.string();
}

void check_memory(const fs::path& path, std::int64_t file_bytes, const ModelOptions& options) {
  if (options.max_memory.bytes > 0 && file_bytes > options.max_memory.bytes)
    fail(Code::out_of_memory, "The model ", path.string(), " takes at least ", to_string(ByteSize(file_bytes)),
         ", more than max_memory (", to_string(options.max_memory), "); allow more, or choose a smaller model.");
}

std::string precision_in_memory(const Weights& weights) {
  const files::DTypeInfo* blocks = weights.layers.front().group.front().block_format();
  if (blocks) return std::string(blocks->name);
  return weights.dtype == at::kFloat ? "f32" : "bf16";
}

Model finish(std::shared_ptr<Base> base, LoadedWeights loaded, const fs::path& path, const ModelOptions& options) {
  base->weights = std::move(loaded.weights);
  base->files = std::move(loaded.files);
  const Weights& weights = base->weights;
  const Architecture& a = weights.architecture;
  if (base->tokenizer->size() > a.vocabulary)
    fail(Code::corrupt, "The tokenizer of ", path.string(), " has ", base->tokenizer->size(),
         " tokens, but the model only ", a.vocabulary, "; they belong to different models.");
  if (!base->tokenizer->chat_template().empty()) {
    const auto text_of = [&](text::TokenId id) {
      return id < 0 ? std::string() : std::string(base->tokenizer->bytes(id));
    };
    base->chat_template = std::make_unique<text::ChatTemplate>(
        base->tokenizer->chat_template(), text_of(base->tokenizer->bos()), text_of(base->tokenizer->eos()));
  }
  ModelInfo& info = base->info;
  info.name = model_name(a, path);
  info.source = fs::absolute(path).lexically_normal().string();
  info.architecture = a.family;
  info.parameters = weights.parameters();
  info.layers = a.layers;
  info.hidden_size = a.hidden;
  info.vocabulary = a.vocabulary;
  info.context_length = a.context_length;
  info.file_format = loaded.file_format;
  info.file_precision = loaded.file_precision;
  info.weights = precision_in_memory(weights);
  info.device = weights.device.str();
  info.memory = weights.bytes();
  if (options.max_memory.bytes > 0 && info.memory > options.max_memory.bytes)
    fail(Code::out_of_memory, "The model ", info.name, " takes ", to_string(ByteSize(info.memory)), " in ",
         info.weights, ", more than max_memory (", to_string(options.max_memory),
         "); allow more, or choose a smaller model.");
  auto impl = std::make_shared<Model::Impl>();
  impl->base = base;
  impl->info = info;
  return Model(std::move(impl));
}

Model load_gguf(const fs::path& path, const ModelOptions& options, const Storage& storage, at::Device device) {
  const auto file = files::GgufFile::open(path);
  if (!storage.quantise) check_memory(path, static_cast<std::int64_t>(file->file_bytes()), options);
  auto base = std::make_shared<Base>();
  architecture_of(*file);  // an unknown architecture is said before anything about its tokenizer
  base->tokenizer = text::Tokenizer::from_gguf(*file);
  return finish(std::move(base), load_gguf_weights(file, storage, device), path, options);
}

Model load_folder(const fs::path& folder, const ModelOptions& options, const Storage& storage, at::Device device) {
  if (!fs::exists(folder / "config.json"))
    fail(Code::not_found, "The folder ", folder.string(),
         " holds no model: it has no config.json; name the folder that holds config.json and model.safetensors.");
  architecture_of_folder(folder);
  auto base = std::make_shared<Base>();
  LoadedWeights loaded = load_folder_weights(folder, storage, device);
  base->tokenizer = text::Tokenizer::from_folder(folder);
  return finish(std::move(base), std::move(loaded), folder, options);
}

}  // namespace

at::Device parse_device(const std::string& text) {
  const bool cuda = at::hasCUDA(), mps = at::hasMPS();
  if (text == "auto") return at::Device(cuda ? at::kCUDA : mps ? at::kMPS : at::kCPU);
  if (text == "cpu") return at::kCPU;
  const bool wants_cuda = text == "cuda" || text.rfind("cuda:", 0) == 0;
  if (!wants_cuda && text != "mps")
    fail(Code::invalid_argument, "Option device is \"", text, "\"; it must be auto, cpu, cuda, cuda:N or mps.",
         did_you_mean(text, {"auto", "cpu", "cuda", "mps"}));
  if ((wants_cuda && !cuda) || (!wants_cuda && !mps))
    fail(Code::unsupported, "This machine has no ", wants_cuda ? "CUDA" : "Apple (MPS)",
         " device that its libtorch can use; choose cpu or auto.");
  if (text.size() > 5 && text.find_first_not_of("0123456789", 5) != std::string::npos)
    fail(Code::invalid_argument, "Option device is \"", text, "\"; after cuda: comes a number, for example cuda:0.");
  return at::Device(text);
}

Storage parse_weights(const std::string& text, at::Device device) {
  static const std::map<std::string, files::DType> quantised{
      {"q4", files::DType::q4_0}, {"q8", files::DType::q8_0}, {"nf4", files::DType::nf4}};
  Storage storage;
  if (const auto found = quantised.find(text); found != quantised.end()) storage.quantise = found->second;
  storage.read_blocks = device.is_cpu() && (text == "auto" || text == "file" || storage.quantise);
  storage.keep_blocks = text == "file" || storage.quantise;
  if (storage.keep_blocks && !device.is_cpu())
    fail(Code::unsupported, "Weights as ", text, " are built for the CPU only; choose device cpu, or weights bf16.");
  const bool narrow = text == "bf16" || (text != "f32" && (!device.is_cpu() || runtime_info().cpu_bf16));
  storage.dtype = narrow ? at::kBFloat16 : at::kFloat;
  return storage;
}

Model load_from_path(const fs::path& path, const ModelOptions& options) {
  return guarded([&] {
    validate_options(options);
    const at::Device device = parse_device(options.device);
    const Storage storage = parse_weights(options.weights, device);
    if (!fs::exists(path)) fail(Code::not_found, "There is no model at ", path.string(), "; check the path.");
    return fs::is_directory(path) ? load_folder(path, options, storage, device)
                                  : load_gguf(path, options, storage, device);
  });
}

}  // namespace pmtune::model
