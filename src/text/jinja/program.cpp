#include "text/jinja/program.hpp"

#include "text/jinja/interpreter.hpp"
#include "text/jinja/parser.hpp"

namespace pmtune::text::jinja {

Program::Program(std::string_view source) : body_(parse(source)) {}

MarkedText Program::run(Variables variables, std::time_t now) const {
  Runtime runtime(now);
  return Interpreter(runtime, std::move(variables)).run(body_);
}

}  // namespace pmtune::text::jinja
