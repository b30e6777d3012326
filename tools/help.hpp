// How --help looks: one flag a paragraph, wrapped, without the parser's own shorthand.
#pragma once

#include <CLI/CLI.hpp>

namespace pmtune::cli {

class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_option(const CLI::Option* option, bool is_positional) const override;
  std::string make_subcommand(const CLI::App* command) const override;
};

}  // namespace pmtune::cli
