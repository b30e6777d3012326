// Holding, reading and writing examples. Choosing among them is in split.cpp, judging them in check.cpp.
#include <pmtune/dataset.hpp>

#include "base/atomic_file.hpp"
#include "base/fail.hpp"
#include "base/options.hpp"
#include "base/sha256.hpp"
#include "base/utf8.hpp"
#include "data/canonical.hpp"
#include "data/conversation.hpp"
#include "data/dataset_impl.hpp"
#include "data/problems.hpp"
#include "data/scan.hpp"

namespace pmtune {
namespace {

// Keeps the examples; stops at the first error unless faulty lines are to be skipped.
class Loader : public data::ScanVisitor {
 public:
  Loader(const std::string& name, const LoadOptions& options) : name_(name), skip_(options.on_error == "skip") {}

  void on_example(Example&& example) override { examples.push_back(std::move(example)); }
  void on_problem(Problem&& problem) override {
    if (problem.severity != Severity::error) return;
    const Code code = problem.code == "unsupported" ? Code::unsupported : Code::invalid_argument;
    if (!skip_ || problem.line == 0) fail(code, data::one_sentence(name_, problem));
    if (skipped == 0) first_ = std::move(problem);
    ++skipped;
  }

  // Skipping has left something over.
  void require_examples() const {
    if (!examples.empty()) return;
    fail(Code::invalid_argument,
         "None of the examples can be used, the first because of this: ", data::one_sentence(name_, first_));
  }

  std::vector<Example> examples;
  std::int64_t skipped = 0;

 private:
  const std::string& name_;
  bool skip_;
  Problem first_;
};

std::vector<Example> load_from(data::ReadBytes read, const std::string& name, const LoadOptions& options) {
  Loader loader(name, options);
  data::scan(std::move(read), name, options, loader);
  loader.require_examples();
  return std::move(loader.examples);
}

// What JSON text guarantees and a host does not.
void require_plain_values(const Example& example, const std::string& place) {
  const auto require_utf8 = [&](const std::string& text, const char* what) {
    if (find_invalid_utf8(text) != std::string_view::npos)
      fail(Code::invalid_argument, place, ": ", what, " is not valid UTF-8; convert it first.");
  };
  for (const Message& message : example.messages) {
    require_utf8(message.role, "a role");
    require_utf8(message.content, "the text of a message");
    if (message.weight != 0 && message.weight != 1)
      fail(Code::invalid_argument, place, ": the weight of a message is ", message.weight, "; it must be 0 or 1.");
  }
  for (const std::string& tag : example.tags) require_utf8(tag, "a tag");
  require_utf8(example.author, "the author");
}

}  // namespace

Dataset::Dataset() : Dataset(Impl::of({})) {}
Dataset::Dataset(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}

Dataset Dataset::load(const std::string& path, const LoadOptions& options) {
  validate_options(options);
  return Dataset(Impl::of(load_from(data::read_file(path), path, options)));
}

Dataset Dataset::parse(const std::string& text, const std::string& name, const LoadOptions& options) {
  validate_options(options);
  return Dataset(Impl::of(load_from(data::read_memory(text), name, options)));
}

Dataset Dataset::from_examples(std::vector<Example> examples) {
  std::size_t number = 0;
  std::vector<Problem> problems;
  for (Example& example : examples) {
    const std::string place = concat("Example ", ++number);
    require_plain_values(example, place);
    data::check_conversation(example, "example", problems);
    if (problems.empty()) continue;
    problems.front().line = 0;  // the place is the example's number, not where it came from
    fail(Code::invalid_argument, data::one_sentence(place, problems.front()));
  }
  return Dataset(Impl::of(std::move(examples)));
}

const std::vector<Example>& Dataset::examples() const {
  static const std::vector<Example> none;
  return impl_ ? impl_->examples : none;  // a Dataset that was moved from is an empty one
}

std::size_t Dataset::size() const { return examples().size(); }

const Example& Dataset::operator[](std::size_t index) const {
  if (index >= size())
    fail(Code::invalid_argument, "There is no example ", index, "; this dataset holds ", size(), ", counted from 0.");
  return examples()[index];
}

std::string Dataset::to_jsonl() const {
  std::string text;
  for (const Example& example : examples()) text.append(data::saved_line(example)).push_back('\n');
  return text;
}

void Dataset::save(const std::string& path) const {
  AtomicFile file(path);
  for (const Example& example : examples()) file.write(data::saved_line(example) + "\n");
  file.commit();
}

const std::string& Dataset::hash() const {
  static const std::string of_nothing = sha256_of("");
  if (!impl_) return of_nothing;
  std::call_once(impl_->hashed, [this] {
    Sha256 sum;
    for (const Example& example : impl_->examples) sum.update(data::canonical_line(example) + "\n");
    impl_->hash = sum.hex();
  });
  return impl_->hash;
}

}  // namespace pmtune
