// Reading an example with a model: how unlikely each taught token is, after its own question or after another.
#pragma once

#include <cstdint>
#include <pmtune/dataset.hpp>
#include <pmtune/model.hpp>
#include <string>
#include <vector>

namespace pmtune::preview {

// One taught answer: its tokens, the end included, as far as the context length reaches.
struct ReadAnswer {
  std::int64_t turn = 0;  // message, from 1
  std::vector<std::int32_t> ids;
  std::vector<float> losses;  // nats, one a token
};

// All taught answers of an example. Throws what rendering throws, and invalid_argument when nothing is taught.
std::vector<ReadAnswer> read_example(const Model& model, const std::vector<Message>& messages, std::int64_t limit);

// The messages before the first answer that is taught.
std::vector<Message> question_of(const Example& example);
// Two examples ask the same when these are equal: the question without its system message.
std::string question_key(const Example& example);

// The losses of the first tokens of `asked`'s first taught answer, at most `most`, when it follows the question of
// `other` under its own system message. The tokens are those of ReadAnswer::ids, one by one, whatever the question:
// text is cut where an answer begins before it is tokenised (text/render.hpp). Empty when the question leaves no
// room, or the template refuses the combination.
std::vector<float> read_after(const Model& model, const Example& asked, const Example& other,
                              const ReadAnswer& answer, std::int64_t most, std::int64_t limit);

}  // namespace pmtune::preview
