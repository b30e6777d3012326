// What becomes of an example that is longer than the context length: it is divided, and what is taught of it is
// taught once.
//
// A conversation is divided between its turns: each part ends with an answer, begins with the system message, and has
// as many of the turns before as fit, at least a quarter of its room where they are short, which it does not teach
// again. An answer that is too long by itself is divided at its paragraphs, else at its lines, sentences, or
// anywhere: each part begins with the whole question, as the template puts it, and goes on after some of the answer
// before, which it does not teach again. The end of the answer stands in the last part alone, so that no part teaches
// to stop early.
#pragma once

#include <pmtune/model.hpp>
#include <string>
#include <vector>

namespace pmtune::train {

// Parts of at most `limit` tokens, in their order. Throws invalid_argument, naming `where`, when a question leaves no
// room for its answer.
std::vector<Encoded> divide_example(const Model& model, const std::vector<Message>& messages, std::int64_t limit,
                                    const std::string& where);

// Of one answer in tokens. begin: where the answer begins, that is the length of the question before it; break_after:
// how good a place each token's end is to divide, 0 to 3.
std::vector<Encoded> divide_answer(const Encoded& whole, std::size_t begin,
                                   const std::vector<std::uint8_t>& break_after, std::size_t limit);

// How good a place the end of each token is to divide the text: 3 a paragraph's, 2 a line's, 1 a sentence's, 0 any
// other.
std::vector<std::uint8_t> breaks_after(const std::vector<std::string>& tokens);

}  // namespace pmtune::train
