#include "text/jinja/token_stream.hpp"

#include "base/fail.hpp"

namespace pmtune::text::jinja {

void TokenStream::expect_op(std::string_view op) {
  if (!skip_op(op)) error(concat("\"", op, "\" is expected here"));
}

void TokenStream::expect(Token::Type type, std::string_view what) {
  if (current().type != type) error(concat(what, " is expected here"));
  take();
}

std::string TokenStream::expect_name(std::string_view what) {
  if (current().type != Token::Type::name) error(concat(what, " is expected here"));
  return take().value;
}

}  // namespace pmtune::text::jinja
