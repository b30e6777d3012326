#include <doctest/doctest.h>

#include <pmtune/error.hpp>
#include <vector>

#include "builders.hpp"
#include "files/gguf.hpp"

using namespace pmtune;
using namespace pmtune::files;
using namespace pmtune::test;

TEST_CASE("a GGUF file gives back every kind of value") {
  const TempFolder folder;
  for (const std::uint32_t version : {2U, 3U}) {
    GgufBuilder builder = good_gguf();
    builder.version = version;
    const auto file = GgufFile::open(folder.write("good.gguf", builder.build()));
    CHECK(*file->get_string("general.architecture") == "llama");
    CHECK(*file->get_int("n.u8") == 200);
    CHECK(*file->get_int("n.i8") == -5);
    CHECK(*file->get_int("n.u16") == 60000);
    CHECK(*file->get_int("n.i16") == -6);
    CHECK(*file->get_int("n.u32") == 4000000000);
    CHECK(*file->get_int("n.i32") == -7);
    CHECK(*file->get_int("n.u64") == std::int64_t{1} << 40);
    CHECK(*file->get_int("n.i64") == -8);
    CHECK(file->get_number("n.f32") == 0.5);
    CHECK(file->get_number("n.f64") == 0.25);
    CHECK(file->get_number("n.i8") == -5.0);
    CHECK(*file->get_bool("yes"));
    CHECK(*file->get_strings("texts") == std::vector<std::string>{"a", ""});
    CHECK(*file->get_ints("whole") == std::vector<std::int64_t>{3, -4});
    CHECK(std::get<std::vector<double>>(file->metadata().at("floats")) == std::vector<double>{1.5});
    CHECK(std::get<std::vector<bool>>(file->metadata().at("flags")) == std::vector<bool>{true, false, true});
    CHECK(file->metadata().size() == builder.keys.size());
  }
}

TEST_CASE("a missing key is nothing, a key of another kind is an error that names it") {
  const TempFolder folder;
  const auto file = GgufFile::open(folder.write("good.gguf", good_gguf().build()));
  CHECK(file->get_bool("none") == nullptr);
  CHECK(file->get_int("none") == nullptr);
  CHECK(file->get_string("none") == nullptr);
  CHECK(file->get_strings("none") == nullptr);
  CHECK(file->get_ints("none") == nullptr);
  CHECK_FALSE(file->get_number("none").has_value());
  try {
    file->get_ints("floats");
    FAIL("floats taken for integers");
  } catch (const Error& error) {
    CHECK(error.code() == Code::corrupt);
    CHECK(std::string(error.what()).find("\"floats\"") != std::string::npos);
    CHECK(std::string(error.what()).find("good.gguf") != std::string::npos);
  }
  CHECK_THROWS_AS(file->get_bool("n.u8"), Error);
  CHECK_THROWS_AS(file->get_int("n.f32"), Error);
  CHECK_THROWS_AS(file->get_number("yes"), Error);
  CHECK_THROWS_AS(file->get_string("texts"), Error);
}

TEST_CASE("tensors have torch's shape and lie where the file says") {
  const TempFolder folder;
  const auto file = GgufFile::open(folder.write("good.gguf", good_gguf().build()));
  REQUIRE(file->tensors().size() == 2);
  const TensorView* plain = file->find("plain");
  REQUIRE(plain != nullptr);
  CHECK(plain->shape == std::vector<std::int64_t>{2, 3});
  CHECK(plain->bytes == 24);
  std::vector<float> numbers(6);
  dequantise(plain->dtype, plain->data, 6, numbers.data());
  CHECK(numbers == std::vector<float>{0, 1, 2, 3, 4, 5});
  const TensorView* packed = file->find("packed");
  REQUIRE(packed != nullptr);
  CHECK(packed->dtype == DType::q4_0);
  CHECK(packed->bytes == 36);
  CHECK(packed->count() == 64);
  CHECK(file->find("absent") == nullptr);
}

TEST_CASE("general.alignment moves the data") {
  const TempFolder folder;
  GgufBuilder builder;
  builder.alignment = 64;
  builder.key("general.alignment", kind::u32, u32(64)).tensor("a", {1}, 0, 0).tensor("b", {1}, 0, 64);
  builder.with_data(raw(1.0F) + std::string(60, '\0') + raw(2.0F));
  const auto file = GgufFile::open(folder.write("aligned.gguf", builder.build()));
  float number = 0;
  dequantise(DType::f32, file->find("b")->data, 1, &number);
  CHECK(number == 2.0F);
}

TEST_CASE("a file without tensors may end with its keys") {
  const TempFolder folder;
  GgufBuilder builder;
  builder.key("a", kind::u8, "\1");
  CHECK(GgufFile::open(folder.write("keys.gguf", builder.build()))->tensors().empty());
}

TEST_CASE("a format that is not readable yet is named together with one that is") {
  const TempFolder folder;
  GgufBuilder builder;
  builder.tensor("blk.0.ffn_up.weight", {256}, 16, 0).with_data(std::string(110, '\0'));
  try {
    GgufFile::open(folder.write("k.gguf", builder.build()));
    FAIL("IQ2_XXS was opened");
  } catch (const Error& error) {
    CHECK(error.code() == Code::unsupported);
    const std::string message = error.what();
    CHECK(message.find("\"blk.0.ffn_up.weight\" is stored as IQ2_XXS, which pmtune does not read yet") !=
          std::string::npos);
    CHECK(message.find("choose a Q4_0, Q4_K, Q8_0 or F16 file of the same model") != std::string::npos);
  }
}
