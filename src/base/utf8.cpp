#include "base/utf8.hpp"

namespace pmtune {
namespace {

// Bytes of the valid character at `at`; 0 when it is invalid; -1 when it is a valid start that the text cuts off.
int character_size(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(at);
  if (lead < 0x80) return 1;
  int size = 0;
  unsigned char low = 0x80, high = 0xBF;  // bounds of the second byte; these exclude overlong forms and surrogates
  if (lead >= 0xC2 && lead <= 0xDF) {
    size = 2;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    size = 3;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    size = 4;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  } else {
    return 0;
  }
  for (int i = 1; i < size; ++i) {
    if (at + i >= text.size()) return -1;
    if (byte(at + i) < low || byte(at + i) > high) return 0;
    low = 0x80;
    high = 0xBF;
  }
  return size;
}

}  // namespace

std::size_t find_invalid_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const int size = character_size(text, at);
    if (size <= 0) return at;
    at += static_cast<std::size_t>(size);
  }
  return std::string_view::npos;
}

std::size_t whole_characters(std::string_view text) {
  const std::size_t earliest = text.size() > 3 ? text.size() - 3 : 0;
  for (std::size_t at = text.size(); at > earliest;) {
    --at;
    if ((static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) continue;
    return character_size(text, at) == -1 ? at : text.size();
  }
  return text.size();
}

std::uint32_t next_code_point(std::string_view text, std::size_t& at) {
  const int size = character_size(text, at);
  const auto lead = static_cast<unsigned char>(text[at]);
  if (size <= 1) {
    ++at;
    return size == 1 ? lead : 0xFFFD;
  }
  std::uint32_t code_point = lead & (0xFF >> (size + 1));
  for (int i = 1; i < size; ++i) code_point = code_point << 6 | (static_cast<unsigned char>(text[at + i]) & 0x3F);
  at += static_cast<std::size_t>(size);
  return code_point;
}

void append_utf8(std::string& text, std::uint32_t c) {
  if (c < 0x80) {
    text += static_cast<char>(c);
  } else if (c < 0x800) {
    text += static_cast<char>(0xC0 | c >> 6);
    text += static_cast<char>(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    text += static_cast<char>(0xE0 | c >> 12);
    text += static_cast<char>(0x80 | (c >> 6 & 0x3F));
    text += static_cast<char>(0x80 | (c & 0x3F));
  } else {
    text += static_cast<char>(0xF0 | c >> 18);
    text += static_cast<char>(0x80 | (c >> 12 & 0x3F));
    text += static_cast<char>(0x80 | (c >> 6 & 0x3F));
    text += static_cast<char>(0x80 | (c & 0x3F));
  }
}

std::string replace_invalid_utf8(std::string_view bytes) {
  std::string text;
  for (std::size_t at = 0; at < bytes.size();) {
    const int size = character_size(bytes, at);
    if (size > 0) {
      text.append(bytes.substr(at, static_cast<std::size_t>(size)));
      at += static_cast<std::size_t>(size);
    } else {
      text += "\xEF\xBF\xBD";
      ++at;
    }
  }
  return text;
}

}  // namespace pmtune
