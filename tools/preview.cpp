// pmtune preview FILE: the examples as the model will see them, with what is taught marked.
#include <algorithm>
#include <iostream>
#include <memory>
#include <pmtune/pmtune.hpp>

#include "commands.hpp"
#include "shared_flags.hpp"
#include "terminal.hpp"

namespace pmtune::cli {
namespace {

struct Preview {
  std::string data;
  std::string model = "smollm2-135m-instruct";
  std::size_t count = 1;
  RegistryFlag registry;

  int run() const {
    const Dataset examples = Dataset::load(data);
    const Model loaded = load_model(model, registry, {});
    for (std::size_t i = 0; i < std::min(count, examples.size()); ++i) {
      std::cout << painted(std::cout, Colour::bold,
                           "Example " + std::to_string(i + 1) + " of " + std::to_string(examples.size()))
                << '\n';
      print(loaded, loaded.encode(examples[i].messages));
    }
    return exit_ok;
  }

 private:
  // Runs of tokens that are taught, or not, one after the other.
  static void print(const Model& model, const Encoded& encoded) {
    std::size_t taught = 0;
    for (std::size_t begin = 0; begin < encoded.ids.size();) {
      std::size_t end = begin;
      while (end < encoded.ids.size() && encoded.mask[end] == encoded.mask[begin]) ++end;
      const std::string text = model.detokenize({encoded.ids.begin() + begin, encoded.ids.begin() + end}, false);
      if (encoded.mask[begin]) {
        taught += end - begin;
        std::cout << (is_terminal(std::cout) ? painted(std::cout, Colour::green, text) : "[[" + text + "]]");
      } else {
        std::cout << text;
      }
      begin = end;
    }
    std::cout << '\n' << plural(encoded.ids.size(), "token") << ", " << taught << " of them taught (marked)\n\n";
  }
};

}  // namespace

void add_preview(CLI::App& app, Job& job) {
  auto preview = std::make_shared<Preview>();
  CLI::App* command =
      app.add_subcommand("preview", "Show examples as the model sees them, with what is taught marked");
  command->add_option("FILE", preview->data, "A .jsonl or .json file of examples")->required();
  command->add_option("--model", preview->model, "The model to prepare them for (default smollm2-135m-instruct)")
      ->type_name("MODEL");
  command->add_option("--count", preview->count, "How many examples to show (default 1)")->type_name("NUMBER");
  preview->registry.add_to(*command);
  command->footer("Example:\n  pmtune preview examples/dataset.jsonl --count 2");
  command->callback([preview, &job] { job = [preview] { return preview->run(); }; });
}

}  // namespace pmtune::cli
