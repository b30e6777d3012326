// The functions every template can call. None of them reaches anything but its arguments and the clock.
#include <array>
#include <ctime>

#include "text/jinja/filters.hpp"
#include "text/jinja/operators.hpp"
#include "text/jinja/printing.hpp"
#include "text/shown.hpp"

namespace pmtune::text::jinja {
namespace {

using Function = Value (*)(Runtime&, const Arguments&);

Value range(Runtime& runtime, const Arguments& arguments) {
  arguments.expect(runtime, "range()", {"start", "stop", "step"});
  const std::vector<Value>& given = arguments.positional;
  if (given.empty()) runtime.fault("calls range() without a number");
  for (const Value& value : given)
    if (!value.is_integer() && !value.is_bool()) runtime.fault("calls range() with ", value.kind_name());
  const std::int64_t start = given.size() > 1 ? given[0].as_integer() : 0;
  const std::int64_t stop = given.size() > 1 ? given[1].as_integer() : given[0].as_integer();
  const std::int64_t step = given.size() > 2 ? given[2].as_integer() : 1;
  if (step == 0) runtime.fault("calls range() with a step of 0");
  std::vector<Value> numbers;
  for (std::int64_t number = start; step > 0 ? number < stop : number > stop;) {
    if (static_cast<std::int64_t>(numbers.size()) >= max_range)
      runtime.limit_passed("numbers in one range", max_range);
    numbers.emplace_back(number);
    if (__builtin_add_overflow(number, step, &number)) break;
  }
  return runtime.list(std::move(numbers));
}

Value make_dict(Runtime& runtime, const Arguments& arguments) {
  std::vector<std::pair<Value, Value>> entries;
  if (arguments.positional.size() > 1) runtime.fault("calls dict() with more than one value");
  if (!arguments.positional.empty()) {
    const Value& source = arguments.positional.front();
    if (const Dict* dict = source.if_dict()) {
      entries = dict->entries;
    } else {
      const ListPtr visited = iterate(runtime, source);
      for (const Value& pair : visited->items) {
        const List* two = pair.if_list();
        if (two == nullptr || two->items.size() != 2) runtime.fault("calls dict() with items that are not pairs");
        entries.emplace_back(two->items[0], two->items[1]);
      }
    }
  }
  for (const auto& [name, value] : arguments.named) entries.emplace_back(Value::text(name), value);
  return runtime.dict(std::move(entries));
}

Value raise_exception(Runtime& runtime, const Arguments& arguments) {
  const Value* message = arguments.get(0, "message");
  std::string words = message == nullptr ? "no reason given" : to_text(runtime, *message).bytes();
  while (words.ends_with('.') || words.ends_with('\n')) words.pop_back();
  fail(Code::invalid_argument, "The model's chat template refuses this conversation: ", shown(words, 1000), ".");
}

Value strftime_now(Runtime& runtime, const Arguments& arguments) {
  arguments.expect(runtime, "strftime_now()", {"format"});
  const Value* format = arguments.get(0, "format");
  if (format == nullptr || !format->is_text()) runtime.fault("calls strftime_now() without a format");
  const std::string& layout = format->if_text()->bytes();
  if (layout.size() > 200) runtime.limit_passed("bytes in a date format", 200);
  std::tm now{};
  const std::time_t seconds = runtime.now();
  localtime_r(&seconds, &now);
  std::array<char, 4096> buffer{};
  // The space in front tells an empty date from one that does not fit.
  const std::size_t size = std::strftime(buffer.data(), buffer.size(), (" " + layout).c_str(), &now);
  if (size == 0) runtime.limit_passed("bytes in a date", buffer.size());
  return runtime.text(
      MarkedText::derived(std::string(buffer.data() + 1, size - 1), format->if_text()->has_untrusted()));
}

constexpr std::pair<std::string_view, Function> functions[] = {
    {"range", range}, {"dict", make_dict}, {"raise_exception", raise_exception}, {"strftime_now", strftime_now}};

}  // namespace

Value find_function(const std::string& name) {
  for (const auto& [known, function] : functions) {
    if (known != name) continue;
    Callable callable;
    callable.name = name;
    callable.call = function;
    return Value(std::make_shared<const Callable>(std::move(callable)));
  }
  return Value::undefined(name);
}

}  // namespace pmtune::text::jinja
