#include <algorithm>
#include <cstring>

#include "answering.hpp"
#include "guard.hpp"
#include "handles.hpp"
#include "option_table.hpp"
#include "records.hpp"

using namespace pmtune;
using namespace pmtune::capi;

namespace {

std::unique_ptr<pmt_tensor> row_of_numbers(std::int32_t dtype, std::size_t count) {
  return std::make_unique<pmt_tensor>(
      pmt_tensor{{}, {}, {}, dtype, {static_cast<std::int64_t>(count), 1}, {1, 1}, 1});
}

std::unique_ptr<pmt_tensor> tensor_of(std::vector<std::int32_t> ids) {
  auto tensor = row_of_numbers(PMT_DTYPE_I32, ids.size());
  tensor->whole_numbers = std::move(ids);
  return tensor;
}

std::unique_ptr<pmt_tensor> tensor_of(std::vector<std::uint8_t> mask) {
  auto tensor = row_of_numbers(PMT_DTYPE_U8, mask.size());
  tensor->bytes = std::move(mask);
  return tensor;
}

std::unique_ptr<pmt_tensor> matrix_of(std::vector<float> numbers, std::int64_t rows, std::int64_t columns) {
  return std::make_unique<pmt_tensor>(
      pmt_tensor{{}, {}, std::move(numbers), PMT_DTYPE_F32, {rows, columns}, {columns, 1}, 2});
}

}  // namespace

void pmt_generation_init(pmt_generation* generation, size_t struct_size) noexcept {
  if (!generation || struct_size < sizeof struct_size) return;
  std::memset(generation, 0, struct_size);
  generation->struct_size = struct_size;
}

pmt_status pmt_model_load(const char* source, const pmt_model_options* options, pmt_model** out,
                          pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    give(out, Model::load(text_of(source, "source"), read_options(options)));
  });
}

pmt_status pmt_model_info(const pmt_model* model, pmt_buffer** out, pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    give(out, json_of(require(model, "model").model.info()));
  });
}

pmt_status pmt_model_hash(const pmt_model* model, pmt_buffer** out, pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    give(out, require(model, "model").model.hash());
  });
}

pmt_status pmt_model_tokenize(const pmt_model* model, pmt_str text, int32_t special, pmt_tensor** out,
                              pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    *out = tensor_of(require(model, "model").model.tokenize(text_of(text, "text"), flag_of(special, "special")))
               .release();
  });
}

pmt_status pmt_model_detokenize(const pmt_model* model, const int32_t* ids, size_t count, int32_t skip_special,
                                pmt_buffer** out, pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    give(out, require(model, "model").model.detokenize(ids_of(ids, count), flag_of(skip_special, "skip_special")));
  });
}

pmt_status pmt_model_render(const pmt_model* model, const pmt_message* messages, size_t count,
                            int32_t add_generation_prompt, pmt_buffer** out, pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    const bool prompt = flag_of(add_generation_prompt, "add_generation_prompt");
    give(out, require(model, "model").model.render(messages_of(messages, count), prompt));
  });
}

pmt_status pmt_model_encode(const pmt_model* model, const pmt_message* messages, size_t count,
                            int32_t add_generation_prompt, pmt_tensor** ids, pmt_tensor** mask,
                            pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(ids);
    const bool prompt = flag_of(add_generation_prompt, "add_generation_prompt");
    Encoded encoded = require(model, "model").model.encode(messages_of(messages, count), prompt);
    auto id_tensor = tensor_of(std::move(encoded.ids));
    if (mask) *mask = tensor_of(std::move(encoded.mask)).release();
    *ids = id_tensor.release();
  });
}

pmt_status pmt_model_logits(const pmt_model* model, const int32_t* ids, size_t count, pmt_tensor** out,
                            pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    const Model& asked = require(model, "model").model;
    std::vector<float> scores = asked.logits(ids_of(ids, count));
    *out = matrix_of(std::move(scores), static_cast<std::int64_t>(count), asked.info().vocabulary).release();
  });
}

pmt_status pmt_model_loss(const pmt_model* model, const pmt_dataset* data, double* out, pmt_error** err) noexcept {
  return guard(err, [&] {
    require(out, "out");
    *out = require(model, "model").model.loss(require(data, "data").data);
  });
}

pmt_status pmt_model_generate(const pmt_model* model, const pmt_message* messages, size_t count,
                              const pmt_generate_options* options, pmt_token_fn on_token, void* user_data,
                              pmt_destroy_fn destroy, pmt_buffer** out, pmt_generation* about,
                              pmt_error** err) noexcept {
  const UserData owner(user_data, destroy);
  return guard(err, [&] {
    generate(out, about, [&] {
      return require(model, "model")
          .model.generate(messages_of(messages, count), read_options(options), token_callback(on_token, user_data));
    });
  });
}

pmt_status pmt_model_generate_text(const pmt_model* model, pmt_str prompt, const pmt_generate_options* options,
                                   pmt_token_fn on_token, void* user_data, pmt_destroy_fn destroy, pmt_buffer** out,
                                   pmt_generation* about, pmt_error** err) noexcept {
  const UserData owner(user_data, destroy);
  return guard(err, [&] {
    generate(out, about, [&] {
      return require(model, "model")
          .model.generate_text(text_of(prompt, "prompt"), read_options(options), token_callback(on_token, user_data));
    });
  });
}

pmt_status pmt_model_chat(const pmt_model* model, pmt_str question, const pmt_generate_options* options,
                          pmt_buffer** out, pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    give(out, require(model, "model").model.chat(text_of(question, "question"), read_options(options)));
  });
}

pmt_status pmt_model_system(const pmt_model* model, pmt_buffer** out, pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    const auto record = require(model, "model").model.training_record();
    give(out, record ? record->system : std::string());
  });
}

pmt_status pmt_model_load_adapter(const pmt_model* model, const char* folder, pmt_model** out,
                                  pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    give(out, require(model, "model").model.load_adapter(text_of(folder, "folder")));
  });
}

pmt_status pmt_model_save_adapter(const pmt_model* model, const char* folder, pmt_error** err) noexcept {
  return guard(err, [&] { require(model, "model").model.save_adapter(text_of(folder, "folder")); });
}

int32_t pmt_model_has_adapter(const pmt_model* model) noexcept { return model && model->model.has_adapter() ? 1 : 0; }

pmt_status pmt_model_base(const pmt_model* model, pmt_model** out, pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    give(out, require(model, "model").model.base());
  });
}

pmt_status pmt_model_export(const pmt_model* model, const char* path, const pmt_export_options* options,
                            pmt_error** err) noexcept {
  return guard(err, [&] { require(model, "model").model.export_to(text_of(path, "path"), read_options(options)); });
}

void pmt_model_free(pmt_model* model) noexcept { delete model; }
