// Shows the engine's inside to the parity tests.
//
//   train_dump logits MODEL [--adapter DIR] [--weights f32|bf16] < ids.json         f32 [T, vocabulary] on stdout
//   train_dump gradients MODEL ADAPTER OUT.safetensors [options] < examples.jsonl   gradients by PEFT's names; loss
//   as JSON on stdout
//     options: --weights f32|bf16, --separate (one micro-batch an example), --recompute, --reference (plain kernels),
//     --share-prefixes
//   train_dump save-adapter MODEL ADAPTER OUT_DIR                                   reads an adapter and writes it
//   again
//   train_dump rows MODEL DATA.jsonl CONTEXT_LENGTH POLICY                          examples as training sees them
//
// An example is {"ids": [...], "mask": [...]}.
#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <pmtune/pmtune.hpp>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "files/safetensors.hpp"
#include "kernels/ops.hpp"
#include "model/impl.hpp"
#include "train/engine.hpp"
#include "train/shared_prefix.hpp"

using namespace pmtune;

namespace {

struct Arguments {
  std::vector<std::string> plain;
  bool has(const std::string& flag) const { return std::find(plain.begin(), plain.end(), flag) != plain.end(); }
  std::string value(const std::string& flag, const std::string& otherwise) const {
    const auto found = std::find(plain.begin(), plain.end(), flag);
    return found == plain.end() || found + 1 == plain.end() ? otherwise : found[1];
  }
};

Model load(const Arguments& arguments) {
  ModelOptions options;
  options.weights = arguments.value("--weights", "f32");
  options.device = arguments.value("--device", "cpu");
  return Model::load(arguments.plain.at(1), options);
}

int logits(const Arguments& arguments) {
  Model model = load(arguments);
  if (arguments.has("--adapter")) model = model.load_adapter(arguments.value("--adapter", ""));
  const std::string text(std::istreambuf_iterator<char>(std::cin), {});
  const std::vector<float> scores = model.logits(Json::parse(text).get<std::vector<std::int32_t>>());
  std::fwrite(scores.data(), sizeof(float), scores.size(), stdout);
  return 0;
}

int rows(const Arguments& arguments) {
  TrainConfig config;
  config.context_length = std::stoll(arguments.plain.at(3));
  config.long_examples = arguments.plain.at(4);
  for (const train::TokenRow& row : train::make_rows(load(arguments), Dataset::load(arguments.plain.at(2)), config))
    std::cout << Json{{"ids", row.ids}, {"mask", row.mask}, {"where", row.where}}.dump() << '\n';
  return 0;
}

std::vector<train::TokenRow> read_rows() {
  std::vector<train::TokenRow> rows;
  for (std::string line; std::getline(std::cin, line);) {
    const Json json = Json::parse(line);
    train::TokenRow row;
    row.ids = json.at("ids").get<std::vector<std::int32_t>>();
    row.mask = json.at("mask").get<std::vector<std::uint8_t>>();
    for (std::size_t t = 1; t < row.mask.size(); ++t) row.taught += row.mask[t];
    rows.push_back(std::move(row));
  }
  return rows;
}

void write_gradients(const std::string& path, const model::Adapter& adapter, const at::Tensor& gradient) {
  std::vector<files::TensorView> views;
  std::vector<at::Tensor> keep;
  for (const auto& [name, tensor] : adapter.named_tensors(gradient)) {
    keep.push_back(tensor.contiguous());
    views.push_back({name, files::DType::f32, tensor.sizes().vec(),
                     static_cast<const std::byte*>(keep.back().data_ptr()), tensor.nbytes()});
  }
  files::write_safetensors(path, views);
}

int gradients(const Arguments& arguments) {
  const c10::NoGradGuard no_grad;
  const Model model = load(arguments).load_adapter(arguments.plain.at(2));
  std::vector<train::TokenRow> rows = read_rows();
  const model::Adapter& adapter = *model.impl().adapter;
  train::Engine engine(model.impl().weights(), adapter, {0, arguments.has("--recompute")});
  at::Tensor gradient = at::zeros_like(adapter.flat());
  std::int64_t taught = 0;
  std::vector<const train::TokenRow*> all;
  for (train::TokenRow& row : rows) {
    if (arguments.has("--share-prefixes")) row.sharable = train::sharable_tokens(row);
    taught += row.taught;
    all.push_back(&row);
  }
  std::unique_ptr<kernels::UseReference> reference;
  if (arguments.has("--reference")) reference = std::make_unique<kernels::UseReference>();
  double loss = 0;
  std::size_t tokens = 0;
  for (const auto& micro : train::divide(all, arguments.has("--separate") ? 1 : 1 << 30)) {
    const train::PackedBatch batch = train::pack(micro, 64);
    tokens += batch.ids.size();
    loss += engine.forward_backward(batch, 1.0 / static_cast<double>(taught), gradient);
  }
  write_gradients(arguments.plain.at(3), adapter, gradient.to(at::kCPU));
  std::cout << Json{{"loss", loss / static_cast<double>(taught)}, {"taught", taught}, {"tokens", tokens}}.dump()
            << '\n';
  return 0;
}

int save_adapter(const Arguments& arguments) {
  load(arguments).load_adapter(arguments.plain.at(2)).save_adapter(arguments.plain.at(3));
  return 0;
}

}  // namespace

int main(int count, char** values) {
  const Arguments arguments{{values + 1, values + count}};
  try {
    const std::string what = arguments.plain.at(0);
    if (what == "logits") return logits(arguments);
    if (what == "gradients") return gradients(arguments);
    if (what == "rows") return rows(arguments);
    if (what == "save-adapter") return save_adapter(arguments);
    std::cerr << "unknown command " << what << '\n';
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
  }
  return 1;
}
