// Shows what src/text does, one JSON object a line, for the parity tests in Python.
//
//   text_dump [--gguf FILE | --folder DIR]
//   {"op": "encode", "text": "...", "special": true}       -> {"ids": [...]}
//   {"op": "time", "texts": ["..."]}                       -> {"seconds": ..., "tokens": ...}: of encoding them all
//   {"op": "decode", "ids": [...], "skip_special": true}   -> {"text": "..."}
//   {"op": "info"}                                         -> {"size": ..., "bos": ..., ...}
//   {"op": "render", "template": "...", "messages": [{"role": ..., "content": ...}], "add_generation_prompt": true,
//    "bos": "", "eos": ""}                                 -> {"text": "...", "untrusted": [[begin, end], ...]}
//   {"op": "jinja", "template": "...", "variables": {...}}  -> {"text": "..."}: any variables, as tools are
//   {"op": "chat", "turns": [{"role", "content", "taught"}], "add_generation_prompt": false}
//                                                          -> {"text": "...", "ids": [...], "mask": [...]}
// A line that fails gives {"error": code, "message": "..."}.
#include <chrono>
#include <ctime>
#include <exception>
#include <iostream>
#include <memory>
#include <pmtune/error.hpp>
#include <string>

#include "base/json.hpp"
#include "files/gguf.hpp"
#include "text/chat_template.hpp"
#include "text/jinja/program.hpp"
#include "text/jinja/runtime.hpp"
#include "text/render.hpp"
#include "text/tokenizer.hpp"

namespace {

using pmtune::Json;
using namespace pmtune::text;

std::shared_ptr<const Tokenizer> open_tokenizer(int count, char** arguments) {
  if (count != 3) return nullptr;
  if (std::string(arguments[1]) == "--gguf")
    return Tokenizer::from_gguf(*pmtune::files::GgufFile::open(arguments[2]));
  return Tokenizer::from_folder(arguments[2]);
}

std::vector<ChatMessage> messages_of(const Json& list) {
  std::vector<ChatMessage> messages;
  for (const Json& message : list)
    messages.push_back({message.at("role").get<std::string>(), message.at("content").get<std::string>()});
  return messages;
}

Json render_template(const Json& request) {
  const ChatTemplate chat_template(request.at("template").get<std::string>(), request.value("bos", std::string()),
                                   request.value("eos", std::string()));
  const MarkedRendering rendered = chat_template.render_marked(
      messages_of(request.at("messages")), request.value("add_generation_prompt", false), std::time(nullptr));
  Json untrusted = Json::array();
  for (const ByteRange& range : rendered.untrusted) untrusted.push_back({range.begin, range.end});
  return {{"text", rendered.text}, {"untrusted", untrusted}};
}

jinja::Value jinja_value(const Json& json, jinja::Runtime& runtime) {
  if (json.is_boolean()) return jinja::Value(json.get<bool>());
  if (json.is_number_integer()) return jinja::Value(json.get<std::int64_t>());
  if (json.is_number_float()) return jinja::Value(json.get<double>());
  if (json.is_string()) return jinja::Value::text(json.get<std::string>());
  std::vector<jinja::Value> items;
  std::vector<std::pair<jinja::Value, jinja::Value>> entries;
  for (const auto& [key, value] : json.items()) {
    if (json.is_array()) items.push_back(jinja_value(value, runtime));
    if (json.is_object()) entries.emplace_back(jinja::Value::text(key), jinja_value(value, runtime));
  }
  if (json.is_array()) return runtime.list(std::move(items));
  if (json.is_object()) return runtime.dict(std::move(entries));
  return jinja::Value(jinja::None{});
}

Json run_jinja(const Json& request) {
  const std::time_t now = std::time(nullptr);
  jinja::Runtime runtime(now);
  jinja::Variables variables;
  for (const auto& [name, value] : request.at("variables").items())
    variables.emplace_back(name, jinja_value(value, runtime));
  const jinja::Program program(request.at("template").get<std::string>());
  return {{"text", program.run(std::move(variables), now).bytes()}};
}

std::string text_of(const Tokenizer& tokenizer, TokenId id) {
  return id < 0 ? std::string() : std::string(tokenizer.bytes(id));
}

Json render_chat(const Tokenizer& tokenizer, const Json& request) {
  const ChatTemplate chat_template(request.value("template", tokenizer.chat_template()),
                                   text_of(tokenizer, tokenizer.bos()), text_of(tokenizer, tokenizer.eos()));
  std::vector<Turn> turns;
  for (const Json& turn : request.at("turns"))
    turns.push_back(
        {{turn.at("role").get<std::string>(), turn.at("content").get<std::string>()}, turn.value("taught", true)});
  const Rendered rendered = render(tokenizer, chat_template, turns, request.value("add_generation_prompt", false));
  return {{"text", rendered.text}, {"ids", rendered.ids}, {"mask", rendered.mask}};
}

Json describe(const Tokenizer& tokenizer) {
  return {{"size", tokenizer.size()},
          {"bos", tokenizer.bos()},
          {"eos", tokenizer.eos()},
          {"adds_bos", tokenizer.adds_bos()},
          {"stop", tokenizer.stop_tokens()},
          {"fingerprint", tokenizer.fingerprint()},
          {"template", tokenizer.chat_template()}};
}

Json time_encoding(const Tokenizer& tokenizer, const std::vector<std::string>& texts) {
  std::size_t tokens = 0;
  const auto start = std::chrono::steady_clock::now();
  for (const std::string& text : texts) tokens += tokenizer.encode(text, true).size();
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  return {{"seconds", taken.count()}, {"tokens", tokens}};
}

Json answer(const Tokenizer* tokenizer, const Json& request) {
  const std::string op = request.at("op").get<std::string>();
  if (op == "render") return render_template(request);
  if (op == "jinja") return run_jinja(request);
  if (tokenizer == nullptr) throw std::runtime_error("this needs --gguf or --folder");
  if (op == "time") return time_encoding(*tokenizer, request.at("texts").get<std::vector<std::string>>());
  if (op == "info") return describe(*tokenizer);
  if (op == "chat") return render_chat(*tokenizer, request);
  if (op == "decode")
    return {{"text",
             tokenizer->decode(request.at("ids").get<std::vector<TokenId>>(), request.value("skip_special", true))}};
  return {{"ids", tokenizer->encode(request.at("text").get<std::string>(), request.value("special", true))}};
}

}  // namespace

int main(int count, char** arguments) {
  std::shared_ptr<const Tokenizer> tokenizer;
  try {
    tokenizer = open_tokenizer(count, arguments);
  } catch (const pmtune::Error& error) {
    std::cerr << pmtune::to_string(error.code()) << ": " << error.what() << '\n';
    return 1;
  }
  std::string line;
  while (std::getline(std::cin, line)) {
    Json result;
    try {
      result = answer(tokenizer.get(), Json::parse(line));
    } catch (const pmtune::Error& error) {
      result = {{"error", pmtune::to_string(error.code())}, {"message", error.what()}};
    } catch (const std::exception& error) {
      result = {{"error", "test"}, {"message", error.what()}};
    }
    std::cout << result.dump() << '\n';
  }
  return 0;
}
