// POST /v1/embeddings
#include <openssl/evp.h>

#include <bit>
#include <cmath>
#include <utility>

#include "serve/asking.hpp"
#include "serve/endpoints.hpp"
#include "serve/text_requests.hpp"

namespace pmtune::serve {
namespace {

std::string base64_of(const std::vector<float>& numbers) {
  std::vector<unsigned char> bytes;
  for (const float number : numbers) {
    const auto bits = std::bit_cast<std::uint32_t>(number);
    for (int shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<unsigned char>(bits >> shift));
  }
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

// The first numbers of it, of length 1 again.
void shorten(std::vector<float>& numbers, std::int64_t count) {
  if (count == 0) return;
  numbers.resize(static_cast<std::size_t>(count));
  double sum = 0;
  for (const float number : numbers) sum += static_cast<double>(number) * static_cast<double>(number);
  const double scale = sum > 0 ? 1 / std::sqrt(sum) : 0;
  for (float& number : numbers) number = static_cast<float>(static_cast<double>(number) * scale);
}

std::vector<std::int32_t> tokens_of(const Served& served, const TextOrTokens& input) {
  const auto* text = std::get_if<std::string>(&input);
  std::vector<std::int32_t> ids = text ? served.model.tokenize(*text) : std::get<std::vector<std::int32_t>>(input);
  const std::int64_t room = served.base->engine.context_length();
  if (static_cast<std::int64_t>(ids.size()) > room) {
    ApiError error = make_error(400, "context_length_exceeded",
                                concat("A text in \"input\" has ", ids.size(),
                                       " tokens, but this model can hold only ", room, "; divide it."));
    error.param = "input";
    throw error;
  }
  return ids;
}

}  // namespace

Reply answer_embeddings(Desk& desk, const Call& call) {
  const EmbeddingRequest request = read_embedding_request(parse_body(call.body));
  const auto* first = std::get_if<std::string>(&request.inputs[0]);
  const Wanted wanted = desk.catalogue.find(request.model, first ? *first : "");
  const Served served = desk.shelf.open(wanted);
  const std::int64_t size = served.model.info().hidden_size;
  if (request.dimensions > size)
    refuse("dimensions", "\"dimensions\" must be at most ", size, ", the size of the model's vectors.");
  std::vector<std::vector<std::int32_t>> texts;
  std::int64_t tokens = 0;
  for (const TextOrTokens& input : request.inputs) {
    texts.push_back(tokens_of(served, input));
    tokens += static_cast<std::int64_t>(texts.back().size());
  }
  Json list = Json::array();
  for (const std::vector<std::int32_t>& ids : texts) {
    if (const auto state = call.patience.state(); state != Patience::State::wanted) throw call.patience.error(state);
    std::vector<float> numbers = desk.measuring.call([&] { return served.model.embedding(ids); });
    shorten(numbers, request.dimensions);
    Json entry = {{"object", "embedding"}, {"index", list.size()}};
    if (request.base64)
      entry["embedding"] = base64_of(numbers);
    else
      entry["embedding"] = numbers;
    list.push_back(std::move(entry));
  }
  Reply reply = json_reply({{"object", "list"},
                            {"data", std::move(list)},
                            {"model", wanted.id},
                            {"usage", {{"prompt_tokens", tokens}, {"total_tokens", tokens}}}});
  add_headers(reply, wanted);
  return reply;
}

}  // namespace pmtune::serve
