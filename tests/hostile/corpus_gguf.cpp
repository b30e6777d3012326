#include "../unit/files/builders.hpp"
#include "corpus.hpp"

namespace pmtune::hostile {
namespace {

using namespace test;

constexpr std::uint64_t all_ones = ~std::uint64_t{0};
constexpr std::uint32_t f32 = 0, q4_0 = 2, i8 = 24;  // ggml's numbers of tensor types

class Collector {
 public:
  void add(const std::string& name, std::optional<Code> code, const std::string& phrase, std::string bytes,
           std::function<void(const files::GgufFile&)> use = nullptr) {
    files_.push_back({name, Format::gguf, code, phrase, [bytes] { return bytes; }, std::move(use)});
  }
  // A file with that one key.
  void key(const std::string& name, std::optional<Code> code, const std::string& phrase, std::uint32_t kind,
           const std::string& value, std::function<void(const files::GgufFile&)> use = nullptr) {
    add(name, code, phrase, GgufBuilder().key("the.key", kind, value).build(), std::move(use));
  }
  // A file with that one tensor and 64 bytes of data.
  void tensor(const std::string& name, std::optional<Code> code, const std::string& phrase,
              const std::vector<std::uint64_t>& dims, std::uint32_t type, std::uint64_t offset = 0) {
    add(name, code, phrase, GgufBuilder().tensor("t", dims, type, offset).with_data(std::string(64, '\0')).build());
  }
  std::vector<HostileFile> take() { return std::move(files_); }

 private:
  std::vector<HostileFile> files_;
};

void g1_magic_and_version(Collector& files) {
  GgufBuilder file = good_gguf();
  file.magic = "GGUX";
  files.add("G1 magic", Code::corrupt, "not a GGUF model file", file.build());
  files.add("G1 empty", Code::corrupt, "not a GGUF model file", "");
  files.add("G1 three bytes", Code::corrupt, "not a GGUF model file", "GGU");
  files.add("G1 magic alone", Code::corrupt, "ends too early", "GGUF");
  files.add("G1 an error page", Code::corrupt, "not a GGUF model file", "<!DOCTYPE html><html>Not found</html>");
  file = good_gguf();
  file.version = 0;
  files.add("G1 version 0", Code::corrupt, "version 0", file.build());
  for (const std::uint32_t version : {1U, 4U, 0xFFFFFFFFU}) {
    file.version = version;
    files.add("G1 version " + std::to_string(version), Code::unsupported, "reads versions 2 and 3", file.build());
  }
  file.version = 0x03000000;
  files.add("G1 byte-swapped", Code::unsupported, "big-endian", file.build());
}

void g2_counts(Collector& files) {
  for (const std::uint64_t count :
       {all_ones, std::uint64_t{1} << 61, std::uint64_t{1} << 40, std::uint64_t{300000}}) {
    GgufBuilder file = good_gguf();
    file.claimed_tensors = count;
    files.add("G2 " + std::to_string(count) + " tensors", Code::corrupt, "claims to hold", file.build());
    file = good_gguf();
    file.claimed_keys = count;
    files.add("G2 " + std::to_string(count) + " keys", Code::corrupt, "claims to hold", file.build());
  }
  GgufBuilder one_more = good_gguf();
  one_more.claimed_tensors = 3;
  files.add("G2 one tensor more than there are", Code::corrupt, "", one_more.build());

  for (const std::uint64_t length : {all_ones, all_ones - 7, std::uint64_t{1} << 40}) {
    files.key("G2 text of " + std::to_string(length), Code::corrupt, "\"the.key\" claims a text", kind::string,
              u64(length));
    files.add("G2 key name of " + std::to_string(length), Code::corrupt, "the name of a key claims a text",
              "GGUF" + u32(3) + u64(0) + u64(1) + u64(length) + std::string(64, 'x'));
    files.add("G2 tensor name of " + std::to_string(length), Code::corrupt, "the name of a tensor claims a text",
              "GGUF" + u32(3) + u64(1) + u64(0) + u64(length) + std::string(64, 'x'));
  }
  files.key("G2 text of 60 MB in a small file", Code::corrupt, "ends too early", kind::string, u64(60'000'000));
  for (const std::uint64_t count : {all_ones, std::uint64_t{1} << 63, (std::uint64_t{1} << 61) + 1})
    for (const std::uint32_t element : {kind::u8, kind::u64, kind::string, kind::boolean})
      files.key("G2 list of " + std::to_string(count) + " of kind " + std::to_string(element), Code::corrupt,
                "\"the.key\" claims a list", kind::array, gguf_array(element, count, ""));
  for (const std::uint32_t element : {kind::u8, kind::u64, kind::string, kind::boolean})
    files.key("G2 list of 2^24 of kind " + std::to_string(element) + " in a small file", Code::corrupt,
              "ends too early", kind::array, gguf_array(element, 1 << 24, "xy"));
  GgufBuilder twice;
  const std::string ten_million = gguf_array(kind::u8, 10'000'000, std::string(10'000'000, '\0'));
  twice.key("a", kind::array, ten_million).key("b", kind::array, ten_million);
  files.add("G2 lists too long together", Code::corrupt, "\"b\" claims a list", twice.build());
}

void g3_kinds(Collector& files) {
  const std::string nested = gguf_array(kind::array, 1, gguf_array(kind::u8, 1, "x"));
  files.key("G3 list of lists", Code::unsupported, "list of lists", kind::array, nested);
  std::string deep;
  for (int i = 0; i < 100000; ++i) deep += gguf_array(kind::array, 1, "");
  files.key("G3 lists nested 100000 times", Code::unsupported, "list of lists", kind::array, deep);
  for (const std::uint32_t unknown : {13U, 255U, 0xFFFFFFFFU}) {
    files.key("G3 kind " + std::to_string(unknown), Code::corrupt, "unknown kind", unknown, std::string(8, '\0'));
    files.key("G3 list of kind " + std::to_string(unknown), Code::corrupt, "unknown kind", kind::array,
              gguf_array(unknown, 1, std::string(8, '\0')));
  }
  files.key("G3 boolean 2", Code::corrupt, "true (1) or false (0)", kind::boolean, "\2");
  files.key("G3 boolean 7 in a list", Code::corrupt, "true (1) or false (0)", kind::array,
            gguf_array(kind::boolean, 2, "\1\7"));
  files.key("G3 u64 above 2^63-1", Code::corrupt, "impossibly large", kind::u64, u64(all_ones));
  files.key("G3 text not UTF-8", Code::corrupt, "not UTF-8", kind::string, gguf_text("\xC3\x28"));
  files.key("G3 scores as bytes", Code::corrupt, "should hold a list of texts", kind::array,
            gguf_array(kind::i8, 3, "abc"), [](const files::GgufFile& file) { file.get_strings("the.key"); });
  files.key("G3 texts as floats", Code::corrupt, "should hold a list of whole numbers", kind::array,
            gguf_array(kind::f32, 1, raw(1.0F)), [](const files::GgufFile& file) { file.get_ints("the.key"); });
  files.key("G3 number as a text", Code::corrupt, "should hold a whole number", kind::string, gguf_text("32"),
            [](const files::GgufFile& file) { file.get_int("the.key"); });
  files.add("G3 alignment as i32", Code::corrupt, "unsigned 32-bit",
            GgufBuilder().key("general.alignment", kind::i32, u32(32)).build());
  files.add("G3 alignment as text", Code::corrupt, "unsigned 32-bit",
            GgufBuilder().key("general.alignment", kind::string, gguf_text("32")).build());
}

void g4_dimensions(Collector& files) {
  const auto with_count = [](std::uint64_t dimensions) {
    GgufBuilder file;
    file.tensors.push_back(gguf_text("t") + u32(dimensions) + std::string(64, '\1'));
    return file.build();
  };
  for (const std::uint64_t dimensions : {0ULL, 5ULL, 9ULL, 0xFFFFFFFFULL})
    files.add("G4 " + std::to_string(dimensions) + " dimensions", Code::corrupt, "1 to 4 are possible",
              with_count(dimensions));
  files.tensor("G4 dimension 0", Code::corrupt, "size 0", {0}, f32);
  files.tensor("G4 dimension 0 of a packed tensor", Code::corrupt, "size 0", {32, 0}, q4_0);
  files.tensor("G4 dimension -1", Code::corrupt, "impossibly large", {all_ones}, f32);
  files.tensor("G4 dimensions -1 x -1", Code::corrupt, "impossibly large", {all_ones, all_ones}, f32);
}

void g5_sizes(Collector& files) {
  files.tensor("G5 2^62 floats", Code::corrupt, "impossibly large", {std::uint64_t{1} << 62}, f32);
  files.tensor("G5 2^64-4 bytes", Code::corrupt, "impossibly large", {(std::uint64_t{1} << 62) - 1}, f32);
  files.tensor("G5 product wraps to 0", Code::corrupt, "impossibly large", {1ULL << 32, 1ULL << 32}, i8);
  files.tensor("G5 product of four wraps", Code::corrupt, "impossibly large", {1 << 16, 1 << 16, 1 << 16, 1 << 16},
               f32);
  files.tensor("G5 packed 2^63-32", Code::corrupt, "reaches past its end", {(std::uint64_t{1} << 63) - 32}, q4_0);
  GgufBuilder two;
  two.tensor("a", {0x7FFFFFFFFFFFFFC0ULL}, i8, 0).tensor("b", {0x7FFFFFFFFFFFFFC0ULL}, i8, 0x7FFFFFFFFFFFFFC0ULL);
  files.add("G5 the sum of two wraps", Code::corrupt, "reaches past its end",
            two.with_data(std::string(64, '\0')).build());
  files.tensor("G5 row not a multiple of the block", Code::corrupt, "cannot store", {33}, q4_0);
  files.tensor("G5 rows that are a multiple only together", Code::corrupt, "cannot store", {16, 2}, q4_0);
}

void g6_alignment(Collector& files) {
  for (const std::uint64_t alignment : {0ULL, 13ULL, 1ULL << 31, 0xFFFFFFFFULL}) {
    GgufBuilder file;
    file.key("general.alignment", kind::u32, u32(alignment)).tensor("t", {1}, f32, 0);
    files.add("G6 alignment " + std::to_string(alignment), Code::corrupt, "power of two",
              file.with_data(std::string(64, '\0')).build());
  }
}

void g6_offsets(Collector& files) {
  files.tensor("G6 offset 2^40", Code::corrupt, "reaches past its end", {1}, f32, std::uint64_t{1} << 40);
  files.tensor("G6 offset 2^64-32", Code::corrupt, "reaches past its end", {8}, f32, all_ones - 31);
  files.tensor("G6 offset unaligned", Code::corrupt, "multiple of 32", {1}, f32, 4);
  GgufBuilder overlap;
  overlap.tensor("a", {16}, f32, 0).tensor("b", {8}, f32, 32);
  files.add("G6 overlap", Code::corrupt, "overlap", overlap.with_data(std::string(64, '\0')).build());
  GgufBuilder same;
  same.tensor("a", {8}, f32, 0).tensor("b", {8}, f32, 0);
  files.add("G6 two at one place", Code::corrupt, "overlap", same.with_data(std::string(64, '\0')).build());
  const std::string whole = good_gguf().build();
  files.add("G6 cut by one byte", Code::corrupt, "was not downloaded completely", whole.substr(0, whole.size() - 1));
  files.add("G6 no data at all", Code::corrupt, "the weights are missing",
            GgufBuilder().tensor("t", {1}, f32, 0).build());
}

void g6_names_and_types(Collector& files) {
  files.add("G6 key twice", Code::corrupt, "\"a\" stands in it twice",
            GgufBuilder().key("a", kind::u8, "x").key("a", kind::u8, "y").build());
  files.add(
      "G6 alignment twice", Code::corrupt, "stands in it twice",
      GgufBuilder().key("general.alignment", kind::u32, u32(32)).key("general.alignment", kind::u32, u32(1)).build());
  GgufBuilder twice;
  twice.tensor("t", {1}, f32, 0).tensor("t", {1}, f32, 32);
  files.add("G6 tensor twice", Code::corrupt, "\"t\" stands in it twice",
            twice.with_data(std::string(64, '\0')).build());
  files.add("G6 empty key", Code::corrupt, "is empty", GgufBuilder().key("", kind::u64, u64(1)).build());
  files.add("G6 empty tensor name", Code::corrupt, "is empty", GgufBuilder().tensor("", {1}, f32, 0).build());
  files.add("G6 tensor name of 600 bytes", Code::corrupt, "the most is 512",
            GgufBuilder().tensor(std::string(600, 'n'), {1}, f32, 0).build());
  files.add("G6 tensor name not UTF-8", Code::corrupt, "not UTF-8",
            GgufBuilder().tensor("\xFF", {1}, f32, 0).build());
  for (const std::uint32_t type : {0xFFFFFFFFU, 42U, 1000U})
    files.tensor("G6 tensor type " + std::to_string(type), Code::corrupt, "unknown number format", {256}, type);
  const std::vector<std::pair<std::uint32_t, std::string>> not_readable = {
      {4, "Q4_2"},   {9, "Q8_1"},   {15, "Q8_K"},  {16, "IQ2_XXS"},  {17, "IQ2_XS"}, {18, "IQ3_XXS"}, {19, "IQ1_S"},
      {21, "IQ3_S"}, {22, "IQ2_S"}, {29, "IQ1_M"}, {31, "Q4_0_4_4"}, {34, "TQ1_0"},  {35, "TQ2_0"},   {39, "MXFP4"}};
  for (const auto& [type, name] : not_readable)
    files.tensor("G6 tensor type " + name, Code::unsupported,
                 "stored as " + name + ", which pmtune does not read yet", {256}, type);
}

void parts_of_models(Collector& files) {
  for (const std::uint16_t count : {std::uint16_t{2}, std::uint16_t{65535}})
    files.add("G7 one of " + std::to_string(count) + " parts", Code::unsupported,
              "is one of the " + std::to_string(count) + " parts of a model",
              GgufBuilder().key("split.count", kind::u16, raw(count)).tensor("t", {1}, f32, 0).build());
  files.add("G7 the one part there is", std::nullopt, "",
            GgufBuilder().key("split.count", kind::u16, raw(std::uint16_t{1})).build());
  files.add("G7 parts as a text", Code::corrupt, "should hold a whole number",
            GgufBuilder().key("split.count", kind::string, gguf_text("2")).build());
}

}  // namespace

std::vector<HostileFile> gguf_corpus() {
  Collector files;
  g1_magic_and_version(files);
  g2_counts(files);
  g3_kinds(files);
  g4_dimensions(files);
  g5_sizes(files);
  g6_alignment(files);
  g6_offsets(files);
  g6_names_and_types(files);
  parts_of_models(files);
  return files.take();
}

}  // namespace pmtune::hostile
