#pragma once

namespace pmtune::text {

// What stands before a text that is encoded by itself. Tokenizers of the SentencePiece kind put a space in front of a
// text, some of them behind every control token too, none in the middle of a text.
enum class Preceding {
  nothing,          // it begins here
  token,            // an added token, such as "<s>"
  stripping_token,  // one that takes the white space behind it along, such as "<|user|>" of Phi-3
  text,             // other text
};

}  // namespace pmtune::text
