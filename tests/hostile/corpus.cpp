#include "corpus.hpp"

namespace pmtune::hostile {
namespace {

// An adapter_config.json that is right, with `change` in front: {"r":0, ...} names r first, so the right r is left
// out.
HostileFile adapter(const std::string& name, Code code, const std::string& phrase, const std::string& json) {
  return {"S14 " + name, Format::adapter_config, code, phrase, [json] { return json; }, nullptr};
}

std::string with_rank(const std::string& rank) {
  return R"({"peft_type":"LORA","target_modules":["q_proj"],"r":)" + rank + "}";
}

std::string with(const std::string& member) {
  return R"({"peft_type":"LORA","r":8,"target_modules":["q_proj"],)" + member + "}";
}

std::string with_modules(const std::string& modules) {
  return R"({"peft_type":"LORA","r":8,"target_modules":)" + modules + "}";
}

void add_numbers_out_of_range(std::vector<HostileFile>& files) {
  for (const char* rank : {"0", "-1", "2147483648", "18446744073709551615", "99999999999999999999", "8.0", "\"8\"",
                           "true", "[8]", "4097"})
    files.push_back(adapter(std::string("r = ") + rank, Code::corrupt, "from 1 to 4096", with_rank(rank)));
  files.push_back(
      adapter("r missing", Code::corrupt, "is missing", R"({"peft_type":"LORA","target_modules":["a"]})"));
  for (const char* alpha : {"0", "-1", "1e300", "\"16\"", "{}"})
    files.push_back(adapter(std::string("lora_alpha = ") + alpha, Code::corrupt, "\"lora_alpha\" should be a number",
                            with(std::string("\"lora_alpha\":") + alpha)));
  for (const char* alpha : {"NaN", "Infinity", "-Infinity", "1e999"})
    files.push_back(adapter(std::string("lora_alpha = ") + alpha, Code::corrupt, "not valid JSON",
                            with(std::string("\"lora_alpha\":") + alpha)));
  for (const char* dropout : {"1.5", "1", "-0.1", "\"0\""})
    files.push_back(adapter(std::string("lora_dropout = ") + dropout, Code::corrupt,
                            "\"lora_dropout\" should be a number", with(std::string("\"lora_dropout\":") + dropout)));
}

void add_broken_json(std::vector<HostileFile>& files) {
  files.push_back(adapter("empty", Code::corrupt, "not valid JSON", ""));
  files.push_back(adapter("not an object", Code::corrupt, "not a JSON object", "[]"));
  files.push_back(adapter("cut off", Code::corrupt, "ends too early", R"({"peft_type":"LORA")"));
  files.push_back(adapter("key twice", Code::corrupt, "twice", with(R"("r":9)")));
  files.push_back(adapter("deep nesting", Code::corrupt, "nests too deeply",
                          R"({"r":)" + std::string(100000, '[') + std::string(100000, ']') + "}"));
  files.push_back(
      adapter("zero byte and more", Code::corrupt, "zero byte", with_rank("8") + std::string(1, '\0') + "{"));
  files.push_back(adapter("not UTF-8", Code::corrupt, "not UTF-8", with("\"revision\":\"\xFF\"")));
  files.push_back(adapter("too large", Code::corrupt, "bytes", with_rank("8") + std::string(2 << 20, ' ')));
}

void add_wrong_kinds(std::vector<HostileFile>& files) {
  files.push_back(adapter("peft_type missing", Code::corrupt, "\"peft_type\" is missing", "{}"));
  files.push_back(adapter("peft_type a number", Code::corrupt, "should be a text", R"({"peft_type":1})"));
  files.push_back(adapter("use_rslora a text", Code::corrupt, "true or false", with(R"("use_rslora":"yes")")));
  files.push_back(
      adapter("base model a list", Code::corrupt, "should be a text", with(R"("base_model_name_or_path":[])")));
  files.push_back(adapter("init_lora_weights a number", Code::corrupt, "\"init_lora_weights\"",
                          with(R"("init_lora_weights":7)")));
  for (const char* modules : {"[]", "{}", "7", "[1]", "[null]", "[\"\"]", "[[\"q_proj\"]]"})
    files.push_back(adapter(std::string("target_modules = ") + modules, Code::corrupt, "\"target_modules\" should be",
                            with_modules(modules)));
  files.push_back(adapter("target_modules missing", Code::corrupt, "is missing", R"({"peft_type":"LORA","r":8})"));
  std::string many = "[\"m0\"";
  for (int i = 1; i < 5000; ++i) many += ",\"m" + std::to_string(i) + "\"";
  files.push_back(adapter("5000 target modules", Code::corrupt, "list of 1 to 4096", with_modules(many + "]")));
}

void add_other_methods(std::vector<HostileFile>& files) {
  files.push_back(adapter("IA3", Code::unsupported, "kind \"IA3\"", R"({"peft_type":"IA3"})"));
  files.push_back(adapter("classifier", Code::unsupported, "task \"SEQ_CLS\"", with(R"("task_type":"SEQ_CLS")")));
  files.push_back(adapter("bias", Code::unsupported, "biases", with(R"("bias":"lora_only")")));
  files.push_back(adapter("DoRA", Code::unsupported, "DoRA", with(R"("use_dora":true)")));
  files.push_back(adapter("rank pattern", Code::unsupported, "different ranks", with(R"("rank_pattern":{"q":4})")));
  files.push_back(adapter("alpha pattern", Code::unsupported, "strengths", with(R"("alpha_pattern":{"q":4})")));
  files.push_back(
      adapter("saved modules", Code::unsupported, "whole parts", with(R"("modules_to_save":["lm_head"])")));
  files.push_back(adapter("layers by a pattern", Code::unsupported, "by a pattern", with(R"("layers_pattern":"h")")));
  for (const char* layers : {"-1", "[-1]", "[0.5]", "[[0]]", "\"all\"", "[1e9]", "[18446744073709551615]", "{}"})
    files.push_back(adapter(std::string("layers_to_transform = ") + layers, Code::corrupt, "numbers of layers",
                            with(std::string("\"layers_to_transform\":") + layers)));
  files.push_back(adapter("PiSSA", Code::unsupported, "changes the base", with(R"("init_lora_weights":"pissa")")));
  files.push_back(
      adapter("all-linear", Code::unsupported, "shorthand \"all-linear\"", with_modules("\"all-linear\"")));
  files.push_back(adapter("a regex", Code::unsupported, "by the pattern", with_modules(R"("(a+)+$")")));
}

}  // namespace

std::vector<HostileFile> adapter_config_corpus() {
  std::vector<HostileFile> files;
  add_numbers_out_of_range(files);
  add_broken_json(files);
  add_wrong_kinds(files);
  add_other_methods(files);
  return files;
}

// Beside the index lie one.safetensors with the tensor a, two.safetensors with b, and again.safetensors with a.
std::vector<HostileFile> safetensors_index_corpus() {
  std::vector<HostileFile> files;
  const auto index = [&](const std::string& name, std::optional<Code> code, const std::string& phrase,
                         const std::string& json) {
    files.push_back({"S13 " + name, Format::safetensors_index, code, phrase, [json] { return json; }, nullptr});
  };
  const auto map = [](const std::string& b) {
    return R"({"metadata":{"total_size":8},"weight_map":{"a":"one.safetensors","b":)" + b + "}}";
  };
  const std::string outside = "names a file outside its folder for the tensor \"b\"";
  index("right", std::nullopt, "", map("\"two.safetensors\""));
  for (const char* name : {"../../x", "/etc/passwd", "../one.safetensors", "./two.safetensors", "sub/two.safetensors",
                           "..", ".", "", "..\\\\two.safetensors", "two.safetensors\\u0000../x"})
    index(std::string("file ") + name, Code::corrupt, outside, map(std::string("\"") + name + "\""));
  for (const char* value : {"7", "null", "[]", "{}", "[\"two.safetensors\"]"})
    index(std::string("file ") + value, Code::corrupt, outside, map(value));
  index("missing shard", Code::not_found, "was not downloaded completely", map("\"three.safetensors\""));
  index("a file name of 10000 letters", Code::not_found, "was not downloaded completely",
        map("\"" + std::string(10000, 'x') + "\""));
  index("tensor in two shards", Code::corrupt, "which another file of the model holds too",
        R"({"weight_map":{"a":"one.safetensors","b":"two.safetensors","c":"again.safetensors"}})");
  index("name absent from its shard", Code::corrupt, "lacks the tensor \"b\"", map("\"one.safetensors\""));
  index("shard no safetensors", Code::corrupt, "model.safetensors.index.json is damaged",
        map("\"model.safetensors.index.json\""));
  index("no weight_map", Code::corrupt, "no \"weight_map\"", R"({"metadata":{}})");
  index("empty weight_map", Code::corrupt, "no \"weight_map\"", R"({"weight_map":{}})");
  index("weight_map a list", Code::corrupt, "no \"weight_map\"", R"({"weight_map":["one.safetensors"]})");
  index("a list", Code::corrupt, "no \"weight_map\"", "[]");
  index("cut off", Code::corrupt, "not valid JSON", map("\"two.safetensors\"").substr(0, 60));
  index("tensor twice", Code::corrupt, "stands twice",
        R"({"weight_map":{"a":"one.safetensors","a":"two.safetensors"}})");
  index("deep nesting", Code::corrupt, "nests too deeply", R"({"weight_map":)" + std::string(100000, '['));
  std::string many = R"({"weight_map":{"a":"one.safetensors")";
  for (int i = 0; i < 100000; ++i) many += ",\"" + std::to_string(i) + "\":\"" + std::to_string(i) + ".safetensors\"";
  index("10^5 shards", Code::corrupt, "more than 512 files", many + "}}");
  return files;
}

std::vector<HostileFile> corpus() {
  std::vector<HostileFile> all = safetensors_corpus();
  for (auto part : {gguf_corpus(), adapter_config_corpus(), safetensors_index_corpus()})
    all.insert(all.end(), part.begin(), part.end());
  return all;
}

}  // namespace pmtune::hostile
