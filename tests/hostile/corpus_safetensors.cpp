#include "../unit/files/builders.hpp"
#include "corpus.hpp"

namespace pmtune::hostile {
namespace {

using test::safetensors;
using test::u64;

class Collector {
 public:
  // A whole file.
  void add(const std::string& name, std::optional<Code> code, const std::string& phrase, std::string bytes) {
    files_.push_back({name, Format::safetensors, code, phrase, [bytes] { return bytes; }, nullptr});
  }
  void add_large(const std::string& name, std::optional<Code> code, const std::string& phrase,
                 std::function<std::string()> bytes) {
    files_.push_back({name, Format::safetensors, code, phrase, std::move(bytes), nullptr});
  }
  // A file with that header and that many bytes of data.
  void header(const std::string& name, std::optional<Code> code, const std::string& phrase, const std::string& header,
              std::size_t data_bytes = 0) {
    add(name, code, phrase, safetensors(header, std::string(data_bytes, '\0')));
  }
  std::vector<HostileFile> take() { return std::move(files_); }

 private:
  std::vector<HostileFile> files_;
};

std::string tensor(const std::string& name, const std::string& dtype, const std::string& shape,
                   const std::string& offsets) {
  return "\"" + name + R"(":{"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}";
}

std::string one(const std::string& dtype, const std::string& shape, const std::string& offsets) {
  return "{" + tensor("a", dtype, shape, offsets) + "}";
}

const std::string right = R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})";

void s1_lengths(Collector& files) {
  for (std::size_t size = 0; size < 8; ++size)
    files.add("S1 " + std::to_string(size) + " bytes", Code::corrupt, "ends too early", std::string(size, '\1'));
  files.add("S1 header of 0 bytes", Code::corrupt, "does not begin with {", u64(0));
  files.add("S1 header longer than the file", Code::corrupt, "ends too early", u64(1000) + right);
  files.add("S1 header one byte longer than the file", Code::corrupt, "ends too early",
            u64(right.size() + 1) + right);
  const std::vector<std::uint64_t> impossible = {std::uint64_t{1} << 63, ~std::uint64_t{0}, ~std::uint64_t{0} - 7,
                                                 100'000'001};
  for (const std::uint64_t length : impossible)
    files.add("S1 header of " + std::to_string(length) + " bytes", Code::corrupt, "at most 100000000",
              u64(length) + right);
  files.add("S1 no tensors", std::nullopt, "", safetensors("{}"));
}

void s2_large_headers(Collector& files) {
  files.add_large("S2 100 MB of spaces", Code::corrupt, "does not begin with {",
                  [] { return safetensors(std::string(100'000'000, ' ')); });
  files.add_large("S2 { and 100 MB of spaces", Code::corrupt, "not valid JSON",
                  [] { return safetensors("{" + std::string(99'999'999, ' ')); });
  files.add_large("S2 nested lists", Code::corrupt, "is a list [...] where",
                  [] { return safetensors("{\"a\":" + std::string(10'000'000, '[')); });
  files.add_large("S2 nested objects", Code::corrupt, "unknown property", [] {
    std::string header;
    for (int i = 0; i < 1'000'000; ++i) header += "{\"a\":";
    return safetensors(header);
  });
  files.add_large("S2 10^5 tensors", std::nullopt, "", [] {
    std::string header = "{";
    for (int i = 0; i < 100000; ++i)
      header += (i > 0 ? "," : "") + tensor("t" + std::to_string(i), "U8", "[0]", "[0,0]");
    return safetensors(header + "}");
  });
  files.add_large("S2 10^6 tensors", Code::corrupt, "more than 262144 tensors", [] {
    std::string header = "{";
    for (int i = 0; i < 1000000; ++i) header += (i > 0 ? "," : "") + tensor(std::to_string(i), "U8", "[0]", "[0,0]");
    return safetensors(header + "}");
  });
  files.add_large("S2 10^5 dimensions", Code::corrupt, "more than 64 dimensions", [] {
    std::string shape = "[1";
    for (int i = 1; i < 100000; ++i) shape += ",1";
    return safetensors(one("U8", shape + "]", "[0,1]"), "x");
  });
  files.add_large("S2 10^7 offsets", Code::corrupt, "should be two numbers", [] {
    std::string offsets = "[0";
    for (int i = 1; i < 10'000'000; ++i) offsets += ",0";
    return safetensors(one("U8", "[0]", offsets + "]"));
  });
  files.add_large("S2 tensor name of 50 MB", Code::corrupt, "longer than 512",
                  [] { return safetensors("{" + tensor(std::string(50'000'000, 'n'), "U8", "[0]", "[0,0]") + "}"); });
}

void s3_not_json(Collector& files) {
  const std::string nul(1, '\0');
  files.header("S3 not UTF-8", Code::corrupt, "not valid JSON", "{\"\xC3\x28\":{}}");
  files.header("S3 surrogate", Code::corrupt, "not valid JSON", R"({"__metadata__":{"\ud800":"x"}})");
  files.header("S3 byte order mark", Code::corrupt, "does not begin with {", "\xEF\xBB\xBF" + right, 4);
  files.header("S3 leading space", Code::corrupt, "does not begin with {", " " + right, 4);
  files.header("S3 a list", Code::corrupt, "does not begin with {", "[" + right + "]", 4);
  files.header("S3 trailing NULs", Code::corrupt, "zero byte", right + nul + nul, 4);
  files.header("S3 NUL and more JSON", Code::corrupt, "zero byte", right + nul + right, 4);
  files.header("S3 garbage after", Code::corrupt, "not valid JSON", right + "x", 4);
  files.header("S3 a second object", Code::corrupt, "not valid JSON", right + "{}", 4);
  files.header("S3 trailing comma", Code::corrupt, "not valid JSON", right.substr(0, right.size() - 1) + ",}", 4);
  files.header("S3 comment", Code::corrupt, "not valid JSON", "{/* */" + right.substr(1), 4);
  files.header("S3 padded with spaces", std::nullopt, "", right + "    ", 4);
}

void s4_duplicates(Collector& files) {
  files.header("S4 name twice", Code::corrupt, "\"a\" stands in it twice",
               "{" + tensor("a", "F32", "[1]", "[0,4]") + "," + tensor("a", "U8", "[4]", "[0,4]") + "}", 4);
  files.header("S4 name twice, once escaped", Code::corrupt, "\"a\" stands in it twice",
               "{" + tensor("a", "F32", "[1]", "[0,4]") + "," + tensor("\\u0061", "F32", "[1]", "[4,8]") + "}", 8);
  files.header("S4 shape twice", Code::corrupt, "\"shape\" twice",
               R"({"a":{"dtype":"F32","shape":[1],"shape":[2],"data_offsets":[0,4]}})", 4);
  files.header("S4 __metadata__ twice", Code::corrupt, "\"__metadata__\" stands in it twice",
               R"({"__metadata__":{},"__metadata__":{}})");
  files.header("S4 metadata key twice", Code::corrupt, "\"k\" stands in its \"__metadata__\" twice",
               R"({"__metadata__":{"k":"1","k":"2"}})");
}

void s5_metadata(Collector& files) {
  for (const char* value : {"1", "-1", "1.5", "null", "true", "{}", "[]", "{\"x\":\"y\"}", "[\"x\"]"})
    files.header(std::string("S5 metadata value ") + value, Code::corrupt, "key \"k\"",
                 std::string(R"({"__metadata__":{"k":)") + value + "}}");
  for (const char* value : {"1", "null", "\"x\"", "[]"})
    files.header(std::string("S5 metadata ") + value, Code::corrupt, "in \"__metadata__\"",
                 std::string(R"({"__metadata__":)") + value + "}");
  files.add_large("S5 metadata of 50 MB", std::nullopt, "",
                  [] { return safetensors(R"({"__metadata__":{"k":")" + std::string(50'000'000, 'v') + "\"}}"); });
  files.add_large("S5 10^5 metadata entries", Code::corrupt, "more than 65536 entries", [] {
    std::string header = R"({"__metadata__":{)";
    for (int i = 0; i < 100000; ++i) header += (i > 0 ? ",\"" : "\"") + std::to_string(i) + "\":\"\"";
    return safetensors(header + "}}");
  });
}

void s6_dtypes(Collector& files) {
  files.header("S6 unknown dtype", Code::corrupt, "no safetensors file may use", one("Q99", "[1]", "[0,4]"), 4);
  files.header("S6 dtype in small letters", Code::corrupt, "\"f32\"", one("f32", "[1]", "[0,4]"), 4);
  files.header("S6 empty dtype", Code::corrupt, "no safetensors file may use", one("", "[1]", "[0,4]"), 4);
  files.header("S6 dtype a number", Code::corrupt, "tensor \"a\"",
               R"({"a":{"dtype":1,"shape":[1],"data_offsets":[0,4]}})", 4);
  for (const char* dtype : {"F8_E4M3", "F8_E5M2", "U16", "U32", "U64", "C64", "F4"})
    files.header(std::string("S6 ") + dtype, Code::unsupported, std::string("stored as ") + dtype,
                 one(dtype, "[1]", "[0,4]"), 4);
  files.header("S6 no dtype", Code::corrupt, "lacks its dtype", R"({"a":{"shape":[1],"data_offsets":[0,4]}})", 4);
  files.header("S6 no shape", Code::corrupt, "lacks its dtype", R"({"a":{"dtype":"F32","data_offsets":[0,4]}})", 4);
  files.header("S6 unknown property", Code::corrupt, "unknown property \"strides\"",
               R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"strides":[1]}})", 4);
  files.header("S6 tensor a text", Code::corrupt, "tensor \"a\"", R"({"a":"F32"})");
  files.header("S6 tensor a list", Code::corrupt, "tensor \"a\"", R"({"a":["F32",[1],[0,4]]})", 4);
}

void s7_shapes(Collector& files) {
  files.header("S7 product wraps to 0", Code::corrupt, "impossibly large",
               one("U8", "[4294967296,4294967296]", "[0,0]"));
  files.header("S7 product wraps to 4", Code::corrupt, "impossibly large",
               one("U8", "[4611686018427387905,4]", "[0,4]"), 4);
  files.header("S7 bytes wrap to 0", Code::corrupt, "impossibly large", one("F32", "[4611686018427387904]", "[0,0]"));
  files.header("S7 wraps before it meets 0", Code::corrupt, "impossibly large",
               one("U8", "[4294967296,4294967296,0]", "[0,0]"));
  files.header("S7 2^63", Code::corrupt, "far too large", one("U8", "[9223372036854775808]", "[0,4]"), 4);
  files.header("S7 10^30", Code::corrupt, "far too large", one("U8", "[1000000000000000000000000000000]", "[0,4]"),
               4);
  files.header("S7 negative", Code::corrupt, "a negative number", one("U8", "[-1]", "[0,4]"), 4);
  files.header("S7 two negatives", Code::corrupt, "a negative number", one("U8", "[-2,-2]", "[0,4]"), 4);
  files.header("S7 fraction", Code::corrupt, "not whole", one("U8", "[4.0]", "[0,4]"), 4);
  files.header("S7 exponent", Code::corrupt, "not whole", one("U8", "[4e0]", "[0,4]"), 4);
  files.header("S7 text", Code::corrupt, "tensor \"a\"", one("U8", "[\"4\"]", "[0,4]"), 4);
  files.header("S7 null", Code::corrupt, "a null", one("U8", "null", "[0,4]"), 4);
  files.header("S7 nested", Code::corrupt, "a list [...]", one("U8", "[[4]]", "[0,4]"), 4);
  files.header("S7 a number alone", Code::corrupt, "a number", one("U8", "4", "[0,4]"), 4);
  files.header("S7 scalar is right", std::nullopt, "", one("F32", "[]", "[0,4]"), 4);
  files.header("S7 empty tensor is right", std::nullopt, "", one("F32", "[0,5]", "[0,0]"));
}

void s8_offsets(Collector& files) {
  for (const char* offsets : {"[]", "[0]", "[0,4,4]"})
    files.header(std::string("S8 offsets ") + offsets, Code::corrupt, "should be two numbers",
                 one("U8", "[4]", offsets), 4);
  files.header("S8 end before begin", Code::corrupt, "ends before it begins", one("U8", "[4]", "[4,0]"), 4);
  files.header("S8 negative", Code::corrupt, "a negative number", one("U8", "[4]", "[-4,0]"), 4);
  files.header("S8 end past the file", Code::corrupt, "reaches past its end", one("U8", "[5]", "[0,5]"), 4);
  files.header("S8 end near 2^64", Code::corrupt, "reaches past its end",
               one("U8", "[4]", "[18446744073709551611,18446744073709551615]"), 4);
  files.header("S8 offset above 2^64", Code::corrupt, "not whole or far too large",
               one("U8", "[4]", "[0,18446744073709551616]"), 4);
  files.header("S8 span smaller than the shape", Code::corrupt, "should have 8 bytes", one("F32", "[2]", "[0,4]"), 4);
  files.header("S8 span larger than the shape", Code::corrupt, "should have 2 bytes", one("F16", "[1]", "[0,4]"), 4);
  files.header("S8 offsets a text", Code::corrupt, "tensor \"a\"", one("U8", "[4]", "\"0,4\""), 4);
}

void s9_cover(Collector& files) {
  const auto two = [](const std::string& first, const std::string& second, const char* shape = "[4]") {
    return "{" + tensor("a", "U8", shape, first) + "," + tensor("b", "U8", shape, second) + "}";
  };
  files.header("S9 hole", Code::corrupt, "bytes of no tensor", two("[0,4]", "[8,12]"), 12);
  files.header("S9 overlap", Code::corrupt, "overlaps", two("[0,4]", "[2,6]"), 6);
  files.header("S9 all at the same place", Code::corrupt, "overlaps", two("[0,4]", "[0,4]"), 4);
  files.header("S9 first not at 0", Code::corrupt, "bytes of no tensor", two("[4,8]", "[8,12]"), 12);
  files.header("S9 bytes after the last tensor", Code::corrupt, "after its last tensor", right, 5);
  files.header("S9 a zip after the last tensor", Code::corrupt, "after its last tensor", right, 4000);
  files.header("S9 bytes and no tensors", Code::corrupt, "after its last tensor", "{}", 1);
  files.header("S9 listed in another order is right", std::nullopt, "", two("[4,8]", "[0,4]"), 8);
}

void s10_to_s12(Collector& files) {
  const auto with_empty = [](const std::string& offsets) {
    return "{" + tensor("a", "U8", "[4]", "[0,4]") + "," + tensor("e", "U8", "[0]", offsets) + "," +
           tensor("b", "U8", "[4]", "[4,8]") + "}";
  };
  files.header("S10 empty tensor inside another", Code::corrupt, "overlaps", with_empty("[2,2]"), 8);
  files.header("S10 empty tensor past the end", Code::corrupt, "reaches past its end", with_empty("[9,9]"), 8);
  for (const char* offsets : {"[0,0]", "[4,4]", "[8,8]"})
    files.header(std::string("S10 empty tensor at ") + offsets + " is right", std::nullopt, "", with_empty(offsets),
                 8);
  for (int spaces = 0; spaces < 8; ++spaces)
    files.header("S11 data moved by " + std::to_string(spaces), std::nullopt, "", right + std::string(spaces, ' '),
                 4);
  files.header("S11 bf16 at an odd place", std::nullopt, "",
               "{" + tensor("a", "U8", "[1]", "[0,1]") + "," + tensor("b", "BF16", "[4]", "[1,9]") + "}", 9);
  files.header("S12 cut by one byte", Code::corrupt, "was not downloaded completely", right, 3);
  files.header("S12 cut after the header", Code::corrupt, "was not downloaded completely", right, 0);
}

}  // namespace

std::vector<HostileFile> safetensors_corpus() {
  Collector files;
  s1_lengths(files);
  s2_large_headers(files);
  s3_not_json(files);
  s4_duplicates(files);
  s5_metadata(files);
  s6_dtypes(files);
  s7_shapes(files);
  s8_offsets(files);
  s9_cover(files);
  s10_to_s12(files);
  return files.take();
}

}  // namespace pmtune::hostile
