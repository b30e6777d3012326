// Model: load, ask, measure, adapters, export.
#include <pybind11/numpy.h>
#include <pmtune/dataset_preview.hpp>
#include <pmtune/lora_trainer.hpp>
#include <pmtune/model.hpp>

#include <memory>

#include "base/fail.hpp"
#include "callbacks.hpp"
#include "generation.hpp"
#include "convert.hpp"
#include "options.hpp"

namespace pmtune::python {
namespace {

// A text is continued as it stands; a list of messages goes through the model's chat template.
Generation generate(const Model& model, const py::object& prompt, const py::object& on_token,
                    const GenerateOptions& options) {
  const TokenCallback callback = token_callback(on_token);
  if (py::isinstance<py::str>(prompt)) {
    const auto words = prompt.cast<std::string>();
    return without_gil([&] { return model.generate_text(words, options, callback); });
  }
  const std::vector<Message> messages = messages_of(prompt);
  return without_gil([&] { return model.generate(messages, options, callback); });
}

// Model::chat itself decides how a model is addressed, so it is not rebuilt from generate() here. It listens for
// Ctrl-C as soon as it takes a callback.
template <class AnyModel>
std::string chat(const AnyModel& model, const std::string& question, const GenerateOptions& options) {
  const py::object nobody = py::none();
  const TokenCallback callback = token_callback(nobody);
  return without_gil([&] {
    if constexpr (requires { model.chat(question, options, callback); })
      return model.chat(question, options, callback);
    return model.chat(question, options);
  });
}

// Takes the vector over without a copy: numpy frees it.
py::array_t<float> matrix(std::vector<float> values, std::size_t rows) {
  auto owned = std::make_unique<std::vector<float>>(std::move(values));
  const std::size_t columns = rows ? owned->size() / rows : 0;
  float* data = owned->data();
  const py::capsule owner(owned.get(), [](void* pointer) { delete static_cast<std::vector<float>*>(pointer); });
  owned.release();
  return py::array_t<float>({rows, columns}, data, owner);
}

py::object training_record(const Model& model) {
  const std::shared_ptr<const TrainingRecord> record_pointer = model.training_record();
  if (!record_pointer) return py::none();
  const TrainingRecord& r = *record_pointer;
  const py::dict values(
      "config"_a = r.config, "history"_a = to_list(r.history), "held_out"_a = r.held_out, "system"_a = text(r.system),
      "base_hash"_a = text(r.base_hash), "base_name"_a = text(r.base_name), "data_hash"_a = text(r.data_hash),
      "examples"_a = r.examples, "metrics"_a = numbers(r.metrics), "diagnosis"_a = to_list(r.diagnosis));
  return record("TrainingRecord", values, concat("trained on ", r.examples, " examples from ", r.base_name));
}

void bind_text(py::class_<Model>& type) {
  type.def(
      "tokenize",
      [](const Model& self, const std::string& words, bool special) {
        return without_gil([&] { return self.tokenize(words, special); });
      },
      "text"_a, "special"_a = false,
      "tokenize($self, text, special=False)\n--\n\n"
      "Text to a list of token ids. special: control tokens such as '<|im_end|>' are recognised, and BOS is added "
      "where\n"
      "the model expects it; without it nothing is added.");
  type.def(
      "detokenize",
      [](const Model& self, const std::vector<std::int32_t>& ids, bool skip_special) {
        return text(without_gil([&] { return self.detokenize(ids, skip_special); }));
      },
      "ids"_a, "skip_special"_a = true,
      "detokenize($self, ids, skip_special=True)\n--\n\nToken ids to text. Raises InvalidArgument for ids outside "
      "the vocabulary.");
  type.def(
      "render",
      [](const Model& self, const py::object& messages, bool add_generation_prompt) {
        const std::vector<Message> conversation = messages_of(messages);
        return text(without_gil([&] { return self.render(conversation, add_generation_prompt); }));
      },
      "messages"_a, "add_generation_prompt"_a = false,
      "render($self, messages, add_generation_prompt=False)\n--\n\nThe conversation as the model sees it, by its own "
      "chat template.");
  type.def(
      "encode",
      [](const Model& self, const py::object& messages, bool add_generation_prompt) {
        const std::vector<Message> conversation = messages_of(messages);
        const Encoded encoded = without_gil([&] { return self.encode(conversation, add_generation_prompt); });
        return py::module_::import("pmtune._records").attr("Encoded")(encoded.ids, encoded.mask);
      },
      "messages"_a, "add_generation_prompt"_a = false,
      "encode($self, messages, add_generation_prompt=False)\n--\n\n"
      "Encoded(ids, mask): two lists of the same length; mask is 1 for what training teaches (answers and their stop "
      "tokens).");
}

void bind_measures(py::class_<Model>& type) {
  type.def(
      "logits",
      [](const Model& self, const std::vector<std::int32_t>& ids) {
        return matrix(without_gil([&] { return self.logits(ids); }), ids.size());
      },
      "ids"_a,
      "logits($self, ids)\n--\n\nScores of the next token after each position: numpy float32 [len(ids), "
      "vocabulary].");
  type.def(
      "loss",
      [](const Model& self, const Dataset& data) { return number(without_gil([&] { return self.loss(data); })); },
      "data"_a, "loss($self, data)\n--\n\nMean loss over all taught tokens of a Dataset, in nats per token.");
  type.def(
      "losses",
      [](const Model& self, const Dataset& data) { return to_list(without_gil([&] { return self.losses(data); })); },
      "data"_a, "losses($self, data)\n--\n\nList of {loss, tokens}, one an example.");
  type.def(
      "preview",
      [](const Model& self, const Dataset& data, const py::kwargs& named) {
        const auto options = with_options(PreviewOptions{}, named);
        return without_gil([&] { return DatasetPreview::of(self, data, options); });
      },
      "data"_a,
      "preview($self, data, *, context_length=4096)\n--\n\n"
      "What this model will be taught by a Dataset, token by token: a DatasetPreview.");
}

void bind_asking(py::class_<Model>& type) {
  type.def(
      "generate",
      [](const Model& self, const py::object& prompt, const py::object& on_token, const py::kwargs& named) {
        return generation_of(generate(self, prompt, on_token, with_options(GenerateOptions{}, named)));
      },
      "prompt"_a, py::kw_only(), "on_token"_a = py::none(),
      "generate($self, prompt, *, on_token=None, max_tokens=512, temperature=0, top_k=0, top_p=1, min_p=0,"
      " repetition_penalty=1, seed=0, stop=(), stop_tokens=(), min_tokens=0, frequency_penalty=0, presence_penalty=0,"
      " logit_bias='', logprobs=-1, response='text', json_schema='')\n--\n\n"
      "Continue a conversation (a list of messages, chat template applied) or a plain text (as it stands).\n\n"
      "temperature 0 always takes the likeliest token, so that the answer is the same every time. stop: a text or "
      "texts that\n"
      "end the answer. on_token(text) is called once a token with whole characters (the text may be empty) and may "
      "return\n"
      "False to stop. Returns a Generation; str() of it is the answer. Ctrl-C raises KeyboardInterrupt.");
  type.def(
      "chat",
      [](const Model& self, const std::string& question, const py::kwargs& named) {
        return text(chat(self, question, with_options(GenerateOptions{}, named)));
      },
      "text"_a, "chat($self, text, **options)\n--\n\nOne question, one answer as str. Options as for generate().");
}

void bind_adapters(py::class_<Model>& type) {
  type.def(
      "load_adapter",
      [](const Model& self, const py::object& folder) {
        const std::string path = path_of(folder);
        return without_gil([&] { return self.load_adapter(path); });
      },
      "folder"_a,
      "load_adapter($self, folder)\n--\n\nA model with the PEFT LoRA adapter in folder; shares this one's weights.");
  type.def(
      "save_adapter",
      [](const Model& self, const py::object& folder) {
        const std::string path = path_of(folder);
        without_gil([&] { self.save_adapter(path); });
      },
      "folder"_a,
      "save_adapter($self, folder)\n--\n\nWrite the adapter as a PEFT folder. Raises InvalidArgument without an "
      "adapter.");
  type.def_property_readonly("has_adapter", &Model::has_adapter, "True when an adapter is in use.");
  type.def("base", &Model::base, "base($self)\n--\n\nThe model without its adapter.");
  type.def(
      "export",
      [](const Model& self, const py::object& path, const py::args& by_position, const py::kwargs& named) {
        const auto options = options_from<ExportOptions>(by_position, named);
        const std::string target = path_of(path);
        without_gil([&] { self.export_to(target, options); });
      },
      "path"_a,
      "export($self, path, format='peft', quantization=None)\n--\n\n"
      "Write the model for other tools: 'peft' (adapter folder), 'hf' (merged folder), 'gguf' (one merged file) or\n"
      "'gguf-lora'. Raises Unsupported for what is not built yet.");
  type.def_property_readonly(
      "training_record", &training_record,
      "How this model was trained (TrainingRecord), or None for a base model or a foreign adapter.");
}

std::string model_repr(const Model& model) {
  const ModelInfo& info = model.info();
  const std::string adapter = info.adapter.empty() ? "" : concat(", adapter ", info.adapter);
  return concat("<pmtune.Model ", info.name, ": ", info.parameters, " parameters, ", info.weights, " on ",
                info.device, adapter, ">");
}

}  // namespace

void bind_model(py::module_& module) {
  auto type = public_class<Model>(
      module, "Model",
      "A language model, ready to be asked, measured and fine-tuned. Get one with Model.load().\n\n"
      "Immutable and cheap to pass on; several threads may use one.");
  type.def_static(
      "load",
      [](const py::object& source, const py::args& by_position, const py::kwargs& named) {
        const auto options = options_from<ModelOptions>(by_position, named);
        const std::string path = path_of(source);
        return without_gil([&] { return Model::load(path, options); });
      },
      "source"_a,
      "load(source, device='auto', weights='auto', max_memory=None)\n--\n\n"
      "source: a known name ('smollm2-135m-instruct'), a .gguf file, a Hugging Face folder, a PEFT adapter folder, "
      "a\n"
      "registry reference ('PM-PRDs@primary'), or a reference that local_models() lists; nothing is downloaded. "
      "device: 'auto', 'cpu', 'cuda', 'cuda:N' or 'mps'. weights: 'auto', "
      "'f32',\n"
      "'bf16', 'file' (a quantised GGUF's own blocks), 'q4', 'q8' or 'nf4'. max_memory: bytes or text such as '6GB'. "
      "Raises NotFound, Corrupt, Unsupported,\n"
      "OutOfMemory, InvalidArgument.");
  type.def_property_readonly(
      "info", [](const Model& self) { return to_record(self.info()); },
      "ModelInfo: name, architecture, parameters, context_length, memory, ...");
  type.def_property_readonly(
      "hash", [](const Model& self) { return text(without_gil([&] { return self.hash(); })); },
      "SHA-256 of the base weights' file(s), 64 hex digits.");
  bind_text(type);
  bind_measures(type);
  bind_asking(type);
  bind_adapters(type);
  type.def("__repr__", [](const Model& self) { return text(model_repr(self)); });
  type.def("__str__", [](const Model& self) { return text(printed(self.info())); });
  bind_html(type, "model");
}

}  // namespace pmtune::python
