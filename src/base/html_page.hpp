// What the library's HTML pages share: one look, and one way of writing what others wrote.
//
// Pages are one file that opens from a mail attachment, offline, in ten years: system fonts, plain CSS, no scripts.
#pragma once

#include <string>

namespace pmtune {

// For text between tags and in double-quoted attributes: markup, control characters and invalid bytes made harmless.
std::string html_escaped(const std::string& untrusted);

// The beginning of a page: everything before <main>, with `style` behind the shared CSS. The page's policy forbids
// scripts and anything fetched, should markup ever slip through. `title` is escaped here.
std::string html_page_begin(const std::string& title, const char* style);
std::string html_page_end();

}  // namespace pmtune
