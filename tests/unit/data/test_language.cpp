// Languages by a few lines. Each text is the first article of the Universal Declaration of Human Rights.
#include <doctest/doctest.h>

#include <map>
#include <string>

#include "data/language.hpp"
#include "data/refusals.hpp"
#include "helpers.hpp"

using namespace pmtune;
using namespace pmtune::data;
using namespace data_tests;

namespace {

const std::map<std::string, std::string> articles{
    {"English",
     "All human beings are born free and equal in dignity and rights. They are endowed with reason and conscience "
     "and "
     "should act towards one another in a spirit of brotherhood."},
    {"German",
     "Alle Menschen sind frei und gleich an Würde und Rechten geboren. Sie sind mit Vernunft und Gewissen begabt und "
     "sollen einander im Geist der Brüderlichkeit begegnen."},
    {"French",
     "Tous les êtres humains naissent libres et égaux en dignité et en droits. Ils sont doués de raison et de "
     "conscience "
     "et doivent agir les uns envers les autres dans un esprit de fraternité."},
    {"Spanish",
     "Todos los seres humanos nacen libres e iguales en dignidad y derechos y, dotados como están de razón y "
     "conciencia, "
     "deben comportarse fraternalmente los unos con los otros."},
    {"Italian",
     "Tutti gli esseri umani nascono liberi ed eguali in dignità e diritti. Essi sono dotati di ragione e di "
     "coscienza e "
     "devono agire gli uni verso gli altri in spirito di fratellanza."},
    {"Portuguese",
     "Todos os seres humanos nascem livres e iguais em dignidade e em direitos. Dotados de razão e de consciência, "
     "devem "
     "agir uns para com os outros em espírito de fraternidade."},
    {"Dutch",
     "Alle mensen worden vrij en gelijk in waardigheid en rechten geboren. Zij zijn begiftigd met verstand en "
     "geweten, en "
     "behoren zich jegens elkander in een geest van broederschap te gedragen."},
    {"Swedish",
     "Alla människor är födda fria och lika i värde och rättigheter. De är utrustade med förnuft och samvete och bör "
     "handla gentemot varandra i en anda av broderskap."},
    {"Danish or Norwegian",
     "Alle mennesker er født frie og lige i værdighed og rettigheder. De er udstyret med fornuft og samvittighed, og "
     "de "
     "bør handle mod hverandre i en broderskabets ånd."},
    {"Polish",
     "Wszyscy ludzie rodzą się wolni i równi pod względem swej godności i swych praw. Są oni obdarzeni rozumem i "
     "sumieniem i powinni postępować wobec innych w duchu braterstwa."},
    {"Indonesian or Malay",
     "Semua orang dilahirkan merdeka dan mempunyai martabat dan hak-hak yang sama. Mereka dikaruniai akal dan hati "
     "nurani "
     "dan hendaknya bergaul satu sama lain dalam semangat persaudaraan."},
    {"Turkish",
     "Bütün insanlar hür, haysiyet ve haklar bakımından eşit doğarlar. Akıl ve vicdana sahiptirler ve birbirlerine "
     "karşı "
     "kardeşlik zihniyeti ile hareket etmelidirler."},
    {"a language in Cyrillic letters",
     "Все люди рождаются свободными и равными в своем достоинстве и правах. Они наделены разумом и совестью и должны "
     "поступать в отношении друг друга в духе братства."},
    {"Chinese", "人人生而自由，在尊严和权利上一律平等。他们赋有理性和良心，并应以兄弟关系的精神互相对待。"},
    {"Japanese",
     "すべての人間は、生まれながらにして自由であり、かつ、尊厳と権利とについて平等である。人間は、理性と良心とを授け"
     "られて"
     "おり、互いに同胞の精神をもって行動しなければならない。"},
    {"Korean",
     "모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다. 인간은 천부적으로 이성과 양심을 "
     "부여받았으며 서로 형제애의 "
     "정신으로 행동하여야 한다."},
};

std::string seen_as(const std::string& text) {
  const char* language = language_of(text);
  return language ? language : "";
}

}  // namespace

TEST_CASE("language: never a wrong one, and in most cases the right one from one sentence or two") {
  int known = 0;
  for (const auto& [language, text] : articles) {
    CAPTURE(language);
    const std::string seen = seen_as(text);
    CHECK((seen.empty() || seen == language));
    known += seen == language;
    for (std::size_t size = 0; size < text.size(); size += 13) {
      const std::string part = seen_as(text.substr(0, size));
      CHECK((part.empty() || part == language));
    }
  }
  MESSAGE(known, " of ", articles.size());
  CHECK(known >= 13);
}

TEST_CASE("language: what is no running text has none") {
  for (const char* text : {"", "GET /api/v2/users 200 OK", "{\"priority\": \"P1\", \"owner\": \"team-a\"}",
                           "KPI, OKR, MRR, ARR", "as a"})
    CHECK(seen_as(text) == "");
  // Borrowed words do not make another language.
  CHECK(
      seen_as(
          "Als Product Owner möchte ich das Dashboard per Single Sign-on öffnen, damit ich die KPIs des Teams sehe. "
          "Der Login muss mit dem bestehenden Identity Provider funktionieren und darf nicht länger dauern.") ==
      "German");
}

TEST_CASE("language: a set in two languages names the rarer one's lines") {
  std::string text;
  for (int i = 0; i < 6; ++i) text += pair("Question " + std::to_string(i), articles.at("English"));
  text += pair("Another one", articles.at("German"));
  const std::vector<Problem> found = problems_of(text, "mixed_languages");
  REQUIRE(found.size() == 1);
  CHECK(found[0].line == 7);
  CHECK(found[0].message == "The answer seems to be in German; most are in English.");
  CHECK(problems_of(pair(articles.at("German"), articles.at("English")), "mixed_languages").at(0).message ==
        "The question seems to be in German and the answer in English.");
}

TEST_CASE("refusals: at the beginning of an answer") {
  for (const char* text :
       {"I'm sorry, but I can't help with that.", "I’m sorry, but no.", "  As an AI, I have no opinion.",
        "I cannot provide legal advice.", "Es tut mir leid, aber das geht nicht."})
    CHECK_FALSE(find_refusal(text).empty());
  for (const char* text : {"I can help with that.", "As an analyst, I want to export.", "Sorry is not a strategy.",
                           "The user said: I'm sorry, but I can't find the button.", ""})
    CHECK(find_refusal(text).empty());
  CHECK(lines_of(pair("Q", "I'm sorry, but I can't do that."), "refusal") == std::vector<std::int64_t>{1});
  CHECK(
      problems_of(chat(message("user", "I'm sorry, but I can't log in.") + "," + message("assistant", "Try again.")),
                  "refusal")
          .empty());
  std::string many;
  for (int i = 0; i < 5; ++i) many += pair("Q" + std::to_string(i), "I cannot help with " + std::to_string(i));
  CHECK(problems_of(many, "many_refusals").size() == 1);
  CHECK(problems_of(many + good_lines(20), "many_refusals").empty());
}
