#include "data/language.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <unordered_map>
#include <utility>

#include "data/words.hpp"

namespace pmtune::data {
namespace {

constexpr std::size_t most_bytes = 1200;

struct Language {
  const char* name;
  const char* small_words;
};

// The words that each language uses most and can hardly do without.
constexpr std::array<Language, 17> languages{{
    {"English",
     "the of and to a in is that for it as was with be by on not he his but at are this have from or had an they "
     "which "
     "one you were all her she there would their we him been has when who will no more if out so what up said its "
     "about "
     "than into them can only other time new some could these do my your our should i"},
    {"German",
     "der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an werden aus er hat "
     "dass "
     "sie nach wird bei einer um am sind noch wie einem über einen so zum war haben nur oder aber vor zur bis mehr "
     "durch "
     "man sein wurde ich wir ihr kann können soll sollen wenn uns unsere ihre"},
    {"French",
     "de la le et les des en un du une que est pour qui dans a par plus pas au sur ne se ce il sont avec son cette "
     "ont "
     "ses mais comme ou si leur y dont elle aux nous vous je tout fait être été sa ces notre votre peut doit afin "
     "sans"},
    {"Spanish",
     "de la que el en y a los se del las un por con no una su para es al lo como más o pero sus le ha me si sin "
     "sobre este "
     "ya entre cuando todo esta ser son dos también fue había era muy años hasta desde está mi porque qué sólo puede "
     "debe "
     "yo nuestro"},
    {"Italian",
     "di e il la che in a per un è del con non i da una le si al dei come nel alla più della sono anche ma gli lo se "
     "ha "
     "delle o dal loro questo questa ci nella ai su essere degli tra dalla stato cui io può deve nostro"},
    {"Portuguese",
     "de a o que e do da em um para é com não uma os no se na por mais as dos como mas foi ao ele das tem à seu sua "
     "ou ser "
     "quando muito há nos já está eu também só pelo pela até isso ela entre era depois sem mesmo aos ter seus você "
     "pode "
     "deve nosso"},
    {"Dutch",
     "de van het een en in is dat op te zijn met voor niet aan er die om hij ook als dan maar bij nog door naar uit "
     "kan dit "
     "over zo werd worden heeft tot hun wordt deze was zich of al meer had ik wij we je kunnen moet onze"},
    {"Swedish",
     "och i att det som en på är av för med den till inte har de ett om men var jag sig från vi så kan när man eller "
     "nu "
     "under också han efter hon ska skulle då där sin alla vid detta vår ni mot över bara"},
    {"Danish or Norwegian",
     "og i at det som en på er af av for med den til ikke har de et om men var jeg sig seg fra vi så kan når man "
     "eller nu "
     "nå under også han efter etter hun skal skulle da der sin alle ved dette vår vores dere mod mot over bare"},
    {"Finnish",
     "ja on ei se että hän oli ovat kun mutta tai niin myös kuin joka ole sen olla jos vain ovat nyt voi tämä sitä "
     "mukaan "
     "jälkeen sekä jotka mitä kanssa minun minä me"},
    {"Polish",
     "i w na z się do nie to że jest o jak za po od co jego przez ale czy dla są już tak oraz być jako które który "
     "która "
     "może tylko tego przy ich ze było jej aby chcę mogę"},
    {"Czech or Slovak",
     "a v se na je že s z do o to jako pro za by ale po jsou tak který které která jeho nebo už jen při ve od podle "
     "také "
     "aby jsem sa je že pre ako ktorý ktoré alebo chci bylo má"},
    {"Romanian",
     "de și în a la cu pe că este un o nu din pentru să se mai au care sunt fost prin ca dar sau după lui ale al ce "
     "am "
     "acest această poate vreau astfel"},
    {"Hungarian",
     "a az és hogy nem is egy van ez meg csak de mint ha volt már vagy el ki még azt szerint után kell lehet minden "
     "ami aki "
     "azért szeretném legyen"},
    {"Turkish",
     "ve bir bu için da de ile çok olarak en daha olan gibi kadar ne ise var ben o mi her sonra ama olduğu değil ya "
     "olarak "
     "tarafından göre istiyorum veya"},
    {"Indonesian or Malay",
     "yang dan di untuk dengan dari pada ini itu dalam tidak adalah akan ke oleh juga atau ada saya kami mereka "
     "dapat bisa "
     "sebagai karena telah lebih sudah harus agar"},
    {"Vietnamese",
     "và của là có cho không được các trong một những với người khi đã để này từ ra về tôi bạn như thì cũng đến phải "
     "nhiều "
     "theo hoặc"},
}};

using Counts = std::array<int, languages.size()>;

const std::unordered_map<std::uint64_t, std::uint32_t>& languages_of_words() {
  static const auto made = [] {
    std::unordered_map<std::uint64_t, std::uint32_t> words;
    for (std::size_t i = 0; i < languages.size(); ++i)
      for_each_word(languages[i].small_words, [&](std::uint64_t word) { words[word] |= std::uint32_t{1} << i; });
    return words;
  }();
  return made;
}

struct Script {
  const char* language;
  std::uint32_t first, last;
};

constexpr std::array<Script, 11> scripts{{{"a language in Cyrillic letters", 0x400, 0x52F},
                                          {"Greek", 0x370, 0x3FF},
                                          {"Hebrew", 0x590, 0x5FF},
                                          {"a language in Arabic letters", 0x600, 0x6FF},
                                          {"a language in Devanagari letters", 0x900, 0x97F},
                                          {"Bengali", 0x980, 0x9FF},
                                          {"Tamil", 0xB80, 0xBFF},
                                          {"Thai", 0xE00, 0xE7F},
                                          {"Japanese", 0x3041, 0x30FF},
                                          {"Korean", 0xAC00, 0xD7AF},
                                          {"Chinese", 0x4E00, 0x9FFF}}};

// The language of the script in which half of the letters stand, if it is none that many languages share. Kana among
// Chinese characters are Japanese.
const char* language_of_script(std::string_view text) {
  std::array<int, scripts.size()> letters{};
  int latin = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::uint32_t c = next_code_point(text, at);
    if ((c | 32) >= 'a' && (c | 32) <= 'z') ++latin;
    if (c < 0x370) continue;
    for (std::size_t i = 0; i < scripts.size(); ++i)
      if (c >= scripts[i].first && c <= scripts[i].last) ++letters[i];
  }
  int& japanese = letters[8];
  int& chinese = letters[10];
  if (japanese > 0 && japanese * 8 > chinese) japanese += std::exchange(chinese, 0);
  const auto most = std::max_element(letters.begin(), letters.end());
  // A Latin word has several letters where a Chinese one has one or two.
  const bool dense = most - letters.begin() >= 8;
  return *most >= 8 && *most * (dense ? 3 : 1) > latin
             ? scripts[static_cast<std::size_t>(most - letters.begin())].language
             : nullptr;
}

}  // namespace

bool is_small_word(std::string_view word) {
  bool small = false;
  for_each_word(word, [&](std::uint64_t hash) { small = languages_of_words().contains(hash); });
  return small;
}

const char* language_of(std::string_view text) {
  text = text.substr(0, whole_characters(text.substr(0, most_bytes)));
  if (const char* language = language_of_script(text)) return language;
  Counts counts{};
  int words = 0;
  const auto& known = languages_of_words();
  for_each_word(text, [&](std::uint64_t word) {
    ++words;
    const auto found = known.find(word);
    if (found == known.end()) return;
    for (std::uint32_t rest = found->second; rest != 0; rest &= rest - 1)
      ++counts[static_cast<std::size_t>(std::countr_zero(rest))];
  });
  const auto best = std::max_element(counts.begin(), counts.end());
  const int first = *best;
  *best = 0;
  const int second = *std::max_element(counts.begin(), counts.end());
  // At least every eighth word, and clearly more of this language than of any other.
  const bool clear = first >= 5 && first * 8 >= words && first * 2 >= second * 3;
  return clear ? languages[static_cast<std::size_t>(best - counts.begin())].name : nullptr;
}

}  // namespace pmtune::data
